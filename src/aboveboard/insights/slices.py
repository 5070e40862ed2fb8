"""How are numbers kept for very many installs at once, and counted up by bitmaps of days?

One bit of each number in each plane: a day is added to, or set for, all installs of a bitmap by a few operations on
whole bitmaps, instead of one for each install.
"""

import numpy as np
from numpy.typing import NDArray

from aboveboard.insights.bits import Bits, how_many

__all__ = ["Slices"]


class Slices:
    """Whole numbers by place, all 0 at first; as long as bitmaps of `none`."""

    def __init__(self, none: Bits) -> None:
        self._none = none
        self._planes: list[Bits] = []

    def add(self, bits: Bits) -> None:
        """Add one to the numbers of these."""
        carry = bits
        for place, plane in enumerate(self._planes):
            self._planes[place], carry = plane ^ carry, plane & carry
        if carry.any():
            self._planes.append(carry.copy())

    def put(self, bits: Bits, number: int) -> None:
        """Set the numbers of these."""
        for _ in range(number.bit_length() - len(self._planes)):
            self._planes.append(self._none.copy())
        others = ~bits
        for place, plane in enumerate(self._planes):
            if number >> place & 1:
                plane |= bits
            else:
                plane &= others

    def counts(self, among: Bits, most: int) -> NDArray[np.int64]:
        """Return how many of these have each number, 0 to `most`; what is larger counts as `most`."""
        found = np.zeros(most + 1, np.int64)
        groups = [(0, len(self._planes), among, how_many(among))]
        while groups:
            number, place, bits, count = groups.pop()
            if not place or number >= most:
                found[min(number, most)] += count
            elif count:
                higher = bits & self._planes[place - 1]
                more = how_many(higher)
                groups.append((number + (1 << place - 1), place - 1, higher, more))
                groups.append((number, place - 1, bits ^ higher, count - more))
        return found

    def at(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the numbers at places."""
        every = np.zeros(8 * self._none.size, np.min_scalar_type((1 << len(self._planes)) - 1))
        for plane in reversed(self._planes):
            every += every
            every += np.unpackbits(plane, bitorder="little")
        return every.take(places).astype(np.int64)
