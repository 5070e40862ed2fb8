"""What does a request of Segment's HTTP Tracking API say?

The format is the one Segment documents for its HTTP tracking source: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from aboveboard.collector.clock import milliseconds
from aboveboard.collector.event import Batch, Message, Refusal
from aboveboard.errors import RequestRefused

__all__ = ["KINDS", "MAX_EVENT", "MAX_EVENTS", "decode_batch", "decode_single"]

KINDS = ("track", "page", "screen", "identify", "group", "alias")
MAX_EVENT = 32 * 1024
MAX_EVENTS = 2500


class _Wire(msgspec.Struct, rename="camel"):
    """One message; every field is untyped, so that one odd field refuses one message and not its batch."""

    type: Any = None
    event: Any = None
    name: Any = None
    message_id: Any = None
    anonymous_id: Any = None
    user_id: Any = None
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
    wire = _decode(_batch, body)
    if len(wire.batch) > MAX_EVENTS:
        message = (
            f"The batch has {len(wire.batch)} events, and {MAX_EVENTS} is the most. Send smaller batches."
        )
        raise RequestRefused(400, "too many events", message)
    shared = wire.context if isinstance(wire.context, dict) else {}
    batch = Batch(_text(wire.write_key), milliseconds(wire.sent_at), [], [])
    ours = shared.get("aboveboard")
    if isinstance(ours, dict):
        shared = {key: value for key, value in shared.items() if key != "aboveboard"}
        batch.notice = (
            ours["notice"] if type(ours.get("notice")) is int and 0 <= ours["notice"] < 2**32 else 0
        )
        batch.catalog = _text(ours.get("catalog"))[:64]
    for raw in wire.batch:
        _add(batch, bytes(raw), shared, kind=None)
    return batch


def decode_single(body: bytes, kind: str) -> Batch:
    """Read the body of `/v1/track`, `/v1/page` and their like."""
    wire = _decode(_single, body)
    batch = Batch(_text(wire.write_key), milliseconds(wire.sent_at), [], [])
    _add(batch, body, {}, kind=kind)
    return batch


def _decode(decoder: "msgspec.json.Decoder[Any]", body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"The body is not the JSON that this endpoint takes: {error}."
        raise RequestRefused(400, "broken JSON", message) from error


def _add(batch: Batch, raw: bytes, shared: dict[str, Any], kind: str | None) -> None:
    message = _message(raw, shared, kind)
    if isinstance(message, Message):
        batch.messages.append(message)
    else:
        batch.refusals.append(message)


def _message(raw: bytes, shared: dict[str, Any], kind: str | None) -> Message | Refusal:
    try:
        wire = _single.decode(raw)
        context = _context(wire.context, shared)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refusal("event is no object")
    kind = kind or _text(wire.type)
    properties = wire.properties if kind in {"track", "page", "screen"} else wire.traits
    message = Message(
        kind=kind,
        event=_text(wire.event) if kind == "track" else kind,
        page=_page(wire) if kind in {"page", "screen"} else "",
        message_id=_text(wire.message_id),
        anonymous_id=_text(wire.anonymous_id),
        timestamp=milliseconds(wire.timestamp),
        properties=properties if isinstance(properties, dict) else {},
        context=context,
        size=len(raw),
    )
    reason = _objection(message, wire)
    return Refusal(reason, message) if reason else message


def _objection(message: Message, wire: _Wire) -> str:
    """Why a message cannot be taken as it is; nothing where it can."""
    if message.size > MAX_EVENT:
        return "event too large"
    if message.kind not in KINDS:
        return "unknown type"
    if not message.event:
        return "event without a name"
    return "time cannot be read" if message.timestamp is None and wire.timestamp is not None else ""


def _context(raw: msgspec.Raw, shared: dict[str, Any]) -> Mapping[str, Any] | bytes:
    """What a message says goes before what its batch shares; where nothing is shared it stays unread."""
    if not shared:
        return bytes(raw)
    own = msgspec.json.decode(raw) if raw else None
    return shared | own if isinstance(own, dict) else shared


def _page(wire: _Wire) -> str:
    if _text(wire.name):
        return _text(wire.name)
    return _text(wire.properties.get("name")) if isinstance(wire.properties, dict) else ""


def _text(value: Any) -> str:
    """A text field of at most 256 characters; ids as numbers are common, anything else is no text."""
    if isinstance(value, str):
        return value[:256]
    return str(value) if type(value) is int else ""
