"""What is compared: which installs tried an action in which state, how did it go with each, what is known of them?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["ANY", "UNKNOWN", "Column", "Given", "Rows", "Units"]

Codes: TypeAlias = NDArray[np.integer[Any]]

UNKNOWN = ""
"""The value of an attribute that an install does not have or did not say."""

ANY = "any"
"""The value of an extension or provider of whatever version."""


@dataclass(frozen=True)
class Column:
    """One attribute: a code for each row, and the text that stands for each code; code 0 is UNKNOWN.

    `name` is as in an answer's `attributes`: `os`, `extension:redhat.bootc`, `property:engine`.
    """

    name: str
    values: Sequence[str]
    codes: Codes


@dataclass(frozen=True)
class Rows:
    """Observations: the install (a code), whether it failed, its days in use until then, and its attributes.

    An install has a row for each state that it was in (two app versions: two rows), in the order of time; the rows of
    an install stand together.
    """

    install: Codes
    failed: NDArray[np.bool_]
    days: NDArray[np.float64]
    columns: Sequence[Column]


@dataclass(frozen=True)
class Given:
    """Observations by the values of one property: a row for each state and each value that attempts in it gave.

    `place` is the row's state, `days` are those on which that value was given, up to the first failure with it.
    `moments` are, one by one, the days (state × day, as one number) on which a row's value was given: `rows` says
    whose.
    """

    column: Column
    place: Codes
    failed: NDArray[np.bool_]
    days: NDArray[np.float64]
    rows: Codes = field(default_factory=lambda: np.zeros(0, np.int64))
    moments: Codes = field(default_factory=lambda: np.zeros(0, np.int64))

    def beside(self, other: "Given", code: int) -> NDArray[np.bool_]:
        """Return which rows are of a state and day on which another property had a value as well."""
        there = other.moments[other.column.codes[other.rows] == code]
        found = np.zeros(self.place.size, bool)
        found[self.rows[np.isin(self.moments, there)]] = True
        return found


@dataclass(frozen=True)
class Units:
    """What is compared: the installs by their states, and the same by each property that they gave the action."""

    states: Rows
    given: Sequence[Given] = ()

    @cached_property
    def failing(self) -> int:
        """How many installs failed."""
        return int(np.count_nonzero(starts(self.states.install[self.states.failed])))

    @cached_property
    def installs(self) -> int:
        """How many installs tried."""
        return int(np.count_nonzero(starts(self.states.install)))

    def name(self, column: int) -> str:
        """Return what a column is called: those of states come first, then one for each property."""
        return self._column(column).name

    def codes(self, column: int) -> Codes:
        """Return the codes of a column, of each state or of each row of its property."""
        return self._column(column).codes

    def attributes(self, marks: Sequence[tuple[int, int]]) -> Mapping[str, str]:
        """Return the names and values of marks (column, code)."""
        return {self.name(column): self._column(column).values[code] for column, code in marks}

    def property_of(self, marks: Sequence[tuple[int, int]]) -> int | None:
        """Return which property the first mark of one is of, or None where all are of states."""
        known = len(self.states.columns)
        return next((column - known for column, _ in marks if column >= known), None)

    def _column(self, column: int) -> Column:
        known = len(self.states.columns)
        return self.states.columns[column] if column < known else self.given[column - known].column


def starts(install: Codes) -> NDArray[np.bool_]:
    """Return which rows are the first of their install."""
    found = np.ones(install.size, bool)
    np.not_equal(install[1:], install[:-1], out=found[1:])
    return found
