"""Was the record of who did what changed afterwards, and is a receipt one of ours?"""

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from aboveboard.access import load_settings
from aboveboard.access.audit import FILE_NAME, verify
from aboveboard.cli.remote import Remote
from aboveboard.collector.receipts import genuine, read_receipt, receipt_key
from aboveboard.errors import SettingsError

__all__ = ["audit"]


@click.group()
@click.option("--url", envvar="ABOVEBOARD_URL", help="Ask this server; without it the data folder is read.")
@click.option("--token", envvar="ABOVEBOARD_ADMIN_TOKEN", help="A token of the role admin, for --url.")
@click.option("--data", type=click.Path(file_okay=False), help="The folder of the data (./var).")
@click.option("--config", type=click.Path(path_type=Path), help="The settings file.")
@click.pass_context
def audit(
    ctx: click.Context, url: str | None, token: str | None, data: str | None, config: Path | None
) -> None:
    """Check the audit log and the receipts of erasures; the server may run or not."""
    ctx.obj = Remote(url, token or "") if url else load_settings({"data": data}, config=config).data


@audit.command("verify")
@click.pass_obj
def verify_(where: Any) -> None:
    """Follow the chain of the audit log and say where it breaks; exit code 1 if it does.

    Note the last number and hash somewhere else: a log that was cut off at its end shows only against them.
    """
    if isinstance(where, Remote):
        found = where.ask("audit")
    else:
        try:
            found = msgspec.to_builtins(verify(where / FILE_NAME))
        except FileNotFoundError as error:
            raise SettingsError(
                f"There is no audit log in {where}. Name the data folder by --data."
            ) from error
    last = found["last"]
    click.echo(
        f"{found['entries']} entries hold." + (f" The last: {last['number']} {last['hash']}" if last else "")
    )
    if found["broken"]:
        click.echo(f"The chain breaks at {found['broken']}.", err=True)
        sys.exit(1)


@audit.command("verify-receipt")
@click.argument("file", type=click.File("rb"))
@click.pass_obj
def verify_receipt(where: Any, file: Any) -> None:
    """Say whether the receipt in FILE ("-" for standard input) was given by this server as it is."""
    receipt = read_receipt(file.read())
    if isinstance(where, Remote):
        ours = where.ask("receipt", msgspec.to_builtins(receipt))["genuine"]
    else:
        shared = load_settings({"data": str(where)}, {}).receipt_key
        ours = genuine(receipt, bytes.fromhex(shared) or receipt_key(where))
    if not ours:
        raise click.ClickException("This receipt was not given by this server, or it was changed.")
    rows = sum(receipt.counts.values())
    click.echo(
        f"Genuine: {rows} rows of {receipt.install} in {receipt.source!r} were erased at {receipt.time}."
    )
