"""What does this command line tell its makers? Nothing, unless a collector is named and the person has said yes.

What it then may tell stands in `telemetry.toml` beside the package: which command ran, how long, and whether it worked.
"""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import click

    from aboveboard.client.telemetry import Telemetry

__all__ = ["CATALOG", "ENDPOINT", "WRITE_KEY", "make_telemetry", "watch"]

CATALOG: Final = Path(__file__).parents[1] / "telemetry.toml"
ENDPOINT: Final = "ABOVEBOARD_USAGE_ENDPOINT"
WRITE_KEY: Final = "ABOVEBOARD_USAGE_WRITE_KEY"


@cache
def make_telemetry() -> "Telemetry":
    """Return this tool's telemetry, which is silent until the person's yes."""
    from importlib.metadata import version

    from aboveboard.client.telemetry import Telemetry

    return Telemetry(
        "aboveboard",
        version=version("aboveboard"),
        endpoint=os.environ.get(ENDPOINT, ""),
        write_key=os.environ.get(WRITE_KEY, ""),
        catalog=CATALOG,
        exceptions=False,
        lifecycle=False,
    )


def watch(cli: "click.Group") -> None:
    """Watch the commands where a collector is named in the environment; otherwise do nothing at all."""
    if os.environ.get(ENDPOINT) and os.environ.get(WRITE_KEY):
        from aboveboard.integrations.click import instrument

        instrument(cli, make_telemetry, commands="")
