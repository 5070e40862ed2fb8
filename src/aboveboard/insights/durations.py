"""How is a duration counted, and which duration does a share of all stay below?

Durations are kept in three significant digits (153.24 ms is 153, 9,876 is 9,880): counts of equal ones can be added
over days, and no quantile is off by more than half a percent. The store's `DURATION` makes the same keys in SQL.
"""

from collections.abc import Sequence

import numpy as np

__all__ = ["HOW_MANY", "LASTED", "duration_of", "quantiles"]

LASTED, HOW_MANY = "groupArrayArray(durations.1)", "groupArrayArray(durations.2)"
"""SQL: the keys of counted durations, and how many there are of each; a key may be there several times."""


def duration_of(key: int) -> float:
    """Return the milliseconds that a key stands for: 1000 × (400 + power of ten) + three digits."""
    if not key:
        return 0.0
    power, digits = divmod(key, 1000)
    return float(f"{digits or 1000}e{power - 402 - (not digits)}")


def quantiles(keys: Sequence[int], counts: Sequence[int], shares: Sequence[float]) -> list[float | None]:
    """Return the durations of which these shares (0 to 1) are shorter, between two with linear interpolation.

    Keys may come in any order, and several times.
    """
    found, many = np.array(keys, np.int64), np.array(counts, np.int64)
    sequence = np.argsort(found)
    found, until = found[sequence], many[sequence].cumsum()
    last = int(until[-1]) - 1 if until.size else -1
    if last < 0:
        return [None] * len(shares)
    places = np.array([share * last for share in shares])
    lower = np.floor(places).astype(np.int64)
    ends = (
        found[np.searchsorted(until, place, side="right")] for place in (lower, np.minimum(lower + 1, last))
    )
    return [
        _between(duration_of(int(one)), duration_of(int(two)), place % 1)
        for one, two, place in zip(*ends, places.tolist(), strict=True)
    ]


def _between(low: float, high: float, share: float) -> float:
    return low + share * (high - low)
