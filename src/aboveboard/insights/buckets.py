"""Into which few groups do numbers fall, so that installs with like numbers can be compared?"""

from bisect import bisect_left

__all__ = ["EDGES", "bucket_name", "bucket_of"]

_UPPER = [0, 1, 2, *(digit * 10**power for power in range(10) for digit in (5, 10, 20))]

EDGES = [float(edge) for edge in _UPPER]
"""The largest number of each bucket but the last; the first holds 0 and what is below."""


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
