"""Starts the commands: `python -m aboveboard` is `aboveboard`."""

from aboveboard.cli import main

main(prog_name="aboveboard")
