"""How does a person see and change what is sent about them? `podman_cli telemetry …`."""

import json
import time
from typing import TYPE_CHECKING, Final

import click

from podman_cli.app import App
from podman_cli.usage import keep_answer

if TYPE_CHECKING:
    from aboveboard.client.journal import Entry

SEND_SECONDS: Final = 10.0


@click.group("telemetry")
def telemetry_group() -> None:
    """See and change what this app tells its makers."""


@telemetry_group.command()
@click.pass_obj
def on(app: App) -> None:
    """Agree to sending usage data."""
    keep_answer(app.telemetry, yes=True)


@telemetry_group.command()
@click.pass_obj
def off(app: App) -> None:
    """Refuse, or take an earlier yes back."""
    keep_answer(app.telemetry, yes=False)


@telemetry_group.command()
@click.pass_obj
def status(app: App) -> None:
    """Say whether anything is sent, who decided that, and why."""
    click.echo(app.telemetry.status(explain=True))


@telemetry_group.command()
@click.option("--requests", is_flag=True, help="Print the requests too, each exactly as it was sent.")
@click.pass_obj
def show(app: App, requests: bool) -> None:
    """Print every event, sent or waiting, and what was changed in it, and why."""
    for entry in app.telemetry.journal():
        if requests or entry.what == "event":
            click.echo(describe(entry))


@telemetry_group.command()
@click.pass_obj
def send(app: App) -> None:
    """Send what waits now instead of at the next start."""
    if not app.telemetry.flush(timeout=SEND_SECONDS):
        raise click.ClickException("not everything could be sent; `podman_cli telemetry status` says why")


def describe(entry: "Entry") -> str:
    """Return an entry of the journal as lines for a person."""
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.time))
    if entry.what == "request":
        return f"{when}  request {entry.request}, {entry.state}, answer {entry.status}: {entry.body}"
    properties = json.dumps((entry.content or {}).get("properties", {}), ensure_ascii=False)
    lines = [f"{when}  {entry.name}, {entry.state}: {properties}"]
    return "\n".join(lines + [f"    {path} {done} ({why})" for path, done, why in entry.notes])
