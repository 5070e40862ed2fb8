"""What does this app tell its makers? Nothing without a yes; then what telemetry.toml lists, and which commands ran."""

import os
from functools import cache
from pathlib import Path
from typing import Final

from aboveboard import Telemetry
from podman_cli import __version__

CATALOG: Final = Path(__file__).with_name("telemetry.toml")


@cache
def make_telemetry() -> Telemetry:
    """Return this app's telemetry; it does nothing until the person says yes."""
    return Telemetry(
        "podman-desktop",
        version=__version__,
        endpoint=os.environ.get("PODMAN_CLI_ENDPOINT", ""),
        write_key=os.environ.get("PODMAN_CLI_WRITE_KEY", ""),
        catalog=CATALOG,
        preset="podman-desktop",
    )


def keep_private(kind: str, name: str | None) -> None:
    """Never let `name` leave in a text, such as an error of Podman that repeats it."""
    if name:
        make_telemetry().sensitive(name, kind)
