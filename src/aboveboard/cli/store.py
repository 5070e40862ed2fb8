"""Is the store whole, has it the tables that this version expects, and how does it get to another place?"""

import sys

import click

from aboveboard.cli.move import move
from aboveboard.cli.remote import Remote, remote_options

__all__ = ["store"]


@click.group()
def store() -> None:
    """Look after the store."""


store.add_command(move)


@store.command()
@remote_options
def check(remote: Remote) -> None:
    """Let the running server look after its store; exit code 1 where something is wrong.

    It reads every part and compares checksums, and compares the tables with those that this version expects. In a
    cluster it asks every server of its address.
    """
    found = remote.ask("check", {})
    for table in found["tables"]:
        click.echo(
            f"{table['table']:<12} {table['rows']:>14,} rows {table['bytes']:>14,} bytes {table['parts']:>6} parts"
        )
    bad = [f"{table['table']}/{part}" for table in found["tables"] for part in table["broken"]]
    for part in bad:
        click.echo(f"broken: {part}", err=True)
    for part in found["detached"]:
        click.echo(f"put aside as damaged when the store was opened: {part}", err=True)
    for difference in found["schema"]:
        click.echo(difference, err=True)
    if bad or found["detached"]:
        click.echo("Restore a backup: aboveboard restore FILE", err=True)
    if bad or found["detached"] or found["schema"]:
        sys.exit(1)
