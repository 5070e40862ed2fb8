"""Which values can a filter take, so that nobody has to know them by heart?"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters
from aboveboard.insights.suppression import named

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["choices"]

_NAMES = ("version", "os", "arch", "country", "extension", "event")

# Copies of one event agree in these columns, so the search for copies is spared.
_CHOICES = """
SELECT
    topKIf(200)(app_version, app_version != '') AS version,
    topKIf(20)(os, os != '') AS os,
    topKIf(20)(arch, arch != '') AS arch,
    topKIf(250)(country, country != '') AS country,
    topKIf(200)(extension, extension != '') AS extension,
    topKIf(500)(event, event != '') AS event
FROM events
WHERE {where}
"""


_INSTALLS = """
SELECT
    app_version AS version, os, arch, country, extension, event,
    {installs} AS installs
FROM events FINAL
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
    text = _CHOICES.format(where=wide.where())
    (row,) = client.query(text, parameters=wide.parameters()).named_results()
    return {name: sorted(values, key=str.casefold) for name, values in row.items()}


def _large(client: "Client", filters: Filters, small: int) -> dict[str, list[str]]:
    installs: dict[str, dict[str, int]] = {name: {} for name in _NAMES}
    for row in rows(client, _INSTALLS, filters):
        name = next((name for name in _NAMES if row[name]), None)
        if name:
            installs[name][row[name]] = row["installs"]
    return {name: sorted(named(counts, small), key=str.casefold) for name, counts in installs.items()}
