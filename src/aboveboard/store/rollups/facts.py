"""Which events say what an install has: its extensions, its providers, how many objects?

They are the events of a start: those that our client logs (`extensions`, `providers`) and those of Podman Desktop
(`activateExtension`, `createProvider`, `registerContainerProviderConnection`, `list…`).
"""

__all__ = ["EDGES", "FACTS", "FACT_ROWS", "HAVING", "UPPER"]

UPPER = [0, 1, 2, *(digit * 10**power for power in range(10) for digit in (5, 10, 20))]

EDGES = [float(edge) for edge in UPPER]
"""The largest number of each bucket but the last; the first holds 0 and what is below.

Days are counted by these: with others they have to be counted anew.
"""

# Each row is one thing that an event says: kind (extension, provider, count), its name, its version or number. A
# name that was cleaned away is none.
FACT_ROWS = """
SELECT {whose}, app_version, time, fact.1 AS kind, fact.2 AS name, fact.3 AS value
FROM
(
    SELECT
        {whose}, app_version, time,
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
    FROM {events} AS events
    WHERE {where}
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

# What each install said on a day; a number as the place of its bucket. It may have said several things.
FACTS = """
SELECT
    {build} AS build,
    source,
    toDate(time) AS day,
    app_version, os, arch, country, kind, name,
    if(
        kind = 'count',
        toString(arrayCount(edge -> edge < toFloat64OrZero(value), {edges})),
        value
    ) AS said,
    groupBitmapState(number) AS installs
FROM
({rows})
GROUP BY source, day, app_version, os, arch, country, kind, name, said
""".replace(
    "{rows}",
    FACT_ROWS.format(whose="source, number, os, arch, country", events="{events}", where="number > 0"),
).replace("{edges}", str(EDGES))

HAVING = """
SELECT
    {build} AS build,
    source, day, app_version,
    '' AS os, '' AS arch, '' AS country,
    kind, name, said,
    groupBitmapMergeState(installs)
FROM rollup_facts
WHERE rollup_facts.build = {build}
GROUP BY source, day, app_version, kind, name, said
"""
"""The same without system, architecture and country."""
