"""What does one source file say that telemetry calls depend on?

The readers fill these; they hold no syntax and travel between processes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aboveboard.governance.values import Value

__all__ = ["ClassFacts", "FunctionFacts", "Module", "Site", "ignored_lines"]

_IGNORE = re.compile(rb"(?:#|//|/\*|<!--)\s*aboveboard: ignore\b[ \t:]*([^\r\n]*)")


@dataclass(frozen=True, slots=True)
class Site:
    """One call in the source, whose callee has a name that is looked for.

    `named` are Python's keyword arguments.
    """

    file: str
    line: int
    column: int
    name: str
    receiver: Value | None
    callee: Value
    args: tuple[Value, ...]
    named: tuple[tuple[str, Value], ...] = ()
    made: bool = False
    """Whether it was made by `new`."""
    spelt: str = ""
    """The receiver as it is written, for names such as `this.telemetry`."""
    open: bool = False
    """Whether arguments are spread into it that cannot be counted."""


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """A function: the names of its parameters, what it gives back, and whether it takes `self`."""

    name: str
    params: tuple[str, ...] = ()
    result: Value | None = None
    member_of: str = ""


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class: its members by name, and what it inherits from."""

    name: str
    members: Mapping[str, Value] = field(default_factory=dict)
    bases: tuple[Value, ...] = ()


@dataclass(slots=True)
class Module:
    """What is known of one file. `stars` are the modules all of whose names it passes on."""

    file: str
    sites: list[Site] = field(default_factory=list)
    exports: dict[str, Value] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    functions: dict[str, FunctionFacts] = field(default_factory=dict)
    classes: dict[str, ClassFacts] = field(default_factory=dict)
    ignored: dict[int, str] = field(default_factory=dict)
    broken: str = ""
    """Why it could not be read, or could not be read wholly."""


def ignored_lines(source: bytes) -> dict[int, str]:
    """Return the lines that hold `aboveboard: ignore <reason>` in a comment, each with the reason.

    A call on such a line, or on the line below it, is left out.
    """
    if b"aboveboard: ignore" not in source:
        return {}
    return {
        source.count(b"\n", 0, found.start()) + 1: found[1].decode("utf-8", "replace").strip(" */->")
        for found in _IGNORE.finditer(source)
    }
