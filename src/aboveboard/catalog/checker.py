"""What may be sent of this event?"""

from collections.abc import Iterable, Mapping
from datetime import date

from aboveboard.catalog.builtin import BUILT_IN, OF_ROLLUPS, implied
from aboveboard.catalog.model import (
    EXPIRED_EVENT,
    JSON,
    MAX_BYTES,
    TOO_LARGE,
    UNDECLARED_EVENT,
    UNDECLARED_PROPERTY,
    WRONG_TYPE,
    Catalog,
    Drop,
    Event,
    Property,
    Safety,
    Verdict,
)
from aboveboard.catalog.types import Check, compile_check, fixed_size
from aboveboard.catalog.undeclared import clean_name
from aboveboard.catalog.walk import DROPPED, Dropped, Walk, items, json_size, named, plain
from aboveboard.frozen import Named

MAX_PROPERTIES = 256
MAX_AGGREGATED = 1000
AGGREGATED = "aggregated"


class Plan(Named):
    """One event, ready to be checked."""

    name: str
    level: str
    expires: date | None
    checks: dict[str, Check]
    sizes: dict[str, int]
    reserved: int
    names: dict[str, str]
    """The properties that hold a name, and its kind, where a text of the event might repeat it."""
    rolled: dict[str, Check]
    """The checks of an entry of `aggregated`."""


def check(
    catalog: Catalog, event: str, properties: Mapping[str, object], *, today: date, safety: Safety
) -> Verdict:
    """Return what may be sent of one event; whatever comes in, it never raises and keeps no reference.

    From the day in `expires` on an event is not sent. Only `dict`s (and subclasses) are read as maps.
    """
    name = event if type(event) is str else plain(event)
    if type(name) is not str:
        return Verdict(None, "usage", {}, (Drop("", WRONG_TYPE),))
    plan: Plan | None = catalog.plans.get(name) or _plan(catalog, name)
    if plan is None:
        return Verdict(None, "usage", {}, (Drop(clean_name(name, safety.cleaner), UNDECLARED_EVENT),))
    if plan.expires is not None and today >= plan.expires:
        return Verdict(None, plan.level, {}, (Drop(name, EXPIRED_EVENT),))
    walk = Walk(safety, MAX_BYTES - plan.reserved)
    kept = _properties(plan, properties, walk)
    return Verdict(plan.name, plan.level, kept, tuple(walk.drops), tuple(walk.replacements))


def _plan(catalog: Catalog, name: str) -> Plan | None:
    event = catalog.events.get(name)
    if event is None:
        return None
    plan = catalog.plans[name] = compile_event(event, catalog.app)
    return plan


def compile_event(event: Event, app: str) -> Plan:
    """Return the plan of one event: its own properties, those of every action, and the built-in ones."""
    declared = {**implied(event), **event.properties}
    checks = {key: compile_check(prop, key) for key, prop in declared.items()}
    sizes = {key: json_size(key) + 4 + fixed_size(prop) for key, prop in declared.items()}
    for key, (make, size) in BUILT_IN.items():
        if key not in checks:
            checks[key], sizes[key] = make(event, app), json_size(key) + 4 + size
    reserved = sum(sizes.values())
    rolled = {key: compile_check(prop, key) for key, prop in OF_ROLLUPS.items()} | checks
    for key, prop in OF_ROLLUPS.items():
        sizes.setdefault(key, json_size(key) + 4 + fixed_size(prop))
    return Plan(event.name, event.level, event.expires, checks, sizes, reserved, _names(declared), rolled)


def _names(declared: Mapping[str, Property]) -> dict[str, str]:
    if not any(_holds(prop, ("text", "error")) for prop in declared.values()):
        return {}
    return {key: prop.kind for key, prop in declared.items() if prop.type == "name"}


def _holds(prop: Property, types: tuple[str, ...]) -> bool:
    inner = [*prop.fields.values(), *([prop.of] if prop.of else [])]
    return prop.type in types or any(_holds(item, types) for item in inner)


def _properties(plan: Plan, properties: object, walk: Walk, *, nested: bool = False) -> dict[str, JSON]:
    checks = plan.rolled if nested else plan.checks
    kept: dict[str, JSON] = {}
    pairs: Iterable[tuple[str, object]] = named(walk, properties, "", MAX_PROPERTIES)
    if plan.names and walk.safety.hasher is not None:
        pairs = _learn(plan, list(pairs), walk.safety)
    for key, value in pairs:
        checker = checks.get(key)
        if checker is not None:
            safe = DROPPED if value is None else checker(value, walk)
        elif key == AGGREGATED and not nested:
            safe = _aggregated(plan, value, walk)
        else:
            safe = walk.drop(clean_name(key, walk.safety.cleaner), UNDECLARED_PROPERTY)
        if safe is not DROPPED:
            kept[key] = safe
    return kept


def _learn(plan: Plan, pairs: list[tuple[str, object]], safety: Safety) -> list[tuple[str, object]]:
    """Tell the cleaner the names in this event before it sees the event's texts, which often repeat them."""
    for key, value in pairs:
        kind = plan.names.get(key)
        name = plain(value) if kind is not None else None
        if kind is not None and type(name) is str and name:
            safety.cleaner.sensitive(name[:256], kind)
    return pairs


def _aggregated(plan: Plan, value: object, walk: Walk) -> "JSON | Dropped":
    """Check each of the property maps as the event itself; what is refused keeps its place, empty."""
    entries = items(value, MAX_AGGREGATED + 1)
    if entries is None:
        return walk.drop(AGGREGATED, WRONG_TYPE)
    safe: list[JSON] = []
    for entry in entries[:MAX_AGGREGATED]:
        kept = _properties(plan, entry, walk, nested=True)
        if not walk.charge(4 + sum(plan.sizes[key] for key in kept)):
            walk.drop(AGGREGATED, TOO_LARGE)
            return safe
        safe.append(kept)
    if len(entries) > MAX_AGGREGATED:
        walk.drop(AGGREGATED, TOO_LARGE)
    return safe
