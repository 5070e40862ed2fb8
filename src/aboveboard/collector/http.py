"""Which addresses take events, and what do they answer?

These endpoints are bare ASGI: the layers of a framework cost a fifth of the throughput here.
"""

import base64
import binascii
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from functools import partial
from typing import Any

import msgspec

from aboveboard.catalog.model import EXPIRED_EVENT, UNDECLARED_EVENT
from aboveboard.collector.admit import Admitted
from aboveboard.collector.body import Receive, read
from aboveboard.collector.commit import Committer
from aboveboard.collector.countries import Countries
from aboveboard.collector.event import Batch
from aboveboard.collector.protocols import aptabase, otlp, posthog, segment
from aboveboard.collector.protocols.wire import Answer
from aboveboard.errors import RequestRefused

__all__ = ["INGEST", "Protocol", "ingest"]

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]


def _refusal(refusal: RequestRefused) -> bytes:
    error = {"reason": refusal.reason, "message": str(refusal)}
    return msgspec.json.encode({"success": False, "error": error})


class Protocol(msgspec.Struct, frozen=True):
    """How the bodies of one path are read, and how its clients want to be answered.

    `key_header` may carry the write key beside a Basic user; `bearer` tells whether a Bearer token is one too.
    """

    decode: Callable[[bytes], Batch]
    answer: Callable[[Answer], bytes]
    refusal: Callable[[RequestRefused], bytes] = _refusal
    content_type: bytes = b"application/json"
    key_header: bytes = b"x-write-key"
    bearer: bool = False


def _segment(kind: str) -> Protocol:
    return Protocol(partial(segment.decode_single, kind=kind), segment.answer)


_BATCH = Protocol(segment.decode_batch, segment.answer)
_POSTHOG = Protocol(posthog.decode, posthog.answer)
_OTLP = Protocol(otlp.decode_json, otlp.answer_json, otlp.refusal_json, bearer=True)
_PROTOBUF = b"application/x-protobuf"
_OTLP_PROTOBUF = Protocol(
    otlp.decode_protobuf, otlp.answer_protobuf, otlp.refusal_protobuf, _PROTOBUF, bearer=True
)

_FLAGS = ("/flags", "/decide")
INGEST: Mapping[str, Protocol] = {
    "/v1/batch": _BATCH,
    "/v1/b": _BATCH,
    **{f"/v1/{kind}": _segment(kind) for kind in segment.KINDS},
    **{f"/v1/{kind[0]}": _segment(kind) for kind in segment.KINDS},
    "/v1/logs": _OTLP,
    **dict.fromkeys(("/batch", "/capture", "/e", "/i/v0/e", *_FLAGS), _POSTHOG),
    "/api/v0/event": Protocol(aptabase.decode_single, aptabase.answer, key_header=b"app-key"),
    "/api/v0/events": Protocol(aptabase.decode_batch, aptabase.answer, key_header=b"app-key"),
}
"""Path → its protocol, with or without a slash at the end; the single letters are Segment's own aliases."""

_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, content-encoding, app-key, x-write-key"),
    (b"access-control-max-age", b"86400"),
]

_MORE = {405: [(b"allow", b"POST, OPTIONS")], 503: [(b"retry-after", b"30")]}
"""What some refusals carry beside their reason."""


async def ingest(
    committer: Committer, scope: Scope, receive: Receive, send: Send, countries: Countries | None = None
) -> None:
    """Take one request whose path is in INGEST: 200 once its events are on disk, else the reason why not.

    Only `countries` looks at the address that a request came from.
    """
    if scope["method"] == "OPTIONS":
        await _answer(send, 204, b"", _CORS)
        return
    headers, path = dict(scope["headers"]), scope["path"].rstrip("/")
    protocol = INGEST[path]
    if (
        protocol is _OTLP
        and headers.get(b"content-type", b"").partition(b";")[0].strip().lower() == _PROTOBUF
    ):
        protocol = _OTLP_PROTOBUF
    kind = (b"content-type", protocol.content_type)
    try:
        if scope["method"] != "POST":
            raise RequestRefused(405, "method not allowed", "Events are sent with POST.")
        body = await read(receive)
        if path in _FLAGS:
            await _answer(send, 200, posthog.NO_FLAGS, [kind, *_CORS])
            return
        admitted = await committer.commit(
            body,
            gzipped=_gzipped(headers, body),
            decode=protocol.decode,
            write_key=_write_key(headers, protocol),
            country=countries.of(scope, headers) if countries else "",
        )
    except RequestRefused as refusal:
        # Its frames hold the body, and they hold each other: without them all goes at once, not at the next search.
        refusal.with_traceback(None).__context__ = None
        extra = _MORE.get(refusal.status, [])
        await _answer(send, refusal.status, protocol.refusal(refusal), [kind, *_CORS, *extra])
        return
    await _answer(send, 200, protocol.answer(_said(admitted)), [kind, *_CORS])


def _said(admitted: Admitted) -> Answer:
    """Count what became no event at all; properties that were left out of one do not concern its client."""
    refused: Counter[str] = Counter()
    for (_, event, _, reason), count in admitted.drops.items():
        if not event or reason in (UNDECLARED_EVENT, EXPIRED_EVENT):
            refused[reason] += count
    return Answer(len(admitted.events), refused)


async def _answer(send: Send, status: int, body: bytes, headers: Headers) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})


def _gzipped(headers: Mapping[bytes, bytes], body: bytes) -> bool:
    """Tell whether a body is to be unpacked.

    PostHog's browser SDK says so in the query (`compression=gzip-js`) and not in a header; no body of any protocol
    begins like gzip.
    """
    encoding = headers.get(b"content-encoding", b"").strip().lower()
    if encoding not in (b"", b"gzip", b"identity"):
        message = f"The encoding {encoding.decode(errors='replace')!r} is not known here. Send gzip, or none."
        raise RequestRefused(400, "unknown encoding", message)
    return encoding == b"gzip" or body.startswith(b"\x1f\x8b")


def _write_key(headers: Mapping[bytes, bytes], protocol: Protocol) -> str:
    """Return the write key of the headers; nothing where it must stand in the body.

    Segment's clients put it there as the user of Basic. Their Bearer is a token of OAuth, which nobody gives here.
    """
    if protocol.key_header in headers:
        return headers[protocol.key_header].decode(errors="replace").strip()
    scheme, _, value = headers.get(b"authorization", b"").strip().partition(b" ")
    if scheme.lower() == b"bearer" and protocol.bearer:
        return value.decode(errors="replace").strip()
    if scheme.lower() != b"basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
