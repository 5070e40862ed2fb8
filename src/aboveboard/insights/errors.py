"""Which failures are there, since when, in which versions, and for how many?"""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from aboveboard.insights.actions import shown_text
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look
from aboveboard.insights.versions import order

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask", "groups", "newer"]

_MOST = 500

_ERRORS = """
SELECT
    fingerprint,
    arraySort(groupUniqArray(50)(event)) AS of_events,
    {estimated} AS failures,
    {installs} AS by_installs,
    min(first_time) AS first_seen,
    max(last_time) AS last_seen,
    argMin(first_failure, (first_failure.1, first_failure.2, first_failure.3)) AS first,
    max(source IN {{open_sources:Array(String)}}) AS open
FROM {counted_in_all} AS events
WHERE {where}
    AND failed
GROUP BY fingerprint
ORDER BY by_installs DESC, failures DESC, fingerprint
{limit}
"""

# Apart, since rows by version are many, and their bitmaps would be read with them.
_VERSIONS = """
SELECT fingerprint, arraySort(groupUniqArray(100)(app_version)) AS versions
FROM {counts_in_all} AS events
WHERE {where}
    AND failed
GROUP BY fingerprint
"""

_DAYS = """
SELECT fingerprint, sumMap([day], [weights]) AS by_day
FROM {counted} AS events
WHERE {where}
    AND failed
GROUP BY fingerprint
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each group of like failures, those of most installs first; 500 at the most.

    Rows: fingerprint, events (names), failures, installs, first_seen, last_seen, first_version (of the first
    failure), versions (all), type, code, status_code, exit_code, text (cleaned; empty until five installs have sent
    it, but for development sources), days (list of [day, failures]). With the filter
    `new_since` only those whose first version, in the time that is looked at, is that or a newer one.
    """
    if filters.new_since:
        return newer(groups(client, filters), filters.new_since)
    return groups(client, filters, f"LIMIT {_MOST}")


def groups(client: "Client", filters: Filters, limit: str = "") -> list[dict[str, Any]]:
    """Return the rows of `ask` whatever `new_since` says, all of them where no `limit` (SQL) is given."""
    look = Look(client, filters)
    days = {row["fingerprint"]: row["by_day"] for row in look.rows(_DAYS)}
    versions = {row["fingerprint"]: row["versions"] for row in look.rows(_VERSIONS)}
    return [
        _group(row, versions[row["fingerprint"]], days[row["fingerprint"]])
        for row in look.rows(_ERRORS, {"limit": limit})
    ]


def newer(rows: list[dict[str, Any]], version: str) -> list[dict[str, Any]]:
    """Return the rows whose first version is `version` or a newer one; as many as `ask` gives at the most."""
    return [row for row in rows if order(row["first_version"]) >= order(version)][:_MOST]


def _group(row: dict[str, Any], versions: list[str], days: tuple[list[date], list[float]]) -> dict[str, Any]:
    first = row["first"]
    # The driver gives a tuple whose parts have names as a mapping.
    *_, version, kind, code, status_code, exit_code, text = (
        first.values() if isinstance(first, Mapping) else first
    )
    return {
        "fingerprint": row["fingerprint"],
        "events": row["of_events"],
        "failures": row["failures"],
        "installs": row["by_installs"],
        "first_seen": row["first_seen"],
        "last_seen": row["last_seen"],
        "first_version": version,
        "versions": versions,
        "type": kind,
        "code": code,
        "status_code": status_code,
        "exit_code": exit_code,
        "text": shown_text(row, text),
        "days": [[day, round(count)] for day, count in zip(*days, strict=True)],
    }
