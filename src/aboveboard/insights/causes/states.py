"""Which installs tried an action, in which states and order, how did it go, and for how many days?"""

from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aboveboard.insights.bits import Bits
from aboveboard.insights.causes.ordering import ordered
from aboveboard.insights.causes.units import Column, Rows, starts
from aboveboard.insights.looking import Look, Numbers
from aboveboard.insights.slices import Slices
from aboveboard.insights.stated import places_of, read_states

__all__ = ["BAD", "Tried", "read_tried"]

BAD = "failed AND ({{reason:String}} = '' OR fingerprint = {{reason:String}})"
"""SQL: whether an attempt failed, and with the reason where one is asked for."""

_IN_USE, _TRIED, _BAD = range(3)

_DAYS = f"""
SELECT of_day, what, groupBitmapMergeState(states) AS those
FROM
(
    SELECT
        toInt64(toUInt16(day)) AS of_day,
        toInt64(if(tried, if({BAD}, {_BAD}, {_TRIED}), {_IN_USE})) AS what,
        states
    FROM {{attempts}} AS events
    WHERE NOT tried
        OR event = {{{{event:String}}}}
)
GROUP BY of_day, what
ORDER BY of_day, what
"""  # noqa: S608

_MOST = 2**62


class Tried(NamedTuple):
    """The states in which an action was tried, as rows in order, with the number of each row's install and state."""

    rows: Rows
    numbers: Numbers
    states: Numbers

    @property
    def versions(self) -> Column:
        """The version of the app, by which extensions and providers are known."""
        return self.rows.columns[0]


class _Days(NamedTuple):
    """What bitmaps of days add up to: who tried, who failed, for how many days until then, and when first and last."""

    tried: Bits
    bad: Bits
    days: Slices
    first: Slices
    last: Slices


def read_tried(look: Look, event: str, reason: str) -> Tried:
    """Return who tried an action; cancelled and skipped attempts count as none.

    An install's rows are ordered by the last day on which it was in use in that state, then by the first, then by
    version and system.
    """
    read = look.bitmaps(_DAYS, keys=2, event=event, reason=reason)
    by_day: dict[int, dict[int, Bits]] = {}
    for (day, what), (bits,) in zip(read.keys, read.bits, strict=True):
        by_day.setdefault(day, {})[what] = bits
    added = _added(by_day, read.none())
    every = read_states(look)
    at = places_of(read.numbers, every.states)
    there = np.flatnonzero((at >= 0) & _flags(added.tried, at))
    own = at.take(there)
    sequence = _in_order(
        every.numbers.take(there), added.last.at(own), added.first.at(own), every.contexts.take(there)
    )
    there, own = there.take(sequence), own.take(sequence)
    numbers, contexts = every.numbers.take(there), every.contexts.take(there)
    install = np.cumsum(starts(numbers), dtype=np.int64) - 1
    columns = [
        Column("version" if name == "app_version" else name, column.values, column.codes.take(contexts))
        for name, column in every.told.items()
    ]
    rows = Rows(install, _flags(added.bad, own), added.days.at(own).astype(np.float64), columns)
    return Tried(rows, numbers, every.states.take(there))


def _added(by_day: dict[int, dict[int, Bits]], none: Bits) -> _Days:
    """Add days up, each state's until its first failure."""
    tried, bad = none, none
    days, first, last = Slices(none), Slices(none), Slices(none)
    for number, day in enumerate(sorted(by_day)):
        used = by_day[day].get(_IN_USE, none)
        days.add(used & ~bad)
        last.put(used, number)
        bad = bad | by_day[day].get(_BAD, none)
        tried = tried | by_day[day].get(_TRIED, none) | bad
    for number, day in reversed(list(enumerate(sorted(by_day)))):
        first.put(by_day[day].get(_IN_USE, none), number)
    return _Days(tried, bad, days, first, last)


def _flags(bits: Bits, at: Numbers) -> NDArray[np.bool_]:
    if not bits.size:
        return np.zeros(at.size, bool)
    return np.unpackbits(bits, bitorder="little").view(bool).take(at)


def _in_order(numbers: Numbers, last: Numbers, first: Numbers, contexts: Numbers) -> Numbers:
    """Return where rows in order stand: by install, then by time, then by context."""
    sizes = [int(each.max(initial=0)) + 1 for each in (last, first, contexts)]
    if numbers.min(initial=0) < 0 or int(numbers.max(initial=0)) * prod(sizes) > _MOST:
        numbers = np.unique(numbers, return_inverse=True)[1]  # Those of a cluster are large.
    for size, each in zip(sizes, (last, first, contexts), strict=True):
        numbers = numbers * size + each
    return ordered(numbers)[1]
