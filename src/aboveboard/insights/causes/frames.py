"""How do all attributes, and all pairs of them, compare at once?"""

from bisect import bisect
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aboveboard.insights.causes.observed import ends, observed
from aboveboard.insights.causes.ordering import ordered
from aboveboard.insights.causes.units import Codes, Units, starts
from aboveboard.insights.statistics import Comparison, Numbers

__all__ = ["LEAST", "Candidate", "Codes", "Frame", "Mark", "Pairs", "frames"]

LEAST = 5
"""An attribute that fewer installs have, or lack, is not compared."""

_PAIRED_SHARE = 0.01
"""A pair is compared where each of its parts is found with this share of the installs."""

_VARYING = 0.005

_AT_ONCE = 2048
"""So many words of each mark are counted in one step."""

_FEW = 64
"""Up to so many values are counted by their bits, one after the other."""


class Mark(NamedTuple):
    """One value of one column."""

    column: int
    code: int


Candidate: TypeAlias = tuple[Mark, ...]
"""What may be a cause: one mark, or a pair of them."""


class Side(NamedTuple):
    """Failing installs and days at risk of those that have each mark (strata × marks)."""

    failing: Numbers
    installs: Numbers


class Pairs(NamedTuple):
    """Pairs of an own mark with another, by their places in `marks`, and how they compare.

    `own` and `other` are strata × marks, `both` strata × own marks × other marks, `everyone` strata × 1.
    """

    one: Codes
    two: Codes
    marks: tuple[Sequence[Mark], Sequence[Mark]]
    own: Side
    other: Side
    both: Side
    everyone: Side

    def some(self, chosen: NDArray[np.bool_]) -> "Pairs":
        """Return only the chosen pairs."""
        return self._replace(one=self.one[chosen], two=self.two[chosen])

    def candidates(self) -> list[Candidate]:
        """Return the pairs, each in the order of columns."""
        own, other = self.marks
        return [tuple(sorted((own[i], other[j]))) for i, j in zip(self.one, self.two, strict=True)]

    def compared(self) -> Comparison:
        """Return pairs, each against all that lack one of its marks."""
        return _against(self._both(), self.everyone)

    def added_by_other(self) -> tuple[Comparison, Comparison]:
        """Return what the other mark changes where the own is, and where it is not."""
        return self._added(_at(self.own, self.one), _at(self.other, self.two))

    def added_by_own(self) -> tuple[Comparison, Comparison]:
        """Return what the own mark changes where the other is, and where it is not."""
        return self._added(_at(self.other, self.two), _at(self.own, self.one))

    def _both(self) -> Side:
        return Side(self.both.failing[:, self.one, self.two], self.both.installs[:, self.one, self.two])

    def _added(self, first: Side, second: Side) -> tuple[Comparison, Comparison]:
        both = self._both()
        outside = Side(self.everyone.failing - first.failing, self.everyone.installs - first.installs)
        alone = Side(second.failing - both.failing, second.installs - both.installs)
        return _against(both, first), _against(alone, outside)


def _at(side: Side, places: Codes) -> Side:
    return Side(side.failing[:, places], side.installs[:, places])


def _against(some: Side, every: Side) -> Comparison:
    return Comparison(
        some.failing, some.installs, every.failing - some.failing, every.installs - some.installs
    )


class Frame:
    """Installs, each once, or once for each value of an attribute that changes with time (`by`).

    Strata are days in use, each install in all of them until it fails first: who uses an app for longer sees more
    failures, whatever else is so, and a new version has had few days. With one day for everybody that is a plain
    table of installs. Without `by` all columns are the frame's own; else that column is, and the others are there
    to make pairs with it.
    """

    def __init__(self, units: Units, by: int | None, others: Sequence[int]) -> None:
        self.by = by
        self._units = units
        seen = observed(units, by)
        self.size = seen.failed.size
        found = ends(seen.failed, seen.days)
        # Kinds follow each other, each in words of its own, so that each can be counted by itself.
        kinds, sequence = ordered(found.kind)
        self._ends = found._replace(kind=kinds)
        self._counts = np.bincount(kinds, minlength=found.days.shape[1])
        words = -(-self._counts // 64)
        self._begins, self._width = np.cumsum(words) - words, int(words.sum())
        # Between kinds stands what is unknown, which is no mark.
        self._places: Codes = np.zeros(64 * self._width, np.int64)
        self._there = np.zeros(64 * self._width, bool)
        parts = np.split(seen.place.take(sequence), np.cumsum(self._counts)[:-1])
        for begin, part in zip((64 * self._begins).tolist(), parts, strict=False):
            self._places[begin : begin + part.size] = part
            self._there[begin : begin + part.size] = True
        self._gaps = np.flatnonzero(~self._there)
        self._known: dict[int, NDArray[np.uint64]] = {}
        self.everyone = Side(*self._ends.summed(self._counts[:, None].astype(np.float64)))
        self.other, self._other = self._marks(others)
        self.own, self._own = (self.other, self._other) if by is None else self._marks([by])

    def singles(self) -> Comparison:
        """Return each own mark against all without it."""
        return _against(self._own, self.everyone)

    def pairs(self) -> Pairs | None:
        """Return the pairs to compare: of columns with different names, each with enough installs."""
        own, other = (self._common(side) for side in (self._own, self._other))
        if not own.size or not other.size:
            return None
        marks = [self.own[place] for place in own], [self.other[place] for place in other]
        both = self._both(*marks)
        fits = both.installs[0] >= LEAST
        names = [np.array([self._units.name(mark.column) for mark in those]) for those in marks]
        fits &= names[0][:, None] != names[1][None, :]
        if self.own is self.other:
            fits &= np.triu(np.ones(fits.shape, bool), 1)
        one, two = np.nonzero(fits)
        return Pairs(one, two, marks, _at(self._own, own), _at(self._other, other), both, self.everyone)

    def _common(self, side: Side) -> Codes:
        return np.flatnonzero(side.installs[0] >= _PAIRED_SHARE * self.size)

    def _looked_up(self, column: int) -> Codes:
        """Return the codes of a column, one for each bit."""
        places = self._states if column < len(self._units.states.columns) else self._places
        found = self._units.codes(column).take(places)
        found[self._gaps] = 0
        return found

    @cached_property
    def _states(self) -> Codes:
        known = len(self._units.states.columns)
        if self.by is None or self.by < known:
            return self._places
        return self._units.given[self.by - known].place.take(self._places)

    def _side(self, column: int) -> Side:
        """Count the failing and the days of each code of a column."""
        kinds, codes = self._counts.size, self._looked_up(column)
        size = int(codes.max(initial=0)) + 1
        if size > _FEW or not self.size:
            key = self._ends.kind * size + codes[self._there]
            counts = np.bincount(key, minlength=kinds * size).reshape(kinds, size)
        else:
            counts = np.empty((kinds, size), np.int64)
            counts[:, 1:] = _summed(
                np.bitwise_count(self._bits(column, range(1, size), codes)), self._begins
            ).T
            counts[:, 0] = self._counts - counts[:, 1:].sum(axis=1)
        return Side(*self._ends.summed(counts.astype(np.float64)))

    def _marks(self, columns: Sequence[int]) -> tuple[list[Mark], Side]:
        marks, sides = [], [_at(self.everyone, np.zeros(0, np.int64))]
        for column in columns:
            side = self._side(column)
            counts = side.installs[0]
            fits = (counts >= LEAST) & (counts <= self.size - LEAST)
            fits[0] = False
            marks += [Mark(column, int(code)) for code in np.flatnonzero(fits)]
            sides.append(_at(side, np.flatnonzero(fits)))
        return marks, Side(*(np.concatenate(part, axis=1) for part in zip(*sides, strict=True)))

    def _both(self, own: Sequence[Mark], other: Sequence[Mark]) -> Side:
        """Count the failing and the days of each pair, by the bits that both have; of equal sides each pair once."""
        ones = self._of_marks(own)
        twos = ones if own == other else self._of_marks(other)
        strata, columns = self._ends.days.shape[0], [mark.column for mark in other]
        # Nothing has two values of one column.
        rests = [bisect(columns, mark.column) if own == other else 0 for mark in own]
        counts = np.zeros((self._counts.size, len(own), len(other)))
        for kinds, words in self._blocks():
            begins = self._begins[kinds] - words.start
            some = np.ascontiguousarray(twos[:, words])
            # New memory for each would take longer than all of the counting.
            shared, found = np.empty_like(some), np.empty(some.shape, np.uint8)
            for place, rest in enumerate(rests):
                np.bitwise_and(some[rest:], ones[place, words], out=shared[rest:])
                np.bitwise_count(shared[rest:], out=found[rest:])
                counts[kinds, place, rest:] = _summed(found[rest:], begins).T
        both = Side(*(np.zeros((strata, len(own), len(other))) for _ in range(2)))
        for place, rest in enumerate(rests):
            for side, summed in zip(both, self._ends.summed(counts[:, place, rest:]), strict=True):
                side[:, place, rest:] = summed
        return both

    def _blocks(self) -> Iterator[tuple[slice, slice]]:
        """Yield kinds that follow each other, with their words: few enough of them to stay near the processor."""
        first = 0
        for kind in range(1, self._begins.size + 1):
            end = self._width if kind == self._begins.size else int(self._begins[kind])
            if kind == self._begins.size or end - self._begins[first] >= _AT_ONCE:
                yield slice(first, kind), slice(int(self._begins[first]), end)
                first = kind

    def _of_marks(self, marks: Sequence[Mark]) -> NDArray[np.uint64]:
        """Return marks × words: a bit for each observation that has the mark."""
        found = [np.zeros((0, self._width), np.uint64)]
        for column, those in groupby(marks, key=lambda mark: mark.column):
            codes = [mark.code for mark in those]
            if column in self._known:
                found.append(self._known[column][np.array(codes) - 1])
            else:
                found.append(self._bits(column, codes, self._looked_up(column)))
        return np.concatenate(found)

    def _bits(self, column: int, marked: Sequence[int], codes: Codes) -> NDArray[np.uint64]:
        """Return the bits of some codes of a column; those of all codes that it has are kept."""
        found = np.empty((len(marked), self._width), np.uint64)
        for place, code in enumerate(marked):
            found[place] = np.packbits(codes == code).view(np.uint64)
        if isinstance(marked, range):
            self._known[column] = found
        return found


def frames(units: Units) -> Iterator[Frame]:
    """Yield the frames in which all columns are compared.

    What stays the same for an install: each install once. What changes (an update): once for each of its values. A
    property: once for each value that an install gave it.
    """
    known = len(units.states.columns)
    varying = _varying(units)
    steady = [place for place in range(known) if place not in varying]
    yield Frame(units, None, steady)
    for rank, column in enumerate(varying):
        yield Frame(units, column, [*steady, *varying[rank + 1 :]])
    for number in range(len(units.given)):
        yield Frame(units, known + number, steady)


def _summed(counts: NDArray[np.uint8], begins: Codes) -> Codes:
    """Return marks × kinds of endings: how many observations have the mark, of how many in each word."""
    found: Codes = np.add.reduceat(counts, begins, axis=1, dtype=np.int64)
    return found


def _varying(units: Units) -> list[int]:
    """Return the columns of which more than one install in 200 has several values."""
    install, most = units.states.install[1:], _VARYING * units.installs
    again = install == units.states.install[:-1]
    found = []
    for place, column in enumerate(units.states.columns):
        changed = (column.codes[1:] != column.codes[:-1]) & again
        if np.count_nonzero(changed) > most and np.count_nonzero(starts(install[changed])) > most:
            found.append(place)
    return found
