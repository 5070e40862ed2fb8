"""In which order do whole numbers stand? As `argsort` says it, several times as fast."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ordered"]

_NEARLY = 0.4
"""With fewer steps down, a stable sort is the faster one: timed on 0.1 and 2 million numbers."""


def ordered(numbers: NDArray[np.integer[Any]]) -> tuple[NDArray[np.integer[Any]], NDArray[np.int64]]:
    """Return whole numbers in order, and where each of them stood; equal ones stay in the order that they had.

    Numbers alone are sorted by several at once, so where there is room in them each takes its place along. A stable
    sort goes through what is nearly in order in one step.
    """
    falls = np.count_nonzero(numbers[1:] < numbers[:-1])
    if not falls:
        return numbers, np.arange(numbers.size)
    if falls < _NEARLY * numbers.size:
        sequence = np.argsort(numbers, kind="stable")
        return numbers[sequence], sequence
    bits = max(numbers.size - 1, 0).bit_length()
    most = int(numbers.max(initial=0))
    if most >> (63 - bits) or numbers.min(initial=0) < 0:
        sequence = np.argsort(numbers, kind="stable")
        return numbers[sequence], sequence
    kind: type[np.integer[Any]] = np.int64 if most >> (32 - bits) else np.uint32
    packed = numbers.astype(kind)
    packed <<= bits
    packed |= np.arange(numbers.size, dtype=kind)
    packed.sort()
    return packed >> bits, (packed & ((1 << bits) - 1)).astype(np.int64)
