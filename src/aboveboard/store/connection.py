"""How do we reach the database, and what does it say in plain words when it refuses?"""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aboveboard.errors import StoreError
from aboveboard.store.address import SCHEMES, Address, parse, without_password
from aboveboard.store.failover import Failover
from aboveboard.store.reasons import first_line
from aboveboard.store.written import wait_for_mending

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Readers", "backup_folder", "connect", "embedded_folder"]

_LOCKED = "Error initializing EmbeddedServer"
_NO_DATABASE = 81

# A mutation visits every part, and this engine pauses a random part of a second after each: 100 day partitions
# took 14 seconds, and take half a second so.
_PROMPT = {
    "background_processing_pool_thread_sleep_seconds_if_nothing_to_do": 0.01,
    "background_processing_pool_thread_sleep_seconds_random_part": 0.01,
    "background_processing_pool_task_sleep_seconds_when_no_work_random_part": 0.01,
}

# The third statement of a kind would be compiled: it took 110 ms longer, and no later one less.
_AS_IT_STANDS = {
    "compile_expressions": 0,
    "compile_aggregate_expressions": 0,
    "compile_sort_description": 0,
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
    if parts.scheme in SCHEMES:
        return None
    raise StoreError(
        f"The store {without_password(dsn)!r} is of no known kind. "
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
    Raises StoreError when the embedded folder belongs to another process or none of the servers can be reached.
    """
    folder = embedded_folder(dsn)
    return _embedded(dsn, folder, backups) if folder else _of_servers(parse(dsn))


def _embedded(dsn: str, folder: Path, backups: Path | None) -> "Client":
    import clickhouse_connect
    from clickhouse_connect.driver.exceptions import ClickHouseError

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {folder.parent} of the store cannot be made: {error.strerror}. Choose another one with --data."
        ) from error
    options = _PROMPT | _AS_IT_STANDS | {"backups.allowed_path": str(backups or backup_folder(dsn))}
    try:
        return clickhouse_connect.get_client(dsn=dsn, chdb_options=options)
    except ClickHouseError as error:
        # The engine reports a folder that another process holds as an empty "Code: 36".
        if _LOCKED in str(error):
            reason = (
                "another process has it open, or the folder is not writable, not a store, or damaged. Stop the other "
                "server, choose another folder with --data, or restore a backup."
            )
        else:
            reason = f"{first_line(error)} Restore a backup, or choose another folder with --data."
        raise StoreError(f"The store in {folder} cannot be opened: {reason}") from error


def _of_servers(address: Address) -> "Client":
    from clickhouse_connect.driver.exceptions import ClickHouseError

    client = Failover(address)
    try:
        client.query("SELECT 1")
    except (ClickHouseError, OSError) as error:
        client.close()
        hosts = ", ".join(f"{host}:{port}" for host, port in address.hosts)
        if getattr(error, "code", None) == _NO_DATABASE:
            everywhere = f" ON CLUSTER '{address.cluster}'" if address.cluster else ""
            raise StoreError(
                f"The store on {hosts} has no database {address.database!r}. Create it: "
                f"CREATE DATABASE {address.database}{everywhere}"
            ) from error
        reason = first_line(error)
        if address.password:
            reason = reason.replace(address.password, "…")
        raise StoreError(
            f"The store on {hosts} cannot be opened: {reason} Start one of the servers, or mend the address."
        ) from error
    return client


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
        wait_for_mending()
        try:
            yield client
        finally:
            self._idle.put(client)

    def close(self) -> None:
        """Close every client once the questions under way are answered."""
        for _ in range(self._count):
            self._idle.get().close()
