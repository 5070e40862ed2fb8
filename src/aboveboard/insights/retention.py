"""Who comes once, and who comes back?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask"]

# The cohort of an install is the week of its first event of all; its version is that of this event.
_RETENTION = """
SELECT
    toMonday(first) AS cohort,
    intDiv(dateDiff('day', cohort, toMonday(time)), 7) AS week,
    version,
    grouping(version) = 0 AS of_version,
    uniqExact(source, install) AS installs
FROM
(
    SELECT source, install, time
    FROM events FINAL
    WHERE {where}
        AND install != ''
) AS events
INNER JOIN
(
    SELECT
        source, install,
        min(time) AS first,
        argMin(app_version, (time, message_id, part)) AS version
    FROM events FINAL
    WHERE source IN {{sources:Array(String)}}
    GROUP BY source, install
) AS firsts USING (source, install)
WHERE first >= {{since:DateTime64(3, 'UTC')}}
GROUP BY GROUPING SETS ((cohort, week), (cohort, week, version))
ORDER BY cohort, version, week
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each week in which installs were new, and one for each version that they began with.

    Rows: cohort (Monday of the week of the first event), version (None: all), installs (that the filters let
    through in that week), active (how many of the cohort were in use in each week since, the first included).
    """
    found: dict[tuple[Any, str | None], dict[int, int]] = {}
    everyone = _everyone(rows(client, _RETENTION, filters))
    for cohort, week, version, installs in everyone:
        found.setdefault((cohort, version), {})[week] = installs
    return [
        {
            "cohort": cohort,
            "version": version,
            "installs": weeks.get(0, 0),
            "active": [weeks.get(week, 0) for week in range(max(weeks) + 1)],
        }
        for (cohort, version), weeks in sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or ""))
    ]


def _everyone(found: list[dict[str, Any]]) -> list[tuple[Any, int, str | None, int]]:
    return [
        (row["cohort"], row["week"], row["version"] if row["of_version"] else None, row["installs"])
        for row in found
    ]
