"""Must we wait before the next request, and may a process be started for it when the app ends?"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from aboveboard.client.spool import Spool

PAUSE_SECONDS: Final = 300.0
LEFT_KEY: Final = "detached"
DELETIONS_KEY: Final = "detached deletions"


def must_wait(spool: Spool, now: float, *, urgent: bool = False) -> bool:
    """Tell whether the collector asked us to wait, or, unless it is urgent, whether we wait after a failure."""
    asked = float(spool.get("retry_after", "0"))
    ours = float(spool.get("not_before", "0"))
    return is_ahead(now, asked) or (not urgent and is_ahead(now, ours))


def is_ahead(now: float, moment: float) -> bool:
    """Tell whether a moment is still to come."""
    # A clock that jumped back must not silence us for longer than any wait could be.
    return now < moment <= now + 24 * 3600


def can_detach() -> bool:
    """Tell whether `sys.executable` is a Python that runs our file: not in a frozen app, not when embedded."""
    if getattr(sys, "frozen", False) or not sys.executable or sys.platform == "emscripten":
        return False
    name = Path(sys.executable).name.lower().removesuffix(".exe").removesuffix("w")
    return name.rstrip("0123456789.") in ("python", "pypy")


def may_detach(spool: Spool, now: float, deletions: Iterable[str] = ()) -> bool:
    """Take the right to start a process, which only one process of the app gets every few minutes.

    A deletion that no process was started for yet is not put off. Where the collector was not reached, or asked
    us to wait, nothing is started before its time.
    """
    asked = set(deletions)
    with spool.transaction():
        known = set(spool.get(DELETIONS_KEY).split())
        if not asked - known:
            last = float(spool.get(LEFT_KEY, "0"))
            if 0 <= now - last < PAUSE_SECONDS or must_wait(spool, now):
                return False
        spool.keep(DELETIONS_KEY, " ".join(sorted(asked)))
        spool.put(LEFT_KEY, str(now))
    return True
