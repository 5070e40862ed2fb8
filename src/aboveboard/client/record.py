"""What is one event, from the call in the app to the line on the wire?"""

from collections.abc import Callable
from typing import Any

from aboveboard.frozen import Named, record

TRACK = "track"
PAGE = "page"


@record(frozen=True, slots=True)
class Extension:
    """Who logs: an extension's id as `publisher.name`, its version, and where else its events go.

    `id` is empty for the app itself. `sender` is called with an event's name and checked properties,
    `modules` are the extension's Python modules, by which unhandled exceptions find their owner.
    """

    id: str = ""
    version: str = ""
    modules: tuple[str, ...] = ()
    sender: Callable[[str, dict[str, Any]], object] | None = None

    def named(self, event: str) -> str:
        """Return the event's whole name, `<extension id>.<event>`."""
        return f"{self.id}.{event}" if self.id else event


APP = Extension()


class Call(Named):
    """One call of the app, its arguments frozen; a tuple, because making one costs half a dataclass."""

    kind: str
    event: str
    properties: dict[str, Any]
    time: float
    extension: Extension = APP


class Note(Named):
    """Why a part of an event is not as the app gave it: where it stood, what was done, by which reason."""

    path: str
    done: str
    reason: str


class Event(Named):
    """An event that was checked and cleaned: this, and nothing else of the call, may be kept; a tuple as `Call` is."""

    message_id: str
    kind: str
    name: str
    level: str
    properties: dict[str, Any]
    time: float
    extension: Extension = APP
    notes: tuple[Note, ...] = ()
