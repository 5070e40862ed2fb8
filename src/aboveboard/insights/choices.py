"""Which values can a filter take, so that nobody has to know them by heart?"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from aboveboard.insights.filters import Filters

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["choices"]

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


def choices(client: "Client", filters: Filters) -> dict[str, list[str]]:
    """Return the commonest values of each filter in the sources and the time that are looked at, sorted."""
    wide = replace(filters, equal={})
    text = _CHOICES.format(where=wide.where())
    (row,) = client.query(text, parameters=wide.parameters()).named_results()
    return {name: sorted(values, key=str.casefold) for name, values in row.items()}
