"""Where and when does one action work, and where does it fail?"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aboveboard.insights.breakdown import breakdown
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["DIVIDED_BY", "ask", "of_one_action"]

DIVIDED_BY = (
    "version", "os", "arch", "country", "extension", "extension version", "status code", "exit code", "week", "day",
)  # fmt: skip
"""What one action is divided by."""

# Without an event: the one that fails with most installs, or else the one of most installs.
_EVENT = """
SELECT event
FROM {counted_in_all} AS events
WHERE {where}
    AND kind = 'track'
    {condition}
GROUP BY event
ORDER BY {installs} DESC, event
LIMIT 1
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return how the event that the filters name went, divided by each of DIVIDED_BY; else that which fails most.

    Rows: event, by, value, events, installs, failures, success_rate (0 to 1, None where nothing ended), p50_ms,
    p95_ms (durations as in `actions`). Values that an event did not say have no row; 400 rows of each division
    at the most.
    """
    look = Look(client, filters)
    filters = _of_one_action(look, filters)
    event = filters.equal.get("event", "")
    return [{"event": event} | row for row in breakdown(look.under(filters), DIVIDED_BY)] if event else []


def of_one_action(client: "Client", filters: Filters) -> Filters:
    """Return the filters with an event: the one that they name, or else the one that fails with most installs."""
    return _of_one_action(Look(client, filters), filters)


def _of_one_action(look: Look, filters: Filters) -> Filters:
    if filters.equal.get("event"):
        return filters
    found = look.rows(_EVENT, {"condition": "AND failed"}) or look.rows(_EVENT, {"condition": ""})
    return replace(filters, equal={**filters.equal, "event": found[0]["event"]}) if found else filters
