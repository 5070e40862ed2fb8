"""How do we reach the database, and what does it say in plain words when it refuses?"""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aboveboard.errors import StoreError

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Readers", "backup_folder", "connect", "embedded_folder"]

_LOCKED = "Error initializing EmbeddedServer"

# A mutation visits every part, and this engine pauses a random part of a second after each: 100 day partitions
# took 14 seconds, and take half a second so.
_PROMPT = {
    "background_processing_pool_thread_sleep_seconds_if_nothing_to_do": 0.01,
    "background_processing_pool_thread_sleep_seconds_random_part": 0.01,
    "background_processing_pool_task_sleep_seconds_when_no_work_random_part": 0.01,
}


def embedded_folder(dsn: str) -> Path | None:
    """Return the folder of an embedded store (`chdb:///folder`), or None for a server.

    Raises StoreError where the DSN is neither `chdb:///folder` nor `clickhouse://…`.
    """
    parts = urlsplit(dsn)
    if parts.scheme == "chdb":
        if parts.netloc or not parts.path.startswith("/"):
            raise StoreError(f"The store {dsn!r} names no folder. Write chdb:///absolute/folder.")
        return Path(parts.path)
    if parts.scheme in {"clickhouse", "clickhouses", "http", "https"}:
        return None
    raise StoreError(
        f"The store {_without_password(dsn)!r} is of no known kind. "
        "Write chdb:///absolute/folder or clickhouse://user:password@host:8123/database."
    )


def backup_folder(dsn: str) -> Path | None:
    """Return the folder into which an embedded store may write backups, or None for a server."""
    folder = embedded_folder(dsn)
    return folder.with_name(f"{folder.name}.backups") if folder else None


def connect(dsn: str, backups: Path | None = None) -> "Client":
    """Open one client on the store named by `dsn`; each client serves one thread at a time.

    `backups` is the folder to and from which an embedded store may back up, if it is not `backup_folder(dsn)`; the
    first connection of a process decides.
    Raises StoreError when the embedded folder belongs to another process or a server cannot be reached.
    """
    import clickhouse_connect
    from clickhouse_connect.driver.exceptions import ClickHouseError

    folder = embedded_folder(dsn)
    if folder is not None:
        folder.parent.mkdir(parents=True, exist_ok=True)
    options = _PROMPT | {"backups.allowed_path": str(backups or backup_folder(dsn))}
    embedded = {"chdb_options": options} if folder else {}
    try:
        return clickhouse_connect.get_client(dsn=dsn, **embedded)
    except ClickHouseError as error:
        raise StoreError(_in_words(dsn, folder, str(error))) from error


def _in_words(dsn: str, folder: Path | None, reason: str) -> str:
    # The engine reports a folder that another process holds as an empty "Code: 36".
    if folder is not None and _LOCKED in reason:
        return (
            f"The store in {folder} cannot be opened: another process has it open, or the folder is not "
            "writable or not a store. Stop the other server, or choose another folder with --data."
        )
    return f"The store {_without_password(dsn)} cannot be opened: {reason.strip()}"


def _without_password(dsn: str) -> str:
    parts = urlsplit(dsn)
    return dsn.replace(f":{parts.password}@", ":…@") if parts.password else dsn


class Readers:
    """A few clients for questions, so that one slow question does not hold up the next.

    Commits use a client of their own: a client serialises its calls behind one lock.
    """

    def __init__(self, dsn: str, count: int = 3) -> None:
        self._idle: queue.LifoQueue[Client] = queue.LifoQueue()
        self._count = count
        for _ in range(count):
            self._idle.put(connect(dsn))

    @contextmanager
    def client(self) -> "Iterator[Client]":
        """Lend one client for the length of a `with` block, waiting until one is free."""
        client = self._idle.get()
        try:
            yield client
        finally:
            self._idle.put(client)

    def close(self) -> None:
        """Close every client once the questions under way are answered."""
        for _ in range(self._count):
            self._idle.get().close()
