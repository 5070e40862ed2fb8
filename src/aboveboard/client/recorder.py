"""How do calls become rows on disk? A queue in memory, and a thread that checks, cleans and commits."""

import json
import sqlite3
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import astuple
from threading import Event as Signal
from threading import RLock
from typing import Final

from aboveboard.client import levels, wire
from aboveboard.client.boundary import attempt
from aboveboard.client.declared import UNNAMED, Declared
from aboveboard.client.host import Host
from aboveboard.client.record import Call, Event, Note
from aboveboard.client.spool import Row, Spool

# A burst of 10,000 calls fits; beyond this the newest are counted instead of kept.
LONGEST_QUEUE: Final = 16_384
CHUNK: Final = 200
GATHER_SECONDS: Final = 0.02
LOOK_SECONDS: Final = 0.4

Entry = Call | Event | Signal


class Recorder:
    """Takes calls from any thread and commits them to the spool, in order.

    `level` returns what the person agrees to at this moment, "off" where nothing may be written.
    """

    def __init__(
        self,
        declared: Declared,
        host: Host,
        open_spool: Callable[[], Spool],
        identity: Callable[[], str],
        context: Callable[[], str],
        level: Callable[[], str],
    ) -> None:
        self._declared = declared
        self._host = host
        self._open = open_spool
        self._identity = identity
        self._context = context
        self._level = level
        self._queue: deque[Entry] = deque()
        self._rows: list[Row] = []
        self._lost: Counter[tuple[str, str]] = Counter()
        self._spool: Spool | None = None
        self._lock = RLock()
        self.committed = 0

    def put(self, entry: Call | Event) -> None:
        """Queue one call, or an event that was checked already; never blocks."""
        if len(self._queue) >= LONGEST_QUEUE:
            self._lost["queue full", entry.event if isinstance(entry, Call) else entry.name] += 1
            return
        self._queue.append(entry)

    def lose(self, reason: str, number: int, event: str = "") -> None:
        """Count events that are not kept."""
        if number:
            self._lost[reason, event] += number

    def barrier(self) -> Signal:
        """Return a signal that is set once everything queued before it is on disk."""
        signal = Signal()
        self._queue.append(signal)
        return signal

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
            while self._queue or self._rows:
                signals = self._take()
                written = self._commit()
                for signal in signals:
                    signal.set()
                if not written:
                    return 1.0
            return LOOK_SECONDS

    def close(self) -> None:
        """Close the spool."""
        with self._lock:
            if self._spool is not None:
                self._spool.close()
            self._spool = None

    def _take(self) -> list[Signal]:
        """Check one chunk of the queue; return the barriers that stood in it."""
        signals: list[Signal] = []
        level = self._level()
        for _ in range(CHUNK):
            if not self._queue:
                break
            entry = self._queue.popleft()
            if isinstance(entry, Signal):
                signals.append(entry)
                break
            event = self._checked(entry)
            if event is not None and levels.covers(level, event.level):
                self._rows.append(self._row(event))
                self._hand_over(event)
        return signals

    def _checked(self, entry: Call | Event) -> Event | None:
        if isinstance(entry, Event):
            return entry
        event, notes = self._declared.check(entry)
        if event is None:
            reason = notes[0].reason if notes else "not declared"
            self._lost[reason, entry.event if self._declared.declares(entry.event) else UNNAMED] += 1
        return event

    def _row(self, event: Event) -> Row:
        payload, cuts = wire.encode(event, self._identity(), self._context())
        return Row(
            event.message_id, event.time, event.name, event.level, payload, dump_notes(event.notes + cuts)
        )

    def _hand_over(self, event: Event) -> None:
        sender = event.extension.sender
        if sender is not None:
            # A copy, because the app's code may change what it gets.
            attempt(lambda: sender(event.name, json.loads(wire.dump(event.properties))), None)

    def _commit(self) -> bool:
        if self._level() == levels.OFF:
            self._rows.clear()
            self._lost.clear()
            return True
        if not self._rows and not self._lost:
            return True
        try:
            spool = self._spool = self._spool or self._open()
            with spool.transaction():
                spool.add(self._rows)
                spool.count(wire.stamp(self._host.clock())[:10], self._lost)
        except (sqlite3.Error, OSError):
            self._keep_some()
            return False
        self.committed += len(self._rows)
        self._rows.clear()
        self._lost.clear()
        return True

    def _keep_some(self) -> None:
        """A disk that is full or busy may recover: keep the newest rows, count the others."""
        while len(self._rows) > CHUNK * 5:
            self._lost["disk", self._rows.pop(0).event] += 1


def dump_notes(notes: tuple[Note, ...]) -> str:
    """Return notes as JSON: a list of [path, what was done, why]."""
    return wire.dump([astuple(note) for note in notes]) if notes else "[]"
