"""What is made only when it is needed? What writes, with the first yes; what sends, when something is sent.

A run that nobody has agreed to imports neither, and a short one leaves the sending to a later one.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from aboveboard.client.boundary import attempt
from aboveboard.client.consent import ACCEPTED, SWITCHED_OFF
from aboveboard.client.gate import GATE
from aboveboard.privacy import CLEANER_VERSION

if TYPE_CHECKING:
    from aboveboard.client.engine import Engine
    from aboveboard.client.handover import Handover
    from aboveboard.client.outbox import Envelope
    from aboveboard.client.policy import Policy
    from aboveboard.client.record import Event
    from aboveboard.client.recorder import Recorder
    from aboveboard.client.sender import Sender
    from aboveboard.client.spool import Spool
    from aboveboard.client.target import Target


class Parts:
    """The recorder, the sender and the senders of extensions, of one engine in one process."""

    def __init__(self, engine: "Engine") -> None:
        self._engine = engine
        self._recorder: Recorder | None = None
        self._sender: Sender | None = None
        self._handover: Handover | None = None
        self._context = ""

    @property
    def recorder(self) -> "Recorder":
        """Return what writes."""
        if self._recorder is None:
            with GATE:
                self._recorder = self._recorder or self._make_recorder()
        return self._recorder

    @property
    def sender(self) -> "Sender":
        """Return what sends."""
        if self._sender is None:
            engine = self._engine
            with GATE:
                from aboveboard.client.sender import Sender

                self._sender = self._sender or Sender(
                    self.target, engine.places, engine.host, self._envelope, self._may_erase
                )
        return self._sender

    @property
    def target(self) -> "Target":
        """Return where events go."""
        from aboveboard.client.target import Target

        return Target(self._engine.setup.endpoint, self._engine.setup.write_key)

    def context(self) -> str:
        """Return what every event says of the machine, as JSON."""
        if not self._context:
            from aboveboard.client import wire
            from aboveboard.client.context import describe_context  # slow to import, and needed late

            setup = self._engine.setup
            self._context = wire.dump(describe_context(setup.app, setup.version, self._engine.host))
        return self._context

    @contextmanager
    def lent_spool(self) -> "Iterator[Spool]":
        """Lend the connection of what writes, or one of its own where nothing was written."""
        if self._recorder is not None:
            with self._recorder.lent_spool() as spool:
                yield spool
            return
        with GATE, closing(self._engine.open_spool()) as spool:
            yield spool

    def discard(self) -> None:
        """Forget what is queued to be written."""
        if self._recorder is not None:
            self._recorder.discard()

    def interrupt(self) -> None:
        """End a request that is under way, and forget what waits for senders of extensions."""
        if self._sender is not None:
            attempt(self._sender.abort, None)
        if self._handover is not None:
            self._handover.discard()

    def stop(self) -> None:
        """End a request that is under way, and the thread of the extensions' senders."""
        self.interrupt()
        if self._handover is not None:
            self._handover.stop()

    def _deliver(self, event: "Event") -> None:
        """Have an extension's own sender get an event that was kept, where it has one."""
        if event.extension.sender is None:
            return
        if self._handover is None:
            from aboveboard.client.handover import Handover

            self._handover = Handover()
        self._handover.deliver(event)

    def close(self) -> None:
        """Close the spool."""
        if self._recorder is not None:
            self._recorder.close()

    def leave_to_parent(self) -> None:
        """In the child after a fork: none of this is ours."""
        # Connections of the parent must not be closed here: SQLite would fold the log under its feet.
        _LEFT_OPEN.append((self._recorder, self._sender))
        if self._sender is not None:
            self._sender.leave_to_parent()

    def _make_recorder(self) -> "Recorder":
        from aboveboard.client.recorder import Recorder, Surroundings

        engine = self._engine
        around = Surroundings(
            engine.open_spool,
            engine.install.identity,
            self.context,
            engine.level,
            engine.allows,
            self._deliver,
        )
        return Recorder(engine.declared, engine.host, self._policy, around)

    def _policy(self, count: Callable[[str, str], None]) -> "Policy":
        from aboveboard.client.policy import Policy

        return Policy(self._engine.host, self._engine.rules, self._engine.setup.budget, count)

    def _envelope(self) -> "Envelope | None":
        from aboveboard.client.outbox import Envelope

        engine, decision = self._engine, self._engine.look()
        if decision.state != ACCEPTED or engine.declared.catalog() is None or engine.is_closed:
            return None
        offer, key = engine.declared.offer(), engine.setup.write_key
        return Envelope(key, offer.notice, decision.level, offer.digest, CLEANER_VERSION, decision.is_off)

    def _may_erase(self) -> bool:
        return self._engine.look().state != SWITCHED_OFF


_LEFT_OPEN: list[object] = []
