"""Which installs tried an action, in which states and order, how did it go, and for how many days?"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aboveboard.insights.bits import Bits
from aboveboard.insights.causes.units import UNKNOWN, Codes, Column, Rows
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

# Few kinds of states stand for many, which are read as numbers only.
_KINDS = f"""
SELECT toInt64(context) AS kind, {", ".join(STATE)}
FROM {{states}} AS events
WHERE {{of_installs}}
LIMIT 1 BY kind
"""  # noqa: S608

_STATES = """
SELECT toInt64(state), toInt64(number), toInt64(context)
FROM {states} AS events
WHERE {of_installs}
"""

_VERSION = "app_version"
_MOST = 2.0**62


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
    hashes, columns = _kinds(look)
    states, numbers, contexts, *_ = look.columns(_STATES)
    at, kind = _places(read.numbers, states), _places(hashes, contexts)
    there = np.flatnonzero((at >= 0) & (kind >= 0))
    there = there[_flags(added.tried, at[there])]
    first, last = added.first.at(at[there]), added.last.at(at[there])
    there = there[_in_order(numbers[there], last, first, _ranks(columns)[kind[there]])]
    at, kind, numbers = at[there], kind[there], numbers[there]
    install = np.cumsum(np.diff(numbers, prepend=numbers[:1]) != 0)
    columns = [replace(column, codes=column.codes[kind]) for column in columns]
    rows = Rows(install, _flags(added.bad, at), added.days.at(at).astype(np.float64), columns)
    return Tried(rows, numbers, states[there])


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


def _kinds(look: Look) -> tuple[Numbers, list[Column]]:
    """Return the kinds of states by their hashes, sorted, and a column of each attribute by the place of the kind.

    Codes are in the order of texts, those of versions in that of their numbers.
    """
    hashes, *told = look.texts(_KINDS) or [[] for _ in range(1 + len(STATE))]
    sequence = np.argsort(np.array(hashes, np.int64))
    columns = []
    for name, texts in zip(STATE, told, strict=True):
        known = sorted(set(texts) - {UNKNOWN})
        values = [UNKNOWN, *(sorted(known, key=order) if name == _VERSION else known)]
        codes = {text: code for code, text in enumerate(values)}
        column = np.fromiter((codes[text] for text in texts), np.int32)[sequence]
        columns.append(Column("version" if name == _VERSION else name, values, column))
    return np.array(hashes, np.int64)[sequence], columns


def _ranks(columns: list[Column]) -> Codes:
    """Return the rank of each kind: by its first column, then by the second, and so on."""
    ranks = np.zeros(columns[0].codes.size, np.int64)
    ranks[np.lexsort([column.codes for column in reversed(columns)])] = np.arange(ranks.size)
    return ranks


def _places(among: Numbers, of: Numbers) -> Numbers:
    """Return where numbers stand among sorted ones, −1 of those that are not there."""
    if not among.size:
        return np.full(of.size, -1)
    at = np.minimum(places(among, np.clip(of, among[0], among[-1])), among.size - 1)
    return np.where(among[at] == of, at, -1)


def _flags(bits: Bits, at: Numbers) -> NDArray[np.bool_]:
    if not bits.size:
        return np.zeros(at.size, bool)
    found: NDArray[np.bool_] = np.unpackbits(bits, bitorder="little")[at].astype(bool)
    return found


def _in_order(numbers: Numbers, last: Numbers, first: Numbers, ranks: Codes) -> Codes:
    """Return the order of rows: by install, then by time, then by what they are."""
    keys = numbers, last, first, ranks
    sizes = [float(key.max(initial=0)) + 1 for key in keys]
    if numbers.min(initial=0) < 0 or np.prod(sizes) > _MOST:  # Those of a cluster are large.
        return np.lexsort(keys[::-1])
    whole = np.zeros(numbers.size, np.int64)
    for key, size in zip(keys, sizes, strict=True):
        whole = whole * int(size) + key
    return np.argsort(whole)
