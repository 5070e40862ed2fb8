"""How is the client put together from what an app says about itself?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aboveboard.catalog import Catalog
from aboveboard.client.engine import Engine, Setup
from aboveboard.client.host import Host
from aboveboard.client.logger import TelemetryLogger
from aboveboard.client.record import Extension

Sender = Callable[[str, dict[str, Any]], object]


def assemble(setup: dict[str, Any], host: Host | None) -> Engine:
    """Return the engine of one app; reads and writes nothing yet."""
    return Engine(Setup(**setup), host or Host())


def make_logger(
    engine: Engine,
    extension_id: str,
    version: str,
    publisher: str,
    catalog: str | Path | Catalog | None,
    sender: Sender | None,
) -> TelemetryLogger:
    """Return the logger of one extension, whose events the catalog then declares too."""
    if not extension_id:
        return TelemetryLogger(engine, Extension(sender=sender))
    whole = f"{publisher}.{extension_id}" if publisher else extension_id
    if catalog is not None:
        engine.add_extension(whole, catalog)
    return TelemetryLogger(engine, Extension(whole, version, sender=sender))
