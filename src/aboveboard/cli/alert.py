"""Would an alert reach somebody?"""

import sys

import click

from aboveboard.cli.remote import Remote, remote_options

__all__ = ["alert"]


@click.group()
def alert() -> None:
    """Try the alerts of the settings file."""


@alert.command("test")
@click.argument("name")
@remote_options
def try_one(name: str, remote: Remote) -> None:
    """Let the running server send what the alert NAME would say now; exit code 1 where somebody was not reached."""
    found = remote.ask("alert", {"name": name})
    if found["number"] is None:
        click.echo(f"The number is not known now: {found['why']}.")
    else:
        stands = "stands" if found["standing"] else "does not stand"
        click.echo(f"The number is {found['number']:.4g}, and the alert {stands}.")
    for channel, outcome in found["channels"].items():
        click.echo(f"{channel}: {outcome}")
    if any(outcome != "sent" for outcome in found["channels"].values()):
        sys.exit(1)
