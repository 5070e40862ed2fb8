"""What may be seen of one action or one kind of failure, divided by version, system and so on?"""

from collections import defaultdict
from collections.abc import Callable

from aboveboard.insights.disclosure.doing import ended
from aboveboard.insights.disclosure.viewpoint import Rows, Viewpoint

__all__ = ["RULES"]

_NAMES = {"status code": "status_code", "exit code": "exit_code"}


def action(rows: Rows, view: Viewpoint) -> Rows:
    """Each value with rounded counts; weeks and no days."""
    found: Rows = []
    for by, own in _by(rows).items():
        whole = view.with_filter("event", own[0]["event"])
        cells = whole.cells(_NAMES.get(by, by), "ended")
        kept, rest = view.folded(
            own,
            lambda row, cells=cells: cells.shows(row["value"]),  # type: ignore[misc]
            "value",
            ("events",),
        )
        for row in kept:
            numbers = ended(cells, view, row["value"])
            row |= {name: numbers[name] for name in ("failures", "success_rate")}
            for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95)):
                row[name] = view.quantile(row[name], share, row["installs"])
            row |= {"events": view.down(row["events"]), "installs": view.count(row["installs"])}
        found += kept + [row | {"by": by, "event": own[0]["event"]} for row in rest]
    return found


def error(rows: Rows, view: Viewpoint) -> Rows:
    """Each value with rounded counts; weeks and no days."""
    found: Rows = []
    for by, own in _by(rows).items():
        cells = view.with_filter("reason", own[0]["reason"]).cells(_NAMES.get(by, by), failed=True)
        kept, rest = view.folded(
            own,
            lambda row, cells=cells: cells.shows(row["value"]),  # type: ignore[misc]
            "value",
            ("failures",),
        )
        for row in kept:
            row |= {"failures": view.down(row["failures"]), "installs": view.count(row["installs"])}
        found += kept + [row | {"by": by, "reason": own[0]["reason"]} for row in rest]
    return found


def _by(rows: Rows) -> dict[str, Rows]:
    groups: dict[str, Rows] = defaultdict(list)
    for row in rows:
        if row["by"] not in ("day", "extension version"):
            groups[row["by"]].append(row)
    return groups


RULES: dict[str, Callable[[Rows, Viewpoint], Rows]] = {"action": action, "error": error}
