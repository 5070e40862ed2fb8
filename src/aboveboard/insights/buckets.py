"""Into which few groups do numbers fall, so that installs with like numbers can be compared?"""

from bisect import bisect_left

from aboveboard.store.rollups import EDGES
from aboveboard.store.rollups import UPPER as _UPPER

__all__ = ["EDGES", "bucket_name", "bucket_of"]


def bucket_name(place: str) -> str:
    """Return what a bucket is called, such as "3–5", of its place as text; empty stays empty."""
    if not place:
        return ""
    number = int(place)
    if number == 0:
        return "0"
    low = _UPPER[number - 1]
    if number == len(_UPPER):
        return f"over {low}"
    return f"{low + 1}–{_UPPER[number]}" if _UPPER[number] > low + 1 else f"{_UPPER[number]}"


def bucket_of(value: float) -> str:
    """Return the name of the bucket that a number falls into."""
    return bucket_name(str(bisect_left(EDGES, value)))
