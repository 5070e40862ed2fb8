"""How do the events that are let through divide by version, system, country and so on, and from day to day?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["BY", "breakdown"]

BY = {
    "version": "app_version",
    "os": "os",
    "arch": "arch",
    "country": "country",
    "extension": "extension",
    "extension version": "if(extension_version != '', concat(extension, ' ', extension_version), '')",
    "event": "event",
    "status code": "ifNull(toString(status_code), '')",
    "exit code": "ifNull(toString(exit_code), '')",
    "week": "toString(toMonday(time))",
    "day": "toString(toDate(time))",
}
"""What can be divided by, and the SQL of each."""

_BREAKDOWN = """
SELECT
    told.1 AS by,
    told.2 AS value,
    {estimated} AS events,
    {installs} AS installs,
    {failures} AS failures,
    {success_rate} AS success_rate,
    quantilesExactInclusiveIf(0.5, 0.95)(ifNull(duration_ms, 0), duration_ms IS NOT NULL) AS quantiles,
    countIf(duration_ms IS NOT NULL) AS timed
FROM
(
    SELECT source, install, weight, failed, outcome, duration_ms, arrayJoin([{pairs}]) AS told
    FROM events FINAL
    WHERE {where}
        {condition}
)
WHERE value != ''
GROUP BY by, value
ORDER BY by, installs DESC, events DESC, value
LIMIT 400 BY by
"""


def breakdown(
    client: "Client", filters: Filters, by: tuple[str, ...], *, failed: bool = False, **values: object
) -> list[dict[str, Any]]:
    """Return a row for each value of each of `by` (names of BY), in their order, days and weeks in theirs.

    Rows: by, value, events, installs, failures, success_rate, p50_ms, p95_ms.
    """
    words = {
        "pairs": ", ".join(f"('{name}', toString({BY[name]}))" for name in by),
        "condition": "AND failed" if failed else "",
    }
    found = rows(client, _BREAKDOWN, filters, words, **values)
    for row in found:
        quantiles, timed = row.pop("quantiles"), row.pop("timed")
        quantiles = quantiles if timed else (None, None)
        row |= dict(zip(("p50_ms", "p95_ms"), quantiles, strict=True))
    found.sort(key=lambda row: (by.index(row["by"]), row["value"] if row["by"] in ("day", "week") else ""))
    return found
