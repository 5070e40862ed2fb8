"""What may a connection cost, before its request is known and after it is answered?

uvicorn bounds neither the size of a request's head or trailers nor the time that they take, and it gives up its clock
over clients that go on sending after the answer, or that do not read it; this does.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["MAX_CONNECTIONS", "MAX_HEAD", "GuardedProtocol"]

MAX_HEAD = 64 * 1024
"""The most bytes of a request line with its headers, and of its trailers."""
MAX_CONNECTIONS = 1000
"""More than this many connections at the same time are answered 503."""
_HEAD_SECONDS = 10.0
_REST_SECONDS = 10.0
"""How long a client may go on with a body that is already answered; cut off at once it might miss the answer."""
_STALL_SECONDS = 30.0
"""How long a client may leave an answer unread."""


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, closing connections that cost too much or take too long."""

    _head = 0
    _receiving = False
    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Give a new connection ten seconds for its first head."""
        super().connection_made(transport)
        self.limit_concurrency = None  # uvicorn's own answer does not say when to come again.
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Count what arrives before a head is complete."""
        before = self._deadline
        super().data_received(data)
        if before is not None and self._deadline is before and not self._receiving:
            self._count(len(data))

    def on_message_begin(self) -> None:
        """Start the count and the clock for the next request of a kept connection."""
        super().on_message_begin()
        if self._deadline is None or self._receiving:
            self._expect_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count trailers too: they come after the head, and without end."""
        if self._receiving:
            self._count(len(name) + len(value) + 4)
        else:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop the clock: the head is here."""
        self._stop_clock()
        self._receiving, self._head = True, 0
        self.app = _busy if len(self.connections) >= MAX_CONNECTIONS else self.config.loaded_app
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that the request is whole; one that was answered before that may be followed by another."""
        self._receiving = False
        super().on_message_complete()
        if self._deadline is not None:
            self._stop_clock()
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def on_response_complete(self) -> None:
        """Give a client that still sends ten seconds to come to an end."""
        super().on_response_complete()
        if self._receiving and self.cycle.response_complete and self._deadline is None:
            self._deadline = self.loop.call_later(_REST_SECONDS, self._too_slow)

    def pause_writing(self) -> None:
        """Start a clock for a client that does not read."""
        super().pause_writing()
        self._stalled = self.loop.call_later(_STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop it: the client reads."""
        super().resume_writing()
        self._reads()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks of a connection that is gone."""
        self._stop_clock()
        self._reads()
        super().connection_lost(exc)

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > MAX_HEAD:
            self.transport.close()

    def _expect_head(self) -> None:
        self._stop_clock()
        self._head, self._receiving = 0, False
        self._deadline = self.loop.call_later(_HEAD_SECONDS, self._too_slow)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _reads(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


async def _busy(scope: Any, receive: Any, send: Any) -> None:
    """Refuse a connection too many, in the shape of all of the collector's refusals."""
    body = b'{"success":false,"error":{"reason":"busy","message":"Too many connections. Send this again later."}}'
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"retry-after", b"30"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
