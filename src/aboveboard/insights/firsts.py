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

# Of versions at the same moment the smaller text counts.
_FIRSTS = """
SELECT
    toInt64(number) AS install,
    toInt64(toUInt16(toDate(min(first_time)))) AS of_day,
    toInt64(toUnixTimestamp64Milli(min(first_time))) AS moment,
    toInt64(indexOf({{versions:Array(String)}}, argMin(app_version, (first_time, app_version)))) AS version
FROM {stays} AS events
WHERE {of_installs}
    AND number > 0
GROUP BY number
ORDER BY install
"""


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
    number, day, moment, version = look.columns(_FIRSTS, versions=row["versions"])[:4]
    return Firsts(number, day, moment, version, row["versions"])
