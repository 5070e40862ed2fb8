"""How do the parts of the client work together? Consent opens and shuts the way of every event."""

import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Event as Signal
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

from aboveboard.catalog import Catalog
from aboveboard.client import levels
from aboveboard.client.boundary import TROUBLES, attempt
from aboveboard.client.consent import (
    ACCEPTED,
    DECLINED,
    SWITCHED_OFF,
    UNDECIDED,
    Consent,
    Decision,
    differ,
    is_lowered,
)
from aboveboard.client.declared import Declared, Included
from aboveboard.client.erasure import read_erasures
from aboveboard.client.gate import GATE
from aboveboard.client.host import Host
from aboveboard.client.install import Install
from aboveboard.client.parts import Parts
from aboveboard.client.places import find_places, preset_problem
from aboveboard.client.record import APP, TRACK, Call, Extension
from aboveboard.client.setup import Setup
from aboveboard.client.undecided import Undecided
from aboveboard.client.worker import Worker

if TYPE_CHECKING:
    from aboveboard.client.crash import Crash, Run
    from aboveboard.client.rules import Rule
    from aboveboard.client.spool import Spool

REVOKE_TRIES: Final = 3
# How often a deletion is looked at; its own backoff says when it is asked for again.
ERASURE_SECONDS: Final = 1.0
GATHER_SECONDS: Final = 0.01
LOOK_SECONDS: Final = 0.25
ALIVE_SECONDS: Final = 30.0
# Normally milliseconds; this much only for a burst, or the first events of a process on a busy machine.
DRAIN_SECONDS: Final = 3.0
# Not at once: the network's modules would be imported just while the app starts.
FIRST_SEND_SECONDS: Final = 1.0
END: Final = -1.0
CRASH_EVENT: Final = "crash"
OTHER_SECONDS: Final = 0.05


class Engine:
    """One app's telemetry in one process: nothing runs and nothing is on disk before consent."""

    def __init__(self, setup: Setup, host: Host) -> None:
        self.setup = setup
        self.host = host
        # Errors are counted for the whole process; those before this app's telemetry are none of its own.
        self.troubles_before = TROUBLES.count
        self.places = find_places(setup.app, host, setup.preset)
        self.install = Install(self.places, host)
        self.declared = Declared(setup.catalog, host, self._key, _hint if setup.development else None)
        unusable = preset_problem(setup.preset)
        if unusable and setup.development:
            _hint(unusable)
        self.consent = Consent(setup.app, self.places, host, self.declared.offer, unusable)
        self.undecided = Undecided()
        self.extensions: list[Extension] = []
        self.on_crash: Callable[[Crash], None] = lambda crash: None
        self.is_closed = False
        self.is_child = False
        self.rules: tuple[Rule, ...] = ()
        self._rule_problems: tuple[str, ...] = ()
        if setup.rules is not None:
            from aboveboard.client.rules import load_rules

            self.rules, self._rule_problems = load_rules(setup.rules)
        self._began = host.monotonic()
        self._listeners: list[Callable[[], object]] = []
        self._decision: Decision | None = None
        self._make_parts()

    def _make_parts(self) -> None:
        """Make everything that has threads, locks or open files; done anew in the child after a fork."""
        self._lock = RLock()
        self._next_look = self._next_alive = 0.0
        self._inline = False
        self._urgent: deque[Signal] = deque()
        self._emptied = False
        self._run: Run | None = None
        self.parts = Parts(self)
        self._writing = Worker("aboveboard-writer", self._write_step, GATHER_SECONDS)
        self._sending = Worker("aboveboard-sender", self._send_step, first=FIRST_SEND_SECONDS)

    @property
    def rule_problems(self) -> tuple[str, ...]:
        """Return what is wrong with the rules, and with writing down the person's answer, for `status()`."""
        return (preset_problem(self.setup.preset), self.consent.problem, *self._rule_problems)

    def record(self, kind: str, event: str, properties: dict[str, Any], extension: Extension = APP) -> None:
        """Take one event whose properties are frozen already."""
        decision = self._decision
        if decision is None or (decision.state != ACCEPTED and self.host.monotonic() >= self._next_look):
            decision = self.look()
        if self.is_closed or decision.state in (DECLINED, SWITCHED_OFF):
            return
        if decision.extensions_off and not decision.allows(extension.id):
            return
        call = Call(kind, event, properties, self.host.clock(), extension)
        if decision.state == UNDECIDED:
            self._hold(call)
            return
        self.parts.recorder.put(call)
        self._writing.wake()
        if not self._writing.is_running:
            self._start_threads()

    def record_own(self, event: str, properties: dict[str, Any]) -> None:
        """Take an event of the client itself; an app that does not declare it does without it."""
        if self.declared.declares(event):
            self.record(TRACK, event, properties)

    def look(self) -> Decision:
        """Read the consent again and follow it where it changed."""
        self._next_look = self.host.monotonic() + LOOK_SECONDS
        with self._lock:
            decision = self.consent.decision()
            before, self._decision = self._decision, decision
            changed = before is None or differ(before, decision)
            if changed and not self.is_closed:
                self._follow(decision, before)
        if changed and before is not None:
            for listener in list(self._listeners):
                attempt(listener, None)
        return decision

    def level(self) -> str:
        """Return the level that holds at this moment, looking at the files."""
        return self.look().level

    def allows(self, extension: str) -> bool:
        """Tell whether an extension may log, as far as its own switch goes, by the last look at the files."""
        return self._decision is None or self._decision.allows(extension)

    def switch(self, extension: str, on: bool) -> bool:
        """Record the person's choice for one extension; false where it could not be written."""
        done = self.consent.switch(extension, on, [known.id for known in self.extensions])
        self.look()
        return done

    def uptime(self) -> float:
        """Return for how many seconds the app has run."""
        return round(self.host.monotonic() - self._began, 1)

    def preview(self) -> tuple[dict[str, Any], ...]:
        """Return what waits for the person's answer, in the form in which it would be sent."""
        import json

        from aboveboard.client import wire

        events = [event for event in self.undecided.events() if self.allows(event.extension.id)]
        return tuple(json.loads(wire.encode(event, "", self.parts.context())[0]) for event in events)

    def add_extension(self, extension: Extension, catalog: str | Path | Catalog | None) -> None:
        """Learn of an extension; the consent is looked at again, because its catalog may ask for more."""
        self.extensions = [known for known in self.extensions if known.id != extension.id] + [extension]
        if catalog is not None:
            self.declared.add_extension(extension.id, catalog)
            self.consent.forget()

    def include(self, catalog: Included) -> None:
        """Declare an integration's events; the consent is looked at again, because they may ask for more."""
        self.declared.include(self.setup.app, catalog)
        self.consent.forget()

    def listen(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Call `listener` after each change of consent; the returned function ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def open_spool(self) -> "Spool":
        """Return a new connection to the spool."""
        from aboveboard.client.spool import Spool

        return Spool(self.places.spool)

    def flush(self, timeout: float) -> bool:
        """Write and send what waits, for at most `timeout` seconds; true if nothing is left."""
        end = self.host.monotonic() + timeout
        if self.look().state == ACCEPTED:
            self._drain(timeout)
        elif not self.has_erasures():
            return not self.undecided.events()
        while True:
            signal = Signal()
            self._urgent.append(signal)
            self._sending.start()
            self._sending.wake()
            if not signal.wait(max(0.0, end - self.host.monotonic())):
                return False
            if self._emptied or not self.parts.sender.is_other_sending or self.host.monotonic() >= end:
                return self._emptied
            Signal().wait(OTHER_SECONDS)

    def forget(self) -> None:
        """Delete all of this install here, and have the collector delete what it has."""
        from aboveboard.client.revocation import forget

        with self._lock:
            self._let_go()
            self.undecided.take()
            forget(self.places, self.host)
            self._renew()
        self._send_erasures()

    def close(self, *, at_exit: bool = False) -> None:
        """Write what is in memory and stop; what was not sent stays for the next start.

        `at_exit` leaves threads and connection to the end of the process: closing the last connection folds
        the log into the file, which waits for the disk.
        """
        if self.is_closed:
            return
        accepted = self._decision is not None and self._decision.state == ACCEPTED
        if accepted:
            self.parts.recorder.finish()
            self._drain(DRAIN_SECONDS)
        self.is_closed = True
        self.parts.stop()
        if not at_exit:
            self._writing.stop(0.1)
            self._sending.stop(0.0)
            self.parts.close()
        self._end_run()

    def after_fork(self) -> None:
        """In the child: begin with parts of our own; what waited in memory is the parent's to write."""
        self.parts.leave_to_parent()
        if self._run is not None:
            self._run.leave_to_parent()
        self.is_child = True
        self.declared.after_fork()
        self.consent.after_fork()
        self.undecided = Undecided()
        self._make_parts()

    def _hold(self, call: Call) -> None:
        if self.undecided.is_full:
            self.undecided.add(None)
            return
        event, _ = self.declared.check(call)
        if event is not None:
            self.undecided.add(event)

    def _follow(self, decision: Decision, before: Decision | None) -> None:
        """Open or shut the way, as the new decision says."""
        if decision.state == ACCEPTED:
            if before is not None and is_lowered(before, decision):
                self.parts.interrupt()
                from aboveboard.client.revocation import drop_more

                attempt(lambda: drop_more(self.places, self.host, decision), None)
            self._open()
            return
        self._let_go()
        self._end_run()
        if decision.state == UNDECIDED:
            return
        self.undecided.take()
        if decision.state == DECLINED:
            from aboveboard.client.revocation import is_revoked, note_revocation, revoke

            for _ in range(REVOKE_TRIES):
                attempt(lambda: revoke(self.places, self.host), None)
                if is_revoked(self.places):
                    break
            else:
                attempt(lambda: note_revocation(self.places, self.host), None)
            self._send_erasures()

    def _let_go(self) -> None:
        """Forget what is queued, and end a request that is under way."""
        self.parts.discard()
        self.parts.interrupt()

    def _open(self) -> None:
        attempt(self._begin_anew, None)
        events, overflow = self.undecided.take()
        for event in events:
            self.parts.recorder.put(event)
        self.parts.recorder.lose("undecided", overflow)
        self._start_threads()

    def _begin_anew(self) -> None:
        if read_erasures(self.places.erasures).revoked:
            from aboveboard.client.revocation import accepted_again

            accepted_again(self.places)

    def _start_threads(self) -> None:
        """Begin to write and to send; where no thread may start (any more), write within the call."""
        if self.is_closed:
            return
        try:
            if not self._inline:
                self._writing.start()
                self._sending.start()
                return
        except RuntimeError:
            self._inline = True
        self._write_step()

    def _send_erasures(self) -> None:
        if self.has_erasures() and not self.is_closed:
            attempt(self._sending.start, None)
            self._sending.wake()

    def _drain(self, timeout: float) -> None:
        signal = self.parts.recorder.barrier()
        self._start_threads()
        self._writing.hurry()
        signal.wait(timeout)

    def _write_step(self) -> float:
        self._renew()
        if self.look().state != ACCEPTED:
            self.parts.recorder.discard()
            return END
        if self._is_crash_wanted and self.host.monotonic() >= self._next_alive:
            self._next_alive = self.host.monotonic() + ALIVE_SECONDS
            self._mark_alive()
        return self.parts.recorder.step()

    @property
    def _is_crash_wanted(self) -> bool:
        """Tell whether a run that dies is to be noticed: nobody asks for it where no such event is declared."""
        return not self.is_child and self.declared.declares(CRASH_EVENT)

    def _renew(self) -> None:
        if self.install.was_given_up():
            self.declared.renew()

    def _mark_alive(self) -> None:
        if self._run is None:
            with GATE:
                from aboveboard.client.crash import Run

            self._run = Run(self.places.runs, self.host)
        if self._run.is_begun:
            attempt(self._run.still_alive, None)
            return
        none: list[Crash] = []
        for crash in attempt(self._run.begin, none):
            self.on_crash(crash)

    def _end_run(self) -> None:
        if self._run is not None:
            attempt(self._run.end, None)

    def _send_step(self) -> float:
        from aboveboard.client.sender import INTERVAL_SECONDS

        waiting = [self._urgent.popleft() for _ in range(len(self._urgent))]
        try:
            if self.level() != levels.OFF or self.has_erasures():
                self._emptied = self.parts.sender.run(urgent=bool(waiting))
        finally:
            for signal in waiting:
                signal.set()
        if self.has_erasures():
            return ERASURE_SECONDS
        return INTERVAL_SECONDS if self.level() != levels.OFF else END

    def has_erasures(self) -> bool:
        """Tell whether the collector has not confirmed a deletion yet."""
        return bool(read_erasures(self.places.erasures).pending)

    def _key(self) -> bytes:
        accepted = self._decision is not None and self._decision.state == ACCEPTED
        return self.install.key(keep=accepted)


def _hint(line: str) -> None:
    """The one thing that is ever printed, and only where the app says that it is being developed."""
    sys.stderr.write(line + "\n")
