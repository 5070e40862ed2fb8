"""How long was each install at risk, and did it fail: in strata of days, each install or each of its values once?"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aboveboard.insights.causes.ordering import ordered
from aboveboard.insights.causes.units import Codes, Units, starts
from aboveboard.insights.statistics import Numbers

__all__ = ["Ends", "Flags", "Observed", "ends", "observed"]

_FIRST = np.array([0.0, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0])
"""Where the strata of days begin: the first holds the first day, so its days are installs."""

_WIDTH = np.diff(_FIRST, append=np.inf)

Flags: TypeAlias = NDArray[np.bool_]


class Observed(NamedTuple):
    """Observations: the place of the row that stands for each, whether it failed, and its days until then."""

    place: Codes
    failed: Flags
    days: Numbers


def observed(units: Units, by: int | None) -> Observed:
    """Return each install once, or, by a column, once for each value of it: what came after a failure is not at risk.

    The last row stands for all.
    """
    known = len(units.states.columns)
    states = units.states
    if by is None:
        return _taken(np.arange(states.install.size), starts(states.install), states.failed, states.days)
    if by < known:
        return _by(states.install, units.states.columns[by].codes, states.failed, states.days)
    given = units.given[by - known]
    return _by(states.install[given.place], given.column.codes, given.failed, given.days)


def _by(install: Codes, codes: Codes, failed: Flags, days: Numbers) -> Observed:
    numbers = install * (int(codes.max(initial=0)) + 1) + codes
    keys, sequence = ordered(numbers)
    if keys is numbers:
        return _taken(sequence, starts(keys), failed, days)
    return _taken(sequence, starts(keys), failed[sequence], days[sequence])


def _taken(places: Codes, first: Flags, failed: Flags, days: Numbers) -> Observed:
    """Rows are in the order of time: what comes after the first failing one is no longer at risk.

    Sums up to a row, and so the differences of two of them, take a tenth of the time that sums of many short parts do.
    """
    if first.all():
        return Observed(places, failed, days)
    begins = np.flatnonzero(first)
    ends = np.append(begins[1:], places.size) - 1
    failures = np.cumsum(failed, dtype=np.int32)
    before = failures.take(begins) - failed.take(begins)
    whose = np.cumsum(first, dtype=np.int32) - 1
    still = failures - failed == before.take(whose)
    at_risk = np.cumsum(days.astype(np.int32) * still, dtype=np.int64)
    return Observed(
        places.take(ends),
        failures.take(ends) > before,
        np.diff(at_risk.take(ends), prepend=0).astype(np.float64),
    )


class Ends(NamedTuple):
    """How observations end: after so many days, failing or not. `kind` is that of each of them.

    `failing` and `days` (strata × kinds) say how many fail in a stratum, and for how many days one of a kind is in it.
    """

    kind: Codes
    failing: Numbers
    days: Numbers

    def summed(self, counts: NDArray[Any]) -> tuple[Numbers, Numbers]:
        """Return failing observations and days at risk in each stratum, of numbers of observations by kind."""
        return self.failing @ counts, self.days @ counts


def ends(failed: Flags, days: Numbers) -> Ends:
    """Return how observations end; kinds are in the order of days."""
    key = 2 * days.astype(np.int64) + failed
    found = np.flatnonzero(np.bincount(key))
    kinds = np.zeros(int(key.max(initial=0)) + 1, np.int64)
    kinds[found] = np.arange(found.size)
    last = found // 2
    within = np.clip(last - _FIRST[:, None], 0.0, _WIDTH[:, None])
    failing = (found % 2 == 1) & (within > 0) & (last <= (_FIRST + _WIDTH)[:, None])
    return Ends(kinds[key], failing.astype(np.float64), within)
