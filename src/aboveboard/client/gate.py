"""May the process fork now? Not while one of our threads is inside SQLite, or imports something.

SQLite's locks, and those of Python's imports, are not made for a fork: a child that is born while another
thread holds one waits for it forever. So both happen behind this gate, and a fork waits until it is free.
"""

import os
from threading import Lock, RLock, get_ident
from typing import Final

FORK_SECONDS: Final = 1.0


class Gate:
    """A lock that a fork takes too, and that is open again on both sides after it.

    A fork that waits is the next to go in: a thread that goes in and out all the time would keep it out.
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._lock = RLock()
        self._turn = Lock()
        self._owner = 0
        self._depth = 0
        self._is_fork_waiting = False
        self._is_held_by_fork = False

    def __enter__(self) -> None:
        """Go in; a fork waits until everybody is out."""
        if self._is_fork_waiting and self._owner != get_ident():
            with self._turn:
                pass
        self._lock.acquire()
        self._owner = get_ident()
        self._depth += 1

    def __exit__(self, *problem: object) -> None:
        """Come out."""
        self._depth -= 1
        if not self._depth:
            self._owner = 0
        self._lock.release()

    def before_fork(self) -> None:
        """Wait, not for long, until nobody is inside."""
        self._turn.acquire()
        self._is_fork_waiting = True
        self._is_held_by_fork = self._lock.acquire(timeout=FORK_SECONDS)

    def after_fork(self) -> None:
        """Let the parent's threads go on."""
        if self._is_held_by_fork:
            self._is_held_by_fork = False
            self._lock.release()
        self._is_fork_waiting = False
        self._turn.release()

    def after_fork_in_child(self) -> None:
        """Begin with a lock that nobody holds."""
        self._begin()


GATE: Final = Gate()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=GATE.before_fork, after_in_parent=GATE.after_fork, after_in_child=GATE.after_fork_in_child
    )
