"""How does a candidate compare where others are held equal? Rows that agree in all of them are taken together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_

import numpy as np

from aboveboard.insights.causes.frames import Candidate, Mark
from aboveboard.insights.causes.observed import Ends, Flags, ends
from aboveboard.insights.causes.ordering import ordered
from aboveboard.insights.causes.units import Codes, Units, starts
from aboveboard.insights.statistics import Comparison, Numbers

__all__ = ["Weighed", "weighed"]

_MOST = 2**62
_COUNTED = 2
"""Up to so many numbers a row are counted, which is faster than to sort rows."""


@dataclass(frozen=True)
class Weighed:
    """Rows that agree: what they have, how they end, and how many they are.

    `whole` has the rows of each candidate before they were taken together.
    """

    has: Mapping[Candidate, Flags]
    whole: Mapping[Candidate, bytes]
    version: Codes
    os: Codes
    ends: Ends
    count: Numbers

    @property
    def size(self) -> int:
        """How many different ones there are."""
        return self.count.size

    def table(self, candidates: Sequence[Candidate], strata: Codes) -> Comparison:
        """Count comparisons in the same strata, each of these again by days (strata × candidates)."""
        most, kinds = int(strata.max(initial=0)) + 1, self.ends.days.shape[1]
        key = self.ends.kind * most + strata
        every: Numbers = np.bincount(key, weights=self.count, minlength=kinds * most).astype(np.float64)
        having = np.empty((kinds * most, len(candidates)))
        for place, candidate in enumerate(candidates):
            rows, counts = self._rows[candidate]
            having[:, place] = np.bincount(key.take(rows), weights=counts, minlength=kinds * most)
        there: Flags = np.any(every.reshape(kinds, most) > 0, axis=0)
        sides = [self._side(counts, there) for counts in (having, every[:, None] - having)]
        return Comparison(*sides[0], *sides[1])

    @cached_property
    def _rows(self) -> Mapping[Candidate, tuple[Codes, Numbers]]:
        """The rows of each candidate, and how many each of them stands for."""
        return {each: (np.flatnonzero(has), self.count[has]) for each, has in self.has.items()}

    def _side(self, counts: Numbers, there: Flags) -> tuple[Numbers, Numbers]:
        """Return failing and days by strata, of those strata that there are."""
        kinds, size = self.ends.days.shape[1], counts.shape[1]
        by_kind = counts.reshape(kinds, there.size, size)[:, there].reshape(kinds, -1)
        failing, days = self.ends.summed(by_kind)
        return failing.reshape(-1, size), days.reshape(-1, size)


def weighed(units: Units, given: int | None, candidates: Sequence[Candidate]) -> Weighed:
    """Take the rows of states together, or those of a property, in which candidates can be told.

    On rows of states nothing is known of properties; on those of a property, another one is what attempts of the same
    day gave.
    """
    failed, days = units.states.failed, units.states.days
    place: Codes | slice = slice(None)
    if given is not None:
        own = units.given[given]
        place, failed, days = own.place, own.failed, own.days
    told = [each for each in candidates if given is not None or units.property_of(each) is None]
    marks = {mark: _mask(units, given, mark) for mark in {mark for each in told for mark in each}}
    masks: dict[Candidate, Flags] = {each: reduce(and_, (marks[mark] for mark in each)) for each in told}
    columns = {column.name: column.codes for column in units.states.columns}
    nothing = np.zeros(units.states.install.size, np.uint8)
    version, system = (columns.get(name, nothing)[place] for name in ("version", "os"))
    found = ends(failed, days)
    first, count = _alike([found.kind, version, system, *_bytes(list(masks.values()))])
    return Weighed(
        {each: flags[first] for each, flags in masks.items()},
        {each: np.packbits(flags).tobytes() for each, flags in masks.items()},
        version[first],
        system[first],
        found._replace(kind=found.kind[first]),
        count.astype(np.float64),
    )


def _mask(units: Units, given: int | None, mark: Mark) -> Flags:
    """Return which rows have a mark."""
    known = len(units.states.columns)
    has: Flags
    if mark.column < known:
        has = units.states.columns[mark.column].codes == mark.code
        return has if given is None else has[units.given[given].place]
    own, other = units.given[given or 0], units.given[mark.column - known]
    has = own.column.codes == mark.code if own is other else own.beside(other, mark.code)
    return has


def _bytes(masks: Sequence[Flags]) -> Iterator[Codes]:
    """Yield eight masks at a time as one number for each row."""
    for first in range(0, len(masks), 8):
        found = np.zeros(masks[first].size, np.uint8)
        for mask in masks[first : first + 8]:
            found += found
            found += mask.view(np.uint8)
        yield found


def _alike(columns: Sequence[Codes]) -> tuple[Codes, Codes]:
    """Return a row of each different kind of rows, and how many there are of it."""
    numbers: Codes = np.zeros(columns[0].size, np.int64)
    size, most = 1, _MOST >> numbers.size.bit_length()
    for column in columns:
        width = int(column.max(initial=0)) + 1
        # There are few kinds: their numbers are made dense as long as they are few enough to be counted.
        if size * width >= most or size <= _COUNTED * numbers.size < size * width:
            numbers, size = _dense(numbers, size)
        numbers, size = numbers * width + column, size * width
    numbers, size = _dense(numbers, size)
    row = np.zeros(size, np.int64)
    row[numbers] = np.arange(numbers.size)
    return row, np.bincount(numbers, minlength=size)


def _dense(numbers: Codes, size: int) -> tuple[Codes, int]:
    """Return numbers below a size without gaps, in the same order, and how many there are."""
    if size <= _COUNTED * numbers.size:
        places = np.cumsum(np.bincount(numbers, minlength=size) > 0) - 1
        return places.take(numbers), int(places[-1]) + 1
    keys, sequence = ordered(numbers)
    found = np.empty(numbers.size, np.int64)
    found[sequence] = np.cumsum(starts(keys)) - 1
    return found, int(found.max(initial=-1)) + 1
