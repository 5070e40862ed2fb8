"""What would declare this?

`how_to_declare` is the line a developer reads; `add` writes the entry that its command asks for, with the
blanks that lint then finds.
"""

import re
from datetime import date, timedelta

from aboveboard.catalog.model import (
    EXPIRED_EVENT,
    UNDECLARED_EVENT,
    UNDECLARED_PROPERTY,
    UNLISTED_VALUE,
    Catalog,
    Drop,
)
from aboveboard.catalog.reader import parse
from aboveboard.errors import CatalogError

_BARE = re.compile(r"[A-Za-z0-9_-]+")
FIRST_TERM = timedelta(days=365)
"""How long a new entry is collected, unless somebody writes another day."""


def how_to_declare(catalog: Catalog, event: str, drop: Drop) -> str:
    """Return one line for a developer: what was not sent, why, and what to run or to change.

    It holds the names that the app's code uses, never a value.
    """
    file = catalog.source or "telemetry.toml"
    said = f"telemetry: {event}" + (f": {drop.path}" if drop.path and drop.path != event else "")
    remedies = {
        UNDECLARED_EVENT: f"`aboveboard catalog declare {file} {event}` declares it",
        UNDECLARED_PROPERTY: f"`aboveboard catalog declare {file} {event} {drop.path}` declares it",
        UNLISTED_VALUE: f"add the value to the `values` of {drop.path} in {file}",
        EXPIRED_EVENT: f"renew `expires` of {event} in {file}, with a reason in its issue",
    }
    remedy = remedies.get(drop.reason, f"correct the value, or the type of {drop.path or event} in {file}")
    return f"{said} is not sent ({drop.reason}); {remedy}"


def add(text: str, file: str, event: str, prop: str | None, kind: str, today: date) -> str:
    """Return a catalog's text with an event, and a property of it, declared at the end.

    What is there stays as it is, comments too. Raises `CatalogError` where the text is no catalog, or where
    the entry cannot be added by appending.
    """
    known = parse(text, file).events
    added = "" if event in known else _event(event, today)
    if prop is not None and not (event in known and prop in known[event].properties):
        added += _property(event, prop, kind)
    if not added:
        raise CatalogError(f"{file}: {event}{f'.{prop}' if prop else ''} is declared already; nothing to add")
    longer = text.rstrip("\n") + "\n" + added
    try:
        parse(longer, file)
    except CatalogError as error:
        raise CatalogError(
            f"{file}: the entry cannot be appended; write it by hand:\n{added}\n{error}"
        ) from error
    return longer


def _event(name: str, today: date) -> str:
    blanks = 'description = ""\nquestion = ""\nlevel = "usage"\nowner = ""\nissue = ""\n'
    return f"\n[events.{_key(name)}]\n{blanks}added = {today}\nexpires = {today + FIRST_TERM}\n"


def _property(event: str, name: str, kind: str) -> str:
    needs = {"enum": "values = []\n", "bucket": "edges = []\n"}.get(kind, "")
    return f'\n[events.{_key(event)}.properties.{_key(name)}]\ntype = "{kind}"\n{needs}description = ""\n'


def _key(name: str) -> str:
    if _BARE.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
