"""Which installs tried an action, in which states and order, how did it go, and for how many days?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aboveboard.insights.binary import Coded
from aboveboard.insights.bits import Bits
from aboveboard.insights.causes.ordering import ordered
from aboveboard.insights.causes.units import UNKNOWN, Codes, Column, Rows, starts
from aboveboard.insights.looking import Look, Numbers, places
from aboveboard.insights.releases import order
from aboveboard.insights.slices import Slices
from aboveboard.store.rollups import STATE

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

# Texts come as places among the few that there are, which is faster than to put like states together.
_STATES = f"""
SELECT state, number, {", ".join(STATE)}
FROM {{states}} AS events
WHERE {{of_installs}}
"""  # noqa: S608

_VERSION = "app_version"
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
    (states, numbers), told = look.coded(_STATES, numbers=2, words=len(STATE))
    at = _places(read.numbers, states)
    there = np.flatnonzero((at >= 0) & _flags(added.tried, at))
    own = at.take(there)
    first, last = added.first.at(own), added.last.at(own)
    columns = [_column(name, column) for name, column in zip(STATE, told, strict=True)]
    there = _in_order(there, numbers.take(there), last, first, [column.codes for column in columns])
    at, numbers = at.take(there), numbers.take(there)
    install = np.cumsum(starts(numbers), dtype=np.int64) - 1
    columns = [replace(column, codes=column.codes.take(there)) for column in columns]
    rows = Rows(install, _flags(added.bad, at), added.days.at(at).astype(np.float64), columns)
    return Tried(rows, numbers, states.take(there))


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


def _column(name: str, told: Coded) -> Column:
    """Return an attribute: codes are in the order of texts, those of versions in that of their numbers."""
    if name != _VERSION:
        return Column(name, told.values, told.codes)
    values = [UNKNOWN, *sorted(told.values[1:], key=order)]
    codes = np.array([values.index(text) for text in told.values], told.codes.dtype)
    return Column("version", values, codes.take(told.codes))


def _places(among: Numbers, of: Numbers) -> Numbers:
    """Return where numbers stand among sorted ones, −1 of those that are not there."""
    if not among.size:
        return np.full(of.size, -1)
    at = np.minimum(places(among, np.clip(of, among[0], among[-1])), among.size - 1)
    at[among.take(at) != of] = -1
    return at


def _flags(bits: Bits, at: Numbers) -> NDArray[np.bool_]:
    if not bits.size:
        return np.zeros(at.size, bool)
    return np.unpackbits(bits, bitorder="little").view(bool).take(at)


def _in_order(
    rows: Numbers, numbers: Numbers, last: Numbers, first: Numbers, columns: Sequence[Codes]
) -> Numbers:
    """Return rows in order: by install, then by time, then by what they are, of which columns know."""
    sizes = [int(days.max(initial=0)) + 1 for days in (last, first)]
    if numbers.min(initial=0) < 0 or int(numbers.max(initial=0)) * sizes[0] * sizes[1] > _MOST:
        numbers = np.unique(numbers, return_inverse=True)[1]  # Those of a cluster are large.
    keys, found = ordered((numbers * sizes[0] + last) * sizes[1] + first)
    again = ~starts(keys)
    tied = again.copy()
    tied[:-1] |= again[1:]
    rows = rows[found]
    alike = rows[tied]
    rows[tied] = alike[np.lexsort([*(column[alike] for column in reversed(columns)), keys[tied]])]
    return rows
