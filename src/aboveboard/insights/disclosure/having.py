"""What may be seen of answers about who is there: overview, releases, extensions, providers, systems, retention?"""

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aboveboard.insights.disclosure.doing import ended
from aboveboard.insights.disclosure.viewpoint import Rows, Viewpoint, monday, ratio
from aboveboard.insights.overview import changed
from aboveboard.insights.suppression import named

__all__ = ["RULES"]


def overview(rows: Rows, view: Viewpoint) -> Rows:
    """Weeks, and the days of weeks of which every day is large enough; months would cut weeks apart."""
    weeks, days = view.cells("week", "ended"), view.cells("day", "ended")
    started, started_day = view.cells("week", "started"), view.cells("day", "started")
    closed = {monday(row["start"]) for row in rows if row["period"] == "day" and not days.shows(_text(row))}
    kept: Rows = []
    for row in rows:
        week = row["period"] == "week"
        cells, starts = (weeks, started) if week else (days, started_day)
        shut = not week and monday(row["start"]) in closed
        if row["period"] == "month" or shut or not cells.shows(_text(row)):
            continue
        row |= {name: view.count(row[name]) for name in ("installs", "new", "returning")}
        if row["new"] is None or row["returning"] is None:
            row["new"] = row["returning"] = None
        numbers = ended(cells, view, _text(row))
        row |= {"failures": numbers["failures"], "success_rate": numbers["success_rate"]}
        row |= {"starts": view.down(starts.events(_text(row), "1")), "unclean_ends": None}
        row |= {"events": view.down(row["events"]), "changed": ""}
        before = kept[-1] if kept else None
        step = timedelta(days=7 if week else 1)
        if before and before["period"] == row["period"] and before["start"] + step == row["start"]:
            row["changed"] = changed(*_comparable(before, row))
        kept.append(row)
    return kept


def _text(row: dict[str, Any]) -> str:
    return f"{row['start']:%Y-%m-%d}"


def _comparable(before: dict[str, Any], now: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is hidden in one of two periods counts as the same in both, and so nothing is said of it."""
    unknown = {name: 0 for name in ("installs", "new", "unclean_ends") if None in (before[name], now[name])}
    return before | unknown, now | unknown


def releases(rows: Rows, view: Viewpoint) -> Rows:
    """Versions with rounded installs; what is made of single days and of comparisons is left out."""
    cells = view.cells("version")
    kept, rest = view.folded(rows, lambda row: cells.shows(row["version"]), "version")
    current = view.shown({row["version"]: row["current"] for row in rows})
    every = sum(current.values())
    for row in kept:
        row |= {"installs": view.count(row["installs"]), "current": current.get(row["version"])}
        row |= {name: monday(row[name]) for name in ("first_seen", "last_seen")}
        row |= {"share": ratio(row["current"], every), "downgrades": None}
        row |= {"days_to_50": None, "days_to_90": None, "curve": [], "worse": [], "better": []}
    return kept + rest


def extensions(rows: Rows, view: Viewpoint) -> Rows:
    """Versions of extensions with rounded counts; which stand beside which version of the app where those are many."""
    seen = named({f"{row['extension']}\n{row['version']}": row["installs"] for row in rows}, view.small)
    cells = view.cells("extension", "extension_version", "ended")
    kept, rest = view.folded(
        rows, lambda row: f"{row['extension']}\n{row['version']}" in seen, "extension", ("events",)
    )
    for row in kept:
        own = row["extension"], row["version"]
        row |= {"installs": view.count(row["installs"]), "events": view.down(cells.events(*own))}
        row["app_versions"] = view.shown(row["app_versions"])
        numbers = ended(cells, view, *own)
        row |= {"failures": numbers["failures"], "success_rate": numbers["success_rate"]}
    return kept + rest


def providers(rows: Rows, view: Viewpoint) -> Rows:
    """Versions and buckets with rounded installs, and shares of these."""
    groups: dict[tuple[str, str], Rows] = defaultdict(list)
    for row in rows:
        groups[row["kind"], row["name"]].append(row)
    found: Rows = []
    for (kind, name), own in groups.items():
        shown = view.shown({row["value"]: row["installs"] for row in own})
        every = sum(shown.values())
        kept, rest = view.folded(own, lambda row, seen=shown: row["value"] in seen, "value")  # type: ignore[misc]
        for row in kept:
            row |= {"installs": shown[row["value"]], "share": ratio(shown[row["value"]], every)}
        found += kept + [row | {"kind": kind, "name": name} for row in rest]
    return found


def environment(rows: Rows, view: Viewpoint) -> Rows:
    """Values of each attribute with rounded counts, and shares of the rounded installs of all."""
    dimension = {"app_version": "version"}
    every = view.down(max((row["installs"] / row["share"] for row in rows if row["share"]), default=0))
    groups: dict[str, Rows] = defaultdict(list)
    for row in rows:
        groups[row["attribute"]].append(row)
    found: Rows = []
    for attribute, own in groups.items():
        name = dimension.get(attribute, attribute)
        cells = view.cells(name, "ended")
        kept, rest = view.folded(
            own,
            lambda row, cells=cells: cells.shows(row["value"]),  # type: ignore[misc]
            "value",
            ("events",),
        )
        for row in kept:
            row["failures"] = view.down(cells.events(row["value"], "failed"))
            row |= {"installs": view.count(row["installs"]), "events": view.down(row["events"])}
            row["share"] = ratio(row["installs"], every)
        found += kept + [row | {"attribute": attribute} for row in rest]
    return found


def retention(rows: Rows, view: Viewpoint) -> Rows:
    """Cohorts that are large enough, week by week with rounded installs; versions where all of a week's are."""
    of_versions: dict[Any, dict[str, int]] = defaultdict(dict)
    for row in rows:
        if row["version"] is not None:
            of_versions[row["cohort"]][row["version"]] = row["installs"]
    kept: Rows = []
    for row in rows:
        shown = view.shown(of_versions[row["cohort"]])
        if row["installs"] < view.small or (row["version"] is not None and row["version"] not in shown):
            continue
        row["installs"] = view.count(row["installs"])
        row["active"] = [view.count(active) for active in row["active"]]
        kept.append(row)
    return kept


def quality(rows: Rows, view: Viewpoint) -> Rows:
    """Libraries by version with rounded counts; what was left out by its reason alone, as its senders are not known."""
    cells = view.cells("library", "library_version")
    libraries = [row for row in rows if row["kind"] == "library"]
    kept, rest = view.folded(
        libraries, lambda row: cells.shows(row["name"], row["detail"]), "name", ("events",)
    )
    for row in kept:
        row |= {"events": view.down(row["events"]), "installs": view.count(row["installs"])}
        row |= dict.fromkeys(("late", "skewed", "without_time", "without_install", "cleaned"))
    reasons: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["kind"] == "left out":
            reasons[row["name"]] += row["events"]
    unknown = dict.fromkeys(("installs", "late", "skewed", "without_time", "without_install", "cleaned"))
    return [
        *kept,
        *rest,
        *(
            {"kind": "left out", "name": name, "detail": "", "events": view.down(count), **unknown}
            for name, count in reasons.items()
            if count >= view.small
        ),
    ]


def unused(rows: Rows, view: Viewpoint) -> Rows:
    """What nobody uses, without how much there is of it."""
    return [row | {"events": None, "bytes": None} for row in rows]


RULES: dict[str, Callable[[Rows, Viewpoint], Rows]] = {
    "overview": overview,
    "releases": releases,
    "extensions": extensions,
    "providers": providers,
    "environment": environment,
    "retention": retention,
    "quality": quality,
    "unused": unused,
}
