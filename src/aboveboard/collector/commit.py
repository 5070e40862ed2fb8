"""How does a request wait until its events are on disk, together with all that wait at the same time?"""

import asyncio
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from aboveboard.collector.admit import Admission, Admitted
from aboveboard.collector.body import gunzip
from aboveboard.collector.event import Batch
from aboveboard.errors import RequestRefused
from aboveboard.store import DROPS, QUARANTINE, insert

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Committer", "Delivery"]

_log = logging.getLogger(__name__)

_GROUP = 256
_WAITING_BYTES = 64 * 1024 * 1024
_RETRY_AFTER = (0.1, 0.5, 2.0)


class Delivery(msgspec.Struct):
    """One request on its way to the store; `received` is in microseconds since 1970."""

    body: bytes
    gzipped: bool
    decode: Callable[[bytes], Batch]
    write_key: str
    received: int
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[Admitted]"


class _Mark(msgspec.Struct):
    """A place in the queue; `passed` is set once all that was before it is settled."""

    loop: asyncio.AbstractEventLoop
    passed: "asyncio.Future[None]"


class Counts:
    """What the committer has done since it started."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.drops: Counter[tuple[str, str]] = Counter()
        self.refusals: Counter[str] = Counter()
        self.requests = 0
        self.commits = 0
        self.seconds = 0.0


class Committer:
    """The one thread that writes: it takes whatever waits, decodes, cleans, inserts, then answers each.

    There is no timer: while one group is being written the next one gathers. A body is checked on its own first,
    so that a bad request cannot harm its group; whatever goes wrong with one request, the thread goes on.
    """

    def __init__(self, client: "Client", admission: Admission) -> None:
        self.admission = admission
        self.counts = Counts()
        self.healthy = False
        self._client = client
        self._waiting: queue.SimpleQueue[Delivery | _Mark | None] = queue.SimpleQueue()
        self._bytes = 0
        self._thread = threading.Thread(target=self._run, name="aboveboard-commit", daemon=True)

    @property
    def waiting_bytes(self) -> int:
        """How many bytes of bodies wait to be written."""
        return self._bytes

    def start(self) -> None:
        """Warm the engine up and begin to take deliveries."""
        _warm_up(self._client)
        self.healthy = True
        self._thread.start()

    def stop(self) -> None:
        """Answer everything that waits, then end; returns when the last group is on disk."""
        self._waiting.put(None)
        self._thread.join()
        self.healthy = False

    async def commit(
        self, body: bytes, *, gzipped: bool, decode: Callable[[bytes], Batch], write_key: str
    ) -> Admitted:
        """Return once the events of a body are on disk.

        Raises RequestRefused: 400 for a body or key that cannot be accepted, 503 when too much waits already or
        the store does not take it.
        """
        if self._bytes + len(body) > _WAITING_BYTES:
            raise RequestRefused(503, "busy", "Too many requests wait for the disk. Send this again later.")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Admitted] = loop.create_future()
        received = time.time_ns() // 1000
        self._bytes += len(body)
        try:
            self._waiting.put(Delivery(body, gzipped, decode, write_key, received, loop, answer))
            return await answer
        finally:
            self._bytes -= len(body)

    async def settled(self) -> None:
        """Return once all that was waiting is on disk or refused, so that no row of it can still come."""
        mark = _Mark(asyncio.get_running_loop(), asyncio.get_running_loop().create_future())
        self._waiting.put(mark)
        await mark.passed

    def _run(self) -> None:
        running = True
        while running:
            group = [self._waiting.get()]
            while len(group) < _GROUP and not self._waiting.empty():
                group.append(self._waiting.get_nowait())
            running = None not in group
            self._write([waiting for waiting in group if isinstance(waiting, Delivery)])
            for mark in group:
                if isinstance(mark, _Mark):
                    mark.loop.call_soon_threadsafe(_pass, mark)

    def _write(self, group: list[Delivery]) -> None:
        admitted = []
        for delivery in group:
            try:
                body = gunzip(delivery.body) if delivery.gzipped else delivery.body
                batch = delivery.decode(body)
                admitted.append(
                    (delivery, self.admission.admit(batch, delivery.write_key, delivery.received))
                )
            except RequestRefused as refusal:
                self._refuse(delivery, refusal)
            except Exception:  # noqa: BLE001  (the one boundary of this thread: see the docstring)
                _log.exception("A request could not be read, by a mistake of this program; it was refused.")
                message = "The server made a mistake with this request. Its log says which."
                self._refuse(delivery, RequestRefused(500, "internal error", message))
        if self._stored([request for _, request in admitted]):
            for delivery, request in admitted:
                self._accept(delivery, request)
            return
        for delivery, request in admitted:
            if len(admitted) > 1 and self._stored([request]):
                self._accept(delivery, request)
            else:
                message = "The store does not take the events at the moment. Send them again later."
                self._refuse(delivery, RequestRefused(503, "store unavailable", message))

    def _accept(self, delivery: Delivery, request: Admitted) -> None:
        for (_, _, _, reason), count in request.drops.items():
            self.counts.drops[request.source.name, reason] += count
        self.counts.events[request.source.name] += len(request.events)
        self.counts.requests += 1
        _settle(delivery, lambda: delivery.answer.set_result(request))

    def _refuse(self, delivery: Delivery, refusal: RequestRefused) -> None:
        self.counts.refusals[refusal.reason] += 1
        _settle(delivery, lambda: delivery.answer.set_exception(refusal))

    def _stored(self, requests: list[Admitted]) -> bool:
        from clickhouse_connect.driver.exceptions import ClickHouseError

        started = time.perf_counter()
        for pause in (*_RETRY_AFTER, None):
            try:
                self._insert(requests)
            except (ClickHouseError, OSError):
                self.healthy = False
                if pause is None:
                    return False
                time.sleep(pause)
            else:
                self.healthy = True
                self.counts.commits += 1
                self.counts.seconds += time.perf_counter() - started
                return True
        return False

    def _insert(self, requests: list[Admitted]) -> None:
        insert(self._client, [event.row() for request in requests for event in request.events])
        quarantined = [event.row() for request in requests for event in request.quarantined]
        insert(self._client, quarantined, "quarantine", QUARANTINE)
        # Counts come last: where an insert fails and is tried again, they have not been added yet.
        drops: Counter[tuple[str, int, str, str, str]] = Counter()
        for request in requests:
            for key, count in request.drops.items():
                drops[request.source.name, *key] += count
        insert(self._client, [(*key, count) for key, count in drops.items()], "drops", DROPS)


def _pass(mark: _Mark) -> None:
    if not mark.passed.done():
        mark.passed.set_result(None)


def _settle(delivery: Delivery, act: Callable[[], None]) -> None:
    def on_loop() -> None:
        # The client may have gone away while its events were being written.
        if not delivery.answer.done():
            act()

    delivery.loop.call_soon_threadsafe(on_loop)


def _warm_up(client: "Client") -> None:
    """The first insert of a process takes a second or two; it must not be somebody's event."""
    client.command("CREATE TABLE IF NOT EXISTS warm_up (moment DateTime64(3, 'UTC')) ENGINE = Null")
    client.insert("warm_up", [[0]], column_names=["moment"])
    client.command("DROP TABLE warm_up")
