"""What may be collected, and what is done with everything else?

Names are fetched on first use, because importing this room must cost an app next to nothing.
"""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aboveboard.catalog.checker import check
    from aboveboard.catalog.declare import how_to_declare
    from aboveboard.catalog.model import (
        LEVELS,
        REASONS,
        Catalog,
        Drop,
        Event,
        Finding,
        Property,
        Safety,
        Verdict,
        covers,
    )
    from aboveboard.catalog.reader import load, parse
    from aboveboard.catalog.undeclared import clean_all, clean_name
    from aboveboard.errors import CatalogError

__all__ = [
    "LEVELS",
    "REASONS",
    "Catalog",
    "CatalogError",
    "Drop",
    "Event",
    "Finding",
    "Property",
    "Safety",
    "Verdict",
    "check",
    "clean_all",
    "clean_name",
    "covers",
    "how_to_declare",
    "load",
    "parse",
]

_ROOMS = {
    "check": "aboveboard.catalog.checker",
    "how_to_declare": "aboveboard.catalog.declare",
    "load": "aboveboard.catalog.reader",
    "parse": "aboveboard.catalog.reader",
    "clean_all": "aboveboard.catalog.undeclared",
    "clean_name": "aboveboard.catalog.undeclared",
    "CatalogError": "aboveboard.errors",
}


def __getattr__(name: str) -> object:
    """Import the module that holds `name`, once, when somebody first asks for it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(_ROOMS.get(name, "aboveboard.catalog.model")), name)
    globals()[name] = value
    return value
