"""When was each install seen first, and with which version of the app? Whatever filters let through."""

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look, Numbers

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = ["Firsts", "firsts"]

_VERSIONS = """
SELECT arraySort(groupUniqArray(app_version)) AS versions
FROM {counts} AS events
WHERE {where}
"""

# One number holds the moment and the version, so that the smallest is found at once: of versions at the same moment
# the smaller text counts, as `versions` are sorted.
_FIRSTS = """
SELECT
    toInt64(number) AS install,
    min(
        toUnixTimestamp64Milli(first_time) * 65536
        + toInt64(indexOf({{versions:Array(String)}}, app_version))
    ) AS both
FROM {stays} AS events
WHERE {of_installs}
    AND number > 0
GROUP BY number
ORDER BY install
"""

_DAY = 86_400_000


class Firsts(NamedTuple):
    """By install (in the order of their numbers): day since 1970, milliseconds, place in `versions` (from 1)."""

    number: Numbers
    day: Numbers
    moment: Numbers
    version: Numbers
    versions: list[str]


def firsts(client: "Client", filters: Filters) -> Firsts:
    """Return the first event of all installs of the sources, up to the end of what is looked at."""
    look = Look(client, replace(filters, equal={}), ever=True)
    (row,) = look.rows(_VERSIONS)
    number, both = look.columns(_FIRSTS, versions=row["versions"])[:2]
    moment = both >> 16
    return Firsts(number, moment // _DAY, moment, both & 65535, row["versions"])
