"""How many installs are in use, how many are new, do they work, and what has changed?"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from aboveboard.insights.bits import Bits, how_many
from aboveboard.insights.daily import joined
from aboveboard.insights.filters import Filters
from aboveboard.insights.firsts import Firsts, firsts
from aboveboard.insights.looking import Look, places

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["PERIODS", "ask", "changed"]

PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}
"""The periods and how long they are at the most (UTC; weeks from Monday)."""

_OVERVIEW = """
SELECT
    day,
    sum(weights) AS times,
    sumIf(stored, event = 'startup') AS starts,
    sumIf(weights, failed) AS failing,
    sum(ended) AS over,
    sum(ended_weights) AS over_weights,
    sum(worked) AS good
FROM {counted} AS events
WHERE {where}
GROUP BY day
"""

_INSTALLS = """
SELECT
    day,
    toMonday(day) AS week,
    toStartOfMonth(day) AS month,
    {installs} AS by_installs
FROM {counted} AS events
WHERE {where}
GROUP BY GROUPING SETS ((day), (week), (month))
"""

_SEEN = """
SELECT toInt64(toUInt16(day)) AS of_day, toInt64(number) AS install
FROM {stays} AS events
WHERE {of_installs}
    AND number > 0
"""

# A run that is followed by another start without a shutdown has not ended cleanly; the filters let the second through.
_INSIDE = """
SELECT toInt64(toUInt16(day)) AS of_day, toInt64(sum(inside)) AS ends
FROM {runs} AS events
WHERE {of_runs}
GROUP BY of_day
"""
_RUNS = """
SELECT
    toInt64(toUInt16(day)) AS of_day,
    toInt64(build) AS of_build,
    toInt64(number) AS install,
    toInt64(closes) AS closing,
    toInt64(opens > 0 AND {of_runs}) AS opened
FROM {runs} AS events
WHERE source IN {{sources:Array(String)}}
"""

_IN_USE = """
SELECT
    toInt64(toUInt16(day)) AS of_day,
    toInt64({chosen}) AS of_some,
    groupBitmapMergeState(installs) AS here
FROM {table} AS events
WHERE {of_installs}
GROUP BY of_day, of_some
ORDER BY of_day
"""

_ENDS = """
SELECT
    toInt64(toUInt16(day)) AS of_day,
    toInt64(build) AS of_build,
    toInt64(sumIf(inside, {of_runs})) AS ends,
    groupBitmapMergeStateIf(opened, {of_runs}) AS begun,
    groupBitmapMergeState(shut) AS closed,
    groupBitmapMergeState(left_open) AS not_closed
FROM {ends} AS events
WHERE source IN {{sources:Array(String)}}
GROUP BY of_day, build
"""

_NO_DAY = date(1970, 1, 1)

Key: TypeAlias = tuple[str, date]


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each day, week and month with events, oldest first.

    Rows: period (day, week, month), start (its first day), events, installs, new, returning, starts, unclean_ends,
    failures, success_rate (0 to 1, None where nothing ended), changed (what differs from the period before, in
    words; empty for the first, and "so far" where the period is not over).
    """
    look = Look(client, filters)
    counted = _counted(look)
    if look.whole_days:
        installs, new = _installs_of_days(look, filters)
        ends = _unclean_of_days
    else:
        installs = Counter({_key(row): row["by_installs"] for row in look.rows(_INSTALLS)})
        new, ends = _new(look, firsts(look, filters)), _unclean
    unclean = _by_period(ends(look)) if filters.equal.get("event", "startup") == "startup" else Counter()
    found = []
    before: dict[str, Any] | None = None
    for key in sorted(counted, key=lambda key: (list(PERIODS).index(key[0]), key[1])):
        row = _row(key, counted[key], installs[key], new[key], unclean[key])
        following = before is not None and before["period"] == row["period"]
        row["changed"] = _said(before, row, filters) if before and following else ""
        found.append(row)
        before = row
    return found


def _key(row: dict[str, Any]) -> Key:
    """The period that a row is of: of its three days only one is set."""
    period = next((period for period in PERIODS if row[period] > _NO_DAY), "day")
    return period, row[period]


def _counted(look: Look) -> dict[Key, dict[str, Any]]:
    """Sum up the days of each period."""
    sums: dict[Key, Counter[str]] = {}
    for row in look.rows(_OVERVIEW):
        day = (row.pop("day") - _NO_DAY).days
        for period in PERIODS:
            sums.setdefault((period, _start(day, period)), Counter()).update(row)
    return dict(sums)


def _row(key: Key, row: Mapping[str, Any], installs: int, new: int, unclean: int) -> dict[str, Any]:
    period, start = key
    return {
        "period": period,
        "start": start,
        "installs": installs,
        "new": new,
        "returning": installs - new,
        "starts": row["starts"],
        "unclean_ends": unclean,
        "events": round(row["times"]),
        "failures": round(row["failing"]),
        "success_rate": row["good"] / row["over_weights"] if row["over"] else None,
    }


def _new(look: Look, first: Firsts) -> Counter[Key]:
    """Count the installs that are seen in the day, week or month of their first event of all."""
    days, numbers = look.columns(_SEEN)[:2]
    counts: Counter[Key] = Counter()
    if not numbers.size:
        return counts
    at = places(first.number, numbers)
    begun = first.day[at]
    base = int(min(days.min(), begun.min()))
    span = range(base, int(max(days.max(), begun.max())) + 1)
    for period in PERIODS:
        starts = np.array([_start(day, period).toordinal() for day in span])
        fresh = np.zeros(first.number.size, bool)
        fresh[at[starts[days - base] == starts[begun - base]]] = True
        found, installs = np.unique(starts[first.day[fresh] - base], return_counts=True)
        for start, count in zip(found.tolist(), installs.tolist(), strict=True):
            counts[period, date.fromordinal(start)] = count
    return counts


def _installs_of_days(look: Look, filters: Filters) -> tuple[Counter[Key], Counter[Key]]:
    """Count the installs of each period, and those of its new ones, from the bitmaps of days."""
    everyone = look.under(replace(filters, equal={}), ever=True)
    rows = everyone.bitmaps(
        _IN_USE.replace("{table}", "{places}" if filters.equal else "{versions}"),
        keys=2,
        states=1,
        texts=0,
        words={"chosen": filters.of_places()},
        **filters.equal,
    )
    since, seen = int(filters.since.timestamp()) // 86_400, rows.none()
    here: dict[Key, Bits] = {}
    new: dict[Key, Bits] = {}
    for day, those in groupby(zip(rows.keys, rows.bits, strict=True), lambda row: row[0][0]):
        of_day = list(those)
        active = joined((bits for _, (bits,) in of_day), rows.none())
        of_some = joined((bits for (_, some), (bits,) in of_day if some), rows.none())
        fresh = active & ~seen
        for key in ((period, _start(day, period)) for period in PERIODS):
            new[key] = new.get(key, rows.none()) | fresh
            if day >= since:
                here[key] = here.get(key, rows.none()) | of_some
        seen = seen | active
    installs = Counter({key: how_many(active) for key, active in here.items()})
    return installs, Counter({key: how_many(active & new[key]) for key, active in here.items()})


def _unclean_of_days(look: Look) -> Counter[int]:
    """Count unclean ends by day, from the bitmaps of days.

    Events of one day may be in two parts of the store, where a clock was wrong: they follow each other as that clock
    had them.
    """
    rows = look.bitmaps(_ENDS, keys=3, states=3)
    days, builds = np.array(rows.keys, np.int64).reshape(-1, 3).T[:2]
    sequence = np.lexsort([look.ahead(builds, days), days])
    counts: Counter[int] = Counter()
    left_open = rows.none()
    for place in sequence.tolist():
        (day, _, inside), (opened, shut, left) = rows.keys[place], rows.bits[place]
        counts[day] += inside + how_many(opened & left_open)
        left_open = (left_open & ~shut) | left
    return counts


def _unclean(look: Look) -> Counter[int]:
    """Count unclean ends by day: those within a day, and starts whose install has left the day before open."""
    counts = Counter(dict(zip(*(column.tolist() for column in look.columns(_INSIDE)[:2]), strict=True)))
    days, builds, numbers, closes, opened = look.columns(_RUNS)[:5]
    known = np.unique(numbers)
    at = places(known, numbers)
    left_open = np.zeros(known.size, bool)
    days = days.astype(np.uint16).astype(np.int64)
    ahead = look.ahead(builds, days)
    order = np.lexsort([ahead, days])
    edges = np.flatnonzero(np.diff(days[order]) | np.diff(ahead[order])) + 1
    for rows in np.split(order, edges) if order.size else []:
        counts[int(days[rows[0]])] += int(left_open[at[rows[opened[rows] > 0]]].sum())
        left_open[at[rows[closes[rows] == 1]]] = False
        left_open[at[rows[closes[rows] == 2]]] = True
    return counts


def _by_period(of_days: Counter[int]) -> Counter[Key]:
    counts: Counter[Key] = Counter()
    for day, count in of_days.items():
        for period in PERIODS:
            counts[period, _start(day, period)] += count
    return counts


def _start(day: int, period: str) -> date:
    """The first day of the period that a day (since 1970) is in."""
    when = date(1970, 1, 1) + timedelta(days=day)
    return {"day": when, "week": when - timedelta(days=when.weekday()), "month": when.replace(day=1)}[period]


def _said(before: dict[str, Any], row: dict[str, Any], filters: Filters) -> str:
    said = changed(before, row)
    over = row["start"] + PERIODS[row["period"]] <= filters.until.date() - timedelta(days=1)
    return said if over or not said else f"so far {said}"


def changed(before: dict[str, Any], now: dict[str, Any]) -> str:
    """Say what differs between two periods."""
    parts = [
        _more(before[name], now[name], noun)
        for name, noun in (
            ("installs", "installs"),
            ("new", "new installs"),
            ("unclean_ends", "unclean ends"),
        )
    ]
    old, new = before["success_rate"], now["success_rate"]
    if old is not None and new is not None and round(old, 3) != round(new, 3):
        parts.append(f"success {'up' if new > old else 'down'} from {old:.1%} to {new:.1%}")
    return ", ".join(part for part in parts if part)


def _more(before: int, now: int, noun: str) -> str:
    if before == now:
        return ""
    if not before:
        return f"{now:,} {noun} after none"
    return f"{abs(now - before) / before:.0%} {'more' if now > before else 'fewer'} {noun} ({before:,} → {now:,})"
