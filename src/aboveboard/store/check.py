"""Is what is on disk whole, and how much is it?"""

import json
from typing import TYPE_CHECKING, Any

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
    """Read every part of every table and compare it with its checksums.

    Returns `tables` (name, rows, bytes, parts, broken: list of "part: why") and `detached`: parts that the engine
    put aside as damaged when it started, which no question reads and no erasure reaches.
    """
    tables = []
    for (table,) in client.query(_TABLES).result_rows:
        sql = f"CHECK TABLE {table} SETTINGS check_query_single_value_result = 0"
        results = [json.loads(line) for line in client.raw_query(sql, fmt="JSONEachRow").splitlines()]
        broken = [f"{part['part_path']}: {part['message']}" for part in results if not part["is_passed"]]
        rows, size, parts = client.query(_SIZE, parameters={"table": table}).result_rows[0]
        tables.append({"table": table, "rows": rows, "bytes": size, "parts": parts, "broken": broken})
    detached = [row[0] for row in client.query(_DETACHED).result_rows]
    return {"tables": tables, "detached": detached}
