"""How is a duration counted, and which duration does a share of all stay below?

Durations are kept in three significant digits (153.24 ms is 153, 9,876 is 9,880): counts of equal ones can be added
over days, and no quantile is off by more than half a percent. The store's `DURATION` makes the same keys in SQL.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

__all__ = ["AROUND", "between", "duration_of", "quantiles"]

AROUND = """arrayMap(
        place -> arrayMap(
            at -> timed.1[arrayFirstIndex(until -> until > at, arrayCumSum(timed.2))],
            [floor(place), least(floor(place) + 1, toFloat64(arraySum(timed.2)) - 1)]
        ),
        arrayMap(share -> share * (arraySum(timed.2) - 1), {shares})
    )"""
"""SQL: the two keys around each of the shares, of `timed`: keys in order and how many there are of each."""


def duration_of(key: int) -> float:
    """Return the milliseconds that a key stands for: 1000 × (400 + power of ten) + three digits."""
    if not key:
        return 0.0
    power, digits = divmod(key, 1000)
    return float(f"{digits or 1000}e{power - 402 - (not digits)}")


def between(around: Sequence[Sequence[int]], count: int, shares: Sequence[float]) -> list[float | None]:
    """Return what `quantiles` does, of the keys AROUND these shares of so many durations."""
    if not count:
        return [None] * len(shares)
    places = (share * (count - 1) for share in shares)
    ends = ([duration_of(key) for key in keys] for keys in around)
    return [low + (place % 1) * (high - low) for place, (low, high) in zip(places, ends, strict=True)]


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
