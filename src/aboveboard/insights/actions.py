"""What do people do, how often does it work, how long does it take, and what are the reasons when it fails?"""

from math import sqrt
from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters
from aboveboard.insights.statistics import Z95

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["SMALL_GROUP", "ask"]

SMALL_GROUP = 5
"""A message's text is shown once this many installs have sent it (development sources: at once)."""

_ACTIONS = """
SELECT
    event,
    anyLast(extension) AS extension,
    {estimated} AS events,
    {margin} AS events_margin,
    {installs} AS installs,
    {failures} AS failures,
    {success_rate} AS success_rate,
    countIf(outcome NOT IN ('cancelled', 'skipped')) AS ended,
    quantilesExactInclusiveIf(0.5, 0.95, 0.99)(ifNull(duration_ms, 0), duration_ms IS NOT NULL) AS quantiles,
    countIf(duration_ms IS NOT NULL) AS timed
FROM events FINAL
WHERE {where}
    AND kind IN ('track', 'page', 'screen')
GROUP BY event
ORDER BY failures DESC, events DESC, event
"""

_REASONS = """
SELECT
    event,
    fingerprint,
    {estimated} AS failures,
    {installs} AS installs,
    max(source IN {{open_sources:Array(String)}}) AS open,
    any(error_text) AS text,
    any(error_type) AS type,
    any(error_code) AS code,
    any(status_code) AS status_code,
    any(exit_code) AS exit_code
FROM events FINAL
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
    failures, installs, text, type, code, status_code, exit_code). Quantiles are exact, with linear interpolation.
    """
    reasons: dict[str, list[dict[str, Any]]] = {}
    for reason in rows(client, _REASONS, filters):
        reasons.setdefault(reason.pop("event"), []).append(_shown(reason))
    return [
        _action(row) | {"reasons": reasons.get(row["event"], [])} for row in rows(client, _ACTIONS, filters)
    ]


def _action(row: dict[str, Any]) -> dict[str, Any]:
    quantiles, timed = row.pop("quantiles"), row.pop("timed")
    if not timed:
        quantiles = (None, None, None)
    low, high = _wilson(row["success_rate"], row.pop("ended"))
    row |= {"success_low": low, "success_high": high}
    return row | dict(zip(("p50_ms", "p95_ms", "p99_ms"), quantiles, strict=True))


def _wilson(share: float | None, count: int) -> tuple[float | None, float | None]:
    """Return the 95 % interval of a share among so many (Wilson, J. Am. Stat. Assoc. 22, 1927)."""
    if share is None:
        return None, None
    square = Z95**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    reach = Z95 * sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)
    return max(middle - reach, 0.0), min(middle + reach, 1.0)


def _shown(reason: dict[str, Any]) -> dict[str, Any]:
    if not reason.pop("open") and reason["installs"] < SMALL_GROUP:
        reason["text"] = ""
    return reason
