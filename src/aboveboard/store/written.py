"""Did everything that the embedded engine wrote reach the disk, and what is done where it did not?

chDB 26.9 goes on as if nothing were where the system refuses it a write, on a full disk for one: the exception at that
place is commented out (`WriteBufferFromFileDescriptor::nextImpl`). A part is then cut short and in force, and if it
came of a merge its sources are on their way out. A ClickHouse server says so, and keeps what it had.

The engine counts the writes that were refused. So this count is read before anything is acknowledged, and each second
besides; tables keep the sources of a merge for longer than that (`old_parts_lifetime`), but for rollups, which can be
counted again. Where the count has risen, the tables are opened anew: the engine then compares each file's size with its
checksums, sets aside what is cut short, and takes the sources into force again.
"""

import logging
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from aboveboard.errors import StoreError
from aboveboard.store.failover import Failover

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = [
    "KEPT_SECONDS",
    "ROOM",
    "drop_set_aside",
    "embedded",
    "ensure",
    "ensure_room",
    "mend",
    "refused",
    "wait_for_mending",
]

_log = logging.getLogger(__name__)

ROOM = 16 * 1024 * 1024
"""So many bytes of the disk are left for merges, deletions and definitions of tables: inserts are refused before."""
KEPT_SECONDS = 20
"""So long the tables keep what a merge has replaced."""

_REFUSED = "SELECT value FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'"
_TABLES = """
SELECT name
FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
"""
_SET_ASIDE = """
SELECT table, name
FROM system.detached_parts
WHERE database = currentDatabase() AND reason LIKE 'broken%'
"""
_COUNTED = "rollup_"
_FREE = "SELECT min(unreserved_space) FROM system.disks"

# One engine a process, and so one count of it.
_mending = threading.Lock()
_harmless = 0
_closed: set[str] = set()
_recount = False


def embedded(client: "Client") -> bool:
    """Whether a client's store is in this process."""
    return not isinstance(client, Failover)


def refused(client: "Client") -> int:
    """Return how many writes the system refused the engine of this process; 0 for a server, which says so itself."""
    rows = client.query(_REFUSED).result_rows if embedded(client) else []
    return int(rows[0][0]) if rows else 0


def ensure(client: "Client") -> None:
    """Raise StoreError where a write was refused and the tables were not opened anew since."""
    if refused(client) != _harmless:
        raise StoreError(
            "The disk of the store refused a write, so what was written is not whole. Make room on it: the tables are "
            "opened anew then, and this can be tried again."
        )


def ensure_room(client: "Client", room: int = ROOM) -> None:
    """Raise StoreError where the disk has no such room for what must not be cut short: a definition, a deletion."""
    if embedded(client):
        (free,) = client.query(_FREE).result_rows[0]
        if int(free) < room:
            raise StoreError(
                f"The disk of the store has {int(free) >> 20} MB left, and changing its tables needs {room >> 20}. "
                "Make room on it and try again."
            )


def wait_for_mending() -> None:
    """Return once no table is closed for being opened anew."""
    with _mending:
        pass


def mend(client: "Client") -> None:
    """Open the tables anew where a write was refused, so that nothing in force is cut short.

    What is set aside is deleted: it was not acknowledged, or is a copy of what is in force again. Raises the engine's
    errors where a table cannot be opened, and StoreError where rollups have to be counted again and there is no room to
    say so; the next call goes on with it.
    """
    global _harmless, _recount
    with _mending:
        count = refused(client)
        if count != _harmless or _closed:
            cut = _open_anew(client)
            _log.error(
                "The disk refused the store %d writes. Its tables were opened anew; %d parts that were cut short are "
                "gone, and what they had been made of is in force.",
                count - _harmless,
                len(cut),
            )
            _harmless = count
            _recount = _recount or any(table.startswith(_COUNTED) for table, _ in cut)
        if _recount:
            # Rollups keep no sources. Where these are on a disk that is still full, they wait for the next call.
            ensure_room(client)
            client.command("TRUNCATE TABLE rollup_builds")
            _recount = False


def _open_anew(client: "Client") -> set[tuple[str, str]]:
    """Close each table and open it; return the parts that were cut short, by table."""
    before = _set_aside(client)
    _closed.update(row[0] for row in client.query(_TABLES).result_rows)
    # What was accepted first, and one at a time: questions read on meanwhile.
    for name in sorted(_closed, key=lambda name: (name != "events", name)):
        client.command(f"DETACH TABLE IF EXISTS {name} SYNC")
        client.command(f"ATTACH TABLE IF NOT EXISTS {name}")
        _closed.discard(name)
    cut = _set_aside(client) - before
    _drop(client, cut)
    return cut


def drop_set_aside(client: "Client", table: str) -> None:
    """Delete the parts of a table that the engine set aside at a start, since they are broken: they may hold rows."""
    _drop(client, {each for each in _set_aside(client) if each[0] == table})


def _drop(client: "Client", parts: Iterable[tuple[str, str]]) -> None:
    for table, part in parts:
        client.command(f"ALTER TABLE {table} DROP DETACHED PART '{part}' SETTINGS allow_drop_detached = 1")


def _set_aside(client: "Client") -> set[tuple[str, str]]:
    return {(table, part) for table, part in client.query(_SET_ASIDE).result_rows}
