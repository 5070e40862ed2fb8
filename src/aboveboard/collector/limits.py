"""What may a connection cost before its request is known?

uvicorn bounds neither the size of a request's head nor the time it takes to arrive; this does.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["MAX_CONNECTIONS", "MAX_HEAD", "GuardedProtocol"]

MAX_HEAD = 64 * 1024
"""The most bytes of a request line with its headers."""
MAX_CONNECTIONS = 1000
"""More than this many connections at the same time are answered 503."""
_HEAD_SECONDS = 10.0


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1, closing connections whose head is too large or too slow."""

    _head = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Give a new connection ten seconds for its first head."""
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Count what arrives before a head is complete."""
        super().data_received(data)
        if self._deadline is not None:
            self._head += len(data)
            if self._head > MAX_HEAD:
                self.transport.close()

    def on_message_begin(self) -> None:
        """Start the count and the clock for the next request of a kept connection."""
        super().on_message_begin()
        if self._deadline is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """Stop the clock: the head is here."""
        self._stop_clock()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock of a connection that is gone."""
        self._stop_clock()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._head = 0
        self._deadline = self.loop.call_later(_HEAD_SECONDS, self._too_slow)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
