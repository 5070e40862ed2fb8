"""Which attributes make the difference between installs where an action fails and those where it works?"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aboveboard.insights.causes import Finding, Findings, findings, headline, read_units, sentence
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Explanation", "ask", "explain", "rows"]

_MOST_ROWS = 25

# Without an event: the one that fails with most installs. With a reason alone: the event that it is a reason of.
_EVENT = """
SELECT event
FROM {counted_in_all} AS events
WHERE {where}
    AND failed
GROUP BY event
HAVING {installs} > 0
ORDER BY {installs} DESC, event
LIMIT 1
"""


@dataclass(frozen=True)
class Explanation:
    """What was found about one action: the sentence to read first, and everything that stands behind it."""

    event: str
    headline: str
    findings: Findings


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return the causes of an action's failures, strongest first, then what they imply; no row where there is none.

    Rows: sentence, event, attributes (name → value), failing_installs, installs (with these attributes),
    failing_without, installs_without, relative_risk with its 95 % interval low and high, share_of_failures (0 to
    1), implied_by (attributes of a stronger finding, or None), same_installs (attributes that the very same
    installs have), tested (how many candidates were compared).
    """
    return rows(explain(client, filters))


def rows(found: Explanation) -> list[dict[str, Any]]:
    """Return what was found as rows, 25 at the most."""
    told = [_row(found, finding) for finding in found.findings.found[:_MOST_ROWS]]
    if told:
        told[0]["sentence"] = found.headline
    return told


def explain(client: "Client", filters: Filters) -> Explanation:
    """Compare the installs of the action that the filters name, or of the one that fails with most installs."""
    reason = filters.equal.get("reason", "")
    look = Look(client, filters)
    event = filters.equal.get("event", "") or _event(look)
    found = findings(read_units(look, filters, event, reason))
    return Explanation(event, headline(event, found), found)


def _event(look: Look) -> str:
    found = look.rows(_EVENT)
    return str(found[0]["event"]) if found else ""


def _row(found: Explanation, finding: Finding) -> dict[str, Any]:
    return {
        "sentence": sentence(found.event, finding),
        "event": found.event,
        "attributes": dict(finding.attributes),
        "failing_installs": finding.failing,
        "installs": finding.installs,
        "failing_without": finding.failing_without,
        "installs_without": finding.without,
        "relative_risk": finding.relative_risk,
        "low": finding.low,
        "high": finding.high,
        "share_of_failures": finding.share,
        "implied_by": None if finding.implied_by is None else dict(finding.implied_by),
        "same_installs": [dict(same) for same in finding.same],
        "tested": found.findings.tested,
    }
