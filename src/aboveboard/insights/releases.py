"""How fast is each release taken up, who stays behind, and what got worse or better with it?"""

import re
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters
from aboveboard.insights.statistics import Comparison, benjamini_hochberg, chance, relative_risk

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask", "order"]

_RELEASES = """
SELECT
    app_version AS version,
    min(time) AS first_seen,
    max(time) AS last_seen,
    uniqExact(source, install) AS installs
FROM events FINAL
WHERE {where}
    AND install != ''
    AND app_version != ''
GROUP BY version
"""

# The version of an install on a day is the last of that day.
_DAYS = """
SELECT day, version, count() AS installs
FROM
(
    SELECT toDate(time) AS day, argMax(app_version, (time, message_id, part)) AS version
    FROM events FINAL
    WHERE {where}
        AND install != ''
        AND app_version != ''
    GROUP BY source, install, day
)
GROUP BY day, version
ORDER BY day, version
"""

# From each version to the next that an install has; nothing follows its last event.
_STEPS = """
SELECT version, following, count() AS steps
FROM
(
    SELECT
        app_version AS version,
        leadInFrame(app_version, 1, '') OVER (
            PARTITION BY source, install
            ORDER BY time, message_id, part
            ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING
        ) AS following
    FROM events FINAL
    WHERE {where}
        AND install != ''
        AND app_version != ''
)
WHERE version != following
GROUP BY version, following
"""

# Days in use of each install in each version until an action first fails there, as in Explain.
_RISKS = """
SELECT event, version, days, ever, count() AS installs
FROM
(
    SELECT
        event,
        app_version AS version,
        groupUniqArray(toDate(time)) AS dates,
        countIf(failed) > 0 AS ever,
        minIf(toDate(time), failed) AS first_failure,
        least(if(ever, arrayCount(date -> date <= first_failure, dates), length(dates)), 30) AS days
    FROM events FINAL
    WHERE {where}
        AND install != ''
        AND app_version != ''
        AND outcome NOT IN ('cancelled', 'skipped')
        AND event IN (
            SELECT event
            FROM events
            WHERE {where} AND failed
            GROUP BY event
        )
    GROUP BY source, install, event, app_version
)
GROUP BY event, version, days, ever
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each version of the app, newest first (by its number).

    Rows: version, first_seen, last_seen, installs, current (installs whose last event is of it), share (of all
    installs, 0 to 1), days_to_50 and days_to_90 (days from its first event until that share of a day's installs had
    it or a newer one, None where not yet), downgrades (installs' steps from it to an older one), curve (list of
    [day, share of that day's installs]), worse and better (actions that fail more or less often than in the version
    before: event, relative_risk, low, high).
    """
    found = {row["version"]: row for row in rows(client, _RELEASES, filters)}
    versions = sorted(found, key=order)
    steps = rows(client, _STEPS, filters)
    everyone = sum(row["steps"] for row in steps if row["following"] == "")
    days = _by_day(rows(client, _DAYS, filters))
    changes = _changes(versions, rows(client, _RISKS, filters))
    for version in versions:
        row = found[version]
        row["current"] = sum(
            step["steps"] for step in steps if step["version"] == version and step["following"] == ""
        )
        row["share"] = row["current"] / max(everyone, 1)
        for percent in (50, 90):
            row[f"days_to_{percent}"] = _days_to(percent / 100, row, versions, days)
        row["downgrades"] = sum(
            step["steps"]
            for step in steps
            if step["version"] == version and step["following"] and order(step["following"]) < order(version)
        )
        row["curve"] = [
            [day, counts.get(version, 0) / sum(counts.values())]
            for day, counts in days.items()
            if day >= row["first_seen"].date()
        ]
        row |= changes[version]
    return [found[version] for version in reversed(versions)]


def order(version: str) -> tuple[Any, ...]:
    """Return what versions are sorted by: their numbers, a pre-release (`1.2.0-rc1`) before its release."""
    numbers, _, rest = version.lstrip("v").partition("-")
    parts = tuple(int(part) for part in re.findall(r"\d+", numbers))
    return parts, not rest, rest


def _by_day(found: list[dict[str, Any]]) -> dict[Any, dict[str, int]]:
    days: dict[Any, dict[str, int]] = defaultdict(dict)
    for row in found:
        days[row["day"]][row["version"]] = row["installs"]
    return days


def _days_to(
    share: float, row: dict[str, Any], versions: list[str], days: dict[Any, dict[str, int]]
) -> int | None:
    """Count the days from a version's first event until a share of a day's installs had it or a newer one."""
    first = row["first_seen"].date()
    newer = set(versions[versions.index(row["version"]) :])
    for day, counts in days.items():
        having = sum(count for version, count in counts.items() if version in newer)
        if day >= first and having >= share * sum(counts.values()):
            return int((day - first).days)
    return None


def _changes(versions: list[str], risks: list[dict[str, Any]]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Compare each action in each version with the version before; 5 % of what is told may be chance."""
    at_risk: dict[tuple[str, str], np.ndarray[Any, np.dtype[np.float64]]] = {}
    for row in risks:
        table = at_risk.setdefault((row["event"], row["version"]), np.zeros((2, 30)))
        table[1, : row["days"]] += row["installs"]
        if row["ever"]:
            table[0, row["days"] - 1] += row["installs"]
    changes: dict[str, dict[str, list[dict[str, Any]]]] = {
        version: {"worse": [], "better": []} for version in versions
    }
    tested = []
    for before, version in pairwise(versions):
        for event in sorted({event for event, known in at_risk if known == version}):
            if (event, before) in at_risk:
                new, old = at_risk[event, version], at_risk[event, before]
                for name, one, two in (("worse", new, old), ("better", old, new)):
                    tested.append((version, name, event, one, two))
    if not tested:
        return changes
    chances = [chance(_table(one, two))[0] for *_, one, two in tested]
    for (version, name, event, one, two), real in zip(
        tested, benjamini_hochberg(np.array(chances), 0.05), strict=True
    ):
        if real:
            new, old = (one, two) if name == "worse" else (two, one)
            risk = relative_risk(_table(new, old))
            numbers = {"relative_risk": risk.ratio[0], "low": risk.low[0], "high": risk.high[0]}
            said = {each: float(number) for each, number in numbers.items()}
            changes[version][name].append({"event": event, **said})
    return changes


def _table(one: Any, two: Any) -> Comparison:
    return Comparison(one[0][:, None], one[1][:, None], two[0][:, None], two[1][:, None])
