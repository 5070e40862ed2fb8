"""What can be known of an expression without running it?

Both readers of source (Python and the scripts) turn expressions into these few shapes; what stands in another file
stays a `Ref` until all files are known. A shape keeps no syntax, so that it can travel between processes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias, Union

__all__ = [
    "NOTHING",
    "UNKNOWN",
    "Called",
    "Choice",
    "ClassRef",
    "Const",
    "FuncRef",
    "Items",
    "Member",
    "Named",
    "Param",
    "Record",
    "Ref",
    "Text",
    "Typed",
    "Unknown",
    "Value",
    "choice",
    "mapped",
]

Value: TypeAlias = Union[
    "Const", "Text", "Record", "Items", "Choice", "Ref", "Member", "Called", "Param", "Typed", "FuncRef",
    "ClassRef", "Named", "Unknown",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Const:
    """A value that stands in the source."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Text:
    """A text put together from parts."""

    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """An object or a dict: names with values; the name "" spreads its value; "?" is a name made while running."""

    entries: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several: a conditional, a default, a variable that is assigned twice."""

    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """What `file` imports: `name` of `module`, "default", or "*" for the module itself."""

    file: str
    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """A part of something, by its name."""

    of: Value
    name: str


@dataclass(frozen=True, slots=True)
class Called:
    """What a call gives back (`new` and the making of a Python object too); `line` tells one call from another."""

    callee: Value
    args: tuple[Value, ...] = ()
    named: tuple[tuple[str, Value], ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of a function of the source; `otherwise` is what its type or default says of it."""

    function: "FuncRef"
    index: int
    name: str
    otherwise: Value


@dataclass(frozen=True, slots=True)
class Typed:
    """Some value of a type that has a name: an instance of a class, a `TelemetryLogger`."""

    type: Value


@dataclass(frozen=True, slots=True)
class FuncRef:
    """A function in the source."""

    file: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ClassRef:
    """A class, an enum or an interface in the source."""

    file: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Named:
    """A name that no source declares, such as `window`."""

    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything else, of which at most the type is known."""

    type: str = ""


UNKNOWN = Unknown()
NOTHING = Const(None)
MOST_OPTIONS = 24


def choice(options: "tuple[Value, ...] | list[Value]") -> Value:
    """Return one of `options`, without doubles; the first of too many."""
    flat = [
        inner for option in options for inner in (option.options if isinstance(option, Choice) else (option,))
    ]
    known = [option for option in flat if option != UNKNOWN]
    unique = tuple(dict.fromkeys(known if known and len(known) < len(flat) and not _texts(known) else flat))
    if not unique:
        return UNKNOWN
    return unique[0] if len(unique) == 1 else Choice(unique[:MOST_OPTIONS])


def _texts(values: "list[Value]") -> bool:
    """Whether these could be names of events, of which an unknown other must not be forgotten."""
    return any(isinstance(value, Const | Text) for value in values)


def mapped(value: Value, change: Callable[[Value], Value]) -> Value:
    """Return `value` with `change` applied to what stands directly inside it."""
    match value:
        case Text(parts):
            return Text(tuple(map(change, parts)))
        case Record(entries):
            return Record(tuple((name, change(inner)) for name, inner in entries))
        case Items(items):
            return Items(tuple(map(change, items)))
        case Choice(options):
            return choice(tuple(map(change, options)))
        case Member(of, name):
            return Member(change(of), name)
        case Called(callee, args, named, line):
            return Called(
                change(callee),
                tuple(map(change, args)),
                tuple((key, change(inner)) for key, inner in named),
                line,
            )
        case Typed(kind):
            return Typed(change(kind))
    return value


def inside(value: Value) -> Iterator[Value]:
    """Yield `value` and everything in it, save what a parameter is otherwise."""
    yield value
    match value:
        case Text(inner) | Items(inner) | Choice(inner):
            for part in inner:
                yield from inside(part)
        case Record(entries):
            for _, part in entries:
                yield from inside(part)
        case Member(of, _) | Typed(of):
            yield from inside(of)
        case Called(callee, args, named):
            for part in (callee, *args, *(part for _, part in named)):
                yield from inside(part)
