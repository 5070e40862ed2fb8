"""On which systems, in which countries and languages is it used?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ATTRIBUTES", "ask"]

ATTRIBUTES = ("os", "os_version", "distribution", "arch", "country", "locale", "timezone", "app_version")
"""What is told of an install by each of its events."""

_ENVIRONMENT = """
SELECT
    told.1 AS attribute,
    told.2 AS value,
    {installs} AS installs,
    {estimated} AS events,
    {failures} AS failures
FROM
(
    SELECT source, install, weight, failed, arrayJoin([{attributes}]) AS told
    FROM events FINAL
    WHERE {where}
)
WHERE value != ''
GROUP BY attribute, value
ORDER BY attribute, installs DESC, value
LIMIT 200 BY attribute
"""

_INSTALLS = """
SELECT {installs} AS installs
FROM events FINAL
WHERE {where}
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each value of each attribute, the commonest first; 200 of each at the most.

    Rows: attribute (one of ATTRIBUTES), value, installs, share (of all installs, 0 to 1), events, failures. An
    install that was updated counts for each of its versions.
    """
    attributes = ", ".join(f"('{name}', toString({name}))" for name in ATTRIBUTES)
    (everyone,) = rows(client, _INSTALLS, filters)
    found = rows(client, _ENVIRONMENT, filters, {"attributes": attributes})
    return [row | {"share": row["installs"] / max(everyone["installs"], 1)} for row in found]
