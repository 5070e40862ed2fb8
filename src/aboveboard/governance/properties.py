"""Which properties does a call give its event, and of which types?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from aboveboard.governance.linking import Linker
from aboveboard.governance.values import (
    NOTHING,
    Called,
    Choice,
    ClassRef,
    Const,
    FuncRef,
    Items,
    Member,
    Named,
    Param,
    Record,
    Ref,
    Text,
    Typed,
    Unknown,
    Value,
)

__all__ = ["TYPES", "Found", "properties_of", "type_of"]

TYPES: Final = ("string", "number", "boolean", "object", "array", "error", "function", "null", "")
"""What a type can be called; "" is one that is not known."""

_MEMBERS: Final = {
    "length": "number", "size": "number", "message": "string", "stack": "string", "byteLength": "number",
    "elapsed": "number", "platform": "string", "arch": "string",
}  # fmt: skip
_METHODS: Final = {
    "toString": "string", "toLowerCase": "string", "toUpperCase": "string", "trim": "string", "toFixed": "string",
    "toISOString": "string", "join": "string", "replace": "string", "padStart": "string", "substring": "string",
    "charAt": "string", "now": "number", "getTime": "number", "indexOf": "number", "valueOf": "",
    "includes": "boolean", "startsWith": "boolean", "endsWith": "boolean", "has": "boolean", "some": "boolean",
    "every": "boolean", "test": "boolean", "existsSync": "boolean", "isArray": "boolean", "map": "array",
    "filter": "array", "keys": "array", "values": "array", "entries": "array", "split": "array", "slice": "",
    "stringify": "string", "uptime": "number", "freemem": "number", "totalmem": "number", "round": "number",
    "floor": "number", "ceil": "number", "max": "number", "min": "number", "abs": "number", "random": "number",
    "isoformat": "string", "lower": "string", "upper": "string", "strip": "string", "format": "string",
    "monotonic": "number", "perf_counter": "number", "time": "number", "total_seconds": "number",
    "startswith": "boolean", "endswith": "boolean", "is_dir": "boolean", "is_file": "boolean", "exists": "boolean",
    "count": "number", "index": "number", "reduce": "", "system": "", "machine": "",
}  # fmt: skip
_MOST_VALUES: Final = 40


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """One property: its name, its type ("string|number" where there are several), and the values in the source.

    `values` is empty where a value is made while running.
    """

    name: str
    type: str
    values: tuple[str, ...] = ()


def properties_of(
    linker: Linker, values: Iterable[Value], extra: Iterable[tuple[str, Value]] = ()
) -> tuple[tuple[Found, ...], bool]:
    """Return the properties that some objects hold together, and whether there may be more."""
    entries: list[tuple[str, Value]] = []
    is_open = False
    for value in values:
        found, more = _entries(linker.without_params(value), 0)
        entries += found
        is_open = is_open or more
    for name, value in extra:
        known = linker.without_params(value)
        if known in (NOTHING, Called(Named("Error"), (NOTHING,))):
            continue
        if name in ("", "?"):
            found, more = _entries(known, 0)
            entries += found
            is_open = is_open or more or name == "?"
        else:
            entries.append((name, known))
    return tuple(_merged(entries)), is_open


def _entries(value: Value, depth: int) -> tuple[list[tuple[str, Value]], bool]:
    """Return what an object holds by name, and whether there may be more."""
    if depth > 12:
        return [], True
    found: list[tuple[str, Value]] = []
    is_open = False
    match value:
        case Const(None) | Const(False) | Unknown("boolean"):
            return [], False
        case Record(pairs):
            for name, inner in pairs:
                if name == "":
                    more, unclear = _entries(inner, depth + 1)
                    found += more
                    is_open = is_open or unclear
                elif name == "?":
                    is_open = True
                else:
                    found.append((name, inner))
            return found, is_open
        case Choice(options):
            for option in options:
                more, unclear = _entries(option, depth + 1)
                found += more
                is_open = is_open or unclear
            return found, is_open
    return [], True


def _merged(entries: list[tuple[str, Value]]) -> Iterator[Found]:
    together: dict[str, list[Value]] = {}
    for name, value in entries:
        together.setdefault(name, []).append(value)
    for name in sorted(together):
        options = [each for value in together[name] for each in _options(value)]
        kinds = dict.fromkeys(type_of(each) for each in options if each != NOTHING)
        known = sorted(kind for kind in kinds if kind)
        kind = "|".join(known) if known and ("" not in kinds or len(kinds) == len(known)) else ""
        given = [each.value for each in options if isinstance(each, Const) and each.value is not None]
        constant = len(given) == len([each for each in options if each != NOTHING]) and all(
            isinstance(each, str) for each in given
        )
        values = (
            tuple(sorted({str(each) for each in given})) if constant and len(given) <= _MOST_VALUES else ()
        )
        if not kinds:
            kind = "null"
        yield Found(name, kind, values)


def _options(value: Value) -> Iterator[Value]:
    if isinstance(value, Choice):
        for each in value.options:
            yield from _options(each)
    else:
        yield value


def type_of(value: Value) -> str:
    """Return what type a value has, "" where nothing tells."""
    match value:
        case Const(plain):
            return _plain(plain)
        case Text():
            return "string"
        case Record():
            return "object"
        case Items():
            return "array"
        case Unknown(kind):
            return kind
        case FuncRef() | ClassRef():
            return "function"
        case Typed(kind):
            return _of_class(kind)
        case Called(Named("Error")):
            return "error"
        case Called(Member(_, name)):
            return _METHODS.get(name, "")
        case Member(_, name):
            return _MEMBERS.get(name, "")
        case Param(_, _, _, otherwise):
            return type_of(otherwise)
    return ""


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "null" if value is None else "number"


def _of_class(kind: Value) -> str:
    name = kind.name if isinstance(kind, Ref | Named | ClassRef | Member) else ""
    if name.endswith(("Error", "Exception")):
        return "error"
    return "object" if isinstance(kind, ClassRef) else ""
