"""What does a change of a catalog collect more of, or less of?

More is: a new event or property, a type that lets more through, more values, a longer time, more people (an event of
a lower level reaches those who agreed to less). More needs an issue where it was agreed: a new event any, an entry
that was there another than before.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from aboveboard.catalog.model import LEVELS, Catalog, Event, Property
from aboveboard.catalog.reader import Reading

__all__ = ["GROWING", "KINDS", "Change", "diff"]

KINDS: Final = ("new", "loosened", "tightened", "removed", "expired", "reworded")
GROWING: Final = ("new", "loosened")
"""The kinds of change by which more is collected."""

_OPENNESS: Final = (
    "bool", "enum", "bucket", "integer", "number", "duration", "version", "name", "path", "error", "text",
    "list", "map",
)  # fmt: skip
"""The types from the one that says least to the one that can say most."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two catalogs; `reviewed` says that its issue covers it, where it needs one."""

    kind: str
    event: str
    path: str
    what: str
    file: str
    line: int
    issue: str = ""
    reviewed: bool = True

    @property
    def unreviewed(self) -> bool:
        """Tell whether more is collected and nobody has agreed to it."""
        return self.kind in GROWING and not self.reviewed


def diff(old: Catalog | None, new: Reading | None, today: date, name: str = "") -> list[Change]:
    """Return what changes from `old` to `new`, in the order of the new catalog; None stands for no catalog."""
    catalog = new.catalog if new is not None else None
    before: Mapping[str, Event] = old.events if old is not None else {}
    after: Mapping[str, Event] = catalog.events if catalog is not None else {}
    changes: list[Change] = []
    for event in after.values():
        changes += _event(before.get(event.name), event, new, today)
    for event in before.values():
        if event.name not in after:
            changes.append(
                Change("removed", event.name, "", "it is no longer declared", new.name if new else name, 1)
            )
    return changes


def _event(old: Event | None, new: Event, reading: Reading | None, today: date) -> Iterator[Change]:
    def change(kind: str, what: str, *path: str) -> Change:
        place = tuple(part for name in path for part in ("properties", name)) if path else ()
        line = reading.line("events", new.name, *place) if reading is not None else 1
        issue = bool(new.issue) and (old is None or new.issue != old.issue)
        file = reading.name if reading is not None else ""
        return Change(
            kind, new.name, ".".join(path), what, file, line, new.issue, kind not in GROWING or issue
        )

    if new.expires is not None and new.expires <= today:
        yield change("expired", f"it expired on {new.expires}: remove it, or renew it with a reason")
    if old is None:
        names = ", ".join(new.properties) or "nothing but that it happened"
        yield change("new", f"level {new.level}, sends {names}")
        return
    yield from (change(kind, what) for kind, what in _head(old, new))
    for name, prop in new.properties.items():
        if name not in old.properties:
            yield change("new", f"a property of type {prop.type}", name)
        else:
            yield from (change(kind, what, name) for kind, what in _property(old.properties[name], prop))
    for name in old.properties:
        if name not in new.properties:
            yield change("removed", f"the property {name} is no longer declared")


def _head(old: Event, new: Event) -> Iterator[tuple[str, str]]:
    if old.level != new.level:
        more = LEVELS.index(new.level) < LEVELS.index(old.level)
        yield _either(more), f"its level was {old.level} and is {new.level}"
    if old.action != new.action:
        yield _either(new.action), "it is an action now" if new.action else "it is no action any more"
    if old.expires != new.expires:
        longer = new.expires is None or (old.expires is not None and new.expires > old.expires)
        yield _either(longer), f"it expires {_day(new.expires)} instead of {_day(old.expires)}"
    for what in ("description", "question", "owner", "issue"):
        if getattr(old, what) != getattr(new, what):
            yield "reworded", f"its {what} is another"


def _property(old: Property, new: Property) -> Iterator[tuple[str, str]]:
    if old.type != new.type:
        more = _OPENNESS.index(new.type) > _OPENNESS.index(old.type)
        yield _either(more), f"its type was {old.type} and is {new.type}"
        return
    if set(old.values) != set(new.values):
        added, gone = sorted(set(new.values) - set(old.values)), sorted(set(old.values) - set(new.values))
        if added:
            yield "loosened", f"it may also be {', '.join(added)}"
        if gone:
            yield "tightened", f"it may no longer be {', '.join(gone)}"
    if old.edges != new.edges:
        yield _either(not set(new.edges) <= set(old.edges)), "its buckets are others"
    if old.keys != new.keys:
        fewer = not isinstance(new.keys, str) and (
            isinstance(old.keys, str) or set(new.keys) <= set(old.keys)
        )
        yield _either(not fewer), "its keys are others"
    yield from _inside(old, new)
    if (old.description, old.unit) != (new.description, new.unit):
        yield "reworded", "its description or unit is another"


def _inside(old: Property, new: Property) -> Iterator[tuple[str, str]]:
    if old.of is not None and new.of is not None:
        yield from ((kind, f"inside it, {what}") for kind, what in _property(old.of, new.of))
    elif old.of is not new.of:
        yield _either(new.of is not None), "what it holds is declared in another way"
    for name, member in new.fields.items():
        if name not in old.fields:
            yield "loosened", f"it also holds {name}, of type {member.type}"
        else:
            yield from ((kind, f"{name}: {what}") for kind, what in _property(old.fields[name], member))
    for name in old.fields:
        if name not in new.fields:
            yield "tightened", f"it no longer holds {name}"


def _either(more: bool) -> str:
    return "loosened" if more else "tightened"


def _day(day: date | None) -> str:
    return f"on {day}" if day else "never"
