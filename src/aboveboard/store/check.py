"""Is what is on disk whole, and how much is it?"""

import json
from typing import TYPE_CHECKING, Any

from aboveboard.store.failover import cluster_of

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = ["check"]

_TABLES = """
SELECT name
FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
ORDER BY name
"""
_SIZE = """
SELECT sum(rows), sum(bytes_on_disk), count()
FROM system.parts
WHERE database = currentDatabase() AND table = {table:String} AND active
"""
_DETACHED = """
SELECT concat(table, '/', name)
FROM system.detached_parts
WHERE database = currentDatabase()
ORDER BY 1
"""


def check(client: "Client") -> dict[str, Any]:
    """Read every part of every table and compare it with its checksums; in a cluster, on each server of the address.

    Returns `tables` (table, rows, bytes, parts, broken: list of "part: why") and `detached`: parts that the engine
    put aside as damaged when it started, which no question reads and no erasure reaches.
    """
    if not cluster_of(client):
        return _checked(client)
    found: dict[str, Any] = {"tables": [], "detached": []}
    for host, server in client.each():
        of_host = _checked(server)
        for table in of_host["tables"]:
            found["tables"].append(table | {"table": f"{host}/{table['table']}"})
        found["detached"] += [f"{host}/{part}" for part in of_host["detached"]]
    return found


def _checked(client: "Client") -> dict[str, Any]:
    tables = []
    for (table,) in client.query(_TABLES).result_rows:
        sql = f"CHECK TABLE {table} SETTINGS check_query_single_value_result = 0"
        results = [json.loads(line) for line in client.raw_query(sql, fmt="JSONEachRow").splitlines()]
        broken = [f"{part['part_path']}: {part['message']}" for part in results if not part["is_passed"]]
        rows, size, parts = client.query(_SIZE, parameters={"table": table}).result_rows[0]
        tables.append({"table": table, "rows": rows, "bytes": size, "parts": parts, "broken": broken})
    detached = [row[0] for row in client.query(_DETACHED).result_rows]
    return {"tables": tables, "detached": detached}
