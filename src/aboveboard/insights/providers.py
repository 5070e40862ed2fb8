"""Which providers are in use, in which versions, and how many containers, images, pods and volumes are there?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import rows
from aboveboard.insights.buckets import EDGES, bucket_name
from aboveboard.insights.facts import FACT_ROWS
from aboveboard.insights.filters import Filters

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask"]

# An install counts with the latest it said; a version that is not told never replaces one that is.
_PROVIDERS = """
SELECT kind, name, said AS value, uniqExact(source, install) AS installs
FROM
(
    SELECT
        kind, name, source, install,
        if(
            kind = 'count',
            toString(arrayCount(
                edge -> edge < toFloat64OrZero(argMax(value, (time, value))),
                {{edges:Array(Float64)}}
            )),
            argMaxIf(value, (time, value), value != '')
        ) AS said
    FROM
    ({facts})
    WHERE kind IN ('provider', 'count')
    GROUP BY kind, name, source, install
)
GROUP BY kind, name, value
"""

_INSTALLS = """
SELECT name, uniqExact(source, install) AS installs
FROM
({facts})
WHERE kind IN ('provider', 'count')
GROUP BY name
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each version of each provider, then one for each bucket of each count of objects.

    Rows: kind ("provider" or "count"), name (such as podman, containers), value (a version, or a bucket such as
    "3–5"; of an install its latest), installs, share (of the installs that say anything under that name).
    """
    words = {"facts": FACT_ROWS.format(where=filters.where())}
    everyone = {row["name"]: row["installs"] for row in rows(client, _INSTALLS, filters, words)}
    found = rows(client, _PROVIDERS, filters, words, edges=EDGES)
    found.sort(key=_order)
    for row in found:
        if row["kind"] == "count":
            row["value"] = bucket_name(row["value"])
        row["share"] = row["installs"] / everyone[row["name"]]
    return found


def _order(row: dict[str, Any]) -> tuple[Any, ...]:
    if row["kind"] == "count":
        return 1, row["name"], int(row["value"])
    return 0, row["name"], -row["installs"], row["value"]
