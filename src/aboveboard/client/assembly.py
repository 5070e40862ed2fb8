"""How is the client put together from what an app says about itself?"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aboveboard.catalog import Catalog
from aboveboard.client.boundary import never_raises
from aboveboard.client.ending import Ending
from aboveboard.client.engine import Engine
from aboveboard.client.gate import GATE
from aboveboard.client.host import Host
from aboveboard.client.record import APP, Extension
from aboveboard.client.setup import Setup

if TYPE_CHECKING:
    from aboveboard.client.crash import Crash

Sender = Callable[[str, dict[str, Any]], object]


def assemble(setup: dict[str, Any], host: Host | None) -> Engine:
    """Return the engine of one app; it has read nothing but its rules, and written nothing."""
    engine = Engine(Setup(**setup), host or Host())
    engine.on_crash = partial(_crashed, engine)
    return engine


def _crashed(engine: Engine, crash: "Crash") -> None:
    with GATE:
        from aboveboard.client.lifecycle import crashed  # few runs find one

    crashed(engine, crash)


def begin(engine: Engine) -> Ending:
    """Look at the consent for the first time, log the start, and arrange the end."""
    ending = Ending(engine)
    engine.look()
    if engine.setup.lifecycle:
        engine.record_own("startup", {})
    return ending


@never_raises(default=APP)
def introduce(
    engine: Engine,
    name: tuple[str, str, str],
    catalog: str | Path | Catalog | None,
    sender: Sender | None,
    modules: tuple[str, ...],
) -> Extension:
    """Return an extension from its id, version and publisher; its catalog then declares its events too."""
    extension_id, version, publisher = name
    whole = f"{publisher}.{extension_id}" if publisher and extension_id else extension_id
    extension = Extension(whole, version, tuple(modules), sender)
    if whole:
        engine.add_extension(extension, catalog)
    return extension
