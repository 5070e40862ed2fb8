"""How is the client put together from what an app says about itself?"""

from functools import partial
from pathlib import Path
from typing import Any

from aboveboard.catalog import Catalog
from aboveboard.client.ending import Ending
from aboveboard.client.engine import Engine, Setup
from aboveboard.client.host import Host
from aboveboard.client.lifecycle import crashed
from aboveboard.client.logger import TelemetryLogger
from aboveboard.client.record import Extension


def assemble(setup: dict[str, Any], host: Host | None) -> Engine:
    """Return the engine of one app; it has read nothing but its rules, and written nothing."""
    engine = Engine(Setup(**setup), host or Host())
    engine.on_crash = partial(crashed, engine)
    return engine


def begin(engine: Engine) -> Ending:
    """Look at the consent for the first time, log the start, and arrange the end."""
    ending = Ending(engine)
    engine.look()
    if engine.setup.lifecycle:
        engine.record_own("startup", {})
    return ending


def make_logger(
    engine: Engine,
    extension: Extension,
    catalog: str | Path | Catalog | None = None,
) -> TelemetryLogger:
    """Return the logger of one extension, whose events the catalog then declares too."""
    if extension.id:
        engine.add_extension(extension, catalog)
    return TelemetryLogger(engine, extension)
