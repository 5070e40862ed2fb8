"""What does an event look like when it is sent?

The samples are invented values put through the real check, so what the document shows is what would be sent.
"""

import json
from datetime import date

from aboveboard.catalog.builtin import implied
from aboveboard.catalog.checker import check
from aboveboard.catalog.model import JSON, Catalog, Event, Property, Safety
from aboveboard.privacy import Cleaner, Hasher

_TEXT = "cannot open /home/ann/notes.yaml: permission denied"
_ERROR = {"message": _TEXT, "code": "EACCES", "exitCode": 125}
_RAW: dict[str, object] = {
    "bool": True,
    "integer": 12,
    "number": 0.8,
    "duration": 153.2,
    "version": "1.29.1",
    "name": "ann-dev",
    "path": "/home/ann/notes.yaml",
    "text": _TEXT,
    "error": _ERROR,
}
_KEY = bytes(32)
"""Not anybody's key: the hashes in the document are of no install."""


def raw_value(prop: Property) -> object:
    """Return an invented value for a property, as an app would give it."""
    if prop.example is not None:
        return prop.example
    if prop.type == "enum":
        return prop.values[0]
    if prop.type == "bucket":
        return prop.edges[0]
    if prop.type == "list" and prop.of is not None:
        return [raw_value(prop.of)]
    if prop.type != "map":
        return _RAW[prop.type]
    if prop.of is None:
        return {name: raw_value(member) for name, member in prop.fields.items()}
    return {prop.keys[0] if isinstance(prop.keys, tuple) else "example": raw_value(prop.of)}


def sample(catalog: Catalog, event: Event) -> dict[str, JSON]:
    """Return the properties of an invented event as they would be sent."""
    properties = {**implied(event), **event.properties}
    raw = {name: raw_value(prop) for name, prop in properties.items()}
    if event.action and "error" in raw:
        raw |= {"success": False, "outcome": "failure"}
    safety = Safety(Cleaner(words=catalog.words), Hasher(_KEY))
    return check(catalog, event.name, raw, today=date.min, safety=safety).properties


def whole(catalog: Catalog, event: Event) -> dict[str, JSON]:
    """Return an invented event with everything that travels around its properties."""
    return {
        "type": "track",
        "messageId": "2c1f4d0e-0000-4000-8000-000000000001",
        "timestamp": "2026-01-31T09:30:00.000Z",
        "anonymousId": "7b0e8a52-0000-4000-8000-000000000002",
        "event": event.name,
        "properties": sample(catalog, event),
        "context": {
            "app": {"name": catalog.app, "version": "1.29.1"},
            "os": {"name": "linux", "version": "6.12", "arch": "x86_64", "distribution": "fedora"},
            "locale": "pt-BR",
            "timezone": "America/Recife",
            "location": {"country": "BR"},
            "library": {"name": "aboveboard-python", "version": "0.1.0"},
        },
    }


def as_json(properties: dict[str, JSON], width: int = 100) -> str:
    """Return properties as JSON, on one line where they fit and one property a line where not."""
    line = json.dumps(properties, ensure_ascii=False)
    if len(line) <= width:
        return line
    inner = (
        f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in properties.items()
    )
    return "{\n" + ",\n".join(inner) + "\n}"
