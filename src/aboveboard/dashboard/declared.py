"""Which events and properties do the sources' newest catalogs declare?"""

from functools import lru_cache

from aboveboard.access import Settings
from aboveboard.catalog import load

__all__ = ["declared"]


def declared(settings: Settings) -> tuple[tuple[str, str, str], ...]:
    """Return (source, event, property) of everything that is declared; an event as a whole has an empty property."""
    files = tuple(
        (source.name, str(settings.file.parent / file))
        for source in settings.sources
        for file in (*source.catalogs[-1:], *source.extensions.values())
    )
    return _read(files)


@lru_cache(maxsize=4)
def _read(files: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str, str], ...]:
    """A catalog that was released does not change, and one that is new has another name."""
    found: dict[tuple[str, str, str], None] = {}
    for source, file in files:
        for name, event in load(file).events.items():
            found[source, name, ""] = None
            found.update(dict.fromkeys((source, name, each) for each in event.properties))
    return tuple(found)
