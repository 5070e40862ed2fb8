"""How is everything moved from one store into another, and how far is it?"""

import time

import click

from aboveboard.access import load_settings
from aboveboard.store.move import Progress
from aboveboard.store.move import move as move_store

__all__ = ["move"]

_SECONDS = 0.5


@click.command()
@click.option(
    "--from", "origin", envvar="ABOVEBOARD_MOVE_FROM", help="The store to copy (as in the settings)."
)
@click.option("--to", "target", envvar="ABOVEBOARD_MOVE_TO", required=True, help="The store to copy it into.")
@click.option("--data", type=click.Path(file_okay=False), help="The folder of the data (./var).")
def move(origin: str | None, target: str, data: str | None) -> None:
    """Copy a store into another one; every server on either must be stopped.

    For example --from chdb:///var/lib/aboveboard/store --to 'clickhouse://user:password@h1:8123,h2:8123/telemetry?cluster=c',
    or the other way round. Where it is cut off, give the same command again: it goes on. In the end each day has the
    same count and digest on both sides. Addresses with passwords are better in ABOVEBOARD_MOVE_FROM and _TO.
    """
    said = [0.0]

    def tell(progress: Progress) -> None:
        over = progress.done >= progress.total
        if over or time.monotonic() - said[0] > _SECONDS:
            said[0] = time.monotonic()
            click.echo(_line(progress), err=True)

    rows = move_store(origin or load_settings({"data": data}).store, target, tell)
    click.echo(f"Moved and equal: {', '.join(f'{count:,} {table}' for table, count in rows.items())}.")
    click.echo(
        "Start the server with the new store: --store, ABOVEBOARD_STORE or `store` in aboveboard.toml."
    )


def _line(progress: Progress) -> str:
    share = progress.done / progress.total if progress.total else 1.0
    speed = (
        f", {progress.copied / progress.seconds:,.0f} rows/s" if progress.copied and progress.seconds else ""
    )
    return f"{progress.table:<12} {progress.day:<10} {progress.done:>13,} of {progress.total:,} ({share:.0%}){speed}"
