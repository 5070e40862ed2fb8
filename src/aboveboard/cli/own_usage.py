"""What does this command line tell its makers? Nothing, unless a collector is named and the person has said yes.

What it then may tell stands in `telemetry.toml` beside the package: which command ran, how long, and whether it worked.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from aboveboard.client.telemetry import Telemetry

__all__ = ["CATALOG", "ENDPOINT", "WRITE_KEY", "make_telemetry", "own_usage"]

CATALOG: Final = Path(__file__).parents[1] / "telemetry.toml"
ENDPOINT: Final = "ABOVEBOARD_USAGE_ENDPOINT"
WRITE_KEY: Final = "ABOVEBOARD_USAGE_WRITE_KEY"


class _Settable(Protocol):
    def set(self, **properties: object) -> None:
        """Add properties."""


class _Nothing:
    """Stands where an action would: nothing is made, written or imported."""

    def set(self, **_: object) -> None:
        """Forget what is given."""


def make_telemetry(environ: Mapping[str, str] = os.environ) -> "Telemetry":
    """Return this tool's telemetry, which is silent until the person's yes."""
    from importlib.metadata import version

    from aboveboard.client.telemetry import Telemetry

    return Telemetry(
        "aboveboard",
        version=version("aboveboard"),
        endpoint=environ.get(ENDPOINT, ""),
        write_key=environ.get(WRITE_KEY, ""),
        catalog=CATALOG,
        exceptions=False,
        lifecycle=False,
    )


@contextmanager
def own_usage(environ: Mapping[str, str] = os.environ) -> Iterator[_Settable]:
    """Log one command as an action, where a collector is named in the environment; otherwise do nothing at all."""
    if not (environ.get(ENDPOINT) and environ.get(WRITE_KEY)):
        yield _Nothing()
        return
    telemetry = make_telemetry(environ)
    try:
        with telemetry.action("command") as action:
            yield action
    finally:
        telemetry.close()
