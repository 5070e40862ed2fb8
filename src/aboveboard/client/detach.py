"""Who sends what is left when the app ends? A process of its own, at most one every few minutes."""

import json
import os
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from aboveboard.client.answer import Offer
from aboveboard.client.host import Host
from aboveboard.client.sender import Target
from aboveboard.client.spool import Spool

PAUSE_SECONDS: Final = 300.0
LEFT_KEY: Final = "detached"


@dataclass(frozen=True, slots=True)
class Order:
    """What the detached process needs to know; it reads consent and events itself."""

    app: str
    preset: str | None
    target: Target
    offer: Offer
    home: str
    root: str
    platform: str
    uid: int | None

    def to_json(self) -> str:
        """Return the order as the text that the process reads from its standard input."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Order":
        """Read an order."""
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


def can_detach() -> bool:
    """Tell whether `sys.executable` is a Python that runs our file: not in a frozen app, not when embedded."""
    if getattr(sys, "frozen", False) or not sys.executable or sys.platform == "emscripten":
        return False
    return bool(re.match(r"(python|pypy)[\d.]*w?(\.exe)?$", Path(sys.executable).name, re.IGNORECASE))


def may_detach(spool: Spool, now: float) -> bool:
    """Take the right to start a process, which only one process of the app gets every few minutes."""
    with spool.transaction():
        last = float(spool.get(LEFT_KEY, "0"))
        if 0 <= now - last < PAUSE_SECONDS:
            return False
        spool.put(LEFT_KEY, str(now))
    return True


def detach(order: Order, environ: dict[str, str]) -> None:
    """Start the process; it holds nothing of ours open, and nobody waits for it."""
    # An absolute file and -I: `-m` would import from the folder in which the app was started.
    script = str(Path(__file__).resolve().with_name("detached.py"))
    process = subprocess.Popen(
        [sys.executable, "-I", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environ,
        cwd=Path(script).parent,
        start_new_session=True,
        close_fds=True,
    )
    if process.stdin is not None:
        process.stdin.write(order.to_json().encode())
        process.stdin.close()
    # The process outlives us on purpose; without this, its object complains that it was not waited for.
    process.returncode = 0
