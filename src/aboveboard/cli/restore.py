"""How does a backup become the store again, without what was erased since?"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from aboveboard.access import load_settings
from aboveboard.access.audit import FILE_NAME, AuditLog, Entry, read
from aboveboard.collector.receipts import Receipt
from aboveboard.errors import SettingsError
from aboveboard.store import erasure
from aboveboard.store.backup import restore as restore_store
from aboveboard.store.erasure import Erasure

__all__ = ["restore"]

_DONE = 3


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--data", type=click.Path(file_okay=False), help="The folder of the data (./var).")
@click.option("--config", type=click.Path(path_type=Path), help="The settings file.")
@click.option("--without-audit-log", is_flag=True, help="There is none: what was erased since may come back.")
def restore(file: Path, data: str | None, config: Path | None, without_audit_log: bool) -> None:
    """Put the backup FILE in the place of the store; the server must be stopped.

    Erasures since the backup are in audit.jsonl of the data folder, and are done again before this ends. The store
    that was there is put aside: delete it when all is well.
    """
    settings = load_settings({"data": data}, config=config)
    log_file = settings.data / FILE_NAME
    if not log_file.exists() and not without_audit_log:
        raise SettingsError(
            f"There is no {log_file}, which says who was erased since the backup: they would come back. "
            "Put a copy of it there first; if there was never one, say --without-audit-log."
        )
    log = AuditLog(log_file)  # Held until the end: no server can start meanwhile.
    try:
        erased = _erasures(read(log_file))
        aside = restore_store(settings.store, file.absolute(), lambda client: _again(client, erased))
        log.record("restore", "command line", {"file": file.name, "erasures": len(erased)})
    finally:
        log.close()
    click.echo(f"{file} is the store now. {len(erased)} erasures were done again.")
    if aside:
        click.echo(f"The store that was there is in {aside}. Delete it when all is well.")


def _erasures(log: Iterable[Entry]) -> list[Erasure]:
    return [_erasure(entry) for entry in log if entry.action == "erase"]


def _erasure(entry: Entry) -> Erasure:
    detail = entry.detail
    receipt = msgspec.convert(detail["receipt"], Receipt)
    asked = round(datetime.fromisoformat(receipt.time).timestamp() * 1000)
    said = msgspec.json.encode(receipt).decode()
    return Erasure(
        receipt.source, receipt.install, receipt.id, _DONE, entry.actor, asked, detail["before"], receipt.counts, said
    )  # fmt: skip


def _again(client: Any, erased: list[Erasure]) -> None:
    if erased:
        erasure.erase(client, {(each.source, each.install) for each in erased})
        erasure.save(client, erased)
