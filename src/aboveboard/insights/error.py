"""Where and when does one kind of failure happen?"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aboveboard.insights.breakdown import breakdown
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["DIVIDED_BY", "ask", "of_one_reason"]

DIVIDED_BY = ("version", "os", "arch", "country", "event", "extension version", "week", "day")
"""What one group of like failures is divided by."""

# Without a reason: the one of most installs.
_REASON = """
SELECT fingerprint
FROM {counted_in_all} AS events
WHERE {where}
    AND failed
GROUP BY fingerprint
ORDER BY {installs} DESC, {failures} DESC, fingerprint
LIMIT 1
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return the failures of the reason (a fingerprint) that the filters name, divided by each of DIVIDED_BY.

    Rows: reason, by, value, failures, installs. Without a reason: the one of most installs.
    """
    look = Look(client, filters)
    filters = _of_one_reason(look, filters)
    reason = filters.equal.get("reason", "")
    if not reason:
        return []
    found = breakdown(look.under(filters), DIVIDED_BY, failed=True)
    kept = ("by", "value", "failures", "installs")
    return [{"reason": reason} | {name: row[name] for name in kept} for row in found]


def of_one_reason(client: "Client", filters: Filters) -> Filters:
    """Return the filters with a reason: the one that they name, or else the one of most installs."""
    return _of_one_reason(Look(client, filters), filters)


def _of_one_reason(look: Look, filters: Filters) -> Filters:
    if filters.equal.get("reason"):
        return filters
    found = look.rows(_REASON)
    return replace(filters, equal={**filters.equal, "reason": found[0]["fingerprint"]}) if found else filters
