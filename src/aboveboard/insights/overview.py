"""How many installs are in use, how many are new, do they work, and what has changed?"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["PERIODS", "ask", "changed"]

PERIODS = {"day": "toDate(time)", "week": "toMonday(time)", "month": "toStartOfMonth(time)"}
"""The periods and when each begins (UTC; weeks on Monday)."""

_LENGTHS = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=31)}

# An install is new in the period of its first event of all, whatever the filters let through. A run that is
# followed by another start without a shutdown has not ended cleanly.
_OVERVIEW = """
SELECT
    {start} AS start,
    {estimated} AS events,
    {installs} AS installs,
    uniqExactIf((source, install), install != '' AND {start_of_first} = {start}) AS new,
    installs - new AS returning,
    countIf(event = 'startup') AS starts,
    countIf(event = 'startup' AND previous = 'startup') AS unclean_ends,
    {failures} AS failures,
    {success_rate} AS success_rate
FROM
(
    SELECT
        *,
        lagInFrame(event) OVER (
            PARTITION BY source, install, event IN ('startup', 'shutdown')
            ORDER BY time, message_id, part
        ) AS previous
    FROM events FINAL
    WHERE {where}
) AS events
LEFT JOIN
(
    SELECT source, install, min(time) AS first
    FROM events FINAL
    WHERE source IN {{sources:Array(String)}}
    GROUP BY source, install
) AS firsts USING (source, install)
GROUP BY start
ORDER BY start
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each day, week and month with events, oldest first.

    Rows: period (day, week, month), start (its first day), events, installs, new, returning, starts, unclean_ends,
    failures, success_rate (0 to 1, None where nothing ended), changed (what differs from the period before, in
    words; empty for the first, and "so far" where the period is not over).
    """
    found = []
    for period, start in PERIODS.items():
        first = start.replace("time", "first")
        before: dict[str, Any] | None = None
        for row in rows(client, _OVERVIEW, filters, {"start": start, "start_of_first": first}):
            said = changed(before, row) if before else ""
            if said and row["start"] + _LENGTHS[period] > filters.until.date() - timedelta(days=1):
                said = f"so far {said}"
            found.append({"period": period, **row, "changed": said})
            before = row
    return found


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
