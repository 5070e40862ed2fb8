"""What does a request of Aptabase's SDKs say?

The format is the one that its SDKs for Python and the browser send. A session is no install: the events count,
and nobody is counted.
"""

import hashlib
from collections import Counter
from typing import Any

import msgspec

from aboveboard.collector.clock import milliseconds
from aboveboard.collector.event import Batch, Message, Refusal
from aboveboard.collector.protocols.wire import MALFORMED, Answer, add, bounded, mapping, read, text

__all__ = ["answer", "decode_batch", "decode_single"]


class _Wire(msgspec.Struct, rename="camel"):
    event_name: Any = None
    timestamp: Any = None
    session_id: Any = None
    system_props: Any = None
    props: Any = None


_batch = msgspec.json.Decoder(list[msgspec.Raw])
_single = msgspec.json.Decoder(_Wire)


def decode_batch(body: bytes) -> Batch:
    """Read the body of `/api/v0/events`; raises RequestRefused when it is no list."""
    raws = read(_batch, body)
    bounded(len(raws))
    batch, seen = Batch("", None, [], []), Counter[bytes]()
    for raw in map(bytes, raws):
        try:
            _add(batch, _single.decode(raw), len(raw), seen)
        except MALFORMED:
            batch.refusals.append(Refusal("event is no object"))
    return batch


def decode_single(body: bytes) -> Batch:
    """Read the body of `/api/v0/event`; raises RequestRefused when it is no event."""
    batch = Batch("", None, [], [])
    _add(batch, read(_single, body), len(body), Counter())
    return batch


def answer(said: Answer) -> bytes:
    """Return what Aptabase's clients are told: nothing but the status counts for them."""
    return b"{}"


def _add(batch: Batch, wire: _Wire, size: int, seen: Counter[bytes]) -> None:
    message = Message(
        kind="track",
        event=text(wire.event_name),
        page="",
        message_id=_derived_id(wire, seen),
        anonymous_id="",
        timestamp=milliseconds(wire.timestamp),
        properties=mapping(wire.props),
        context=_context(mapping(wire.system_props)),
        size=size,
    )
    add(batch, message, timestamp=wire.timestamp)


def _derived_id(wire: _Wire, seen: Counter[bytes]) -> str:
    """Make an id that a retry repeats, since the format has none: of session, time, name, and which one of several.

    A session's id is random and lives as long as the app runs. No property goes into the hash: that of a name that
    few bear would tell it to everybody who can guess.
    """
    session, moment = text(wire.session_id), text(wire.timestamp)
    if not session or not moment:
        return ""
    parts = repr((session, moment, text(wire.event_name))).encode()
    digest = hashlib.blake2b(parts, digest_size=12, person=b"aptabase").digest()
    seen[digest] += 1
    return f"aptabase-{digest.hex()}-{seen[digest]}"


def _context(said: dict[str, Any]) -> dict[str, Any]:
    library, _, version = text(said.get("sdkVersion")).partition("@")
    return {
        "app": {"version": said.get("appVersion")},
        "os": {"name": said.get("osName"), "version": said.get("osVersion")},
        "locale": said.get("locale"),
        "library": {"name": library, "version": version},
    }
