"""What may be seen of answers about what people do: actions, failures, their causes, pages, funnels, volume?"""

from collections.abc import Callable
from typing import Any

import numpy as np

from aboveboard.insights.causes import Finding, sentence
from aboveboard.insights.cells import Cells
from aboveboard.insights.disclosure.viewpoint import Rows, Viewpoint, monday, ratio, two_digits
from aboveboard.insights.errors import newer
from aboveboard.insights.statistics import Comparison, relative_risk, wilson

__all__ = ["RULES", "ended"]


def actions(rows: Rows, view: Viewpoint) -> Rows:
    """Each action with rounded counts; a reason stands there only where its own group is large enough."""
    cells, reasons = view.cells("event", "ended"), view.cells("event", "reason", failed=True)
    kept, rest = view.folded(rows, lambda row: cells.shows(row["event"]), "event", ("events",))
    for row in kept:
        exact = row["installs"]
        row |= ended(cells, view, row["event"])
        row |= {"events": view.down(row["events"]), "installs": view.count(exact)}
        row["events_margin"] = two_digits(row["events_margin"])
        for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)):
            row[name] = view.quantile(row[name], share, exact)
        row["reasons"] = [
            reason | {"failures": view.down(reason["failures"]), "installs": view.count(reason["installs"])}
            for reason in row["reasons"]
            if reasons.shows(row["event"], reason["fingerprint"])
        ]
    return kept + rest


def ended(cells: Cells, view: Viewpoint, *values: str | None) -> dict[str, Any]:
    """Failures and the share that worked, from the cells that may be seen alone; None where one may not."""
    worked = view.down(cells.events(*values, "worked"))
    failed = view.down(cells.events(*values, "failed"))
    known = worked is not None and failed is not None
    total = (worked or 0) + (failed or 0)
    share = ratio(worked, total) if known else None
    low, high = wilson(share, total)
    return {"failures": failed, "success_rate": share, "success_low": low, "success_high": high}


def errors(rows: Rows, view: Viewpoint) -> Rows:
    """Each group of failures with rounded counts, the week it was seen first and last, and no single day.

    With `new_since` those of them whose first version may be seen and is new; nothing is said of others.
    """
    cells = view.cells("reason", "event", failed=True)
    versions = view.cells("reason", "version", failed=True)
    kept, rest = view.folded(rows, lambda row: cells.shows(row["fingerprint"]), "fingerprint", ("failures",))
    for row in kept:
        seen = versions.values(row["fingerprint"])
        row["events"] = [event for event in row["events"] if cells.shows(row["fingerprint"], event)]
        row["versions"] = [version for version in row["versions"] if version in seen]
        row["first_version"] = row["first_version"] if row["first_version"] in seen else ""
        row |= {"failures": view.down(row["failures"]), "installs": view.count(row["installs"]), "days": []}
        row |= {name: monday(row[name]) for name in ("first_seen", "last_seen")}
    since = view.filters.new_since
    return newer(kept, since) if since else kept + rest


def explain(rows: Rows, view: Viewpoint) -> Rows:
    """Causes where each of the four groups that are compared is large enough or empty, from rounded counts."""
    kept = []
    for row in rows:
        counts = [row[name] for name in _FOUR]
        groups = (counts[0], counts[1] - counts[0], counts[2], counts[3] - counts[2])
        if any(0 < group < view.small for group in groups):
            continue
        row |= dict(zip(_FOUR, (view.down(count) for count in counts), strict=True))
        row |= _risk(row)
        if row["relative_risk"] <= 1:
            continue
        row["sentence"] = sentence(row["event"], _finding(row))
        kept.append(row)
    return kept


_FOUR = ("failing_installs", "installs", "failing_without", "installs_without")


def _risk(row: dict[str, Any]) -> dict[str, Any]:
    table = Comparison(*(np.array([[float(row[name])]]) for name in _FOUR))
    risk = relative_risk(table)
    share = ratio(row["failing_installs"], row["failing_installs"] + row["failing_without"])
    numbers = {"relative_risk": risk.ratio[0], "low": risk.low[0], "high": risk.high[0]}
    return {name: float(number) for name, number in numbers.items()} | {"share_of_failures": share or 0.0}


def _finding(row: dict[str, Any]) -> Finding:
    return Finding(
        attributes=row["attributes"],
        failing=row["failing_installs"],
        installs=row["installs"],
        failing_without=row["failing_without"],
        without=row["installs_without"],
        relative_risk=row["relative_risk"],
        low=row["low"],
        high=row["high"],
        share=row["share_of_failures"],
        daily_low=row["low"],
        strength=0.0,
    )


def pages(rows: Rows, view: Viewpoint) -> Rows:
    """Each page with rounded counts; where it led to is said of no single step."""
    cells = view.cells("page")
    kept, rest = view.folded(rows, lambda row: cells.shows(row["page"]), "page", ("views",))
    for row in kept:
        row |= {"views": view.down(row["views"]), "installs": view.count(row["installs"]), "to": []}
    return kept + rest


def funnel(rows: Rows, view: Viewpoint) -> Rows:
    """Each step with rounded installs, and shares of these."""
    for row in rows:
        row["installs"] = view.count(row["installs"])
    for place, row in enumerate(rows):
        row["share"] = ratio(row["installs"], rows[0]["installs"])
        row["of_previous"] = ratio(row["installs"], rows[max(place - 1, 0)]["installs"])
    return rows


def volume(rows: Rows, view: Viewpoint) -> Rows:
    """Each event with rounded counts, and shares of these."""
    cells = view.cells("event")
    kept, rest = view.folded(rows, lambda row: cells.shows(row["event"]), "event", ("events", "bytes"))
    for row in kept:
        row |= {"events": view.down(row["events"]), "bytes": view.down(row["bytes"])}
        row |= {"installs": view.count(row["installs"]), "a_day": two_digits(row["a_day"])}
    every = sum(row["bytes"] for row in kept + rest)
    for row in kept + rest:
        row["share"] = ratio(row["bytes"], every)
        row["saving"] = row["share"] * (1 - 1 / row["a_day"]) if row["rule"] and row["share"] else 0.0
    return kept + rest


RULES: dict[str, Callable[[Rows, Viewpoint], Rows]] = {
    "actions": actions,
    "errors": errors,
    "explain": explain,
    "pages": pages,
    "funnel": funnel,
    "volume": volume,
}
