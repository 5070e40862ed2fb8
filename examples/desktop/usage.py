"""How is usage data collected here? The one place where this app's telemetry is put together."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aboveboard import Budget, Telemetry
from desktop import __version__

CATALOG: Final = Path(__file__).with_name("telemetry.toml")
# What an extension may log; one that logs more loses the rest, which is counted and shown.
BUDGET: Final = Budget(minute=60, day=2_000)


def make_telemetry(environ: Mapping[str, str] = os.environ) -> Telemetry:
    """Return this app's telemetry, silent until the person says yes; without an endpoint nobody is asked."""
    return Telemetry(
        "podman-desktop",
        version=__version__,
        endpoint=environ.get("DESKTOP_ENDPOINT", ""),
        write_key=environ.get("DESKTOP_WRITE_KEY", ""),
        catalog=CATALOG,
        preset="podman-desktop",
        budget=BUDGET,
    )
