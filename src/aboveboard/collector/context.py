"""Which facts about the machine are kept? Those in this table, in this form, and no other."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from aboveboard.collector.remember import Remembered

__all__ = ["CONTEXT", "Facts", "context"]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9 ._+-]{0,39}")
_NAME = re.compile(r"[@A-Za-z][\w@/. +-]{0,63}")
# One sign a step: with runs of signs in it, what does not match would be tried in every division into runs.
_VERSION = re.compile(r"v?\d{1,10}(?:[.+~_-]?[A-Za-z0-9]){0,96}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LOCALE = re.compile(r"[a-zA-Z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_TIMEZONE = re.compile(r"[A-Z][A-Za-z]+(?:/[A-Za-z0-9_+-]+){0,2}")

CONTEXT: Mapping[str, tuple[tuple[str, ...], re.Pattern[str]]] = {
    "app": (("app.name",), _NAME),
    "app_version": (("app.version",), _VERSION),
    "os": (("os.name",), _WORD),
    "os_version": (("os.version",), _VERSION),
    "distribution": (("os.distribution",), _WORD),
    "arch": (("os.arch", "device.arch", "cpu.arch"), _WORD),
    "country": (("location.country",), _COUNTRY),
    "locale": (("locale",), _LOCALE),
    "timezone": (("timezone",), _TIMEZONE),
    "library": (("library.name",), _NAME),
    "library_version": (("library.version",), _VERSION),
}
"""Column: (where in Segment's `context` it stands, the form it must have). What is not here is not kept."""


class Facts(NamedTuple):
    """What is kept of a context, in the order of the table's columns; empty where absent."""

    app: str
    app_version: str
    os: str
    os_version: str
    distribution: str
    arch: str
    country: str
    locale: str
    timezone: str
    library: str
    library_version: str


if tuple(CONTEXT) != Facts._fields:
    raise AssertionError("the facts and where they are read from have come apart")


def context(sent: Mapping[str, Any] | bytes) -> Facts:
    """Return the allowed facts of a Segment `context` (read, or as JSON), empty where absent or of odd form."""
    return _facts_of_json(sent) if isinstance(sent, bytes) else _facts(sent)


def _read(text: bytes) -> Facts:
    try:
        sent = msgspec.json.decode(text) if text else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        sent = {}  # It was passed over unread until here: what cannot be read says nothing.
    return _facts(sent if isinstance(sent, dict) else {})


# An install sends the same context with each of its events.
_facts_of_json: Remembered[bytes, Facts] = Remembered(
    _read, lambda text, facts: 1500 + len(text), most=16 * 1024 * 1024
)


def _facts(sent: Mapping[str, Any]) -> Facts:
    found = []
    for column, (paths, form) in CONTEXT.items():
        value = next((value for path in paths if (value := _at(sent, path))), "")
        match = form.match(value) if column == "os_version" else form.fullmatch(value)
        # A kernel's own suffix can name the machine that built it: what follows the version is cut.
        found.append(match[0] if match else "")
    return Facts._make(found)


def _at(sent: Mapping[str, Any], path: str) -> str:
    value: Any = sent
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""
