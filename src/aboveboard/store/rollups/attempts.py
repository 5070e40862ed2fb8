"""Who tried what, in which state, with which properties, and for whom did it fail? What Explain compares."""

from aboveboard.store.rollups.facts import EDGES

__all__ = ["ATTEMPTS", "GIVEN", "MANY", "OTHER"]

MANY = 50
"""A property with more words than this is not compared."""

OTHER = "!"
"""The value of a property that is neither a number nor one of a few words."""

# What says how an action went is no reason for it.
_RESULT = (
    r"(?i)^(?:error.*|sourceError|stderr|stdErr|message|reason|success|successful|outcome|skipped|aggregated"
    r"|duration.*|failureAfter|common\\..*|app_name|app_version|.*(?:statusCode|exitCode|errorCode))$"
)

# One row of an event says that its install was in use, one that it tried.
ATTEMPTS = """
SELECT
    {build} AS build,
    source,
    toDate(time) AS day,
    arrayJoin(if(outcome IN ('cancelled', 'skipped'), [false], [false, true])) AS tried,
    if(tried, event, '') AS event,
    tried AND failed AS failed,
    if(tried AND failed, fingerprint, '') AS fingerprint,
    groupBitmapState(state) AS states
FROM
(
    SELECT source, time, outcome, event, failed, fingerprint, state
    FROM {stated} AS events
    WHERE state > 0
)
GROUP BY source, day, tried, event, failed, fingerprint
"""

# Numbers are '#' and the place of their bucket, words '"' and the word. Where a property has many words in what is
# counted together it has as many in the whole, so that it does not matter which they are.
GIVEN = f"""
SELECT
    {{build}} AS build,
    source, day, event, property,
    if(words > {MANY}, '{OTHER}', said) AS value,
    failed, fingerprint,
    groupBitmapMergeStateIf(those, words <= {MANY}) AS states
FROM
(
    SELECT *, uniqExactIf(said, startsWith(said, '"')) OVER (PARTITION BY source, event, property) AS words
    FROM
    (
        SELECT
            source, day, event, failed, fingerprint,
            pair.1 AS property,
            multiIf(
                match(pair.2, '^-?[0-9]'),
                concat('#', toString(arrayCount(edge -> edge < toFloat64OrZero(pair.2), {EDGES}))),
                match(pair.2, '^"[^"]{{{{1,64}}}}"$|^true$|^false$') AND NOT startsWith(pair.2, '"h:'),
                concat('"', trim(BOTH '"' FROM pair.2)),
                '{OTHER}'
            ) AS said,
            groupBitmapState(state) AS those
        FROM
        (
            SELECT
                source, toDate(time) AS day, event, failed, if(failed, fingerprint, '') AS fingerprint, state,
                arrayJoin(arrayFilter(
                    pair -> NOT match(pair.1, '{_RESULT}'), JSONExtractKeysAndValuesRaw(properties)
                )) AS pair
            FROM {{stated}} AS events
            WHERE state > 0
                AND outcome NOT IN ('cancelled', 'skipped')
                AND properties != '{{{{}}}}'
        )
        GROUP BY source, day, event, failed, fingerprint, property, said
    )
)
GROUP BY source, day, event, property, value, failed, fingerprint
"""  # noqa: S608
