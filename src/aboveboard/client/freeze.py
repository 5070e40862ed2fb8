"""What did the caller pass, at this moment? A copy made of plain values only.

Nothing of the caller's is kept: a container is copied, a value that is no JSON value becomes the name
of its type, and whatever is too deep, too wide or too long is cut. Calling methods of foreign objects
is avoided, because they may block, raise or lie.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import islice
from math import isfinite
from typing import Any, Final

from aboveboard.client.boundary import attempt
from aboveboard.client.gate import GATE

DEPTH: Final = 8
ITEMS: Final = 1_000
TEXT: Final = 32_768
FEW: Final = 64
BIG: Final = 1 << 62
PLAIN: Final = frozenset((bool, type(None)))
Frozen = dict[str, Any]


class TrustedValue:
    """A value that an extension vouches for, as Podman Desktop's API has it.

    It is accepted and then checked and cleaned like every other value: trust among programs is no
    consent of the person.
    """

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


def freeze(properties: object) -> Frozen:
    """Return a copy of a mapping of properties, `{}` for anything else."""
    if type(properties) is not dict or len(properties) > FEW:
        return _Walk().mapping(properties, 0) if isinstance(properties, Mapping) else {}
    frozen: Frozen = {}
    walk: _Walk | None = None
    for key, value in list(properties.items()):
        kind = type(value)
        if type(key) is str and ((kind is str and len(value) <= TEXT) or kind in PLAIN):
            frozen[key] = value
            continue
        if walk is None:
            walk = _Walk()
        frozen[walk.key(key)] = walk.value(value, 1)
    return frozen


class _Walk:
    """One walk over nested values, with a bound on how many are visited."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = ITEMS

    def value(self, value: object, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            return value[:TEXT]  # type: ignore[index]
        if kind is int:
            return value if -BIG < value < BIG else None  # type: ignore[operator]
        if kind is float:
            return value if isfinite(value) else None  # type: ignore[arg-type]
        if kind in PLAIN:
            return value
        return self._other(value, depth)

    def key(self, key: object) -> str:
        return key[:TEXT] if type(key) is str else f"<{type(key).__name__}>"

    def mapping(self, value: Mapping[Any, Any], depth: int) -> Frozen:
        frozen: Frozen = {}
        for key, item in self._some(
            value.items if not isinstance(value, dict) else partial(dict.items, value)
        ):
            frozen[self.key(key)] = self.value(item, depth + 1)
        return frozen

    def _other(self, value: object, depth: int) -> Any:
        if isinstance(value, str):
            return str.__str__(value)[:TEXT]
        if isinstance(value, int):
            return self.value(int.__index__(value), depth)
        if isinstance(value, float):
            return self.value(float.__float__(value), depth)
        if isinstance(value, BaseException):
            return described(value)
        if depth >= DEPTH or self.left <= 0:
            return "<too deep>" if depth >= DEPTH else "<too many>"
        if isinstance(value, TrustedValue):
            return self.value(value.value, depth + 1)
        if isinstance(value, Mapping):
            return self.mapping(value, depth)
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.value(item, depth + 1) for item in self._some(partial(iter, value))]
        return f"<{type(value).__name__}>"

    def _some(self, items: Callable[[], Iterable[Any]]) -> list[Any]:
        """Take as many items as are left; none where the caller's own container raises."""
        none: list[Any] = []
        found = attempt(lambda: list(islice(items(), self.left)), none)
        self.left -= len(found)
        return found


def described(error: BaseException | str) -> dict[str, Any]:
    """Return an error as data; most runs have none, so what takes it apart is imported with the first."""
    if not _DESCRIBE:
        with GATE:
            from aboveboard.client.failure import describe

        _DESCRIBE.append(describe)
    return _DESCRIBE[0](error)


_DESCRIBE: list[Callable[[object], dict[str, Any]]] = []
