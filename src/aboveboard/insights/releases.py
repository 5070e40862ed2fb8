"""How fast is each release taken up, who stays behind, and what got worse or better with it?"""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from aboveboard.insights.attempts import Risks, risks
from aboveboard.insights.bits import Bitmaps, Bits, how_many
from aboveboard.insights.daily import Day, days_in_use, holds, joined, settle
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look, Numbers
from aboveboard.insights.statistics import Comparison, benjamini_hochberg, chance, relative_risk
from aboveboard.insights.versions import order

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask"]

_RELEASES = """
SELECT
    app_version AS version,
    min(first_time) AS first_seen,
    max(last_time) AS last_seen,
    uniqExact(number) AS by_installs
FROM {stays} AS events
WHERE {of_installs}
    AND number > 0
    AND app_version != ''
GROUP BY version
"""

_DAYS = """
SELECT
    toInt64(number) AS install,
    toInt64(toUInt16(day)) AS of_day,
    toInt64(indexOf({{{{versions:Array(String)}}}}, app_version) - 1) AS version,
    toInt64(toUnixTimestamp64Milli(last_time)) AS moment
FROM {{stays}} AS events
WHERE {{of_installs}}
    AND number > 0
    AND app_version != ''{of_these}
"""
_THESE = "\n    AND number IN {{some:Array(UInt64)}}"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each version of the app, newest first (by its number).

    Rows: version, first_seen, last_seen, installs, current (installs whose last event is of it), share (of all
    installs, 0 to 1), days_to_50 and days_to_90 (days from its first event until that share of a day's installs had
    it or a newer one, None where not yet), downgrades (installs that had it on a day and an older one on the
    next day of their use), curve (list of
    [day, share of that day's installs]), worse and better (actions that fail more or less often than in the version
    before: event, relative_risk, low, high).
    """
    look = Look(client, filters)
    found, used = _used_of_days(look) if look.whole_days else _used(look)
    versions = list(found)
    changes = _changes(versions, risks(look, versions))
    for place, version in enumerate(versions):
        row = found[version]
        row["current"] = int(used.last[place])
        row["share"] = row["current"] / max(int(used.last.sum()), 1)
        for percent in (50, 90):
            row[f"days_to_{percent}"] = _days_to(percent / 100, row, place, used.days)
        row["downgrades"] = int(used.downgrades[place])
        row["curve"] = [
            [day, counts[place] / sum(counts)]
            for day, counts in used.days.items()
            if day >= row["first_seen"].date()
        ]
        row |= changes[version]
    return [found[version] for version in reversed(versions)]


class _Used(NamedTuple):
    """By version, oldest first: installs on each day, installs on the last day of their use, steps down from it."""

    days: dict[date, list[int]]
    last: Numbers
    downgrades: Numbers


def _used(look: Look) -> tuple[dict[str, dict[str, Any]], _Used]:
    """Take of each install and day the last version (of those at one moment the newest), and compare its days."""
    rows = {row["version"]: row | {"installs": row.pop("by_installs")} for row in look.rows(_RELEASES)}
    versions = sorted(sorted(rows), key=order)
    install, day, version = _last_of_days(*look.columns(_DAYS.format(of_these=""), versions=versions)[:4])
    goes_on = np.append(install[1:] == install[:-1], False)[: install.size]
    down = np.flatnonzero(goes_on)
    down = down[version[down + 1] < version[down]]
    count = len(versions)
    base = int(day.min()) if day.size else 0
    table = np.bincount((day - base) * count + version) if day.size else np.zeros(0, int)
    table = np.append(table, np.zeros(-table.size % max(count, 1), int)).reshape(-1, max(count, 1))
    first = date(1970, 1, 1) + timedelta(days=base)
    return {each: rows[each] for each in versions}, _Used(
        {first + timedelta(days=ago): row.tolist() for ago, row in enumerate(table) if row.sum()},
        np.bincount(version[~goes_on], minlength=count),
        np.bincount(version[down], minlength=count),
    )


def _days_to(share: float, row: dict[str, Any], place: int, days: dict[date, list[int]]) -> int | None:
    """Count the days from a version's first event until a share of a day's installs had it or a newer one."""
    first = row["first_seen"].date()
    for day, counts in days.items():
        if day >= first and sum(counts[place:]) >= share * sum(counts):
            return int((day - first).days)
    return None


def _last_of_days(
    install: Numbers, day: Numbers, version: Numbers, moment: Numbers
) -> tuple[Numbers, Numbers, Numbers]:
    rows = np.lexsort((version, moment, day, install))
    install, day, version = install[rows], day[rows], version[rows]
    ends = np.append((np.diff(install) != 0) | (np.diff(day) != 0), True)[: install.size]
    return install[ends], day[ends], version[ends]


def _used_of_days(look: Look) -> tuple[dict[str, dict[str, Any]], _Used]:
    """Tell the same from the bitmaps of days."""
    days, versions, seen, rows = days_in_use(look, order, last=True, named=True)
    unsettled = joined((day.unsettled for day in days.values()), rows.none())
    if unsettled.any():
        of_these = _DAYS.format(of_these=_THESE)
        columns = look.some(of_these, rows.named(unsettled), versions=versions)[:4]
        _settle(days, rows, *_last_of_days(*columns))
    last = [rows.none() for _ in versions]
    downgrades = np.zeros(len(versions), np.int64)
    curve: dict[date, list[int]] = {}
    for number, day in days.items():
        older, away = rows.none(), ~joined(day.versions.values(), rows.none())
        counts = [0] * len(versions)
        for version, before in enumerate(last):
            if older.any():
                downgrades[version] += how_many(before & older)
            before &= away
            if (now := day.versions.get(version)) is not None:
                older, counts[version] = older | now, how_many(now)
                before |= now
        curve[date(1970, 1, 1) + timedelta(days=number)] = counts
    found = {version: _row(version, *seen[version]) for version in versions}
    return found, _Used(curve, np.array([how_many(bits) for bits in last], np.int64), downgrades)


def _row(version: str, first: int, last: int, installs: Bits) -> dict[str, Any]:
    return {
        "version": version,
        "first_seen": _EPOCH + timedelta(milliseconds=first),
        "last_seen": _EPOCH + timedelta(milliseconds=last),
        "installs": how_many(installs),
    }


def _settle(days: dict[int, Day], rows: Bitmaps, install: Numbers, day: Numbers, version: Numbers) -> None:
    at = np.searchsorted(rows.numbers, install)
    for number, those in days.items():
        here = (day == number) & holds(those.unsettled, at)
        settle(those, {each: at[here & (version == each)] for each in np.unique(version[here]).tolist()})


def _changes(versions: list[str], at_risk: Risks) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Compare each action in each version with the version before; 5 % of what is told may be chance."""
    changes: dict[str, dict[str, list[dict[str, Any]]]] = {
        version: {"worse": [], "better": []} for version in versions
    }
    tested = []
    for before, version in pairwise(versions):
        for event in sorted({event for event, known in at_risk if known == version}):
            if (event, before) in at_risk:
                new, old = at_risk[event, version], at_risk[event, before]
                for name, one, two in (("worse", new, old), ("better", old, new)):
                    tested.append((version, name, event, one, two))
    if not tested:
        return changes
    chances = [chance(_table(one, two))[0] for *_, one, two in tested]
    for (version, name, event, one, two), real in zip(
        tested, benjamini_hochberg(np.array(chances), 0.05), strict=True
    ):
        if real:
            new, old = (one, two) if name == "worse" else (two, one)
            risk = relative_risk(_table(new, old))
            numbers = {"relative_risk": risk.ratio[0], "low": risk.low[0], "high": risk.high[0]}
            said = {each: float(number) for each, number in numbers.items()}
            changes[version][name].append({"event": event, **said})
    return changes


def _table(one: Any, two: Any) -> Comparison:
    return Comparison(one[0][:, None], one[1][:, None], two[0][:, None], two[1][:, None])
