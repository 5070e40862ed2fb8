"""On which day of trying an action does it first fail for an install, by the version that it has?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np

from aboveboard.insights.bits import Bitmaps, Bits
from aboveboard.insights.daily import holds, joined, put
from aboveboard.insights.looking import Look, Numbers
from aboveboard.insights.slices import Slices
from aboveboard.insights.stated import places_of, read_states

__all__ = ["Risks", "risks"]

Risks: TypeAlias = dict[tuple[str, str], Numbers]
"""(event, version) → installs that fail on the n-th day, installs that are there for n days (2 × days)."""

_FAILING = """
SELECT DISTINCT event
FROM {counted_in_all} AS events
WHERE {where}
    AND failed
"""

_OF_EVERYONE = """
SELECT
    toInt64(toUInt16(day)) AS of_day,
    toInt64(failed) AS bad,
    event,
    app_version,
    installs
FROM {tries} AS events
WHERE {of_installs}
    AND event IN {{events:Array(String)}}
    AND app_version IN {{versions:Array(String)}}
"""

_OF_SOME = """
SELECT
    toInt64(toUInt16(day)) AS of_day,
    toInt64(failed) AS bad,
    event,
    app_version,
    groupBitmapMergeState(installs) AS tries
FROM {counts} AS events
WHERE {where}
    AND NOT given_up
    AND event IN {{events:Array(String)}}
    AND app_version IN {{versions:Array(String)}}
GROUP BY event, app_version, day, failed
"""

# Counts that know version and system are many, each with a bitmap of few installs: those of states are a tenth.
_OF_STATES = """
SELECT
    toInt64(toUInt16(day)) AS of_day,
    toInt64(failed) AS bad,
    event,
    groupBitmapMergeState(states) AS those
FROM {attempts} AS events
WHERE tried
    AND event IN {{events:Array(String)}}
GROUP BY event, day, failed
"""

_MOST_DAYS = 30

_OfDays: TypeAlias = dict[int, dict[int, Bits]]
"""Day → who tried on it, by whether it failed (1) or not (0)."""


def risks(look: Look, versions: list[str]) -> Risks:
    """Count by action and version the installs by days in use until it first failed: those where it did, and all."""
    events = sorted(row["event"] for row in look.rows(_FAILING))
    if look.named and look.whole_days and look.counted:
        found = _of_states(look, events, versions)
    else:
        found = _of_installs(look, events, versions)
    # What nobody tried but events without an install is not compared.
    return {key: table for key, table in found.items() if table.any()}


def _of_installs(look: Look, events: list[str], versions: list[str]) -> Risks:
    sql = _OF_SOME if look.named or not look.whole_days else _OF_EVERYONE
    rows = look.bitmaps(sql, keys=2, texts=2, events=events, versions=versions)
    every = ~rows.none()
    return {
        (event, version): _at_risk(of_days, [every])[0] for (event, version), of_days in _by_day(rows).items()
    }


def _of_states(look: Look, events: list[str], versions: list[str]) -> Risks:
    """Tell the same of bitmaps of states: an install counts by the first of those that it has in a version."""
    rows = look.bitmaps(_OF_STATES, keys=2, states=1, texts=1, events=events)
    every = read_states(look)
    told = every.told["app_version"]
    wanted = np.array([versions.index(text) if text in versions else -1 for text in told.values])
    version = wanted[told.codes][every.contexts]
    at = places_of(rows.numbers, every.states)
    there = np.flatnonzero((at >= 0) & (version >= 0))
    order = there[np.argsort(version[there] * (int(every.numbers.max(initial=0)) + 1) + every.numbers[there])]
    at, install, version = at[order], every.numbers[order], version[order]
    begins = np.append(True, (np.diff(install) != 0) | (np.diff(version) != 0))[: at.size]
    first = at[begins]
    among = [put(rows.none(), first[version[begins] == place]) for place in range(len(versions))]
    again, instead = at[~begins], first[begins.cumsum()[~begins] - 1]
    found: Risks = {}
    for (event,), of_days in _by_day(rows).items():
        for day in of_days.values():
            for bad, bits in day.items():
                day[bad] = put(bits, instead[holds(bits, again)])
        found |= {
            (event, version): table for version, table in zip(versions, _at_risk(of_days, among), strict=True)
        }
    return found


def _by_day(rows: Bitmaps) -> Mapping[tuple[str, ...], _OfDays]:
    found: dict[tuple[str, ...], _OfDays] = defaultdict(lambda: defaultdict(dict))
    for (day, bad), told, (bits,) in zip(rows.keys, rows.texts, rows.bits, strict=True):
        before = found[told][day].get(bad)
        found[told][day][bad] = bits if before is None else before | bits
    return found


def _at_risk(of_days: _OfDays, groups: Iterable[Bits]) -> list[Numbers]:
    """Return of each group how many fail on their n-th day of trying, and how many try for n days at all."""
    none = np.zeros_like(next(bits for day in of_days.values() for bits in day.values()))
    failed, tried = none.copy(), Slices(none)
    for day in sorted(of_days):
        tried.add(joined(of_days[day].values(), none) & ~failed)
        failed |= of_days[day].get(1, none)
    tables = []
    for group in groups:
        table = np.zeros((2, _MOST_DAYS))
        table[0] = tried.counts(failed & group, _MOST_DAYS)[1:]
        table[1] = tried.counts(group, _MOST_DAYS)[:0:-1].cumsum()[::-1]
        tables.append(table)
    return tables
