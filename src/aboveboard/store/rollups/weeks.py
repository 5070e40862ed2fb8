"""How are the counts of a week's days taken together, so that a long span reads a few counts instead of many?

A week has two builds, made of those of its days and of nothing else: whoever knows of which ones knows whether they
still say what those say. The one has one row where the days had seven, for questions that do not ask for days; in the
other the rows of the days stand in one place, which is read faster than seven.
"""

from collections.abc import Mapping

__all__ = ["BY_DAY", "IN_ALL", "MADE", "MERGED_COUNTS", "WEEKS"]

MERGED_COUNTS = """sum(stored), sum(size), sum(weights), sum(spread), sum(ended), sum(ended_weights), sum(worked),
    sumMap(durations.1, durations.2), groupBitmapMergeState(installs),
    sum(late), sum(skewed), sum(timeless), sum(nameless), sum(changed),
    min(first_time), max(last_time),
    argMin(first_failure, (first_failure.1, first_failure.2, first_failure.3))"""
"""SQL: what counts of several rows are together, in the order of their columns."""

_BY = "kind, event, failed, given_up, fingerprint, extension, extension_version, library, library_version"
_PLACE = "app_version, os, arch, country"
_ATTEMPTS = """sum(weights), sum(ended), sum(ended_weights), sum(worked),
    sumMap(durations.1, durations.2), groupBitmapMergeState(installs)"""
_SEEN = f"page, following, event, fingerprint, extension, {_PLACE}"
_WEIGHED = "sum(weights), groupBitmapMergeState(installs)"
_HAD = f"{_PLACE}, kind, name, said"
_BITMAP = "groupBitmapMergeState(installs)"

# Table: what its rows are told apart by, beside source and day; and what several of them are together.
_TOGETHER = {
    "rollup_counts": (f"{_BY}, {_PLACE}", MERGED_COUNTS),
    "rollup_totals": (f"{_BY}, {_PLACE}", MERGED_COUNTS),
    "rollup_attributes": ("attribute, value", "sum(weights), sum(failing), groupBitmapMergeState(installs)"),
    "rollup_divisions": ("event, failed, fingerprint, division, value", _ATTEMPTS),
    "rollup_codes": (f"event, failed, fingerprint, extension, {_PLACE}, status, exit", _ATTEMPTS),
    "rollup_facts": (_HAD, _BITMAP),
    "rollup_having": (_HAD, _BITMAP),
    "rollup_views": (_SEEN, _WEIGHED),
    "rollup_opened": (_SEEN, _WEIGHED),
}

IN_ALL: Mapping[str, str] = {
    name: f"""
SELECT
    {{build}} AS build, source, toDate('{{day}}') AS day,
    {keys},
    {sums}
FROM {name}
WHERE {name}.build IN ({{parts}})
GROUP BY source, {keys}
"""  # noqa: S608
    for name, (keys, sums) in _TOGETHER.items()
}
"""Table → the statement that takes the rows of `parts` together; their `day` is any of its days then."""

MADE = ("rollup_versions", "rollup_places", "rollup_ends", "rollup_starts")
"""Tables whose readers tell the builds of a day apart, and which say of each row whose it was (`made`)."""

BY_DAY: Mapping[str, str] = {
    name: f"SELECT * REPLACE ({{build}} AS build) FROM {name} WHERE {name}.build IN ({{parts}})"  # noqa: S608
    for name in (
        "rollup_counts",
        "rollup_totals",
        "rollup_facts",
        "rollup_having",
        "rollup_tries",
        "rollup_attempts",
        "rollup_given",
        *MADE,
    )
}
"""Table → the statement that puts the rows of `parts` in one place; those of single installs are too many for that."""

WEEKS: Mapping[str, Mapping[str, str]] = {"week": IN_ALL, "days": BY_DAY}
"""What is made of a week, by the name of its kind."""
