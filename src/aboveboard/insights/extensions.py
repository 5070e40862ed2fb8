"""Which extensions are installed, in which version beside which version of the app, and do they work?"""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask"]

_INSTALLED = """
SELECT name AS extension, said AS version, {installs} AS by_installs
FROM {facts_in_all} AS events
WHERE {of_installs}
    AND kind = 'extension'
GROUP BY extension, version
"""

_BESIDE = """
SELECT name AS extension, said AS version, app_version, {installs} AS by_installs
FROM {facts_in_all} AS events
WHERE {of_installs}
    AND kind = 'extension'
GROUP BY extension, version, app_version
ORDER BY extension, version, app_version
"""

_EVENTS = """
SELECT
    extension,
    extension_version AS version,
    {estimated} AS times,
    {failures} AS failures,
    {success_rate} AS success_rate
FROM {counted_in_all} AS events
WHERE {where}
    AND extension != ''
GROUP BY extension, version
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each version of each extension, the most installed first.

    Rows: extension, version, installs, app_versions (installs by version of the app), events (its own), failures,
    success_rate (None where it logged nothing that ended).
    """
    look = Look(client, filters)
    having = {(row["extension"], row["version"]): row["by_installs"] for row in look.rows(_INSTALLED)}
    beside: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in look.rows(_BESIDE):
        beside[row["extension"], row["version"]][row["app_version"]] = row["by_installs"]
    events = {
        (row["extension"], row["version"]): {"events": row["times"], **row} for row in look.rows(_EVENTS)
    }
    nothing = {"events": 0, "failures": 0, "success_rate": None}
    found = [
        {
            "extension": name,
            "version": version,
            "installs": having.get((name, version), 0),
            "app_versions": beside[name, version],
            **{each: events.get((name, version), nothing)[each] for each in nothing},
        }
        for name, version in {**having, **events}
        if "<" not in name
    ]
    return sorted(found, key=lambda row: (-row["installs"], row["extension"], row["version"]))
