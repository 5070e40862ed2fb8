"""What does a running server do on its own?

Every day it deletes what is older than its source keeps it; where other collectors have the same store, it takes up
every second what they were asked to erase and which sessions ended there.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from functools import partial

from aboveboard.access import Sources
from aboveboard.access.sessions import Ended
from aboveboard.collector.rights import TOLD_SECONDS, Rights, in_thread
from aboveboard.errors import RequestRefused
from aboveboard.store import Readers
from aboveboard.store.ended import ended_sessions, tell_ended
from aboveboard.store.retention import Rules, plausible, sweep

__all__ = ["keep_swept", "keep_told", "rules", "sweep_once"]

_log = logging.getLogger(__name__)
_DAY_SECONDS = 86_400.0


async def keep_swept(readers: Readers, sources: Callable[[], Sources]) -> None:
    """Sweep at the start and then every day, until it is cancelled."""
    days = 0
    while True:
        try:
            once = partial(
                sweep_once, readers, rules(sources()), time.time_ns() // 1_000_000, patient=days == 0
            )
            await in_thread(once)
        except RequestRefused:
            _log.error("Old events could not be deleted; this is tried again tomorrow.")
        await asyncio.sleep(_DAY_SECONDS)
        days += 1


async def keep_told(rights: Rights, readers: Readers, ended: Ended) -> None:
    """Take up what other collectors on the same store were asked to erase, and who signed out there.

    It goes on until it is cancelled.
    """

    def hear() -> None:
        with readers.client() as client:
            ended.hear(ended_sessions(client))

    def tell(number: str, moment: float) -> None:
        with readers.client() as client:
            tell_ended(client, number, moment)

    ended.tell = tell
    while True:
        with contextlib.suppress(RequestRefused):  # The log has it, and the next time it is tried again.
            await rights.hear()
            await in_thread(hear)
        await asyncio.sleep(TOLD_SECONDS / 2)


def sweep_once(readers: Readers, kept: Rules, now: int, *, patient: bool) -> int:
    """Delete what is too old at `now` (milliseconds since 1970) and return how many events that were.

    A `patient` sweep leaves everything where the clock does not fit the newest event.
    """
    with readers.client() as client:
        if patient and not plausible(client, now):
            _log.warning(
                "The newest event is more than two days old, or the clock is wrong: no deletion today."
            )
            return 0
        return sweep(client, kept, now)


def rules(sources: Sources) -> Rules:
    """Return how long each source keeps its events, in the store's words."""
    return {source.name: source.kept_days() for source in sources}
