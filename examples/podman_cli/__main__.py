"""Where does `python -m podman_cli` begin, and how does it end? With one line and an exit code."""

import os
import sys

import click

from aboveboard.integrations.podman import EngineError, EngineUnreachable
from podman_cli.commands import PROGRAM, cli


def main() -> None:
    """Run the command line; a refusal of Podman becomes one line on standard error."""
    try:
        cli(prog_name=PROGRAM)
    except EngineUnreachable as error:
        click.echo(
            f"{PROGRAM}: {error}; start one with: podman system service --time 0 unix:///path", err=True
        )
        sys.exit(os.EX_UNAVAILABLE)
    except EngineError as error:
        click.echo(f"{PROGRAM}: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
