"""Which failures are there, since when, in which versions, and for how many?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.actions import SMALL_GROUP
from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask"]

_ERRORS = """
SELECT
    fingerprint,
    arraySort(groupUniqArray(50)(event)) AS events,
    {estimated} AS failures,
    {installs} AS installs,
    min(time) AS first_seen,
    max(time) AS last_seen,
    argMin(app_version, (time, message_id, part)) AS first_version,
    arraySort(groupUniqArray(100)(app_version)) AS versions,
    argMin(error_type, (time, message_id, part)) AS type,
    argMin(error_code, (time, message_id, part)) AS code,
    argMin(status_code, (time, message_id, part)) AS status_code,
    argMin(exit_code, (time, message_id, part)) AS exit_code,
    argMin(error_text, (time, message_id, part)) AS text,
    max(source IN {{open_sources:Array(String)}}) AS open,
    arraySort(arrayZip(
        (sumMap([toDate(time)], [weight]) AS by_day).1,
        arrayMap(sum -> toUInt64(round(sum)), by_day.2)
    )) AS days
FROM events FINAL
WHERE {where}
    AND failed
GROUP BY fingerprint
ORDER BY installs DESC, failures DESC, fingerprint
LIMIT 500
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each group of like failures, those of most installs first; 500 at the most.

    Rows: fingerprint, events (names), failures, installs, first_seen, last_seen, first_version (of the first
    failure), versions (all), type, code, status_code, exit_code, text (cleaned; empty until five installs have sent
    it, but for development sources), days (list of [day, failures]).
    """
    found = []
    for row in rows(client, _ERRORS, filters):
        if not row.pop("open") and row["installs"] < SMALL_GROUP:
            row["text"] = ""
        row["days"] = [[day, count] for day, count in row["days"]]
        found.append(row)
    return found
