"""How do the parts of the client work together? Consent opens and shuts the way of every event."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Signal
from threading import RLock
from typing import Any, Final

from aboveboard.catalog import Catalog
from aboveboard.client import levels, wire
from aboveboard.client.boundary import attempt
from aboveboard.client.consent import ACCEPTED, DECLINED, SWITCHED_OFF, UNDECIDED, Consent, Decision
from aboveboard.client.context import describe_context
from aboveboard.client.declared import Declared
from aboveboard.client.erasure import read_erasures
from aboveboard.client.host import Host
from aboveboard.client.identity import make_id, make_key
from aboveboard.client.outbox import Envelope
from aboveboard.client.places import find_places
from aboveboard.client.record import APP, TRACK, Call, Extension
from aboveboard.client.recorder import GATHER_SECONDS, Recorder
from aboveboard.client.revocation import accepted_again, revoke
from aboveboard.client.sender import INTERVAL_SECONDS, Sender, Target
from aboveboard.client.spool import Spool
from aboveboard.client.undecided import Undecided
from aboveboard.client.worker import Worker
from aboveboard.privacy import CLEANER_VERSION

LOOK_SECONDS: Final = 0.25
DRAIN_SECONDS: Final = 1.0
OTHER_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Setup:
    """What the app told us about itself."""

    app: str
    version: str
    endpoint: str
    write_key: str
    catalog: str | Path | Catalog | None
    preset: str | None
    detach: bool = True


class Engine:
    """One app's telemetry in one process: nothing runs and nothing is on disk before consent."""

    def __init__(self, setup: Setup, host: Host) -> None:
        self.setup = setup
        self.host = host
        self.places = find_places(setup.app, host, setup.preset)
        self._fresh_key = host.entropy(32)
        self.declared = Declared(setup.catalog, host, self._key)
        self.consent = Consent(setup.app, self.places, host, self.declared.offer)
        self.undecided = Undecided()
        self._lock = RLock()
        self._listeners: list[Callable[[], object]] = []
        self._decision: Decision | None = None
        self._next_look = 0.0
        self._id: str | None = None
        self._context = ""
        self._closed = False
        self._urgent: deque[Signal] = deque()
        self._emptied = False
        self._make_parts()

    def _make_parts(self) -> None:
        self.recorder = Recorder(
            self.declared, self.host, self.open_spool, self._identity, self._describe, self.level
        )
        target = Target(self.setup.endpoint, self.setup.write_key)
        self.sender = Sender(target, self.places, self.host, self._envelope, self._may_erase)
        self._writing = Worker("aboveboard-writer", self._write_step, GATHER_SECONDS)
        self._sending = Worker("aboveboard-sender", self._send_step)

    def start(self) -> None:
        """Look at the consent for the first time, and begin where it is given."""
        self.look()

    def record(
        self, kind: str, event: str, properties: dict[str, object], extension: Extension = APP
    ) -> None:
        """Take one event whose properties are frozen already."""
        decision = self._decision
        if decision is None or (decision.state != ACCEPTED and self.host.monotonic() >= self._next_look):
            decision = self.look()
        if self._closed or decision.state in (DECLINED, SWITCHED_OFF):
            return
        call = Call(kind, event, properties, self.host.clock(), extension)
        if decision.state == UNDECIDED:
            self._hold(call)
            return
        self.recorder.put(call)
        self._writing.wake()
        if not self._writing.is_running:
            self._run()

    def record_own(self, event: str, properties: dict[str, object]) -> None:
        """Take an event of the client itself; an app that does not declare it does without it."""
        if self.declared.declares(event):
            self.record(TRACK, event, properties)

    def look(self) -> Decision:
        """Read the consent again and follow it where it changed."""
        self._next_look = self.host.monotonic() + LOOK_SECONDS
        with self._lock:
            decision = self.consent.decision()
            before, self._decision = self._decision, decision
            if before is not decision and (before is None or _changed(before, decision)):
                self._follow(decision)
        if before is not None and _changed(before, decision):
            for listener in list(self._listeners):
                attempt(listener, None)
        return decision

    def level(self) -> str:
        """Return the level that holds at this moment, looking at the files."""
        return self.look().level

    def preview(self) -> tuple[dict[str, Any], ...]:
        """Return what waits for the person's answer, in the form in which it would be sent."""
        events = self.undecided.events()
        return tuple(json.loads(wire.encode(event, "", self._describe())[0]) for event in events)

    def add_extension(self, extension_id: str, catalog: str | Path | Catalog) -> None:
        """Declare the events of an extension; the consent is looked at again, because they may ask for more."""
        self.declared.add_extension(extension_id, catalog)
        self.consent.forget()

    def listen(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Call `listener` after each change of consent; the returned function ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def open_spool(self) -> Spool:
        """Return a new connection to the spool."""
        return Spool(self.places.spool)

    def flush(self, timeout: float) -> bool:
        """Write and send what waits, for at most `timeout` seconds; true if nothing is left."""
        end = self.host.monotonic() + timeout
        if self.look().state == ACCEPTED:
            self._drain(timeout)
        elif not self._has_erasures():
            return not self.undecided.events()
        while True:
            signal = Signal()
            self._urgent.append(signal)
            self._sending.start()
            self._sending.wake()
            if not signal.wait(max(0.0, end - self.host.monotonic())):
                return False
            if self._emptied or not self.sender.is_other_sending:
                return self._emptied
            Signal().wait(OTHER_SECONDS)

    def close(self) -> None:
        """Write what is in memory and stop; what was not sent stays for the next start."""
        if self._closed:
            return
        if self._decision is not None and self._decision.state == ACCEPTED:
            self._drain(DRAIN_SECONDS)
        self._closed = True
        self._writing.stop(0.05)
        self.sender.abort()
        self._sending.stop(0.0)
        self.recorder.close()

    def _hold(self, call: Call) -> None:
        if self.undecided.is_full:
            self.undecided.add(None)
            return
        event, _ = self.declared.check(call)
        if event is not None:
            self.undecided.add(event)

    def _follow(self, decision: Decision) -> None:
        """Open or shut the way, as the new decision says."""
        if decision.state == ACCEPTED:
            self._open()
            return
        self.recorder.discard()
        self.sender.abort()
        if decision.state == UNDECIDED:
            return
        self.undecided.take()
        if decision.state == DECLINED:
            attempt(self._revoke, None)

    def _open(self) -> None:
        attempt(lambda: accepted_again(self.places), None)
        events, overflow = self.undecided.take()
        for event in events:
            self.recorder.put(event)
        self.recorder.lose("undecided", overflow)
        self._run()

    def _revoke(self) -> None:
        revoke(self.places, self.host)
        self._id = None
        if self._has_erasures():
            self._sending.start()
            self._sending.wake()

    def _run(self) -> None:
        if not self._closed:
            self._writing.start()
            self._sending.start()

    def _drain(self, timeout: float) -> None:
        signal = self.recorder.barrier()
        self._run()
        self._writing.wake()
        signal.wait(timeout)

    def _write_step(self) -> float:
        self.look()
        wait = self.recorder.step()
        if self._decision is not None and self._decision.state != ACCEPTED:
            return max(wait, LOOK_SECONDS)
        return wait

    def _send_step(self) -> float:
        if self.level() == levels.OFF and not self._has_erasures():
            return INTERVAL_SECONDS
        waiting = [self._urgent.popleft() for _ in range(len(self._urgent))]
        try:
            self._emptied = self.sender.run(urgent=bool(waiting))
        finally:
            for signal in waiting:
                signal.set()
        return INTERVAL_SECONDS

    def _has_erasures(self) -> bool:
        return bool(read_erasures(self.places.erasures).pending)

    def _may_erase(self) -> bool:
        return self.look().state != SWITCHED_OFF

    def _envelope(self) -> Envelope | None:
        decision = self.look()
        if decision.state != ACCEPTED or self.declared.catalog() is None:
            return None
        offer = self.declared.offer()
        return Envelope(self.setup.write_key, offer.notice, decision.level, offer.digest, CLEANER_VERSION)

    def _key(self) -> bytes:
        accepted = self._decision is not None and self._decision.state == ACCEPTED
        try:
            # Before consent nothing is on disk: the key is kept once the answer is yes.
            return make_key(self.places, self._fresh_key) if accepted else self._fresh_key
        except OSError:
            return self._fresh_key

    def _identity(self) -> str:
        if self._id is None:
            self._id = make_id(self.places, self.host)
        return self._id

    def _describe(self) -> str:
        if not self._context:
            self._context = wire.dump(describe_context(self.setup.app, self.setup.version, self.host))
        return self._context


def _changed(before: Decision, after: Decision) -> bool:
    return (before.state, before.level) != (after.state, after.level)
