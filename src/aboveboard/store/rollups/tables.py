"""What is counted, and from what? Each table is one statement over events, which builds it and stands for it."""

from typing import NamedTuple

from aboveboard.store.rollups.attempts import ATTEMPTS, GIVEN
from aboveboard.store.rollups.divisions import CODES, DIVISIONS
from aboveboard.store.rollups.facts import FACTS, HAVING
from aboveboard.store.rollups.views import OPENED, VIEWS
from aboveboard.store.rollups.weeks import MERGED_COUNTS

__all__ = ["ATTRIBUTES", "DURATION", "TABLES", "Table", "events_of"]

DURATION = """if(
        duration_ms > 0,
        toInt32(
            (floor(log10(duration_ms)) + 400) * 1000
            + round(duration_ms / exp10(floor(log10(duration_ms)) - 2))
        ),
        0
    )"""
"""SQL: a duration in three significant digits, as one whole number (see `insights.durations`)."""

_BY = "source, day, kind, event, failed, given_up, fingerprint, extension, extension_version, library, library_version"
_AND_BY = f"{_BY}, app_version, os, arch, country"

_COUNTS = f"""
SELECT
    {{build}} AS build,
    source,
    toDate(time) AS day,
    kind, event, failed,
    outcome IN ('cancelled', 'skipped') AS given_up,
    fingerprint, extension, extension_version, library, library_version,
    app_version, os, arch, country,
    count() AS stored,
    sumIf(bytes, part = 0) AS size,
    sum(weight) AS weights,
    sum(weight * (weight - 1)) AS spread,
    countIf(outcome NOT IN ('cancelled', 'skipped')) AS ended,
    sumIf(weight, outcome NOT IN ('cancelled', 'skipped')) AS ended_weights,
    sumIf(weight, outcome = 'success') AS worked,
    sumMapIf([{DURATION}], [toUInt64(1)], duration_ms IS NOT NULL) AS durations,
    groupBitmapStateIf(number, number > 0) AS installs,
    countIf(dateDiff('second', time, received) > 86400) AS late,
    countIf(client_time > 0 AND abs(dateDiff('second', client_time, time)) > 300) AS skewed,
    countIf(client_time = 0) AS timeless,
    countIf(install = '') AS nameless,
    countIf(notEmpty(cleaned)) AS changed,
    min(time) AS first_time,
    max(time) AS last_time,
    argMinIf(
        tuple(time, message_id, part, app_version, error_type, error_code, status_code, exit_code, error_text),
        (time, message_id, part),
        failed
    ) AS first_failure
FROM {{events}} AS events
GROUP BY {_AND_BY}
"""  # noqa: S608

_TOTALS = f"""
SELECT
    {{build}} AS build,
    {_BY},
    '' AS app_version, '' AS os, '' AS arch, '' AS country,
    {MERGED_COUNTS}
FROM rollup_counts
WHERE rollup_counts.build = {{build}}
GROUP BY {_BY}
"""  # noqa: S608


_STAYS = """
SELECT
    {build} AS build,
    source,
    toDate(time) AS day,
    number,
    app_version, os, os_version, distribution, arch, country, locale, timezone,
    sum(weight) AS weights,
    sumIf(weight, failed) AS failing,
    min(time) AS first_time,
    max(time) AS last_time
FROM {events} AS events
GROUP BY
    source, day, number, app_version, os, os_version, distribution, arch, country, locale, timezone
"""

ATTRIBUTES = ("os", "os_version", "distribution", "arch", "country", "locale", "timezone", "app_version")
"""What each event tells of its install."""

_TOLD = ", ".join(f"('{name}', toString({name}))" for name in ATTRIBUTES)
_BY_ATTRIBUTE = f"""
SELECT
    {{build}} AS build,
    source,
    day,
    told.1 AS attribute,
    told.2 AS value,
    sum(weight) AS weights,
    sum(failures) AS failing,
    groupBitmapStateIf(number, number > 0) AS installs
FROM
(
    SELECT source, day, number, weights AS weight, failing AS failures, arrayJoin([{_TOLD}]) AS told
    FROM {{stays}}
)
WHERE told.2 != ''
GROUP BY source, day, attribute, value
"""  # noqa: S608

_RUNS = """
SELECT
    {build} AS build,
    source, day, number, app_version, os, arch, country, extension,
    countIf(event = 'startup' AND previous = 'startup') AS inside,
    max(event = 'startup' AND previous = '') AS opens,
    max(if(following = '', if(event = 'startup', 2, 1), 0)) AS closes
FROM
(
    SELECT
        source, toDate(time) AS day, number, app_version, os, arch, country, extension, event,
        lagInFrame(event, 1, '') OVER runs AS previous,
        leadInFrame(event, 1, '') OVER runs AS following
    FROM {events} AS events
    WHERE number > 0
        AND event IN ('startup', 'shutdown')
    WINDOW runs AS (
        PARTITION BY source, number, toDate(time)
        ORDER BY time, message_id, part
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
)
GROUP BY source, day, number, app_version, os, arch, country, extension
"""

_PLACE = "app_version, os, arch, country"

_DAILY = """
SELECT
    {build} AS build,
    source, day, KEY,
    groupBitmapState(number) AS installs,
    groupBitmapStateIf(number, earliest = first_of_day) AS began,
    groupBitmapStateIf(number, app_version != '' AND latest = last_of_day) AS ended,
    min(earliest) AS first_time,
    max(latest) AS last_time
FROM
(
    SELECT
        *,
        min(earliest) OVER (PARTITION BY source, day, number) AS first_of_day,
        maxIf(latest, app_version != '') OVER (PARTITION BY source, day, numberHERE) AS last_of_day
    FROM
    (
        SELECT source, day, number, KEY, min(first_time) AS earliest, max(last_time) AS latest
        FROM {stays}
        GROUP BY source, day, number, KEY
    )
)
GROUP BY source, day, KEY
"""
_BY_VERSION = _DAILY.replace("KEY", "app_version").replace("HERE", "")
# The last version of a day is that of each place, since filters may leave out the others.
_BY_PLACE = _DAILY.replace("KEY", _PLACE).replace("HERE", ", os, arch, country")

_TRIES = """
SELECT
    {build} AS build,
    source, day, event, app_version, failed,
    groupBitmapMergeState(tried) AS installs
FROM
(
    SELECT source, day, event, app_version, failed, installs AS tried
    FROM {counts}
)
GROUP BY source, day, event, app_version, failed
"""

_ENDED = """
SELECT
    {build} AS build,
    source, dayKEY,
    sum(starts) AS inside,
    groupBitmapStateIf(number, opens > 0) AS opened,
    groupBitmapStateIf(number, closes = 1) AS shut,
    groupBitmapStateIf(number, closes = 2) AS left_open
FROM (SELECT source, dayKEY, number, inside AS starts, opens, closes FROM {runs})
GROUP BY source, dayKEY
"""
_ENDS = _ENDED.replace("KEY", "")
_STARTS = _ENDED.replace("KEY", f", {_PLACE}, extension")


def _from(select: str, name: str, raw: str, condition: str) -> tuple[str, str]:
    """Return a statement over the rows of a table of the same build, and the same over events."""
    alias = name.removeprefix("rollup_")
    built = f"{name}\n    WHERE {name}.build = {{build}} AND {condition}"
    return (
        select.replace(f"{{{alias}}}", built),
        select.replace(f"{{{alias}}}", f"({raw})\n    WHERE {condition}"),
    )


class Table(NamedTuple):
    """One table of rollups: `build` fills it, and `raw` says the same of events where there is no build.

    Where several tables come from one statement, the rows of the finest stand for those of the others.
    """

    name: str
    build: str
    raw: str


TABLES = {
    table.name: table
    for table in (
        Table("rollup_counts", _COUNTS, _COUNTS),
        Table("rollup_totals", _TOTALS, _COUNTS),
        Table("rollup_stays", _STAYS, _STAYS),
        Table(
            "rollup_attributes",
            _BY_ATTRIBUTE.replace("{stays}", "rollup_stays\n    WHERE rollup_stays.build = {build}"),
            _BY_ATTRIBUTE.replace("{stays}", f"({_STAYS})"),
        ),
        Table("rollup_runs", _RUNS, _RUNS),
        Table("rollup_versions", *_from(_BY_VERSION, "rollup_stays", _STAYS, "number > 0")),
        Table("rollup_tries", *_from(_TRIES, "rollup_counts", _COUNTS, "NOT given_up AND app_version != ''")),
        Table("rollup_ends", *_from(_ENDS, "rollup_runs", _RUNS, "number > 0")),
        Table("rollup_places", *_from(_BY_PLACE, "rollup_stays", _STAYS, "number > 0")),
        Table("rollup_starts", *_from(_STARTS, "rollup_runs", _RUNS, "number > 0")),
        Table("rollup_divisions", *_from(DIVISIONS, "rollup_counts", _COUNTS, "stored > 0")),
        Table("rollup_codes", *[CODES.replace("{duration}", DURATION)] * 2),
        Table("rollup_facts", FACTS, FACTS),
        Table("rollup_having", HAVING, FACTS),
        Table("rollup_views", VIEWS, VIEWS),
        Table("rollup_opened", OPENED, VIEWS),
        Table("rollup_attempts", ATTEMPTS, ATTEMPTS),
        Table("rollup_given", GIVEN, GIVEN),
    )
}
"""Every table, in the order in which they are built: a later one may read an earlier."""


def events_of(condition: str, *, hashed: bool = False) -> str:
    """Return the SQL of the events that meet a condition, without copies, each with its install's number.

    With `hashed` the numbers are large and need no table: for a cluster, whose servers have no common one.
    """
    if hashed:
        return f"""
(
    SELECT *, if(install = '', 0, sipHash64(source, install)) AS number
    FROM events FINAL
    WHERE {condition}
)"""  # noqa: S608
    return f"""
(
    SELECT seen.*, numbers.number AS number
    FROM (SELECT * FROM events FINAL WHERE {condition}) AS seen
    ANY LEFT JOIN install_numbers AS numbers USING (source, install)
)"""  # noqa: S608
