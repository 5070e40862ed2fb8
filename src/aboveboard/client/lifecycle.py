"""Which events does the client log by itself? Those of an app's life, each only where it is declared."""

from collections.abc import Mapping
from typing import Any, Final

from aboveboard.client.engine import Engine
from aboveboard.client.freeze import freeze
from aboveboard.client.record import PAGE

PAGE_EVENT: Final = "page"


def page(engine: Engine, name: str, properties: Mapping[str, Any] | None) -> None:
    """Log that a page was opened, declared as the event `page` with the property `name`."""
    frozen = freeze(properties) if properties is not None else {}
    engine.record(PAGE, PAGE_EVENT, {**frozen, "name": name})
