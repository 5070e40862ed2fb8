"""Which values can a filter take, so that nobody has to know them by heart?"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look
from aboveboard.insights.suppression import named

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["choices"]

_NAMES = ("version", "os", "arch", "country", "extension", "event")

_CHOICES = """
SELECT
    topKWeightedIf(200)(app_version, stored, app_version != '') AS version,
    topKWeightedIf(20)(os, stored, os != '') AS of_os,
    topKWeightedIf(20)(arch, stored, arch != '') AS of_arch,
    topKWeightedIf(250)(country, stored, country != '') AS of_country,
    topKWeightedIf(200)(extension, stored, extension != '') AS of_extension,
    topKWeightedIf(500)(event, stored, event != '') AS of_event
FROM {counts_in_all} AS events
WHERE {where}
"""


_INSTALLS = """
SELECT
    app_version AS version, os, arch, country, extension, event,
    groupBitmapMerge(installs) AS by_installs
FROM {counts_in_all} AS events
WHERE {where}
GROUP BY GROUPING SETS ((version), (os), (arch), (country), (extension), (event))
"""


def choices(client: "Client", filters: Filters, small: int = 0) -> dict[str, list[str]]:
    """Return the commonest values of each filter in the sources and the time that are looked at, sorted.

    With `small` only those that may be seen beside all others where groups of fewer installs are hidden.
    """
    if small:
        return _large(client, replace(filters, equal={}), small)
    wide = replace(filters, equal={})
    (row,) = Look(client, wide).rows(_CHOICES)
    return {name: sorted(values, key=str.casefold) for name, values in zip(_NAMES, row.values(), strict=True)}


def _large(client: "Client", filters: Filters, small: int) -> dict[str, list[str]]:
    installs: dict[str, dict[str, int]] = {name: {} for name in _NAMES}
    for row in Look(client, filters).rows(_INSTALLS):
        name = next((name for name in _NAMES if row[name]), None)
        if name:
            installs[name][row[name]] = row["by_installs"]
    return {name: sorted(named(counts, small), key=str.casefold) for name, counts in installs.items()}
