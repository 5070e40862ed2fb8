"""How far can the numbers be trusted: what comes late, by a wrong clock, undeclared, or not at all?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask"]

_LIBRARIES = """
SELECT
    'library' AS kind,
    library AS name,
    library_version AS detail,
    sum(stored) AS events,
    groupBitmapMerge(by_installs) AS installs,
    sum(of_late) AS late,
    sum(of_skewed) AS skewed,
    sum(timeless) AS without_time,
    sum(nameless) AS without_install,
    sum(changed) AS cleaned
FROM
(
    SELECT
        library, library_version, stored, timeless, nameless, changed,
        installs AS by_installs, late AS of_late, skewed AS of_skewed
    FROM {counted_in_all} AS events
    WHERE {where}
)
GROUP BY name, detail
ORDER BY events DESC, name, detail
"""

_DROPS = """
SELECT 'left out' AS kind, reason AS name, trim(concat(event, ' ', path)) AS detail, sum(count) AS events
FROM drops
WHERE source IN {{sources:Array(String)}}
    AND day >= toDate({{since:DateTime64(3, 'UTC')}})
    AND toDateTime64(day, 3, 'UTC') < {{until:DateTime64(3, 'UTC')}}
GROUP BY name, detail
ORDER BY events DESC, name, detail
LIMIT 200
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each client library and version, then one for each reason why something was left out.

    Rows: kind ("library" or "left out"), name (the library, or the reason), detail (its version, or the event and
    property), events; for libraries also installs, late (by more than a day), skewed (a clock that was off by more
    than five minutes, or a queue sent without saying when), without_time, without_install, cleaned (with something
    replaced); None elsewhere. What is left out is counted by the day it came in, and by no filter but source and
    time.
    """
    libraries = Look(client, filters).rows(_LIBRARIES)
    unknown = dict.fromkeys(("installs", "late", "skewed", "without_time", "without_install", "cleaned"))
    return libraries + [row | unknown for row in rows(client, _DROPS, filters)]
