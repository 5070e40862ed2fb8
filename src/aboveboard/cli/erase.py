"""How does the operator delete everything about one install?"""

import json
import sys

import click

from aboveboard.cli.remote import Remote, remote_options

__all__ = ["erase"]


@click.command()
@click.option("--source", required=True, help="The source whose events they are.")
@click.argument("anonymous_id", metavar="ID")
@remote_options
def erase(remote: Remote, source: str, anonymous_id: str) -> None:
    """Delete everything about the install with the anonymous id ID, and print the receipt.

    "-" reads the id from standard input, which leaves it in no list of processes and no shell's history.
    """
    if anonymous_id == "-":
        anonymous_id = sys.stdin.readline().strip()
    answer = remote.ask("erase", {"source": source, "anonymousId": anonymous_id})
    click.echo(json.dumps(answer["receipt"], indent=2))
