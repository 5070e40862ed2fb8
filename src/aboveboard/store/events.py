"""Which columns do the tables have that the collector fills, and how does a group become one durable insert?"""

from collections.abc import MutableMapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from aboveboard.store.failover import cluster_of
from aboveboard.store.written import ROOM, embedded

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["COLUMNS", "DROPS", "QUARANTINE", "insert", "write_something"]

# One insert may hold events of many days: a client's spool carries weeks of outage.
_SETTINGS = {"max_partitions_per_insert_block": 0, "max_threads": 1, "max_insert_threads": 1}
_EMBEDDED = {**_SETTINGS, "min_free_disk_bytes_to_perform_insert": ROOM}

_CHANCES = 200

COLUMNS = (
    "source", "install", "message_id", "part", "version",
    "client_time", "time", "received",
    "kind", "event", "page", "level", "extension", "extension_version",
    "app", "app_version", "os", "os_version", "distribution", "arch", "country", "locale", "timezone",
    "library", "library_version",
    "failed", "outcome", "duration_ms", "weight",
    "error_type", "error_code", "status_code", "exit_code", "error_text", "fingerprint",
    "properties", "cleaned", "bytes", "notice", "catalog",
)  # fmt: skip
"""The columns of the table `events`, in the order in which `insert` takes them."""

QUARANTINE = (
    "source", "install", "message_id", "version", "received", "reason", "kind", "event", "client_time",
    "content", "context",
)  # fmt: skip
DROPS = ("source", "day", "event", "path", "reason", "count")

_types: MutableMapping["Client", dict[tuple[str, ...], list[str]]] = WeakKeyDictionary()
"""The types of (table, columns), of which each client was told: asked for anew they cost a tenth of a small insert."""


def insert(
    client: "Client", rows: Sequence[Sequence[object]], table: str = "events", names: Sequence[str] = COLUMNS
) -> None:
    """Store rows, each in the order of `names`, as one insert that is on disk when this returns.

    The tables ask for a sync of each part's files and folder. Columns go in 1.6 to 2.2 times as fast as rows.
    """
    if not rows:
        return
    known, key = _types.setdefault(client, {}), (table, *names)
    if key not in known:
        types = {row[0]: row[1] for row in client.query(f"DESCRIBE TABLE {table}").result_rows}
        # The driver makes a dictionary of words in Python, the engine makes it of plain words: a sixth less for all.
        known[key] = [types[name].replace("LowCardinality(String)", "String") for name in names]
    client.insert(
        table,
        [list(column) for column in zip(*rows, strict=True)],
        column_names=names,
        column_type_names=known[key],
        column_oriented=True,
        settings=_EMBEDDED if embedded(client) else _SETTINGS,
    )


def write_something(client: "Client") -> None:
    """Write to the disk of every shard, and clean up where that is quick; raises what an insert of events would."""
    if cluster_of(client):
        # Rows go to a shard by chance. A statement for all servers would wait for one that is away.
        client.insert("warm_up", [["x"]] * _CHANCES, column_names=["text"])
    else:
        client.insert("warm_up", [["x" * 65_536]], column_names=["text"], settings=_EMBEDDED)
        client.command("TRUNCATE TABLE warm_up")
