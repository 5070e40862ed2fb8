"""How does this app ask for usage data? Its telemetry, all of it but the calls in commands.py."""

import sys
from pathlib import Path
from typing import Final

import click

from aboveboard import Telemetry
from aboveboard.catalog import load
from podman_cli import __version__

CATALOG: Final = Path(__file__).with_name("telemetry.toml")

NOTICE: Final = """\
podman_cli can tell its makers which of its commands work and which fail.

With yes, it sends to {host}:
{events}
and with each: how long it took and whether it worked, a random id, this app's version, operating system,
architecture, language, time zone and country, as this machine is set up.
The names of your containers, images and files are never sent.

Privacy statement: {privacy}
Change your answer: podman_cli telemetry on | off        Read what was sent: podman_cli telemetry show
"""


def make_telemetry(endpoint: str, write_key: str) -> Telemetry:
    """Return this app's telemetry; it does nothing until the person says yes."""
    return Telemetry(
        "podman-desktop",
        version=__version__,
        endpoint=endpoint,
        write_key=write_key,
        catalog=CATALOG,
        preset="podman-desktop",
    )


def ask_at_first_start(telemetry: Telemetry) -> None:
    """Ask whoever has not answered this notice; ask nobody who cannot answer, such as a script."""
    status = telemetry.status()
    if status is None or not status.ask or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    click.echo(notice(status.host, status.privacy), err=True)
    # No default: Enter alone is no answer, and yes and no are one key each.
    keep_answer(telemetry, click.confirm("Send usage data?", default=None, err=True))


def notice(host: str, privacy: str) -> str:
    """Return what the person reads before the question; the list of events is the catalog's."""
    events = load(CATALOG).events.values()
    width = max(len(event.name) for event in events)
    lines = [f"  {event.name:{width}}  {event.description}" for event in events]
    return NOTICE.format(host=host, events="\n".join(lines), privacy=privacy)


def keep_answer(telemetry: Telemetry, yes: bool) -> None:
    """Record the person's answer and say what holds now."""
    kept = telemetry.consent.accept(level="usage") if yes else telemetry.consent.decline()
    status = telemetry.status()
    if status is not None:
        said = f"Usage data: {status.state}, decided by {status.decided_by}."
        click.echo(said if kept else f"{said} Your answer could not be recorded.", err=True)
