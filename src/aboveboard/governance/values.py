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
    "Keyed",
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
    "inside",
    "mapped",
    "pruned",
]

Value: TypeAlias = Union[
    "Const", "Text", "Record", "Items", "Choice", "Ref", "Member", "Called", "Param", "Typed", "FuncRef",
    "ClassRef", "Named", "Keyed", "Unknown",
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
    default: Value = Const(None)
    """What it is where a call leaves it out."""


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
class Keyed:
    """An object with one member, whose name is a value: `{[name]: value}`."""

    key: Value
    value: Value


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything else, of which at most the type is known."""

    type: str = ""


UNKNOWN = Unknown()
NOTHING = Const(None)
MOST_OPTIONS = 24
MOST_PARTS = 300
_DEPTHS = (8, 5, 3, 2, 1)


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
        case Keyed(key, inner):
            return Keyed(change(key), change(inner))
    return value


def inside(value: Value) -> Iterator[Value]:
    """Yield `value` and everything in it, save what a parameter is otherwise."""
    yield value
    for part in directly_inside(value):
        yield from inside(part)


def directly_inside(value: Value) -> Iterator[Value]:
    """Yield the parts of a value, but not theirs."""
    match value:
        case Text(inner) | Items(inner) | Choice(inner):
            yield from inner
        case Record(entries):
            yield from (part for _, part in entries)
        case Member(of, _) | Typed(of):
            yield of
        case Called(callee, args, named):
            yield from (callee, *args, *(part for _, part in named))
        case Keyed(key, part):
            yield from (key, part)


def pruned(value: Value) -> Value:
    """Return `value`, without what lies deepest in it where it has grown too large to be followed.

    Values are trees: what two variables share stands in both, so that a few dozen lines can make millions.
    """
    for depth in _DEPTHS:
        if not _is_larger(value, [MOST_PARTS]):
            return value
        value = _cut(value, depth)
    return value


def _is_larger(value: Value, left: list[int]) -> bool:
    """Whether `value` has more parts than `left`, which is counted down; constants cost nothing."""
    left[0] -= not isinstance(value, Const)
    if left[0] < 0:
        return True
    return any(_is_larger(part, left) for part in directly_inside(value))


def _cut(value: Value, depth: int) -> Value:
    if isinstance(value, Const | FuncRef | ClassRef | Ref | Named | Unknown):
        return value
    if depth == 0:
        return UNKNOWN
    return mapped(value, lambda part: _cut(part, depth - 1))
