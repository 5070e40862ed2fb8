"""What waits while the person has not answered? At most 200 events, checked and cleaned, in memory only."""

from threading import Lock
from typing import Final

from aboveboard.client.record import Event

MOST: Final = 200


class Undecided:
    """The first 200 events since the start; what comes after them is only counted."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._events: list[Event] = []
        self.overflow = 0

    @property
    def is_full(self) -> bool:
        """Tell whether a further event would only be counted."""
        return len(self._events) >= MOST

    def add(self, event: Event | None) -> None:
        """Keep one event, or count it if there are 200."""
        with self._lock:
            if event is None or len(self._events) >= MOST:
                self.overflow += 1
                return
            self._events.append(event)

    def events(self) -> tuple[Event, ...]:
        """Return what waits, oldest first."""
        return tuple(self._events)

    def take(self) -> tuple[tuple[Event, ...], int]:
        """Return what waits and how many did not fit, and forget both."""
        with self._lock:
            events, overflow = tuple(self._events), self.overflow
            self._events, self.overflow = [], 0
        return events, overflow
