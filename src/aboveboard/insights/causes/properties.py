"""Which properties of an action can be compared, and who gave which value of them, with which success?"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aboveboard.insights.bits import lists
from aboveboard.insights.buckets import bucket_name
from aboveboard.insights.causes.states import BAD, Tried
from aboveboard.insights.causes.units import UNKNOWN, Codes, Column, Given
from aboveboard.insights.looking import Look, Numbers
from aboveboard.store.rollups import MANY, OTHER

__all__ = ["read_given"]

_MOST_KEYS = 8
_DAYS = 65_536

_SAID = """
SELECT
    property, value,
    toInt64(sipHash64(property, value)) AS what,
    groupBitmapMerge(states) AS seen
FROM {given} AS events
WHERE event = {{event:String}}
GROUP BY property, value
"""

_WHO = f"""
SELECT what, of_day, bad, bitmapToArray(groupBitmapMergeState(states)) AS those
FROM
(
    SELECT
        toInt64(sipHash64(property, value)) AS what,
        toInt64(toUInt16(day)) AS of_day,
        toInt64({BAD}) AS bad,
        states
    FROM {{given}} AS events
    WHERE event = {{{{event:String}}}}
        AND property IN {{{{properties:Array(String)}}}}
)
GROUP BY what, of_day, bad
"""  # noqa: S608


class _Key(NamedTuple):
    """One property: its values with their hashes, and their texts, in order."""

    name: str
    whats: list[int]
    texts: list[str]


class _Moments(NamedTuple):
    """Who gave which value of which property when, one by one: the place of the state, hash, day, whether it failed."""

    place: Codes
    what: Codes
    day: Codes
    bad: Codes


def read_given(look: Look, tried: Tried, event: str, reason: str) -> Sequence[Given]:
    """Return the properties of an action with few words or with numbers, the commonest first, eight at the most."""
    keys = _keys(look.rows(_SAID, event=event))[:_MOST_KEYS]
    if not keys:
        return []
    names = [key.name for key in keys]
    raw, wide = look.raw(_WHO, event=event, reason=reason, properties=names)
    moments = _moments(lists(raw, 3, wide=wide), tried.states)
    return [given for given in (_given(key, moments) for key in keys) if given.place.size]


def _keys(rows: list[dict[str, Any]]) -> list[_Key]:
    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_name.setdefault(row["property"], []).append(row)
    found = []
    for name, own in by_name.items():
        kinds = {row["value"][:1] for row in own}
        if kinds & {OTHER} or len(kinds) > 1 or not 1 < len(own) <= MANY:
            continue
        if kinds == {"#"}:
            own.sort(key=lambda row: int(row["value"][1:]))
            texts = [bucket_name(row["value"][1:]) for row in own]
        else:
            own.sort(key=lambda row: str(row["value"]))
            texts = [row["value"][1:] for row in own]
        found.append(
            (-sum(row["seen"] for row in own), name, _Key(name, [row["what"] for row in own], texts))
        )
    return [key for *_, key in sorted(found)]


def _moments(read: Iterator[tuple[tuple[int, ...], Numbers]], states: Numbers) -> _Moments:
    """Put what was read into one row a moment; states that were not let through are left out."""
    sequence = np.argsort(states, kind="stable")
    among = states[sequence]
    parts = []
    for (what, day, bad), those in read:
        at = np.minimum(np.searchsorted(among, those), max(among.size - 1, 0))
        here = at[among[at] == those] if among.size else at[:0]
        parts.append((sequence[here], what, day, bad))
    sizes = [part[0].size for part in parts]
    place = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0, np.int64)
    rest = (np.repeat(np.array([part[column] for part in parts], np.int64), sizes) for column in (1, 2, 3))
    return _Moments(place, *rest)


def _given(key: _Key, moments: _Moments) -> Given:
    """Count the days of each state and value up to the first failure."""
    size = len(key.whats) + 1
    row, day, bad = _of_key(key, moments)
    # The same day stands there twice where it was tried with and without success.
    new = np.ones(row.size, bool)
    new[1:] = (row[1:] != row[:-1]) | (day[1:] != day[:-1])
    whose, number = np.unique(row, return_inverse=True)
    first = np.full(whose.size, np.iinfo(np.int64).max)
    np.minimum.at(first, number[bad], day[bad])
    days = np.bincount(number[new & (day <= first[number])], minlength=whose.size)
    failed = np.bincount(number[bad], minlength=whose.size) > 0
    column = Column(f"property:{key.name}", [UNKNOWN, *key.texts], whose % size)
    moment = (row[new] // size) * _DAYS + day[new]
    return Given(column, whose // size, failed, days.astype(np.float64), number[new], moment)


def _of_key(key: _Key, moments: _Moments) -> tuple[Codes, Codes, NDArray[np.bool_]]:
    """Return of one property who (state and value, as one number) gave it on which day, and failed, in order."""
    code = np.zeros(moments.what.size, np.int64)
    for number, what in enumerate(key.whats, 1):
        code[moments.what == what] = number
    own = code > 0
    row, day = moments.place[own] * (len(key.whats) + 1) + code[own], moments.day[own]
    sequence = np.lexsort((day, row))
    return row[sequence], day[sequence], moments.bad[own][sequence] > 0
