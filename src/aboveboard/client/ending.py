"""What happens when the app ends, forks, or lets an exception through? Everything that is hooked into Python."""

import atexit
import os
import sys
import weakref
from typing import Any, Final

from aboveboard.client.boundary import attempt
from aboveboard.client.consent import ACCEPTED
from aboveboard.client.engine import Engine
from aboveboard.client.erasure import read_erasures
from aboveboard.client.gate import GATE
from aboveboard.client.hooks import Hooks

SHUTDOWN_EVENT: Final = "shutdown"
_ENDINGS: "weakref.WeakSet[Ending]" = weakref.WeakSet()


class Ending:
    """Ends an engine once, when the app says so or when Python ends."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._closed = False
        self._hooks: Hooks | None = None
        _ENDINGS.add(self)
        atexit.register(self.close, at_exit=True)
        _end_with_multiprocessing(self)
        if engine.setup.exceptions:
            self._hooks = Hooks(self._unhandled)
            self._hooks.install()

    def watch_loop(self, loop: Any) -> None:
        """Log exceptions that an asyncio loop reports because nobody caught them."""
        (self._hooks or Hooks(self._unhandled)).watch_loop(loop)

    def after_fork(self) -> None:
        """In the child: begin anew."""
        self._engine.after_fork()

    def close(self, *, at_exit: bool = False) -> None:
        """Log the shutdown, write what is in memory, and leave what was not sent to others."""
        if self._closed:
            return
        self._closed = True
        atexit.unregister(self.close)
        if self._hooks is not None:
            self._hooks.remove()
        attempt(lambda: self._shut_down(at_exit), None)

    def _unhandled(self, error: BaseException, where: str) -> None:
        with GATE:
            from aboveboard.client.lifecycle import unhandled  # few runs have one

        unhandled(self._engine, error, where)

    def _shut_down(self, at_exit: bool) -> None:
        engine = self._engine
        # What is held for an answer ends with the run: then nobody checks one more event.
        if engine.setup.lifecycle and not engine.is_child and engine.look().state == ACCEPTED:
            engine.record_own(SHUTDOWN_EVENT, {"uptime_s": engine.uptime()})
        engine.close(at_exit=at_exit)
        if engine.setup.detach:
            _leave_the_rest(engine)


def _leave_the_rest(engine: Engine) -> None:
    """Start the detached sender where something waits for a collector that may be reached."""
    accepted = engine.consent.decision().state == ACCEPTED
    pending = read_erasures(engine.places.erasures).pending
    if not (pending or (accepted and engine.places.spool.exists())):
        return
    from aboveboard.client.waiting import can_detach, may_detach

    if not can_detach():
        return
    with engine.parts.lent_spool() as spool:
        if not (accepted and spool.waiting()) and not pending:
            return
        if not may_detach(spool, engine.host.clock(), [each.deletion_id for each in pending]):
            return
    from aboveboard.client.detach import Order, detach

    host = engine.host
    order = Order(
        engine.setup.app,
        engine.setup.preset,
        engine.parts.target,
        engine.declared.offer(),
        str(host.home),
        str(host.root),
        host.platform,
        host.uid,
    )
    detach(order, dict(host.environ))


def _end_with_multiprocessing(ending: Ending) -> None:
    """A child of multiprocessing ends without atexit, but runs the finalizers of its own module."""
    process = sys.modules.get("multiprocessing.process")
    if process is not None and process.parent_process() is not None:
        _finalize(ending)


def _finalize(ending: Ending) -> None:
    from multiprocessing.util import Finalize

    Finalize(None, ending.close, exitpriority=0)


def _after_fork() -> None:
    module = sys.modules.get("multiprocessing.util")
    for ending in list(_ENDINGS):
        attempt(ending.after_fork, None)
        if module is not None:
            # It forgets its finalizers in a child, and then calls these.
            module.register_after_fork(ending, _finalize)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
