"""Who sends what is left when the app ends? A process of its own, at most one every few minutes."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aboveboard.client.answer import Offer
from aboveboard.client.host import Host
from aboveboard.frozen import record

if TYPE_CHECKING:
    from aboveboard.client.target import Target

NICE: Final = 10


@record(frozen=True, slots=True)
class Order:
    """What the detached process needs to know; it reads consent and events itself."""

    app: str
    preset: str | None
    target: "Target"
    offer: Offer
    home: str
    root: str
    platform: str
    uid: int | None

    def to_json(self) -> str:
        """Return the order as the text that the process reads from its standard input."""
        return json.dumps(self, default=_fields)

    @classmethod
    def from_json(cls, text: str) -> "Order":
        """Read an order."""
        from aboveboard.client.target import Target

        found: dict[str, Any] = json.loads(text)
        found["target"] = Target(**found["target"])
        found["offer"] = Offer(**found["offer"])
        return cls(**found)

    def host(self) -> Host:
        """Return the machine as the app saw it."""
        return Host(
            environ=os.environ,
            home=Path(self.home),
            root=Path(self.root),
            platform=self.platform,
            uid=self.uid,
        )


def _fields(item: Any) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__match_args__}


def detach(order: Order, environ: dict[str, str]) -> int:
    """Start the process and return its id; it holds nothing of ours open, and nobody waits for it."""
    # An absolute file and -I: `-m` would import from the folder in which the app was started. -S: no packages
    # of others, and a start twice as fast.
    script = str(Path(__file__).resolve().with_name("detached.py"))
    command = [sys.executable, "-I", "-S", script]
    with order_to_read(order) as reading:
        try:
            return _spawn(command, environ, reading)
        except (AttributeError, NotImplementedError):
            return _open(command, environ, reading)


@contextmanager
def order_to_read(order: Order) -> Iterator[int]:
    """Yield a descriptor from which the order can be read; it is far smaller than a pipe."""
    reading, writing = os.pipe()
    try:
        try:
            os.write(writing, order.to_json().encode())
        finally:
            os.close(writing)
        yield reading
    finally:
        os.close(reading)


def _spawn(command: list[str], environ: dict[str, str], reading: int) -> int:
    """Start a process without importing `subprocess`, which takes longer than everything else at the end."""
    actions = [
        (os.POSIX_SPAWN_DUP2, reading, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    process = os.posix_spawn(command[0], command, environ, file_actions=actions, setsid=True)
    # The app is ending at this moment, and comes first.
    os.setpriority(os.PRIO_PROCESS, process, NICE)
    return process


def _open(command: list[str], environ: dict[str, str], reading: int) -> int:
    from subprocess import DEVNULL, Popen

    process = Popen(
        command, stdin=reading, stdout=DEVNULL, stderr=DEVNULL, env=environ, start_new_session=True
    )
    # The process outlives us on purpose; without this, its object complains that it was not waited for.
    process.returncode = 0
    return process.pid
