"""What do people do, how often does it work, how long does it take, and what are the reasons when it fails?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.durations import HOW_MANY, LASTED, quantiles
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look
from aboveboard.insights.statistics import wilson
from aboveboard.privacy.folding import shared

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["SMALL_GROUP", "ask", "shown_text"]

SMALL_GROUP = 5
"""A message's text is shown once this many installs have sent it (development sources: at once)."""

_ACTIONS = """
SELECT
    event,
    max(extension) AS shown_by,
    {estimated} AS times,
    {margin} AS events_margin,
    {installs} AS by_installs,
    {failures} AS failures,
    {success_rate} AS success_rate,
    sum(ended) AS that_ended,
    {lasted} AS lasted,
    {how_many} AS how_many
FROM {counted_in_all} AS events
WHERE {where}
    AND kind IN ('track', 'page', 'screen')
GROUP BY event
ORDER BY failures DESC, times DESC, event
"""

_DURATIONS = {"lasted": LASTED, "how_many": HOW_MANY}

# The text is that of the first failure.
_REASONS = """
SELECT
    event,
    fingerprint,
    {estimated} AS failures,
    {installs} AS by_installs,
    max(source IN {{open_sources:Array(String)}}) AS open,
    argMin(first_failure, (first_failure.1, first_failure.2, first_failure.3)) AS first
FROM {counted_in_all} AS events
WHERE {where}
    AND failed
GROUP BY event, fingerprint
ORDER BY event, failures DESC, fingerprint
LIMIT 3 BY event
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return one row for each event that is tracked, those that fail most first.

    Rows: event, extension, events, events_margin (how far that may be off where events are sampled, 95 %), installs,
    failures, success_rate (0 to 1, of those that ended; None where none did) with its 95 % interval success_low and
    success_high, p50_ms, p95_ms, p99_ms (None where no duration was sent), reasons (at most three: fingerprint,
    failures, installs, text, type, code, status_code, exit_code). Durations have three significant digits, and
    between two of them quantiles are interpolated.
    """
    look = Look(client, filters)
    reasons: dict[str, list[dict[str, Any]]] = {}
    for reason in look.rows(_REASONS):
        reasons.setdefault(reason.pop("event"), []).append(_shown(reason))
    return [
        _action(row) | {"reasons": reasons.get(row["event"], [])} for row in look.rows(_ACTIONS, _DURATIONS)
    ]


def _action(row: dict[str, Any]) -> dict[str, Any]:
    low, high = wilson(row["success_rate"], row["that_ended"])
    middle, slow, slowest = quantiles(row["lasted"], row["how_many"], (0.5, 0.95, 0.99))
    return {
        "event": row["event"],
        "extension": row["shown_by"],
        "events": row["times"],
        "events_margin": row["events_margin"],
        "installs": row["by_installs"],
        "failures": row["failures"],
        "success_rate": row["success_rate"],
        "success_low": low,
        "success_high": high,
        "p50_ms": middle,
        "p95_ms": slow,
        "p99_ms": slowest,
    }


def _shown(reason: dict[str, Any]) -> dict[str, Any]:
    *_, kind, code, status_code, exit_code, text = reason["first"]
    return {
        "fingerprint": reason["fingerprint"],
        "failures": reason["failures"],
        "installs": reason["by_installs"],
        "text": shown_text(reason, text),
        "type": kind,
        "code": code,
        "status_code": status_code,
        "exit_code": exit_code,
    }


def shown_text(group: dict[str, Any], text: str) -> str:
    """Return what may be shown of the text that one failure of a group had.

    Of production sources only what SMALL_GROUP installs have sent: one install alone may have sent its numbers, and
    what stands beside its placeholders.
    """
    if group["open"]:
        return text
    return shared(text) if group["by_installs"] >= SMALL_GROUP else ""
