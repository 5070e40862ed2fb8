"""On which systems, in which countries and languages is it used?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look
from aboveboard.store.rollups import ATTRIBUTES

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ATTRIBUTES", "ask"]

_ENVIRONMENT = """
SELECT
    attribute,
    value,
    groupBitmapMerge(installs) AS by_installs,
    toUInt64(round(sum(weights))) AS times,
    toUInt64(round(sum(failing))) AS failures
FROM {attributes_in_all} AS events
WHERE {of_installs}
GROUP BY attribute, value
ORDER BY attribute, by_installs DESC, value
LIMIT 200 BY attribute
"""

_FILTERED = """
SELECT
    told.1 AS attribute,
    told.2 AS value,
    uniqExactIf(number, number > 0) AS by_installs,
    toUInt64(round(sum(weights))) AS times,
    toUInt64(round(sum(failing))) AS failures
FROM
(
    SELECT number, weights, failing, arrayJoin([{told}]) AS told
    FROM {stays} AS events
    WHERE {of_installs}
)
WHERE value != ''
GROUP BY attribute, value
ORDER BY attribute, by_installs DESC, value
LIMIT 200 BY attribute
"""

_INSTALLS = """
SELECT {installs} AS by_installs
FROM {counted_in_all} AS events
WHERE {where}
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each value of each attribute, the commonest first; 200 of each at the most.

    Rows: attribute (one of ATTRIBUTES), value, installs, share (of all installs, 0 to 1), events, failures. An
    install that was updated counts for each of its versions.
    """
    look = Look(client, filters)
    (everyone,) = look.rows(_INSTALLS)
    told = ", ".join(f"('{name}', toString({name}))" for name in ATTRIBUTES)
    found = look.rows(_FILTERED, {"told": told}) if filters.equal else look.rows(_ENVIRONMENT)
    return [
        {
            "attribute": row["attribute"],
            "value": row["value"],
            "installs": row["by_installs"],
            "share": row["by_installs"] / max(everyone["by_installs"], 1),
            "events": row["times"],
            "failures": row["failures"],
        }
        for row in found
    ]
