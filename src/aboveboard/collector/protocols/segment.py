"""What does a request of Segment's HTTP Tracking API say?

The format is the one Segment documents for its HTTP tracking source: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from aboveboard.collector.clock import milliseconds
from aboveboard.collector.event import Batch, Message, Refusal
from aboveboard.collector.protocols.wire import (
    MALFORMED,
    MAX_EVENT,
    MAX_EVENTS,
    Answer,
    add,
    bounded,
    mapping,
    read,
    text,
)
from aboveboard.errors import RequestRefused

__all__ = ["KINDS", "MAX_EVENT", "MAX_EVENTS", "answer", "decode_batch", "decode_single"]

KINDS = ("track", "page", "screen", "identify", "group", "alias")
_ROUTES = ("page", "screen")


class _Wire(msgspec.Struct, rename="camel", gc=False):
    """One message; every field is untyped, so that one odd field refuses one message and not its batch."""

    type: Any = None
    event: Any = None
    name: Any = None
    message_id: Any = None
    anonymous_id: Any = None
    timestamp: Any = None
    sent_at: Any = None
    write_key: Any = None
    properties: Any = None
    traits: Any = None
    context: msgspec.Raw = msgspec.Raw()


class _WireBatch(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw]
    sent_at: Any = None
    write_key: Any = None
    context: Any = None


_batch = msgspec.json.Decoder(_WireBatch)
_single = msgspec.json.Decoder(_Wire)


def decode_batch(body: bytes) -> Batch:
    """Read the body of `/v1/batch`; raises RequestRefused when it is not a batch at all."""
    wire = read(_batch, body)
    bounded(len(wire.batch))
    shared = mapping(wire.context)
    batch = Batch(text(wire.write_key), milliseconds(wire.sent_at), [], [])
    ours = shared.get("aboveboard")
    if isinstance(ours, dict):
        shared = {key: value for key, value in shared.items() if key != "aboveboard"}
        notice = ours.get("notice")
        batch.notice = notice if type(notice) is int and 0 <= notice < 2**32 else 0
        batch.catalog = text(ours.get("catalog"))[:64]
    for raw in map(bytes, wire.batch):
        try:
            message = _single.decode(raw)
            context = _context(message.context, shared)
        except MALFORMED:
            batch.refusals.append(Refusal("event is no object"))
        else:
            _add(batch, message, text(message.type), context, len(raw))
    return batch


def decode_single(body: bytes, kind: str) -> Batch:
    """Read the body of `/v1/track`, `/v1/page` and their like; raises RequestRefused also for its size."""
    wire = read(_single, body)
    if len(body) > MAX_EVENT:
        message = f"The event is larger than {MAX_EVENT // 1024} KB. Send less in its properties."
        raise RequestRefused(400, "event too large", message)
    batch = Batch(text(wire.write_key), milliseconds(wire.sent_at), [], [])
    _add(batch, wire, kind, bytes(wire.context), len(body))
    return batch


def answer(said: Answer) -> bytes:
    """Return what Segment's clients are told: `success`, and of ours how many events were taken."""
    return msgspec.json.encode({"success": True, "accepted": said.accepted})


def _add(batch: Batch, wire: _Wire, kind: str, context: Mapping[str, Any] | bytes, size: int) -> None:
    route = kind in _ROUTES
    message = Message(
        kind,
        text(wire.event) if kind == "track" else kind,
        _page(wire) if route else "",
        text(wire.message_id),
        text(wire.anonymous_id),
        milliseconds(wire.timestamp),
        mapping(wire.properties if route or kind == "track" else wire.traits),
        context,
        size,
    )
    add(batch, message, timestamp=wire.timestamp, kinds=KINDS)


def _context(raw: msgspec.Raw, shared: dict[str, Any]) -> Mapping[str, Any] | bytes:
    """What a message says goes before what its batch shares; where nothing is shared it stays unread."""
    if not shared:
        return bytes(raw)
    return shared | mapping(msgspec.json.decode(raw)) if raw else shared


def _page(wire: _Wire) -> str:
    return text(wire.name) or text(mapping(wire.properties).get("name"))
