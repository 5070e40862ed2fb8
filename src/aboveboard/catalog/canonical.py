"""Which catalogs are the same, and which words are the app's own?"""

import json
import re
from collections.abc import Iterator

from aboveboard.catalog.model import Catalog, Event, Property
from aboveboard.privacy.blake import blake2b

_SILENT = {"plans", "source", "exempt", "example"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+")


def digest(catalog: Catalog) -> str:
    """Return 16 hex digits over everything the catalog says, in an order of its own.

    Where it was read from, what lint was told to overlook, and examples are not part of what is collected.
    """
    text = json.dumps(_plain(catalog), sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, (Catalog, Event, Property)):
        return {name: _plain(getattr(value, name)) for name in value.__match_args__ if name not in _SILENT}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return sorted(_plain(item) for item in value)  # type: ignore[type-var]
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def words(catalog: Catalog) -> frozenset[str]:
    """Return the words, in lower case, that the catalog itself makes public."""
    texts = [catalog.app, *catalog.extensions]
    for event in catalog.events.values():
        texts.append(event.name)
        for prop in event.properties.values():
            texts.extend(_texts(prop))
    return frozenset(word for text in texts for word in split(text) if len(word) > 1)


def _texts(prop: Property) -> Iterator[str]:
    yield prop.name
    yield from prop.values
    if not isinstance(prop.keys, str):
        yield from prop.keys
    for inner in (prop.of, *prop.fields.values()):
        if inner is not None:
            yield from _texts(inner)


def split(text: str) -> list[str]:
    """Split a name as programs write them into its words, in lower case.

    >>> split("podman.machineInit_HTTPPort-2")
    ['podman', 'machine', 'init', 'http', 'port']
    """
    return [word.lower() for word in _WORD.findall(text)]
