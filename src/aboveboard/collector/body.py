"""How is a request's body read and unpacked without trusting its size?"""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from aboveboard.errors import RequestRefused

__all__ = ["MAX_BODY", "gunzip", "read"]

MAX_BODY = 500 * 1024
"""The most bytes of one request, before and after unpacking (Segment's documented limit of a batch)."""

BODY_SECONDS = 30.0
"""The longest a body may take to arrive."""

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


def _too_large() -> RequestRefused:
    message = f"The request is larger than {MAX_BODY // 1024} KB. Send smaller batches."
    return RequestRefused(400, "too large", message)


async def read(receive: Receive, seconds: float = BODY_SECONDS) -> bytes:
    """Read a whole body of at most MAX_BODY bytes; raises RequestRefused beyond that, or when it takes too long."""
    try:
        async with asyncio.timeout(seconds):
            return await _read(receive)
    except TimeoutError:
        message = f"The request did not arrive within {seconds:g} seconds. Send smaller batches."
        raise RequestRefused(408, "too slow", message) from None


async def _read(receive: Receive) -> bytes:
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RequestRefused(400, "disconnected", "The client went away before the request was complete.")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY:
            raise _too_large()
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def gunzip(body: bytes) -> bytes:
    """Unpack a gzip body, never producing more than MAX_BODY bytes.

    Raises RequestRefused for what is not gzip, is cut short, or unpacks to more.
    """
    unpacker = zlib.decompressobj(wbits=31)
    try:
        data = unpacker.decompress(body, MAX_BODY + 1)
    except zlib.error as error:
        message = f"The body is marked as gzip and cannot be unpacked: {error}."
        raise RequestRefused(400, "broken gzip", message) from error
    if len(data) > MAX_BODY:
        raise _too_large()
    if not unpacker.eof:
        raise RequestRefused(400, "broken gzip", "The gzip body is cut short. Send it again, whole.")
    return data
