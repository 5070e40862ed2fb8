"""How much has this event used up, and what was left out of it so far?

One `Walk` lives for one check. It bounds the work and the output, whatever comes in, and notes what was
dropped or replaced. Nothing here calls a method of a value from outside: only methods of the built-in
types themselves, because a subclass may lie, raise or never end.
"""

from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Final, cast

from aboveboard.catalog.model import TOO_LARGE, WRONG_TYPE, Drop, Safety

if TYPE_CHECKING:
    from aboveboard.privacy import Replacement

MAX_ITEMS = 64
"""No list or map is read further than this."""
MAX_TEXT = 2048
"""No text is longer than this once cleaned."""
MAX_INPUT = 64 * 1024
"""No text is handed to the cleaner longer than this; it cuts further itself."""
MAX_NOTES = 64
"""No verdict lists more drops, or more replacements, than this."""
MAX_INTEGER = 2**53
"""Beyond it JavaScript and JSON readers lose digits."""


class Dropped(Enum):
    """The answer of a check that lets nothing through; an enum, so that `is` tells types apart too."""

    DROPPED = 0


DROPPED: Final = Dropped.DROPPED


class Walk:
    """The bounds and notes of one check."""

    __slots__ = ("drops", "left", "replacements", "safety")

    def __init__(self, safety: Safety, left: int) -> None:
        self.safety = safety
        self.left = left
        self.drops: list[Drop] = []
        self.replacements: list[tuple[str, Replacement]] = []

    def drop(self, path: str, reason: str) -> Dropped:
        """Note that something is left out, and return `DROPPED`."""
        if len(self.drops) < MAX_NOTES:
            self.drops.append(Drop(path, reason))
        return DROPPED

    def note(self, path: str, replacements: "tuple[Replacement, ...]") -> None:
        """Note what was replaced at `path`."""
        room = MAX_NOTES - len(self.replacements)
        self.replacements.extend((path, item) for item in replacements[:room])

    def charge(self, size: int) -> bool:
        """Take `size` bytes of what is left; once refused, everything after is refused too."""
        if size > self.left:
            self.left = -1
            return False
        self.left -= size
        return True

    def text(self, value: str, path: str) -> "str | Dropped":
        """Clean one text, or drop it where no room is left."""
        cleaned = self.safety.cleaner.explain(readable(value))
        text = readable(cleaned.text)[:MAX_TEXT]
        if not self.charge(json_size(text)):
            return self.drop(path, TOO_LARGE)
        if cleaned.replacements:
            self.note(path, cleaned.replacements)
        return text


def json_size(text: str) -> int:
    """Return an upper bound of the bytes `text` takes as JSON, escapes and quotes included."""
    if text.isascii():
        if text.isprintable():
            return len(text) + 2 + text.count('"') + text.count("\\")
        return 6 * len(text) + 2
    return 3 * len(text.encode("utf-16-le", "surrogatepass")) + 2


def readable(text: str) -> str:
    """Return `text` without what no encoder takes (lone surrogates), and not longer than is ever read."""
    if len(text) > MAX_INPUT:
        text = text[:MAX_INPUT]
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def plain(value: object) -> object:
    """Return a value of exactly `str`, `int`, `float` or `bool` for one of their subclasses, else `value`.

    `isinstance` asks the value for its `__class__`, which may raise; the type itself cannot lie.
    """
    kind = type(value)
    if issubclass(kind, str):
        return str.__str__(value)
    if kind is not bool and issubclass(kind, int):
        return int.__int__(value)  # type: ignore[arg-type]
    if issubclass(kind, float):
        return float.__float__(value)  # type: ignore[arg-type]
    return value


def members(value: object, limit: int) -> list[tuple[object, object]] | None:
    """Return the first members of a dict, or None for anything that is not one or changes while read."""
    if not issubclass(type(value), dict):
        return None
    try:
        if type(value) is dict and len(value) <= limit:
            return list(value.items())
        return list(islice(dict.items(cast("dict[object, object]", value)), limit))
    except RuntimeError:  # another thread adds a member at this moment
        return None


def items(value: object, limit: int) -> list[object] | tuple[object, ...] | None:
    """Return the first items of a list or tuple, or None for anything else."""
    kind = type(value)
    if issubclass(kind, list):
        return list.__getitem__(cast("list[object]", value), slice(0, limit))
    if issubclass(kind, tuple):
        return tuple.__getitem__(cast("tuple[object, ...]", value), slice(0, limit))
    return None


def named(walk: Walk, value: object, path: str, limit: int = MAX_ITEMS) -> Iterable[tuple[str, object]]:
    """Return the members of a dict whose keys are text; note what is passed over."""
    pairs = members(value, limit + 1)
    if pairs is None:
        walk.drop(path, WRONG_TYPE)
        return ()
    if len(pairs) <= limit and not [key for key, _ in pairs if type(key) is not str]:
        return cast("list[tuple[str, object]]", pairs)  # as nearly every dict is
    return _readable_names(walk, pairs, path, limit)


def _readable_names(
    walk: Walk, pairs: list[tuple[object, object]], path: str, limit: int
) -> Iterator[tuple[str, object]]:
    for raw, item in pairs[:limit]:
        key = raw if type(raw) is str else plain(raw)
        if type(key) is str:
            yield key, item
        else:
            walk.drop(path, WRONG_TYPE)
    if len(pairs) > limit:
        walk.drop(path, TOO_LARGE)
