"""Which extensions and providers does an install have, and how many objects?"""

from typing import TYPE_CHECKING, Any, TypeAlias

from aboveboard.insights.buckets import bucket_of
from aboveboard.insights.filters import FINAL, Filters
from aboveboard.store.rollups import FACT_ROWS

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["COUNTS", "FACTS", "of_attempts"]

FACTS: TypeAlias = dict[tuple[str, str], tuple[dict[tuple[str, str], str], dict[str, str]]]
"""(kind, name) → values by (install, app version), and by install."""

COUNTS = {
    "listContainers": "containers",
    "listImages": "images",
    "listPods": "pods",
    "listVolumes": "volumes",
}
"""Which events say in `total` how many objects there are."""

# The latest value in each app version; an unknown version never replaces a known one.
_OF_ATTEMPTS = """
SELECT
    concat(source, '/', install) AS unit,
    app_version,
    kind,
    name,
    argMaxIf(value, time, value != '') AS value,
    max(time) AS latest
FROM
({rows})
WHERE (source, install) IN (SELECT source, install FROM events WHERE {where} AND event = {{event:String}})
GROUP BY source, install, app_version, kind, name
ORDER BY latest
"""


def of_attempts(client: "Client", filters: Filters, event: str) -> FACTS:
    """Return what is known of the installs that logged an event; counts as the names of their buckets."""
    rows = FACT_ROWS.format(
        whose="source, install",
        events="(SELECT * FROM events FINAL)",
        where=f"{filters.where()}\n    AND install != ''",
    )
    sql = _OF_ATTEMPTS.format(rows=rows, where=filters.where())
    parameters = {**filters.parameters(), "event": event}
    result = client.query(sql, parameters=parameters, settings=FINAL)
    facts: FACTS = {}
    for unit, version, kind, name, value, _ in result.result_rows:
        text = bucket_of(float(value)) if kind == "count" else value
        by_spell, by_unit = facts.setdefault((kind, name), ({}, {}))
        by_spell[unit, version] = text
        by_unit[unit] = text or by_unit.get(unit, "")
    return facts
