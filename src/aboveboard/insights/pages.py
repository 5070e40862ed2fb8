"""Which pages are opened, by how many, and from where to where?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask"]

_NEXT = 5

_PAGES = """
SELECT page, {estimated} AS times, {installs} AS by_installs
FROM {views_in_all} AS events
WHERE {where}
GROUP BY page
ORDER BY times DESC, page
LIMIT 500
"""

_LED = """
SELECT page, following, {estimated} AS times
FROM {views_in_all} AS events
WHERE {where}
    AND following != ''
GROUP BY page, following
ORDER BY page, times DESC, following
LIMIT {{next:UInt32}} BY page
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each page, the most viewed first; 500 at the most.

    Rows: page, views, installs, to (the five pages that are opened most often next, within half an hour and on the
    same day: page, times). Filters say of which views; what is opened next is opened next whatever they say.
    """
    look = Look(client, filters)
    led: dict[str, list[dict[str, Any]]] = {}
    for row in look.rows(_LED, next=_NEXT):
        led.setdefault(row["page"], []).append({"page": row["following"], "times": row["times"]})
    return [
        {
            "page": row["page"],
            "views": row["times"],
            "installs": row["by_installs"],
            "to": led.get(row["page"], []),
        }
        for row in look.rows(_PAGES)
    ]
