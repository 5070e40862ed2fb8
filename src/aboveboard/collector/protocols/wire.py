"""What do all protocols read in the same way?"""

import re
from typing import Any

import msgspec

from aboveboard.collector.event import Batch, Message, Refusal
from aboveboard.errors import RequestRefused

__all__ = [
    "MALFORMED",
    "MAX_EVENT",
    "MAX_EVENTS",
    "Answer",
    "add",
    "bounded",
    "is_uuid",
    "mapping",
    "read",
    "text",
]

MAX_EVENT = 32 * 1024
"""The most bytes of one event, Segment's documented limit."""
MAX_EVENTS = 2500
"""The most events of one request, likewise."""
MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not the JSON they should be."""

_ESCAPE = re.compile(
    rb"""\\(?: u[dD][89abAB][0-9a-fA-F]{2} \\u[dD][c-fC-F][0-9a-fA-F]{2}  # two halves of one character
           | (?P<half> u[dD][89a-fA-F][0-9a-fA-F]{2})
           | . )""",
    re.VERBOSE | re.DOTALL,
)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


class Answer(msgspec.Struct):
    """What a client is told of its request: how many events were taken, and how many not, by reason."""

    accepted: int
    refused: dict[str, int]


def read(decoder: "msgspec.json.Decoder[Any]", body: bytes) -> Any:
    """Decode a whole body; raises RequestRefused where it is not the JSON that the endpoint takes.

    JavaScript and Python cut a text in the middle of an emoji and send the half of it as JSON that is none: such a
    half becomes U+FFFD, or it would cost the whole batch.
    """
    try:
        return decoder.decode(body)
    except MALFORMED as error:
        try:
            return decoder.decode(_ESCAPE.sub(_mended, body))
        except MALFORMED:
            message = f"The body is not the JSON that this endpoint takes: {error}."
            raise RequestRefused(400, "broken JSON", message) from error


def _mended(escape: "re.Match[bytes]") -> bytes:
    return rb"\ufffd" if escape["half"] else escape[0]


def bounded(count: int) -> None:
    """Raise RequestRefused where a request brings more than MAX_EVENTS events."""
    if count > MAX_EVENTS:
        message = f"The batch has {count} events, and {MAX_EVENTS} is the most. Send smaller batches."
        raise RequestRefused(400, "too many events", message)


def add(batch: Batch, message: Message, *, timestamp: Any = None, kinds: tuple[str, ...] = ()) -> None:
    """Add a message to its batch, among the refusals where its form does not allow to take it as an event.

    `timestamp` is the client's own, unread; `kinds` are those that the protocol knows, where a client may err.
    """
    reason = _objection(message, timestamp, kinds)
    if reason:
        batch.refusals.append(Refusal(reason, message))
    else:
        batch.messages.append(message)


def _objection(message: Message, timestamp: Any, kinds: tuple[str, ...]) -> str:
    if message.size > MAX_EVENT:
        return "event too large"
    if kinds and message.kind not in kinds:
        return "unknown type"
    if not message.event:
        return "event without a name"
    return "time cannot be read" if message.timestamp is None and timestamp is not None else ""


def text(value: Any) -> str:
    """Return a text field of at most 256 characters; ids as numbers are common, anything else is no text."""
    if isinstance(value, str):
        return value[:256]
    return str(value) if type(value) is int else ""


def mapping(value: Any) -> dict[str, Any]:
    """Return an object as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def is_uuid(value: Any) -> bool:
    """Tell whether a value is a UUID as text, the only form in which an id of unknown origin can be anonymous."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None
