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

_MOST = {"version": 200, "os": 20, "arch": 20, "country": 250, "extension": 200, "event": 500}
"""Filter → how many of its values are named; they are also what counted events are divided by."""

_CHOICES = """
SELECT division, value
FROM {divisions_in_all} AS events
WHERE {where}
    AND division IN {{names:Array(String)}}
GROUP BY division, value
ORDER BY sum(weights) DESC, value
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
    found: dict[str, list[str]] = {name: [] for name in _MOST}
    for row in Look(client, wide).rows(_CHOICES, names=list(_MOST)):
        found[row["division"]].append(row["value"])
    return {name: sorted(values[: _MOST[name]], key=str.casefold) for name, values in found.items()}


def _large(client: "Client", filters: Filters, small: int) -> dict[str, list[str]]:
    installs: dict[str, dict[str, int]] = {name: {} for name in _MOST}
    for row in Look(client, filters).rows(_INSTALLS):
        name = next((name for name in _MOST if row[name]), None)
        if name:
            installs[name][row[name]] = row["by_installs"]
    return {name: sorted(named(counts, small), key=str.casefold) for name, counts in installs.items()}
