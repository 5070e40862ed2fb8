"""Which addresses take events, and what do they answer?

These endpoints are bare ASGI: the layers of a framework cost a fifth of the throughput here.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from functools import partial
from typing import Any

import msgspec

from aboveboard.collector.body import Receive, read
from aboveboard.collector.commit import Committer
from aboveboard.collector.event import Batch
from aboveboard.collector.protocols import segment
from aboveboard.errors import RequestRefused

__all__ = ["INGEST", "ingest"]

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

_SINGLE = {kind: partial(segment.decode_single, kind=kind) for kind in segment.KINDS}

INGEST: dict[str, Callable[[bytes], Batch]] = {
    "/v1/batch": segment.decode_batch,
    "/v1/b": segment.decode_batch,
    **{f"/v1/{kind}": decode for kind, decode in _SINGLE.items()},
    **{f"/v1/{kind[0]}": decode for kind, decode in _SINGLE.items()},
}
"""Path → how its body is read; the single letters are Segment's own aliases."""

_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, content-encoding"),
    (b"access-control-max-age", b"86400"),
]


async def ingest(committer: Committer, scope: Scope, receive: Receive, send: Send) -> None:
    """Take one request whose path is in INGEST: 200 once its events are on disk, else the reason why not."""
    method = scope["method"]
    if method == "OPTIONS":
        await _answer(send, 204, b"", _CORS)
        return
    try:
        if method != "POST":
            raise RequestRefused(405, "method not allowed", "Events are sent with POST.")
        headers = dict(scope["headers"])
        admitted = await committer.commit(
            await read(receive),
            gzipped=headers.get(b"content-encoding", b"").strip().lower() == b"gzip",
            decode=INGEST[scope["path"].rstrip("/")],
            write_key=_basic_user(headers.get(b"authorization", b"")),
        )
    except RequestRefused as refusal:
        error = {"reason": refusal.reason, "message": str(refusal)}
        extra = [(b"retry-after", b"30")] if refusal.status == 503 else []
        body = msgspec.json.encode({"success": False, "error": error})
        await _answer(send, refusal.status, body, [*_CORS, *extra])
        return
    await _answer(send, 200, msgspec.json.encode({"success": True, "accepted": len(admitted.events)}), _CORS)


async def _answer(send: Send, status: int, body: bytes, headers: Headers) -> None:
    standard = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*standard, *headers]})
    await send({"type": "http.response.body", "body": body})


def _basic_user(authorization: bytes) -> str:
    """Return the user of a Basic header, which is where Segment's clients put the write key; else nothing."""
    scheme, _, value = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
