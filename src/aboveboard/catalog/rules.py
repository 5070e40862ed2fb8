"""Which rules does lint apply to a catalog?

`RULES` is the table: each rule has a scope (the whole catalog, each event, or each property, nested ones
included), a sentence, and a generator of what is wrong there.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from aboveboard.catalog.builtin import OF_ACTIONS
from aboveboard.catalog.canonical import split
from aboveboard.catalog.model import Catalog, Event, Property

MAX_DAYS = 730
"""An event is asked for again at least every two years, or it stops."""

_VERBS = """
add apply attach build cancel connect copy create delete deploy disable download enable exec execute export
generate import init initialize inspect install kill load login logout migrate move pause play prune pull push
register remove rename replicate reset resize restart restore resume run save send set setup start stop submit
switch sync tag test uninstall unpause unregister update upgrade upload write
"""
_UNITS = """
ns us ms s sec secs second seconds minute minutes min hour hours day days byte bytes b kb mb gb kib mib gib
percent ratio count px hz khz mhz ghz celsius tokens
"""
_MEASURES = """
age bandwidth delay disk duration elapsed interval latency memory rate size space speed temperature time timeout
"""
_PEOPLE = """
account address author contact customer domain email fullname host hostname ip login mac mail member namespace
nickname owner phone surname user username
"""
_PLACES = "cwd dir directory file filename filepath folder home path uri url"
_NUMBERS_OF_PEOPLE = "birth birthday card ip lat latitude lon longitude phone postal ssn uid zip"
_SECRETS = "apikey credential credentials passphrase passwd password pin secret token"

ACTION_VERBS = frozenset(_VERBS.split())
UNITS = frozenset(_UNITS.split())
MEASURES = frozenset(_MEASURES.split())
PEOPLE = frozenset(_PEOPLE.split())
PLACES = frozenset(_PLACES.split())
NUMBERS_OF_PEOPLE = frozenset(_NUMBERS_OF_PEOPLE.split())
SECRETS = frozenset(_SECRETS.split())

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[._-][A-Za-z0-9]+)*")
_LINK = re.compile(r"https://[^\s/]+/\S+")


class Flaw(NamedTuple):
    """What a rule found: at which key of the entry, what, and what to do."""

    key: str
    message: str
    remedy: str


class Where(NamedTuple):
    """One place of a catalog, for a rule to look at."""

    scope: str
    path: tuple[str, ...]
    catalog: Catalog
    today: date
    entry: Event | None = None
    prop: Property | None = None

    @property
    def event(self) -> Event:
        """The event of a place inside one."""
        assert self.entry is not None  # noqa: S101 - rules of this scope are given one
        return self.entry

    @property
    def property(self) -> Property:
        """The property of a place inside one."""
        assert self.prop is not None  # noqa: S101 - rules of this scope are given one
        return self.prop


class Rule(NamedTuple):
    """One row of the table."""

    scope: str
    sentence: str
    find: Callable[[Where], Iterator[Flaw]]


def _no_privacy(where: Where) -> Iterator[Flaw]:
    if not where.catalog.is_extension and not _LINK.fullmatch(where.catalog.privacy):
        yield Flaw("privacy", "has no link to a privacy statement", 'add privacy = "https://…"')


def _no_events(where: Where) -> Iterator[Flaw]:
    if not where.catalog.events:
        yield Flaw(
            "events", "declares no event, so nothing is ever sent", "declare one, or remove the catalog"
        )


def _no_description(where: Where) -> Iterator[Flaw]:
    if not where.event.description:
        yield Flaw("description", "has no description", "say in a sentence when it is sent")


def _no_question(where: Where) -> Iterator[Flaw]:
    if not where.event.question.endswith("?"):
        remedy = "write the question that this event answers, ending in a question mark; without one, do not collect it"
        yield Flaw("question", "has no question", remedy)


def _no_owner(where: Where) -> Iterator[Flaw]:
    if not where.event.owner:
        yield Flaw("owner", "has no owner", "name the team or person who answers for it")


def _no_issue(where: Where) -> Iterator[Flaw]:
    if not _LINK.fullmatch(where.event.issue):
        yield Flaw(
            "issue", "has no link to an issue", "link the issue where collecting it was agreed: https://…"
        )


def _no_added(where: Where) -> Iterator[Flaw]:
    if where.event.added is None:
        yield Flaw("added", "does not say since when", "add the day it was agreed: added = 2026-01-31")


def _no_expires(where: Where) -> Iterator[Flaw]:
    if where.event.expires is None:
        yield Flaw("expires", "never expires", f"add `expires`, at most {MAX_DAYS} days ahead")


def _expires_past(where: Where) -> Iterator[Flaw]:
    expires, added = where.event.expires, where.event.added
    if expires is not None and expires <= where.today:
        yield Flaw(
            "expires", f"expired on {expires} and is not sent", "remove it, or renew it with its owner"
        )
    elif expires is not None and added is not None and expires <= added:
        yield Flaw("expires", f"expires on {expires}, not after it was added", "correct the dates")


def _expires_far(where: Where) -> Iterator[Flaw]:
    latest = where.today + timedelta(days=MAX_DAYS)
    if where.event.expires is not None and where.event.expires > latest:
        message = f"expires on {where.event.expires}, more than {MAX_DAYS} days ahead"
        yield Flaw("expires", message, f"choose a day up to {latest}")


def _event_name(where: Where) -> Iterator[Flaw]:
    yield from _bad_name(where.event.name, 100)


def _property_name(where: Where) -> Iterator[Flaw]:
    if where.path[-1] != "of":
        yield from _bad_name(where.property.name, 60)


def _bad_name(name: str, longest: int) -> Iterator[Flaw]:
    if not _NAME.fullmatch(name) or len(name) > longest:
        remedy = f"use letters, digits and single . _ - between words, such as container.start, up to {longest} long"
        yield Flaw("", "has a name of a bad form", remedy)


def _events_alike(where: Where) -> Iterator[Flaw]:
    yield from _alike(where.event.name, where.catalog.events)


def _properties_alike(where: Where) -> Iterator[Flaw]:
    if len(where.path) == 4:
        yield from _alike(where.property.name, where.event.properties)


def _alike(name: str, names: Iterable[str]) -> Iterator[Flaw]:
    """Two names are too alike where only case, separators, a plural or a unit tell them apart."""
    own = _essence(name)
    for other in names:
        if other == name:
            return  # only the later of two is a finding
        if _essence(other) == own:
            yield Flaw(
                "",
                f"is too like `{other}`",
                "merge the two, or rename one so that a reader can tell them apart",
            )


def _essence(name: str) -> str:
    words = split(name) or [name]
    kept = [word for word in words if word not in UNITS] or words
    return "".join(word.rstrip("s") for word in kept) + "".join(filter(str.isdigit, name))


def _action_without_error(where: Where) -> Iterator[Flaw]:
    event = where.event
    kinds = {prop.type for prop in event.properties.values()}
    words = set(split(event.name))
    acts = bool(words & ACTION_VERBS) or "duration" in kinds
    if acts and not event.action and event.level == "usage" and "error" not in kinds:
        remedy = "set `action = true`: it then has success, duration_ms, error and outcome"
        yield Flaw("action", "looks like an action that cannot say that it failed", remedy)


def _action_overridden(where: Where) -> Iterator[Flaw]:
    for name, implied in OF_ACTIONS.items():
        own = where.event.properties.get(name)
        if where.event.action and own is not None and own.type != implied.type:
            message = f"declares `{name}` as {own.type}, which every action has as {implied.type}"
            yield Flaw("properties", message, f"remove `{name}`, or choose another name")


def _property_description(where: Where) -> Iterator[Flaw]:
    if not where.property.description and where.path[-1] != "of":
        yield Flaw(
            "description", "has no description", "say what the value means, for the person it comes from"
        )


def _unit_missing(where: Where) -> Iterator[Flaw]:
    prop = where.property
    words = split(prop.name) or [""]
    measures = prop.type in ("number", "duration") or bool(
        MEASURES & set(words) and prop.type in ("integer", "bucket")
    )
    if measures and not prop.unit and words[-1] not in UNITS:
        yield Flaw(
            "",
            "does not say its unit",
            f'rename it, such as {prop.name}_ms, or add unit = "ms" ("1" for none)',
        )


def _personal_name(where: Where) -> Iterator[Flaw]:
    prop = where.property
    words = set(split(prop.name))
    if prop.type in ("integer", "number") and words & NUMBERS_OF_PEOPLE:
        yield Flaw(
            "type", f"sounds personal, and {prop.type} sends it as it is", "count or bucket it, or drop it"
        )
    elif prop.type not in ("text", "version"):
        return
    elif words & PLACES:
        yield Flaw("type", f"sounds like a place, for which {prop.type} is too weak", 'make it type = "path"')
    elif words & PEOPLE or split(prop.name)[-1:] == ["name"]:
        remedy = 'make it type = "name" (hashed), or send only whether there is one'
        yield Flaw("type", f"sounds personal, for which {prop.type} is too weak", remedy)


def _secret_name(where: Where) -> Iterator[Flaw]:
    prop = where.property
    if prop.type in ("text", "name", "version") and set(split(prop.name)) & SECRETS:
        yield Flaw("", "sounds like a secret", "do not collect it; send only whether there is one, as bool")


def _one_value(where: Where) -> Iterator[Flaw]:
    if where.property.type == "enum" and len(where.property.values) == 1:
        yield Flaw("values", "is an enum of one value, which tells nothing", "list the others, or remove it")


RULES: dict[str, Rule] = {
    "no-privacy": Rule("catalog", "An app's catalog links its privacy statement.", _no_privacy),
    "no-events": Rule("catalog", "A catalog declares at least one event.", _no_events),
    "no-description": Rule("event", "An event has a description.", _no_description),
    "no-question": Rule("event", "An event has the question it answers.", _no_question),
    "no-owner": Rule("event", "An event has an owner.", _no_owner),
    "no-issue": Rule("event", "An event links the issue where it was agreed.", _no_issue),
    "no-added": Rule("event", "An event says since when it is collected.", _no_added),
    "no-expires": Rule("event", "An event expires.", _no_expires),
    "expires-past": Rule("event", "An event that has expired is removed or renewed.", _expires_past),
    "expires-far": Rule("event", f"An event expires within {MAX_DAYS} days.", _expires_far),
    "event-name": Rule("event", "An event's name is letters and digits with single separators.", _event_name),
    "events-alike": Rule("event", "Two events' names can be told apart.", _events_alike),
    "action-without-error": Rule("event", "What can fail can say that it failed.", _action_without_error),
    "action-overridden": Rule(
        "event", "An action keeps the types that every action has.", _action_overridden
    ),
    "property-name": Rule("property", "A property's name has the form of an event's.", _property_name),
    "properties-alike": Rule("property", "Two properties of an event can be told apart.", _properties_alike),
    "property-description": Rule("property", "A property has a description.", _property_description),
    "unit-missing": Rule("property", "A measure says its unit.", _unit_missing),
    "personal-name": Rule("property", "What sounds personal has a type that hides it.", _personal_name),
    "secret-name": Rule("property", "What sounds like a secret is not collected.", _secret_name),
    "one-value": Rule("property", "An enum has at least two values.", _one_value),
}
"""Every rule that an entry can be exempt from, with `exempt = { rule = "the reason" }`."""
