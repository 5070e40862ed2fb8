"""How do all attributes, and all pairs of them, compare at once?"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aboveboard.insights.causes.units import Codes, Rows
from aboveboard.insights.statistics import Comparison, Numbers

__all__ = ["LEAST", "Candidate", "Codes", "Flags", "Frame", "Mark", "Tables", "at_risk", "frames", "mask"]

LEAST = 5
"""An attribute that fewer installs have, or lack, is not compared."""

_PAIRED_SHARE = 0.01
"""A pair is compared where each of its parts is found with this share of the installs."""

_DAYS = (0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, np.inf)
"""Where the strata of days begin and end: the first holds the first day, so its days are installs."""

_VARYING = 0.005

Flags: TypeAlias = NDArray[np.bool_]


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


class Tables(NamedTuple):
    """The comparisons of a frame's own marks, and of each of them with each of the others.

    `own` and `other` are strata × marks, `both` strata × own marks × other marks, `everyone` strata × 1.
    """

    own: Side
    other: Side
    both: Side
    everyone: Side

    def singles(self) -> Comparison:
        """Return each own mark against all without it."""
        return _against(self.own, self.everyone)

    def pairs(self, one: Codes, two: Codes) -> Comparison:
        """Return pairs, each against all that lack one of its marks."""
        return _against(self._pair(one, two), self.everyone)

    def added_by_other(self, one: Codes, two: Codes) -> tuple[Comparison, Comparison]:
        """Return what the other mark changes where the own is, and where it is not."""
        return self._added(self._pair(one, two), _at(self.own, one), _at(self.other, two))

    def added_by_own(self, one: Codes, two: Codes) -> tuple[Comparison, Comparison]:
        """Return what the own mark changes where the other is, and where it is not."""
        return self._added(self._pair(one, two), _at(self.other, two), _at(self.own, one))

    def _pair(self, one: Codes, two: Codes) -> Side:
        return Side(self.both.failing[:, one, two], self.both.installs[:, one, two])

    def _added(self, both: Side, first: Side, second: Side) -> tuple[Comparison, Comparison]:
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

    def __init__(self, rows: Rows, by: int | None, others: Sequence[int]) -> None:
        places, self.failed, self.days = _collapsed(rows, by)
        self.by = by
        self._codes = {
            column: rows.columns[column].codes[places] for column in {*others, *([] if by is None else [by])}
        }
        self.other = self._marks(rows, others)
        self.own = self.other if by is None else self._marks(rows, [by])
        self._tables: Tables | None = None
        self._names = {column: rows.columns[column].name for column in self._codes}

    def _marks(self, rows: Rows, columns: Sequence[int]) -> list[Mark]:
        marks = []
        for column in columns:
            counts = np.bincount(self._codes[column], minlength=len(rows.columns[column].values))
            fitting = np.flatnonzero((counts >= LEAST) & (counts <= self.failed.size - LEAST))
            marks += [Mark(column, int(code)) for code in fitting if code != 0]
        return marks

    def pairs(self) -> tuple[Codes, Codes]:
        """Return the pairs to compare, as places among the own marks and among the others."""
        if not self.own or not self.other:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        tables = self.tables()
        least = _PAIRED_SHARE * self.failed.size
        common = tables.own.installs[0] >= least, tables.other.installs[0] >= least
        fits = common[0][:, None] & common[1][None, :] & (tables.both.installs[0] >= LEAST)
        own = np.array([self._names[mark.column] for mark in self.own])
        other = np.array([self._names[mark.column] for mark in self.other])
        fits &= own[:, None] != other[None, :]
        if self.own is self.other:
            fits &= np.triu(np.ones(fits.shape, bool), 1)
        one, two = np.nonzero(fits)
        return one, two

    def tables(self) -> Tables:
        """Count every own mark, every other, and every pair of both, in every stratum."""
        if self._tables is None:
            self._tables = self._counted()
        return self._tables

    def _counted(self) -> Tables:
        other = self._indicators(self.other)
        own = other if self.own is self.other else self._indicators(self.own)
        parts: list[list[Numbers]] = [[] for _ in range(8)]
        for failing, days in at_risk(self.failed, self.days):
            counted = (*_weighed(own, other, failing), *_weighed(own, other, days))
            for part, numbers in zip(parts, counted, strict=True):
                part.append(numbers)
        whole = [np.array(part) for part in parts]
        return Tables(*(Side(*both) for both in zip(whole[:4], whole[4:], strict=True)))

    def _indicators(self, marks: Sequence[Mark]) -> NDArray[np.float32]:
        has = np.zeros((self.failed.size, len(marks)), np.float32)
        for place, mark in enumerate(marks):
            has[:, place] = self._codes[mark.column] == mark.code
        return has


def frames(states: Rows, given: Rows | None) -> Iterator[Frame]:
    """Yield the frames in which all columns are compared.

    What stays the same for an install: each install once. What changes (an update): once for each of its values. A
    property: once for each value that an install gave it.
    """
    places = range(len(states.columns))
    varying = [place for place in places if _varies(states, states.columns[place].codes)]
    steady = [place for place in places if place not in varying]
    yield Frame(states, None, steady)
    for rank, column in enumerate(varying):
        yield Frame(states, column, [*steady, *varying[rank + 1 :]])
    if given is not None:
        for column in range(len(states.columns), len(given.columns)):
            yield Frame(given, column, steady)


def at_risk(failed: Flags, days: Numbers) -> Iterator[tuple[Numbers, Numbers]]:
    """Yield for each stratum of days which observations fail in it (1 or 0), and for how many days they are in it."""
    for first, last in pairwise(_DAYS):
        failing = failed & (first < days) & (days <= last)
        yield failing.astype(np.float64), np.clip(days - first, 0.0, last - first)


def mask(rows: Rows, candidate: Candidate) -> Flags:
    """Return which rows have all marks of a candidate."""
    has = np.ones(rows.install.size, bool)
    for mark in candidate:
        has &= rows.columns[mark.column].codes == mark.code
    return has


def _weighed(
    own: NDArray[np.float32], other: NDArray[np.float32], weights: Numbers
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Sum the weights of all rows with each own mark, each other mark, each pair of both, and of all rows."""
    chosen = weights > 0
    weighed = weights[chosen].astype(np.float32)
    one, two = own[chosen], other[chosen] * weighed[:, None]
    sums = weighed @ one, two.sum(0), one.T @ two, weighed.sum(keepdims=True)
    whole, others, both, every = (np.asarray(part, np.float64) for part in sums)
    return whole, others, both, every


def _collapsed(rows: Rows, by: int | None) -> tuple[Codes, Flags, Numbers]:
    """One observation for each install (and value of a column): the place of its last row, failed, days at risk."""
    key = rows.install
    if by is not None:
        column = rows.columns[by]
        key = key * len(column.values) + column.codes
    found, group = np.unique(key, return_inverse=True)
    places = np.zeros(found.size, np.int64)
    places[group] = np.arange(key.size)
    failed = np.bincount(group, weights=rows.failed, minlength=found.size) > 0
    # Rows are in the order of time: what comes after the first failing one is no longer at risk.
    order = np.argsort(group, kind="stable")
    failures: Codes = np.cumsum(rows.failed[order]) - rows.failed[order]
    begins = np.searchsorted(group[order], np.arange(found.size))
    still: Flags = failures == failures[begins][group[order]]
    days = np.bincount(group[order][still], weights=rows.days[order][still], minlength=found.size)
    return places, failed, days.astype(np.float64)


def _varies(rows: Rows, codes: Codes) -> bool:
    """Whether more than one install in 200 has several values of a column."""
    installs = np.unique(rows.install).size
    states = np.unique(rows.install * (int(codes.max(initial=0)) + 1) + codes).size
    return bool(states - installs > _VARYING * installs)
