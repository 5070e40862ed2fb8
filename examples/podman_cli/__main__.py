"""Where does `python -m podman_cli` begin, and how does it end? With one line and an exit code."""

import sys

import click

from podman_cli.commands import PROGRAM, cli
from podman_cli.connection import PodmanError


def main() -> None:
    """Run the command line; a refusal of Podman becomes one line on standard error."""
    try:
        cli(prog_name=PROGRAM)
    except PodmanError as error:
        click.echo(f"{PROGRAM}: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
