"""How do an extension's own senders get their events? From a thread of their own, so that a slow one waits alone."""

import json
from collections import deque
from functools import partial
from typing import Final

from aboveboard.client.boundary import attempt
from aboveboard.client.record import Event
from aboveboard.client.wire import dump
from aboveboard.client.worker import Worker

MOST: Final = 1_000
IDLE_SECONDS: Final = 3600.0


class Handover:
    """Calls each extension's sender with what passed consent, cleaning and rules."""

    def __init__(self) -> None:
        self._queue: deque[Event] = deque(maxlen=MOST)
        self._worker = Worker("aboveboard-handover", self._step)

    def deliver(self, event: Event) -> None:
        """Queue one event for its extension's sender, where it has one."""
        if event.extension.sender is not None:
            self._queue.append(event)
            self._worker.start()
            self._worker.wake()

    def discard(self) -> None:
        """Forget what waits."""
        self._queue.clear()

    def stop(self) -> None:
        """Forget what waits, and end."""
        self.discard()
        self._worker.stop(0.0)

    def _step(self) -> float:
        while self._queue:
            event = self._queue.popleft()
            attempt(partial(_hand_over, event), None)
        return IDLE_SECONDS


def _hand_over(event: Event) -> None:
    if event.extension.sender is not None:
        # A copy, because it is the extension's to change.
        event.extension.sender(event.name, json.loads(dump(event.properties)))
