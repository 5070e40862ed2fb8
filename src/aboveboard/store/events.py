"""Which columns does an event have, and how does a group of events become one durable insert?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["COLUMNS", "insert"]

# One insert may hold events of many days: a client's spool carries weeks of outage.
_SETTINGS = {"max_partitions_per_insert_block": 0}

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


def insert(client: "Client", rows: Sequence[Sequence[object]]) -> None:
    """Store rows, each in the order of COLUMNS, as one insert that is on disk when this returns.

    The table asks for a sync of each part's files and folder. Columns go in 1.6 to 2.2 times as fast as rows.
    """
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        client.insert("events", columns, column_names=COLUMNS, column_oriented=True, settings=_SETTINGS)
