"""How is a running store copied whole, and how does a copy become a store again?"""

import os
import shutil
import tarfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from aboveboard.errors import StoreError
from aboveboard.store.check import check
from aboveboard.store.connection import backup_folder, connect, embedded_folder
from aboveboard.store.migrations import migrate
from aboveboard.store.reasons import first_line
from aboveboard.store.rollups import forget_all
from aboveboard.store.written import refused

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = ["back_up", "check_file", "restore", "tidy"]

_BACK_UP = "BACKUP DATABASE default TO File(%(file)s)"
_RESTORE = "RESTORE DATABASE default FROM File(%(file)s)"


def back_up(client: "Client", dsn: str) -> Path:
    """Copy the store into one new file (tar) of its backup folder and return the file; inserts go on meanwhile.

    The caller moves or deletes it. Raises StoreError for a store in a cluster, which its own server backs up.
    """
    folder = _folder(dsn)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{uuid.uuid4().hex}.tar"
    before = refused(client)
    try:
        client.command(_BACK_UP, parameters={"file": str(file)})
        if refused(client) != before:
            raise StoreError(
                f"The disk of {folder} is full, so the backup is not whole. Make room and try again."
            )
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return file


def tidy(dsn: str) -> None:
    """Delete what a backup that was cut off by a crash has left."""
    if embedded_folder(dsn) is not None:
        shutil.rmtree(_folder(dsn), ignore_errors=True)


def check_file(file: Path) -> None:
    """Raise StoreError where a file cannot be a backup."""
    try:
        with tarfile.open(file, "r:") as archive:
            archive.getmember(".backup")
    except FileNotFoundError as error:
        raise StoreError(f"There is no file {file}. Name one that `aboveboard backup` wrote.") from error
    except (KeyError, OSError, tarfile.TarError) as error:
        raise StoreError(
            f"{file} is not a backup of `aboveboard backup`, or it is not whole. Take another one."
        ) from error


def restore(dsn: str, file: Path, finish: Callable[["Client"], None]) -> Path | None:
    """Put a backup in the place of the store and return where the store that was there is now, if there was one.

    `finish` gets the restored store, brought to the tables of this version, before anybody else; where anything
    fails, the old store is put back. Raises StoreError where the store is in use or the file is not a backup.
    """
    from clickhouse_connect.driver.exceptions import ClickHouseError

    folder = embedded_folder(dsn)
    if folder is None:
        raise _clustered()
    check_file(file)
    aside = _put_aside(folder)
    try:
        client = connect(dsn, backups=file.parent)
        try:
            client.command(_RESTORE, parameters={"file": str(file)})
            _refuse_damaged(client, file)
            migrate(client)
            forget_all(client)
            finish(client)
        finally:
            client.close()
        os.sync()  # The engine does not sync what it restores.
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if aside:
            aside.rename(folder)
        if isinstance(error, ClickHouseError):
            raise StoreError(
                f"{file} cannot be restored, and the store is as it was: {first_line(error)} Take another backup, or "
                "make room on the disk where it is full."
            ) from error
        raise
    return aside


def _refuse_damaged(client: "Client", file: Path) -> None:
    """The engine restores files without comparing them with their checksums."""
    broken = [f"{table['table']}/{part}" for table in check(client)["tables"] for part in table["broken"]]
    if broken:
        raise StoreError(
            f"The backup {file} is damaged in {len(broken)} parts, first {broken[0]}. Take another one."
        )


def _put_aside(folder: Path) -> Path | None:
    if not folder.exists():
        return None
    number = 1
    while (aside := folder.with_name(f"{folder.name}.before-restore-{number}")).exists():
        number += 1
    folder.rename(aside)
    parent = os.open(folder.parent, os.O_RDONLY)
    os.fsync(parent)
    os.close(parent)
    return aside


def _folder(dsn: str) -> Path:
    folder = backup_folder(dsn)
    if folder is None:
        raise _clustered()
    return folder


def _clustered() -> StoreError:
    return StoreError(
        "The store is a ClickHouse server. Back it up and restore it with its own BACKUP and RESTORE."
    )
