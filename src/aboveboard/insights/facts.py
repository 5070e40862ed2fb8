"""Which extensions and providers does an install have, and how many objects?

They are told by the events of a start: those that our client logs (`extensions`, `providers`) and those of Podman
Desktop (`activateExtension`, `createProvider`, `registerContainerProviderConnection`, `list…`).
"""

from typing import TYPE_CHECKING, Any, TypeAlias

from aboveboard.insights.buckets import bucket_of
from aboveboard.insights.filters import FINAL, Filters

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["COUNTS", "FACTS", "FACT_ROWS", "of_attempts"]

FACTS: TypeAlias = dict[tuple[str, str], tuple[dict[tuple[str, str], str], dict[str, str]]]
"""(kind, name) → values by (install, app version), and by install."""

COUNTS = {
    "listContainers": "containers",
    "listImages": "images",
    "listPods": "pods",
    "listVolumes": "volumes",
}
"""Which events say in `total` how many objects there are."""

# Each row is one thing that an event says: kind (extension, provider, count), its name, its version or number. A
# name that was cleaned away is none.
FACT_ROWS = """
SELECT source, install, app_version, time, fact.1 AS kind, fact.2 AS name, fact.3 AS value
FROM
(
    SELECT
        source, install, app_version, time,
        arrayJoin(arrayConcat(
            if(extension != '', [('extension', extension, extension_version)], []),
            if(
                event = 'activateExtension',
                [(
                    'extension',
                    JSONExtractString(properties, 'extensionId'),
                    JSONExtractString(properties, 'extensionVersion')
                )],
                []
            ),
            if(
                event = 'extensions',
                arrayMap(
                    each -> ('extension', JSONExtractString(each, 'id'), JSONExtractString(each, 'version')),
                    JSONExtractArrayRaw(properties, 'installed')
                ),
                []
            ),
            if(
                event IN ('providers', 'createProvider', 'updateProvider', 'registerContainerProviderConnection'),
                [(
                    'provider',
                    lower(arrayFirst(
                        each -> each != '',
                        arrayMap(
                            key -> JSONExtractString(properties, key),
                            ['engine', 'kind', 'type', 'provider', 'name']
                        )
                    )),
                    JSONExtractString(properties, 'version')
                )],
                []
            ),
            if(
                event = 'providers',
                arrayMap(
                    key -> ('count', key, JSONExtractRaw(properties, key)),
                    ['containers', 'images', 'pods', 'volumes']
                ),
                []
            ),
            if(
                event IN ('listContainers', 'listImages', 'listPods', 'listVolumes'),
                [('count', lower(substring(event, 5)), JSONExtractRaw(properties, 'total'))],
                []
            )
        )) AS fact
    FROM events FINAL
    WHERE {where}
        AND install != ''
        AND (
            extension != ''
            OR event IN (
                'activateExtension', 'extensions', 'providers', 'createProvider', 'updateProvider',
                'registerContainerProviderConnection', 'listContainers', 'listImages', 'listPods', 'listVolumes'
            )
        )
)
WHERE name != ''
    AND NOT name LIKE '%<%'
    AND NOT (kind = 'count' AND NOT match(value, '^[0-9]'))
"""

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
    rows = FACT_ROWS.format(where=filters.where())
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
