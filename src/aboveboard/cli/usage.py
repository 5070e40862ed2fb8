"""Does this tool tell its makers anything, and who decides? `aboveboard usage on | off | status`"""

import click

from aboveboard.cli.own_usage import make_telemetry

__all__ = ["usage"]


@click.group()
def usage() -> None:
    """Say whether this tool tells its makers anything: by default nothing, and never without your yes.

    It can only where ABOVEBOARD_USAGE_ENDPOINT and ABOVEBOARD_USAGE_WRITE_KEY name a collector.
    """


@usage.command()
def on() -> None:
    """Agree that which command ran, how long and whether it worked is sent."""
    _answer(yes=True)


@usage.command()
def off() -> None:
    """Refuse, or take an earlier yes back."""
    _answer(yes=False)


@usage.command()
def status() -> None:
    """Say whether anything is sent, who decided that, and why."""
    telemetry = make_telemetry()
    click.echo(telemetry.status(explain=True))
    telemetry.close()


def _answer(*, yes: bool) -> None:
    telemetry = make_telemetry()
    kept = telemetry.consent.accept() if yes else telemetry.consent.decline()
    click.echo(
        f"Usage data: {telemetry.consent.state}." + ("" if kept else " Your answer could not be recorded.")
    )
    telemetry.close()
