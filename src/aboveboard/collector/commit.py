"""How does a request wait until its events are on disk, together with all that wait at the same time?"""

import asyncio
import logging
import queue
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from aboveboard.collector.admit import Admission, Admitted
from aboveboard.collector.body import gunzip
from aboveboard.collector.event import Batch, Event, Quarantined
from aboveboard.errors import RequestRefused, StoreError
from aboveboard.store import DROPS, QUARANTINE, insert, write_something
from aboveboard.store.reasons import first_line
from aboveboard.store.written import embedded, ensure, mend

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Committer", "Delivery"]

_log = logging.getLogger(__name__)

_GROUP = 256
_ROWS = 20_000
"""A group is written once it has so many rows: what bodies become is larger than they are."""
_WAITING_BYTES = 64 * 1024 * 1024
_PATIENCE = 5.0
"""How many seconds a request waits for a store that refuses, before it is answered 503."""
_PROBE_SECONDS = 1.0
"""How often a store that refuses is asked, and an embedded one whether merges were written whole."""
_VERSIONS = 2**63


class Delivery(msgspec.Struct):
    """One request on its way to the store; `received` is in microseconds since 1970, `arrived` monotonic seconds.

    `country` is for events whose client names none.
    """

    body: bytes
    gzipped: bool
    decode: Callable[[bytes], Batch]
    write_key: str
    received: int
    arrived: float
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[Admitted]"
    country: str = ""


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
    so that a bad request cannot harm its group; whatever goes wrong with one request, the thread goes on. Where the
    store refuses, requests wait for a few seconds and then get 503; it is asked again until it takes something.
    """

    def __init__(
        self, client: "Client", admission: Admission, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self.admission = admission
        self.counts = Counts()
        self.healthy = False
        self._client = client
        self._clock = clock
        self._waiting: queue.SimpleQueue[Delivery | _Mark | None] = queue.SimpleQueue()
        self._bytes = 0
        self._last = 0
        self._away = False
        self._watched = embedded(client)
        self._thread = threading.Thread(target=self._run, name="aboveboard-commit", daemon=True)

    @property
    def waiting_bytes(self) -> int:
        """How many bytes of bodies wait to be written."""
        return self._bytes

    def start(self) -> None:
        """Warm the engine up and begin to take deliveries."""
        self._last = _last_version(self._client)
        self._probe()
        self._thread.start()

    def stop(self) -> None:
        """Answer everything that waits, then end; returns when the last group is on disk."""
        self._waiting.put(None)
        self._thread.join()
        self.healthy = False

    async def commit(
        self,
        body: bytes,
        *,
        gzipped: bool,
        decode: Callable[[bytes], Batch],
        write_key: str,
        country: str = "",
    ) -> Admitted:
        """Return once the events of a body are on disk; `country` is for those that name none.

        Raises RequestRefused: 400 for a body or key that cannot be accepted, 503 when too much waits already or
        the store does not take it.
        """
        if self._bytes + len(body) > _WAITING_BYTES:
            raise RequestRefused(503, "busy", "Too many requests wait for the disk. Send this again later.")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Admitted] = loop.create_future()
        now = self._clock() // 1000
        self._bytes += len(body)
        try:
            arrived = time.monotonic()
            self._waiting.put(Delivery(body, gzipped, decode, write_key, now, arrived, loop, answer, country))
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
            group = self._gathered()
            running = None not in group
            deliveries = [waiting for waiting in group if isinstance(waiting, Delivery)]
            try:
                self._write(deliveries) if group else self._probe()
            except Exception as error:  # noqa: BLE001  (the one boundary of this thread: see the docstring)
                _log.error(
                    "A group of requests was not written, by a mistake of this program.%s", _where(error)
                )
                for delivery in deliveries:
                    self._refuse(delivery, _unavailable())
            for mark in group:
                if isinstance(mark, _Mark):
                    mark.loop.call_soon_threadsafe(_pass, mark)

    def _gathered(self) -> list[Delivery | _Mark | None]:
        """Wait for something and return all that waits; nothing, after a while, where the store has to be asked."""
        try:
            group = [self._waiting.get(timeout=_PROBE_SECONDS if self._watched or not self.healthy else None)]
        except queue.Empty:
            return []
        while len(group) < _GROUP and not self._waiting.empty():
            group.append(self._waiting.get_nowait())
        return group

    def _write(self, group: list[Delivery]) -> None:
        admitted: list[tuple[Delivery, Admitted]] = []
        rows = 0
        for delivery in group:
            request = self._admitted(delivery)
            if request is not None:
                admitted.append((delivery, request))
                rows += len(request.events) + len(request.quarantined)
            if rows >= _ROWS:
                self._store(admitted)
                admitted, rows = [], 0
        self._store(admitted)

    def _admitted(self, delivery: Delivery) -> Admitted | None:
        try:
            body = gunzip(delivery.body) if delivery.gzipped else delivery.body
            batch = delivery.decode(body)
            batch.country = delivery.country
            return self._numbered(self.admission.admit(batch, delivery.write_key, delivery.received))
        except RequestRefused as refusal:
            self._refuse(delivery, refusal)
        except Exception as error:  # noqa: BLE001  (likewise, for one request)
            _log.error("A request was refused by a mistake of this program.%s", _where(error))
            message = "The server made a mistake with this request. Its log says which."
            self._refuse(delivery, RequestRefused(500, "internal error", message))
        return None

    def _numbered(self, request: Admitted) -> Admitted:
        """Give each row a version below all before it, whatever the clock does: the first stored row stays."""
        rows: list[Event | Quarantined] = [*request.events, *request.quarantined]
        for row in rows:
            self._last = max(self._last + 1, row.received)
            row.version = _VERSIONS - self._last
        return request

    def _store(self, admitted: list[tuple[Delivery, Admitted]]) -> None:
        if not admitted:
            return
        patience = _PATIENCE + min(delivery.arrived for delivery, _ in admitted)
        stored = self._stored([request for _, request in admitted], patience)
        # Where the store takes other things, one of the requests is the reason, or too much came at once.
        alone = not stored and self._probe()
        accepted = [each for each in admitted if stored or (alone and self._stored([each[1]]))]
        for _, request in accepted:
            self._count(request)
        _answer(accepted)
        if len(accepted) < len(admitted):
            taken = {id(delivery) for delivery, _ in accepted}
            for delivery, _ in admitted:
                if id(delivery) not in taken:
                    self._refuse(delivery, _unavailable())

    def _count(self, request: Admitted) -> None:
        for (_, _, _, reason), count in request.drops.items():
            self.counts.drops[request.source.name, reason] += count
        self.counts.events[request.source.name] += len(request.events)
        self.counts.requests += 1

    def _refuse(self, delivery: Delivery, refusal: RequestRefused) -> None:
        self.counts.refusals[refusal.reason] += 1
        refusal.with_traceback(None).__context__ = refusal.__cause__ = None
        _answer([(delivery, refusal)])

    def _stored(self, requests: list[Admitted], until: float = 0.0) -> bool:
        """Insert the requests, trying until a moment of the monotonic clock where the store refuses them."""
        started = time.perf_counter()
        pause = 0.1
        while not self._taken(partial(self._insert, requests)):
            if self.healthy or time.monotonic() + pause > until:
                return False  # A store that is well and does not take this will not take it later either.
            time.sleep(pause)
            pause = min(2 * pause, 1.0)
        self.counts.commits += 1
        self.counts.seconds += time.perf_counter() - started
        return True

    def _probe(self) -> bool:
        """See whether the store takes anything, so that /readyz does not have to wait for somebody's events.

        The first time takes a second or two, and must not be somebody's event.
        """
        if self.healthy and self._watched:
            return self._taken(lambda: None)
        return self._taken(partial(write_something, self._client))

    def _taken(self, write: Callable[[], None]) -> bool:
        from clickhouse_connect.driver.exceptions import ClickHouseError, DataError

        try:
            if not self.healthy:
                mend(self._client)
            write()
            ensure(self._client)
        except Exception as error:  # noqa: BLE001  (likewise, for rows that the driver cannot write)
            if isinstance(error, DataError) or not isinstance(error, (ClickHouseError, OSError, StoreError)):
                _log.error("Rows do not fit the store, by a mistake of this program.%s", _where(error))
                return False
            if not self._away:
                _log.error("The store refuses: %s", first_line(error))
            self._away, self.healthy = True, False
            return False
        if self._away:
            _log.warning("The store takes events again.")
        self._away, self.healthy = False, True
        return True

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


def _answer(answers: Sequence[tuple[Delivery, Admitted | RequestRefused]]) -> None:
    """Wake the loop once for all the requests of a group."""

    def on_loop() -> None:
        for delivery, answer in answers:
            # The client may have gone away while its events were being written.
            if delivery.answer.done():
                continue
            if isinstance(answer, RequestRefused):
                delivery.answer.set_exception(answer)
            else:
                delivery.answer.set_result(answer)

    if answers:
        answers[0][0].loop.call_soon_threadsafe(on_loop)


def _where(error: Exception) -> str:
    """Say where a mistake is and not what it says: its text may quote what a client sent."""
    return f" {type(error).__name__} at\n{''.join(traceback.format_tb(error.__traceback__))}"


def _unavailable() -> RequestRefused:
    message = "The store does not take the events at the moment. Send them again later."
    return RequestRefused(503, "store unavailable", message)


def _last_version(client: "Client") -> int:
    """Return where the numbers of the rows have got to, which the clock may have fallen behind."""
    tables = "SELECT version FROM events UNION ALL SELECT version FROM quarantine"
    (lowest,) = client.query(f"SELECT min(version) FROM ({tables})").result_rows[0]  # noqa: S608
    return _VERSIONS - int(lowest) if lowest else 0
