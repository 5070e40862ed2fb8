"""Do the code and the catalog say the same, both ways?"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from aboveboard.catalog.builtin import BUILT_IN, implied
from aboveboard.catalog.model import Catalog, Event, Finding, Property
from aboveboard.catalog.reader import Reading
from aboveboard.governance.calls import HOLE, Call
from aboveboard.governance.properties import Found
from aboveboard.governance.scan import Scan

__all__ = ["BY_ITSELF", "RULES", "check"]

RULES: Final = {
    "undeclared-event": "What code sends is declared.",
    "unknown-event": "A name that is made elsewhere cannot be checked.",
    "undeclared-property": "What code gives an event is declared.",
    "type-conflict": "Code gives a property values of its declared type.",
    "unlisted-value": "Code gives an enum only values that it lists.",
    "wrong-level": "Errors are logged as errors, and usage as usage.",
    "not-an-action": "What code times as an action is declared as one.",
    "never-called": "What is declared is sent by some code.",
    "never-given": "A declared property is given by some call.",
    "trusted-value": "Only a constant is vouched for.",
}
"""Every rule, with the sentence that it holds code and catalog to."""

BY_ITSELF: Final = frozenset({"startup", "shutdown", "crash", "error", "extensions", "providers", "page"})
"""Events that the client logs without a call of the app, where they are declared."""

_FITS: Final[Mapping[str, frozenset[str]]] = {
    "bool": frozenset({"boolean"}),
    "integer": frozenset({"number"}),
    "number": frozenset({"number"}),
    "duration": frozenset({"number"}),
    "bucket": frozenset({"number"}),
    "version": frozenset({"string"}),
    "enum": frozenset({"string"}),
    "name": frozenset({"string"}),
    "path": frozenset({"string"}),
    "text": frozenset({"string"}),
    "error": frozenset({"error", "object", "string"}),
    "list": frozenset({"array"}),
    "map": frozenset({"object"}),
}
_ERRORS: Final = ("crash", "error")


def check(scan: Scan, readings: Sequence[Reading]) -> list[Finding]:
    """Return where code and catalogs differ, ordered by file and line.

    An extension's events are declared without its id, as its own code names them; with the id they match too.
    """
    events = dict(_events(readings))
    findings = [finding for call in scan.calls for finding in _of_call(call, events)]
    findings += [
        Finding(each.file, each.line, "trusted-value", f"{each.what} vouches for what is made while running",
                "vouch for constants only; everything else is cleaned")
        for each in scan.trusted
    ]  # fmt: skip
    for reading in readings:
        if reading.catalog is not None:
            findings += _of_catalog(reading, reading.catalog, scan.calls)
    return sorted(set(findings), key=lambda found: (found.file, found.line, found.rule, found.message))


def _events(readings: Iterable[Reading]) -> Iterator[tuple[str, Event]]:
    for reading in readings:
        catalog = reading.catalog
        for name, event in (catalog.events if catalog is not None else {}).items():
            yield name, event
            if catalog is not None and catalog.is_extension:
                yield f"{catalog.app}.{name}", event


def _matching(name: str, events: Mapping[str, Event]) -> list[Event]:
    """Return the declared events that a name, or a template of names, can be."""
    if HOLE not in name:
        return [events[name]] if name in events else []
    pattern = re.compile(".+".join(map(re.escape, name.split(HOLE))))
    return [event for known, event in events.items() if pattern.fullmatch(known)]


def _of_call(call: Call, events: Mapping[str, Event]) -> Iterator[Finding]:
    if call.event is None:
        yield Finding(
            call.file, call.line, "unknown-event", f"the name given to `{call.api}` is made elsewhere",
            "name the event where it is sent, or write `aboveboard: ignore <reason>` in a comment above",
        )  # fmt: skip
        return
    matching = _matching(call.event, events)
    if not matching:
        yield Finding(
            call.file, call.line, "undeclared-event", f"{call.event} is sent and not declared",
            "declare it with its reason, or do not send it",
        )  # fmt: skip
    for event in matching:
        yield from _of_event(call, event)


def _of_event(call: Call, event: Event) -> Iterator[Finding]:
    if call.level and (call.level == "error") != (event.level in _ERRORS):
        yield Finding(
            call.file, call.line, "wrong-level",
            f"{event.name} is declared at the level {event.level}, and `{call.api}` means {call.level}",
            "change the call or the level",
        )  # fmt: skip
    if call.api == "action" and not event.action:
        yield Finding(
            call.file, call.line, "not-an-action", f"{event.name} is timed as an action and not declared as one",
            "write action = true, or log it as usage",
        )  # fmt: skip
    known = {**implied(event), **event.properties}
    for found in call.properties:
        if found.name in known:
            yield from _of_property(call, event, known[found.name], found)
        elif found.name not in BUILT_IN and found.type != "null":
            yield Finding(
                call.file, call.line, "undeclared-property", f"{event.name}: {found.name} is given and not declared",
                "declare it with its reason, or do not give it",
            )  # fmt: skip


def _of_property(call: Call, event: Event, prop: Property, found: Found) -> Iterator[Finding]:
    kinds = {kind for kind in found.type.split("|") if kind not in ("", "null")}
    if kinds and kinds.isdisjoint(_FITS[prop.type]):
        yield Finding(
            call.file, call.line, "type-conflict",
            f"{event.name}: {found.name} is a {found.type} here and declared as {prop.type}",
            "change the value or the type",
        )  # fmt: skip
    unlisted = sorted(set(found.values) - set(prop.values)) if prop.type == "enum" else []
    if unlisted:
        yield Finding(
            call.file, call.line, "unlisted-value",
            f"{event.name}: {found.name} does not list {', '.join(unlisted)}", "add it to `values`, or mend the call",
        )  # fmt: skip


def _of_catalog(reading: Reading, catalog: Catalog, calls: Sequence[Call]) -> Iterator[Finding]:
    for name, event in catalog.events.items():
        spelt = {name, f"{catalog.app}.{name}"} if catalog.is_extension else {name}
        senders = [
            call for call in calls if any(_matching(call.event or "", {each: event}) for each in spelt)
        ]
        if not senders and name not in BY_ITSELF:
            yield Finding(
                reading.name, reading.line("events", name), "never-called", f"{name} is declared and no code sends it",
                "remove it, or send it",
            )  # fmt: skip
        if not senders or any(call.open or call.sort != "constant" for call in senders):
            continue
        given = {found.name for call in senders for found in call.properties}
        for prop in event.properties:
            if prop not in given and prop not in implied(event) and name not in BY_ITSELF - {"page"}:
                yield Finding(
                    reading.name, reading.line("events", name, "properties", prop), "never-given",
                    f"{name}: {prop} is declared and no call gives it", "remove it, or give it",
                )  # fmt: skip
