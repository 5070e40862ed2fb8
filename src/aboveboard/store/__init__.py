"""Where events are kept: one ClickHouse engine, embedded (chDB) or in a cluster, behind one client."""

from aboveboard.store.connection import Readers, connect, embedded_folder
from aboveboard.store.events import COLUMNS, DROPS, QUARANTINE, insert, write_something
from aboveboard.store.migrations import migrate

__all__ = [
    "COLUMNS",
    "DROPS",
    "QUARANTINE",
    "Readers",
    "connect",
    "embedded_folder",
    "insert",
    "migrate",
    "write_something",
]
