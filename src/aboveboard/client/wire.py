"""What does an event look like on the wire? Segment's HTTP Tracking API, as text."""

import json
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Final

from aboveboard.client.record import PAGE, Event, Note

EVENT_BYTES: Final = 32 * 1024
CUT: Final = "… <cut>"


_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)


def _chunks() -> Callable[[object, int], Iterable[str]]:
    """Return what `_ENCODER` makes anew for each value, which costs as much as encoding an event."""
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return lambda value, indent: _ENCODER.iterencode(value)
    quote = json.encoder.encode_basestring_ascii
    made: Callable[[object, int], Iterable[str]] = make(
        None, _ENCODER.default, quote, None, ":", ",", False, False, False
    )
    return made


_CHUNKS: Final = _chunks()


def stamp(seconds: float) -> str:
    """Return a time as ISO 8601 in UTC with milliseconds."""
    whole = int(seconds // 1)
    milliseconds = min(int((seconds - whole) * 1000), 999)
    return f"{_second(whole)}.{milliseconds:03d}Z"


def dump(value: object) -> str:
    """Return compact JSON in ASCII, of values that are plain already."""
    return "".join(_CHUNKS(value, 0))


@lru_cache(maxsize=16)
def _second(whole: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))


@lru_cache(maxsize=512)
def _name(name: str) -> str:
    return _ENCODER.encode(name)


def encode(event: Event, anonymous_id: str, context: str) -> tuple[str, tuple[Note, ...]]:
    """Return the event as a line of JSON of at most 32 KB, and a note for each text that was cut.

    `context` is JSON already, because it is the same for every event of a run.
    """
    properties, notes = _fit(event.properties, EVENT_BYTES - len(context) - 512 - 6 * len(event.name))
    name = _name(event.properties.get("name", "") if event.kind == PAGE else event.name)
    text = (
        f'{{"type":"{event.kind}","messageId":"{event.message_id}","timestamp":"{stamp(event.time)}",'
        f'"anonymousId":"{anonymous_id}","{"name" if event.kind == PAGE else "event"}":{name},'
        f'"properties":{properties},"context":{context}}}'
    )
    return text, notes


def _fit(properties: dict[str, Any], room: int) -> tuple[str, tuple[Note, ...]]:
    text = dump(properties)
    notes: list[Note] = []
    while len(text) > room:
        path, container, key = _longest(properties)
        if container is None or len(container[key]) <= len(CUT):
            return "{}", (Note("", "dropped", "too large"),)
        keep = _shorter(container[key], len(text) - room)
        container[key] = container[key][:keep] + CUT
        notes.append(Note(path, f"cut to {keep} characters", "event over 32 KB"))
        text = dump(properties)
    return text, tuple(notes)


def _shorter(text: str, excess: int) -> int:
    """Return how many characters of a text may stay so that its JSON loses about `excess` bytes."""
    size = len(dump(text))
    return max(0, int(len(text) * (size - excess - len(dump(CUT))) / size))


def _longest(value: Any, path: str = "") -> tuple[str, Any, Any]:
    """Find the longest text in nested values: its path, the container that holds it, and its key."""
    best: tuple[str, Any, Any] = ("", None, None)
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        here = f"{path}.{key}" if path else str(key)
        found = (here, value, key) if isinstance(item, str) else ("", None, None)
        if isinstance(item, (dict, list)):
            found = _longest(item, here)
        if found[1] is not None and (best[1] is None or len(found[1][found[2]]) > len(best[1][best[2]])):
            best = found
    return best
