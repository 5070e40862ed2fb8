"""By what is one action, or one kind of failure, divided?"""

__all__ = ["CODES", "DIVISIONS", "DIVISION_PAIRS"]

DIVISION_PAIRS = {
    "version": "app_version",
    "os": "os",
    "arch": "arch",
    "country": "country",
    "extension": "extension",
    "extension version": "if(extension_version != '', concat(extension, ' ', extension_version), '')",
    "event": "event",
    "week": "toString(toMonday(day))",
    "day": "toString(day)",
}
"""What counted events can be divided by, and the SQL of each; beside them `status code` and `exit code`."""

# Weeks are made of days.
_PAIRS = ", ".join(f"('{name}', toString({sql}))" for name, sql in DIVISION_PAIRS.items() if name != "week")

DIVISIONS = f"""
SELECT
    {{build}} AS build,
    source, day, event, failed, fingerprint,
    told.1 AS division,
    told.2 AS value,
    sum(weight) AS weights,
    sum(over) AS ended,
    sum(over_weight) AS ended_weights,
    sum(good) AS worked,
    sumMap(timed.1, timed.2) AS durations,
    groupBitmapMergeState(tried) AS installs
FROM
(
    SELECT
        source, day, event, failed, fingerprint,
        weights AS weight, ended AS over, ended_weights AS over_weight, worked AS good,
        durations AS timed, installs AS tried,
        arrayJoin([{_PAIRS}]) AS told
    FROM {{counts}}
)
WHERE told.2 != ''
GROUP BY source, day, event, failed, fingerprint, division, value
"""  # noqa: S608

_KNOWN = "event, failed, fingerprint, extension, app_version, os, arch, country"

# Most events have no code: what has one is kept with all that filters ask for.
CODES = f"""
SELECT
    {{build}} AS build,
    source,
    toDate(time) AS day,
    {_KNOWN},
    ifNull(toString(status_code), '') AS status,
    ifNull(toString(exit_code), '') AS exit,
    sum(weight) AS weights,
    countIf(outcome NOT IN ('cancelled', 'skipped')) AS ended,
    sumIf(weight, outcome NOT IN ('cancelled', 'skipped')) AS ended_weights,
    sumIf(weight, outcome = 'success') AS worked,
    sumMapIf([{{duration}}], [toUInt64(1)], duration_ms IS NOT NULL) AS durations,
    groupBitmapStateIf(number, number > 0) AS installs
FROM {{events}} AS events
WHERE status_code IS NOT NULL OR exit_code IS NOT NULL
GROUP BY source, day, {_KNOWN}, status, exit
"""  # noqa: S608
