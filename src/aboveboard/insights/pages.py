"""Which pages are opened, by how many, and from where to where?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["TOGETHER", "ask"]

TOGETHER = 30
"""How many minutes may lie between two pages for the one to lead to the other."""

_NEXT = 5

_PAGES = """
SELECT page, {estimated} AS views, {installs} AS installs
FROM events FINAL
WHERE {where}
    AND kind IN ('page', 'screen')
    AND page != ''
GROUP BY page
ORDER BY views DESC, page
LIMIT 500
"""

_LED = """
SELECT page, following, {estimated} AS times
FROM
(
    SELECT
        page,
        weight,
        time,
        leadInFrame(page) OVER steps AS following,
        leadInFrame(time) OVER steps AS then
    FROM events FINAL
    WHERE {where}
        AND kind IN ('page', 'screen')
        AND page != ''
        AND install != ''
    WINDOW steps AS (
        PARTITION BY source, install
        ORDER BY time, message_id, part
        ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING
    )
)
WHERE following != '' AND dateDiff('second', time, then) <= {{together:UInt32}} * 60
GROUP BY page, following
ORDER BY page, times DESC, following
LIMIT {{next:UInt32}} BY page
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each page, the most viewed first; 500 at the most.

    Rows: page, views, installs, to (the five pages that are opened most often within half an hour after it: page,
    times).
    """
    led: dict[str, list[dict[str, Any]]] = {}
    for row in rows(client, _LED, filters, together=TOGETHER, next=_NEXT):
        led.setdefault(row["page"], []).append({"page": row["following"], "times": row["times"]})
    return [row | {"to": led.get(row["page"], [])} for row in rows(client, _PAGES, filters)]
