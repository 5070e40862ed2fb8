"""What is collected and used by nobody, and could be left uncollected?"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["DAYS", "ask", "used_by"]

DAYS = 90
"""After so many days without use something is a candidate."""

_NOW = partial(datetime.now, UTC)

_USES = """
SELECT event, property, max(day) AS last_used, argMax(question, day) AS used_by
FROM uses FINAL
GROUP BY event, property
"""

_NOTED = """
SELECT min(day) AS since, count() AS noted
FROM uses
"""

_RECEIVED = """
SELECT source, event, sum(stored) AS stored_events, sum(size) AS bytes
FROM {counted_in_all} AS events
WHERE {where}
GROUP BY source, event
"""


def ask(client: "Client", filters: Filters, now: Callable[[], datetime] = _NOW) -> list[dict[str, Any]]:
    """Return a row for each declared event and property that was not used in the DAYS before the end of the span.

    Where the span ends after today, as it does by default, the DAYS are those up to today: days to come have no uses.

    Rows: source, event, property (empty: the event as a whole), last_used (a day, None: never), used_by (the question
    that used it last), noted_since (the day from which uses are known at all, None where there are none), events and
    bytes (stored of the event in the span; None for a property). What takes most room comes first, and properties
    are listed only of events that are used.
    """
    if not filters.declared:
        return []
    (noted,) = rows(client, _NOTED, filters)
    since = noted["since"] if noted["noted"] else None
    uses = {(row["event"], row["property"]): row for row in rows(client, _USES, filters)}
    received = {(row["source"], row["event"]): row for row in Look(client, filters).rows(_RECEIVED)}
    tomorrow = now().date() + timedelta(days=1)
    limit = min(filters.until.date(), tomorrow) - timedelta(days=DAYS)
    found = []
    for source, event, name in filters.declared:
        if source not in filters.sources or (name and not _fresh(uses.get((event, "")), limit)):
            continue
        use = uses.get((event, name))
        if not _fresh(use, limit):
            got = {"stored_events": None, "bytes": None} if name else received.get((source, event), {})
            found.append(
                {
                    "source": source,
                    "event": event,
                    "property": name,
                    "last_used": use["last_used"] if use else None,
                    "used_by": use["used_by"] if use else "",
                    "noted_since": since,
                    "events": got.get("stored_events", 0),
                    "bytes": got.get("bytes", 0),
                }
            )
    return sorted(found, key=lambda row: (-(row["bytes"] or 0), row["source"], row["event"], row["property"]))


def _fresh(use: dict[str, Any] | None, limit: date) -> bool:
    return use is not None and use["last_used"] >= limit


def used_by(
    question: str, filters: Filters, found: Iterable[dict[str, Any]], *, export: bool = False
) -> set[tuple[str, str]]:
    """Return the (event, property) pairs that an answer makes use of.

    Those that its filters and steps name, those that a finding tells of, and those in the rows of an export. An
    answer that goes through all events uses none of them.
    """
    named = {filters.equal.get("event", ""), *filters.steps}
    used = {(event, "") for event in named if event}
    if question in ("explain", "action"):
        for row in found:
            used.add((row["event"], ""))
            told = [row["attributes"]] if question == "explain" else []
            used |= {
                (row["event"], name.removeprefix("property:"))
                for attributes in told
                for name in attributes
                if name.startswith("property:")
            }
    if export and question != "unused":
        used |= {(str(row["event"]), "") for row in found if row.get("event")}
    return used
