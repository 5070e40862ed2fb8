"""How is a duration counted, and which duration does a share of all stay below?

Durations are kept in three significant digits (153.24 ms is 153, 9,876 is 9,880): counts of equal ones can be added
over days, and no quantile is off by more than half a percent. The store's `DURATION` makes the same keys in SQL.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

__all__ = ["duration_of", "quantiles"]


def duration_of(key: int) -> float:
    """Return the milliseconds that a key stands for: 1000 × (400 + power of ten) + three digits."""
    if not key:
        return 0.0
    power, digits = divmod(key, 1000)
    return float(f"{digits or 1000}e{power - 402 - (not digits)}")


def quantiles(keys: Iterable[int], counts: Iterable[int], shares: Sequence[float]) -> list[float | None]:
    """Return the durations of which these shares (0 to 1) are shorter, between two with linear interpolation."""
    ranked = sorted((duration_of(key), count) for key, count in zip(keys, counts, strict=True))
    until = list(accumulate(count for _, count in ranked))
    if not until:
        return [None] * len(shares)
    return [_at(ranked, until, share * (until[-1] - 1)) for share in shares]


def _at(ranked: Sequence[tuple[float, int]], until: Sequence[int], place: float) -> float:
    low = int(place)
    one = ranked[bisect_right(until, low)][0]
    two = ranked[bisect_right(until, min(low + 1, until[-1] - 1))][0]
    return one + (place - low) * (two - one)
