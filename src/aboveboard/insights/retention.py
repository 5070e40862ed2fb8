"""Who comes once, and who comes back?"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from aboveboard.insights.bits import Bits, how_many
from aboveboard.insights.filters import Filters
from aboveboard.insights.firsts import begun, firsts
from aboveboard.insights.looking import Look, places

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask"]

# The cohort of an install is the week of its first event of all; its version is that of this event.
_SEEN = """
SELECT DISTINCT toInt64(toUInt16(toMonday(day))) AS week, toInt64(number) AS install
FROM {stays} AS events
WHERE {of_installs}
    AND number > 0
"""

_WEEK = 7
_MONDAY = 4
"""The days of 1970 before its first Monday."""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each week in which installs were new, and one for each version that they began with.

    Rows: cohort (Monday of the week of the first event), version (None: all), installs (that the filters let
    through in that week), active (how many of the cohort were in use in each week since, the first included).
    """
    found: dict[tuple[date, str | None], dict[int, int]] = {}
    for cohort, version, week, installs in _active(client, filters):
        for key in ((cohort, None), (cohort, version)):
            weeks = found.setdefault(key, {})
            weeks[week] = weeks.get(week, 0) + installs
    return [
        {
            "cohort": cohort,
            "version": version,
            "installs": weeks.get(0, 0),
            "active": [weeks.get(week, 0) for week in range(max(weeks) + 1)],
        }
        for (cohort, version), weeks in sorted(
            found.items(), key=lambda item: (item[0][0], item[0][1] is not None, item[0][1] or "")
        )
    ]


def _active(client: "Client", filters: Filters) -> Iterator[tuple[date, str, int, int]]:
    """Yield cohort, first version, week since then, and how many installs were in use."""
    look = Look(client, filters)
    found = _of_days(look, filters) if look.whole_days else _of_installs(look, filters)
    for cohort, version, week, installs in found:
        yield date(1970, 1, 1) + timedelta(days=cohort), version, week, installs


def _of_days(look: Look, filters: Filters) -> Iterator[tuple[int, str, int, int]]:
    first = begun(look, filters)
    since = int(filters.since.timestamp()) // 86_400
    none = first.rows.none()
    weeks: dict[int, Bits] = {}
    cohorts: dict[tuple[int, int], Bits] = {}
    for day in (day for day in first.days if day >= since):
        monday = day - (day - _MONDAY) % _WEEK
        weeks[monday] = weeks.get(monday, none) | first.days[day].chosen
        for version, new in first.new[day].items():
            cohorts[monday, version] = cohorts.get((monday, version), none) | new
    for (cohort, version), members in cohorts.items():
        for monday, active in weeks.items():
            if installs := how_many(members & active):
                yield cohort, first.versions[version], (monday - cohort) // _WEEK, installs


def _of_installs(look: Look, filters: Filters) -> Iterator[tuple[int, str, int, int]]:
    first = firsts(look, filters)
    weeks, numbers = look.columns(_SEEN)[:2]
    at = places(first.number, numbers)
    inside = first.moment[at] >= filters.since.timestamp() * 1000
    at, weeks = at[inside], weeks[inside]
    cohorts = first.day[at] - (first.day[at] - _MONDAY) % _WEEK
    since = (weeks - cohorts) // _WEEK
    keys, counts = np.unique(np.stack([cohorts, first.version[at], since]), axis=1, return_counts=True)
    for (cohort, version, week), installs in zip(keys.T.tolist(), counts.tolist(), strict=True):
        yield cohort, first.versions[version - 1], week, installs
