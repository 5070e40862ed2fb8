"""What has just come in from the sources under development, and what was cleaned in it?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.filters import FINAL

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["latest"]

_LATEST = """
SELECT
    source, received, time, kind, event, page, extension, app, app_version, os, arch,
    install, message_id, part, failed, duration_ms, properties, cleaned
FROM events FINAL
WHERE source IN {sources:Array(String)}
    AND received >= now64(6) - INTERVAL 1 DAY
ORDER BY received DESC, message_id, part
LIMIT {most:UInt32}
"""


def latest(client: "Client", sources: list[str], most: int = 50) -> list[dict[str, Any]]:
    """Return the newest events of the named sources within a day, newest first.

    Rows: source, received, time, kind, event, page, extension, app, app_version, os, arch, install, message_id,
    part, failed, duration_ms, properties (JSON text), cleaned (list of "where: what stands there now").
    """
    parameters = {"sources": sources, "most": most}
    return list(client.query(_LATEST, parameters=parameters, settings=FINAL).named_results())
