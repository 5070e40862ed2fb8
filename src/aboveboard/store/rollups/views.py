"""Which pages were opened on a day, and which led to which?"""

__all__ = ["OPENED", "TOGETHER", "VIEWS"]

TOGETHER = 30
"""How many minutes may lie between two pages for the one to lead to the other; days are counted by it."""

_KNOWN = "event, fingerprint, extension, app_version, os, arch, country"

# A page leads to the next one of the same install on the same day. `following` is empty where none came in time.
VIEWS = f"""
SELECT
    {{build}} AS build,
    source, day, page,
    if(number > 0 AND next != '' AND dateDiff('second', time, then) <= {TOGETHER * 60}, next, '') AS following,
    {_KNOWN},
    sum(weight) AS weights,
    groupBitmapStateIf(number, number > 0) AS installs
FROM
(
    SELECT
        source, toDate(time) AS day, page, number, time, weight, {_KNOWN},
        leadInFrame(page) OVER steps AS next,
        leadInFrame(time) OVER steps AS then
    FROM {{events}} AS events
    WHERE kind IN ('page', 'screen')
        AND page != ''
    WINDOW steps AS (
        PARTITION BY source, number, toDate(time)
        ORDER BY time, message_id, part
        ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING
    )
)
GROUP BY source, day, page, following, {_KNOWN}
"""  # noqa: S608

OPENED = """
SELECT
    {build} AS build,
    source, day, page, following,
    '' AS event, '' AS fingerprint, '' AS extension, '' AS app_version, '' AS os, '' AS arch, '' AS country,
    sum(weights), groupBitmapMergeState(installs)
FROM rollup_views
WHERE rollup_views.build = {build}
GROUP BY source, day, page, following
"""
"""The same without what filters ask for."""
