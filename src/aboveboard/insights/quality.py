"""How far can the numbers be trusted: what comes late, by a wrong clock, undeclared, or not at all?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["LATE", "SKEWED", "ask"]

LATE = 86_400
"""Seconds after which an event is late."""

SKEWED = 300
"""Seconds by which a clock may be off."""

_LIBRARIES = """
SELECT
    'library' AS kind,
    library AS name,
    library_version AS detail,
    count() AS events,
    {installs} AS installs,
    countIf(dateDiff('second', time, received) > {{late:UInt32}}) AS late,
    countIf(client_time > 0 AND abs(dateDiff('second', client_time, time)) > {{skewed:UInt32}}) AS skewed,
    countIf(client_time = 0) AS without_time,
    countIf(install = '') AS without_install,
    countIf(notEmpty(cleaned)) AS cleaned
FROM events FINAL
WHERE {where}
GROUP BY name, detail
ORDER BY events DESC, name, detail
"""

_DROPS = """
SELECT 'left out' AS kind, reason AS name, trim(concat(event, ' ', path)) AS detail, sum(count) AS events
FROM drops
WHERE source IN {{sources:Array(String)}}
    AND day >= toDate({{since:DateTime64(3, 'UTC')}})
    AND day <= toDate({{until:DateTime64(3, 'UTC')}})
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
    libraries = rows(client, _LIBRARIES, filters, late=LATE, skewed=SKEWED)
    unknown = dict.fromkeys(("installs", "late", "skewed", "without_time", "without_install", "cleaned"))
    return libraries + [row | unknown for row in rows(client, _DROPS, filters)]
