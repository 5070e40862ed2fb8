"""How many installs are in use, how many are new, do they work, and what has changed?"""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["PERIODS", "ask", "changed"]

PERIODS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}
"""The periods and how long they are at the most (UTC; weeks from Monday)."""

# An install is new in the period of its first event of all, whatever the filters let through.
_OVERVIEW = """
SELECT
    day, week, month,
    {estimated} AS events,
    {installs} AS installs,
    uniqExactIf((source, install), install != '' AND new_in_day) AS new_day,
    uniqExactIf((source, install), install != '' AND new_in_week) AS new_week,
    uniqExactIf((source, install), install != '' AND new_in_month) AS new_month,
    countIf(event = 'startup') AS starts,
    {failures} AS failures,
    {success_rate} AS success_rate
FROM
(
    SELECT
        source, install, event, weight, failed, outcome,
        toDate(time) AS day,
        toMonday(time) AS week,
        toStartOfMonth(time) AS month,
        toDate(first) = day AS new_in_day,
        toMonday(first) = week AS new_in_week,
        toStartOfMonth(first) = month AS new_in_month
    FROM
    (
        SELECT source, install, event, weight, failed, outcome, time
        FROM events FINAL
        WHERE {where}
    ) AS seen
    LEFT JOIN
    (
        SELECT source, install, min(time) AS first
        FROM events FINAL
        WHERE source IN {{sources:Array(String)}}
        GROUP BY source, install
    ) AS firsts USING (source, install)
)
GROUP BY GROUPING SETS ((day), (week), (month))
"""

# A run that is followed by another start without a shutdown has not ended cleanly.
_UNCLEAN = """
SELECT
    toDate(time) AS day,
    toMonday(time) AS week,
    toStartOfMonth(time) AS month,
    count() AS ends
FROM
(
    SELECT
        event,
        time,
        lagInFrame(event) OVER (PARTITION BY source, install ORDER BY time, message_id, part) AS previous
    FROM events FINAL
    WHERE {where}
        AND event IN ('startup', 'shutdown')
)
WHERE event = 'startup' AND previous = 'startup'
GROUP BY GROUPING SETS ((day), (week), (month))
"""

_NO_DAY = date(1970, 1, 1)


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each day, week and month with events, oldest first.

    Rows: period (day, week, month), start (its first day), events, installs, new, returning, starts, unclean_ends,
    failures, success_rate (0 to 1, None where nothing ended), changed (what differs from the period before, in
    words; empty for the first, and "so far" where the period is not over).
    """
    unclean = {_key(row): row["ends"] for row in rows(client, _UNCLEAN, filters)}
    counted = {_key(row): row for row in rows(client, _OVERVIEW, filters)}
    found = []
    before: dict[str, Any] | None = None
    for key in sorted(counted, key=lambda key: (list(PERIODS).index(key[0]), key[1])):
        row = _row(key, counted[key], unclean.get(key, 0))
        following = before is not None and before["period"] == row["period"]
        row["changed"] = _said(before, row, filters) if before and following else ""
        found.append(row)
        before = row
    return found


def _key(row: dict[str, Any]) -> tuple[str, date]:
    """The period that a row is of: of its three days only one is set."""
    period = next((period for period in PERIODS if row[period] > _NO_DAY), "day")
    return period, row[period]


def _row(key: tuple[str, date], row: dict[str, Any], unclean: int) -> dict[str, Any]:
    period, start = key
    new = row[f"new_{period}"]
    return {
        "period": period,
        "start": start,
        "installs": row["installs"],
        "new": new,
        "returning": row["installs"] - new,
        "starts": row["starts"],
        "unclean_ends": unclean,
        "events": row["events"],
        "failures": row["failures"],
        "success_rate": row["success_rate"],
    }


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
