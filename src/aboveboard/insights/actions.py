"""What do people do, how often does it work, how long does it take, and what are the reasons when it fails?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.filters import FINAL, Filters

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
    count() AS events,
    uniqExactIf(source || install, install != '') AS installs,
    countIf(failed) AS failures,
    countIf(outcome NOT IN ('cancelled', 'skipped')) AS decided,
    if(decided > 0, countIf(outcome = 'success') / decided, NULL) AS success_rate,
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
    count() AS failures,
    uniqExactIf(source || install, install != '') AS installs,
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

    Rows: event, extension, events, installs, failures, success_rate (0 to 1, of those that ended; None where none
    did), p50_ms, p95_ms, p99_ms (None where no duration was sent), reasons (at most three: fingerprint, failures,
    installs, text, type, code, status_code, exit_code). Quantiles are exact, with linear interpolation.
    """
    reasons: dict[str, list[dict[str, Any]]] = {}
    for reason in _rows(client, _REASONS, filters):
        reasons.setdefault(reason.pop("event"), []).append(_shown(reason))
    return [
        _action(row) | {"reasons": reasons.get(row["event"], [])} for row in _rows(client, _ACTIONS, filters)
    ]


def _rows(client: "Client", sql: str, filters: Filters) -> list[dict[str, Any]]:
    text = sql.format(where=filters.where())
    return list(client.query(text, parameters=filters.parameters(), settings=FINAL).named_results())


def _action(row: dict[str, Any]) -> dict[str, Any]:
    quantiles, timed = row.pop("quantiles"), row.pop("timed")
    if not timed:
        quantiles = (None, None, None)
    del row["decided"]
    return row | dict(zip(("p50_ms", "p95_ms", "p99_ms"), quantiles, strict=True))


def _shown(reason: dict[str, Any]) -> dict[str, Any]:
    if not reason.pop("open") and reason["installs"] < SMALL_GROUP:
        reason["text"] = ""
    return reason
