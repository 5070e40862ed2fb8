"""How do calls become rows on disk? A queue in memory, and a thread that checks, cleans and commits."""

import sqlite3
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event as Signal
from threading import RLock
from typing import Final

from aboveboard.client import levels, wire
from aboveboard.client.boundary import attempt
from aboveboard.client.declared import UNNAMED, Declared
from aboveboard.client.gate import GATE
from aboveboard.client.host import Host
from aboveboard.client.policy import Policy
from aboveboard.client.record import TRACK, Call, Event, Note
from aboveboard.client.spool import Row, Spool, is_busy, is_damaged
from aboveboard.frozen import record

# A burst of 10,000 calls fits; beyond this the newest are counted instead of kept.
LONGEST_QUEUE: Final = 16_384
LARGEST_QUEUE: Final = 8_000_000
CHUNK: Final = 200
LOOK_SECONDS: Final = 0.4
DUE_SECONDS: Final = 2.0
REPORT_SECONDS: Final = 60.0
RETRY_SECONDS: Final = 1.0
BUSY_SECONDS: Final = 0.02
PATIENCE_SECONDS: Final = 0.2
BUSY_AT_END_SECONDS: Final = 2.0
DROPPED_EVENT: Final = "dropped"
UNUSABLE: Final = "unusable arguments"
DAMAGED: Final = "damaged file"

Entry = Call | Event | Signal


@record(frozen=True, slots=True)
class Surroundings:
    """What the recorder asks for while it works: the spool, the id, the context as JSON, and the level that
    the person agrees to at this moment ("off" where nothing may be written). `allows` tells of an extension's id
    whether it may log; `deliver` gets what was kept.
    """

    open_spool: Callable[[], Spool]
    identity: Callable[[], str]
    context: Callable[[], str]
    level: Callable[[], str]
    allows: Callable[[str], bool]
    deliver: Callable[[Event], None]


class Recorder:
    """Takes calls from any thread and commits them to the spool, in order."""

    def __init__(
        self, declared: Declared, host: Host, make_policy: Callable[..., Policy], around: Surroundings
    ):
        self._declared = declared
        self._host = host
        self._around = around
        self._policy = make_policy(self._drop)
        self._queue: deque[Entry] = deque()
        self._large = 0
        self._events: list[Event] = []
        self._lost: Counter[tuple[str, str]] = Counter()
        self._ruled: Counter[tuple[str, str]] = Counter()
        self._reports: Counter[tuple[str, str]] = Counter()
        self._spool: Spool | None = None
        self._lock = RLock()
        self._finishing = False
        self._due_at = self._report_at = 0.0

    def put(self, entry: Call | Event, size: int = 0) -> None:
        """Queue one call, or an event that was checked already; never blocks. `size` counts large texts."""
        if len(self._queue) >= LONGEST_QUEUE or self._large + size > LARGEST_QUEUE:
            self.lose("queue full", 1, entry.event if isinstance(entry, Call) else entry.name)
            return
        self._large += size
        self._queue.append(entry)

    def lose(self, reason: str, number: int, event: str = "") -> None:
        """Count events that are not kept; the number is reported as one event where the app declares it."""
        if number:
            self._lost[reason, self._named(event)] += number
            self._reports[reason, ""] += number

    def barrier(self) -> Signal:
        """Return a signal that is set once everything queued before it is on disk."""
        signal = Signal()
        self._queue.append(signal)
        return signal

    def finish(self) -> None:
        """Have the next step also write what rules hold back and what is to be reported."""
        self._finishing = True
        self._due_at = self._report_at = 0.0

    def discard(self) -> None:
        """Forget what is queued; takes no lock, because it is called while consent is being followed.

        What the writing thread holds already goes when it asks for the level before its commit.
        """
        while self._queue:
            entry = self._queue.popleft()
            if isinstance(entry, Signal):
                entry.set()

    def step(self) -> float:
        """Commit what is queued, in chunks; return after how many seconds to look again."""
        with self._lock:
            if self._around.level() == levels.OFF:
                self._forget()
                return LOOK_SECONDS
            self._report()
            if self._finishing and self._spool is not None:
                self._spool.wait_at_most(BUSY_AT_END_SECONDS)
            while True:
                signals = self._take()
                try:
                    # Asked again here, and outside the gate: following a no takes the gate itself.
                    if self._around.level() == levels.OFF:
                        self._forget()
                    with GATE:
                        self._commit()
                        self._maintain()
                except (sqlite3.Error, OSError) as error:
                    return self._after(error, signals)
                for signal in signals:
                    signal.set()
                if not self._queue:
                    return LOOK_SECONDS

    @contextmanager
    def lent_spool(self) -> Iterator[Spool]:
        """Lend the connection to whoever has one thing to ask: opening another takes as long as writing an event."""
        with self._lock, GATE:
            yield self._opened()

    def close(self) -> None:
        """Close the spool."""
        with self._lock:
            if self._spool is not None:
                with GATE:
                    self._spool.close()
            self._spool = None

    def _take(self) -> list[Signal]:
        """Check one chunk of the queue; return the barrier that ended it, if one did."""
        level = self._around.level()
        self._large = 0 if len(self._queue) <= CHUNK else self._large
        allowed = {each for each in levels.LEVELS if levels.covers(level, each)}
        for _ in range(CHUNK):
            if not self._queue:
                break
            entry = self._queue.popleft()
            if isinstance(entry, Signal):
                return [entry]
            with GATE:  # the first checks import what they need; for one event each, because a fork waits
                event = self._guarded(entry)
            if isinstance(event, str):  # this one call is lost, not those behind it
                self._lost[event, UNNAMED] += 1
            elif event is not None and event.level in allowed and self._around.allows(event.extension.id):
                self._events.append(event)
        return []

    def _guarded(self, entry: Call | Event) -> Event | str | None:
        unusable: Event | str | None = UNUSABLE
        return attempt(partial(self._checked, entry), unusable)

    def _checked(self, entry: Call | Event) -> Event | str | None:
        if isinstance(entry, Event):
            return entry
        event, notes = self._declared.check(entry)
        if event is None:
            reason = notes[0].reason if notes else "not declared"
            self._lost[reason, self._named(entry.event)] += 1
        return event

    def _named(self, event: str) -> str:
        return event if isinstance(event, str) and self._declared.declares(event) else UNNAMED

    def _commit(self) -> None:
        if not self._events and not self._lost:
            return
        self._ruled.clear()
        spool = self._opened()
        identity, lost = self._around.identity(), dict(self._lost)
        with spool.transaction():
            self._policy.refresh(spool)
            kept = [each for event in self._events for each in self._policy.admit(spool, event, identity)]
            self._policy.settle(spool)
            self._write(spool, kept)
            spool.count(self._today(), lost)
        self._events.clear()
        self._lost.subtract(lost)
        self._lost = +self._lost
        for event in kept:
            self._around.deliver(event)

    def _write(self, spool: Spool, events: list[Event]) -> None:
        identity, context = self._around.identity(), self._around.context()
        spool.add([_row(event, identity, context) for event in events])
        spool.count(self._today(), self._ruled)

    def _maintain(self) -> None:
        """Now and then, write what rules held back long enough."""
        now = self._host.monotonic()
        if now >= self._due_at:
            self._due_at = now + DUE_SECONDS
            spool = self._opened()
            if spool.holds_back(self._today()):
                with spool.transaction():
                    due = self._policy.due(spool, self._host.clock(), everything=self._finishing)
                    self._write(spool, [each for each in due if self._around.allows(each.extension.id)])

    def _report(self) -> None:
        """Log, once a minute, how many events were not kept because there were too many."""
        now = self._host.monotonic()
        if now < self._report_at:
            return
        self._report_at = now + REPORT_SECONDS
        for extension, number in self._policy.over_budget():
            self._reports["budget", extension] += number
        reports, self._reports = self._reports, Counter()
        if self._declared.declares(DROPPED_EVENT):
            for (reason, extension), number in reports.items():
                properties = {"reason": reason, "count": number}
                more = {"extension": extension} if extension else {}
                self._queue.append(Call(TRACK, DROPPED_EVENT, {**properties, **more}, self._host.clock()))

    def _opened(self) -> Spool:
        if self._spool is not None and self._spool.is_lost:
            self._spool.close()
            self._spool = None
        if self._spool is None:
            self._spool = self._around.open_spool()
            # Inside the gate nobody waits for another process: a fork would, and whoever asks for the status.
            self._spool.wait_at_most(BUSY_AT_END_SECONDS if self._finishing else PATIENCE_SECONDS)
        return self._spool

    def _drop(self, reason: str, event: str) -> None:
        self._ruled[reason, event] += 1

    def _today(self) -> str:
        return wire.stamp(self._host.clock())[:10]

    def _forget(self) -> None:
        self._events.clear()
        self._lost.clear()
        self._reports.clear()
        self.discard()

    def _after(self, error: Exception, signals: list[Signal]) -> float:
        """Return when to try again: soon where another process was writing, later where the disk fails."""
        self._keep_some()
        if is_busy(error):
            self._queue.extendleft(signals)
            return BUSY_SECONDS
        with GATE:
            self._give_up_file(error)
        for signal in signals:
            signal.set()
        return RETRY_SECONDS

    def _give_up_file(self, error: Exception) -> None:
        """Open the file anew the next time; one that is damaged begins anew, and its loss is counted as one."""
        spool, self._spool = self._spool, None
        if spool is None:
            return
        if is_damaged(error):
            self._lost[DAMAGED, UNNAMED] += 1
            spool.discard()
        else:
            spool.close()

    def _keep_some(self) -> None:
        """A disk that is full or busy may recover: keep the newest events, count the others."""
        excess = len(self._events) - CHUNK * 5
        if excess > 0:
            self.lose("disk", excess)
            del self._events[:excess]


def _row(event: Event, identity: str, context: str) -> Row:
    payload, cuts = wire.encode(event, identity, context)
    return Row(event.message_id, event.time, event.name, event.level, payload, dump_notes(event.notes + cuts))


def dump_notes(notes: tuple[Note, ...]) -> str:
    """Return notes as JSON: a list of [path, what was done, why]."""
    return wire.dump(notes) if notes else "[]"
