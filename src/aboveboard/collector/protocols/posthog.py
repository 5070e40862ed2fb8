"""What does a request of PostHog's capture API say?

The format is the one PostHog documents for `/batch` and `/i/v0/e`, with what its SDKs for Python, Node and the
browser add: https://posthog.com/docs/api/capture
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from aboveboard.collector.clock import milliseconds
from aboveboard.collector.event import Batch, Message, Refusal
from aboveboard.collector.protocols.wire import (
    MALFORMED,
    Answer,
    add,
    bounded,
    is_uuid,
    mapping,
    read,
    text,
)

__all__ = ["NO_FLAGS", "answer", "decode"]

NO_FLAGS = msgspec.json.encode(
    {
        "flags": {},
        "featureFlags": {},
        "featureFlagPayloads": {},
        "errorsWhileComputingFlags": False,
        "requestId": "",
    }
)
"""The answer to `/flags` and `/decide`: there are none here."""

_KINDS = {
    "$pageview": "page",
    "$screen": "screen",
    "$identify": "identify",
    "$set": "identify",
    "$groupidentify": "group",
    "$create_alias": "alias",
}
_CONTEXT = {
    "$app_name": ("app", "name"),
    "$app_version": ("app", "version"),
    "$os": ("os", "name"),
    "$os_version": ("os", "version"),
    "$lib": ("library", "name"),
    "$lib_version": ("library", "version"),
}


class _Wire(msgspec.Struct):
    event: Any = None
    distinct_id: Any = None
    properties: Any = None
    timestamp: Any = None
    uuid: Any = None


class _WireRequest(_Wire):
    """The body of a request: a batch, or one event itself."""

    batch: list[msgspec.Raw] | None = None
    sent_at: Any = None
    api_key: Any = None
    token: Any = None


_requests = msgspec.json.Decoder(_WireRequest | list[msgspec.Raw])
_single = msgspec.json.Decoder(_WireRequest)


def decode(body: bytes) -> Batch:
    """Read a batch, one event, or the list of events that the browser's SDK sends.

    Raises RequestRefused when it is none of them.
    """
    wire = read(_requests, body)
    if isinstance(wire, list):
        batch, raws = Batch("", None, [], []), wire
    else:
        batch = Batch(text(wire.api_key) or text(wire.token), milliseconds(wire.sent_at), [], [])
        if wire.batch is None:
            _add(batch, wire, len(body))
            return batch
        raws = wire.batch
    bounded(len(raws))
    for raw in map(bytes, raws):
        try:
            _add(batch, _single.decode(raw), len(raw))
        except MALFORMED:
            batch.refusals.append(Refusal("event is no object"))
    return batch


def answer(said: Answer) -> bytes:
    """Return what PostHog's clients are told."""
    return b'{"status": 1}'


def _add(batch: Batch, wire: _WireRequest, size: int) -> None:
    properties = mapping(wire.properties)
    batch.write_key = batch.write_key or text(wire.api_key) or text(properties.get("token"))
    name = text(wire.event)
    kind = _KINDS.get(name, "track")
    message = Message(
        kind=kind,
        event=name.removeprefix("$") if kind == "track" else kind,
        page=_page(properties) if kind in {"page", "screen"} else "",
        message_id=text(wire.uuid) or text(properties.get("$insert_id")),
        anonymous_id=_anonymous_id(wire, properties),
        timestamp=milliseconds(wire.timestamp),
        properties=_properties(properties) if kind in {"track", "page", "screen"} else {},
        context=_context(properties),
        size=size,
    )
    add(batch, message, timestamp=wire.timestamp)


def _anonymous_id(wire: _Wire, properties: Mapping[str, Any]) -> str:
    """Return the id of the install, where the event has one; else nothing.

    `$device_id` is made on the device. A `distinct_id` may be anything, an address of mail too: it is taken only
    where it is a UUID, and not where it is the signed-in user's, nor where it may have been drawn for this event
    alone: the SDKs for servers do so when none is given, and then switch the person's profile off.
    """
    device = properties.get("$device_id")
    if is_uuid(device):
        return text(device)
    distinct = wire.distinct_id or properties.get("distinct_id")
    users = properties.get("$is_identified") is True or distinct == properties.get("$user_id")
    drawn = properties.get("$process_person_profile") is False
    return text(distinct) if is_uuid(distinct) and not users and not drawn else ""


def _properties(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what the app itself sends: what begins with `$` is the SDK's, and much of it about the person."""
    kept = {key: value for key, value in sent.items() if not key.startswith("$")}
    for key in ("distinct_id", "token"):
        kept.pop(key, None)
    exceptions = sent.get("$exception_list")
    if isinstance(exceptions, list) and exceptions:
        first = mapping(exceptions[0])
        kept.setdefault("error", {"type": first.get("type"), "message": first.get("value")})
    return kept


def _context(properties: Mapping[str, Any]) -> dict[str, Any]:
    context: dict[str, Any] = {"locale": properties.get("$locale"), "timezone": properties.get("$timezone")}
    for key, (part, name) in _CONTEXT.items():
        context.setdefault(part, {})[name] = properties.get(key)
    return context


def _page(properties: Mapping[str, Any]) -> str:
    return text(properties.get("$screen_name")) or text(properties.get("$pathname"))
