"""How does the operator let one more app send?"""

from pathlib import Path
from typing import Any

import click

from aboveboard.access import load_settings
from aboveboard.access.settings import add_source, revoke_key
from aboveboard.access.sources import new_source

__all__ = ["source"]

_PASTE = """The source "{name}" is in {file}. Send the server a SIGHUP to let it in. Paste into your app:

    Telemetry("{name}", version="…", endpoint="{url}", write_key="{key}", catalog="telemetry.toml")
"""


@click.group()
@click.option("--data", type=click.Path(file_okay=False), help="The folder of the data (./var).")
@click.option("--config", type=click.Path(path_type=Path), help="The settings file.")
@click.pass_context
def source(ctx: click.Context, data: str | None, config: Path | None) -> None:
    """Add, list and revoke the sources that may send."""
    ctx.obj = load_settings({"data": data}, config=config)


@source.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(["production", "development"]), default="production")
@click.option("--policy", type=click.Choice(["declared", "cleaned"]), default="declared")
@click.pass_obj
def add(settings: Any, name: str, kind: str, policy: str) -> None:
    """Add a source and print what to paste into the app."""
    made = new_source(name, kind=kind, policy=policy)
    add_source(settings.file, made)
    click.echo(_PASTE.format(name=name, file=settings.file, url=settings.url, key=made.write_keys[0]))


@source.command("list")
@click.pass_obj
def list_(settings: Any) -> None:
    """List the sources with their write keys."""
    for known in settings.sources:
        click.echo(f"{known.name}  {known.kind}  {known.policy}  {' '.join(known.write_keys)}")
    if not len(settings.sources):
        click.echo(f"There is no source in {settings.file}. Add one with: aboveboard source add NAME")


@source.command()
@click.argument("write_key")
@click.pass_obj
def revoke(settings: Any, write_key: str) -> None:
    """Refuse a write key from now on; the source's other keys stay."""
    name = revoke_key(settings.file, write_key)
    click.echo(f"The key is revoked. Send the server a SIGHUP to refuse it. Source: {name}")
