"""Which answer may be given again, since nothing that it was made of has changed?"""

import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import time
from typing import TYPE_CHECKING, Any, TypeVar

from aboveboard.insights.filters import Filters
from aboveboard.store.rollups import generation, held, standing

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Answers"]

Found = TypeVar("Found")

_BEYOND_EVENTS = frozenset({"quality", "unused"})
"""Questions that look at more than stored events, such as what was refused."""

_MOST_BYTES = 32 * 2**20
"""So much is kept at most; answers of ordinary pages have 2 to 100 kB."""


class Answers:
    """Answers of one store, kept while the partitions of events, and what is counted of them, stay as they are.

    Whoever gets an answer may change it: every time it is another copy. When anything changes, all are dropped.
    """

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._made_of: Hashable = None
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def take(
        self,
        client: "Client",
        question: str,
        filters: Filters,
        ask: Callable[["Client", Filters], Found],
        *how: Hashable,
    ) -> Found:
        """Return what `ask` finds, or has found; `how` is what it depends on beside the question and the filters.

        Spans that begin or end within a day are asked anew, since events of that day are read.
        """
        edges = {filters.since.time(), filters.until.time()}
        if question in _BEYOND_EVENTS or edges != {time()}:
            return ask(client, filters)
        stands = standing(client)
        with held(stands):
            return self._take(client, generation(stands), (question, how, _hashable(filters)), filters, ask)

    def _take(
        self,
        client: "Client",
        now: Hashable,
        key: Hashable,
        filters: Filters,
        ask: Callable[["Client", Filters], Found],
    ) -> Found:
        if now is None:
            return ask(client, filters)
        answer = self._known(key, now)
        if answer is not None:
            known: Found = pickle.loads(answer)  # noqa: S301  (this process wrote it)
            return known
        found = ask(client, filters)
        self._keep(key, now, pickle.dumps(found, pickle.HIGHEST_PROTOCOL))
        return found

    def _known(self, key: Hashable, now: Hashable) -> bytes | None:
        with self._lock:
            if self._made_of != now:
                self._made_of = now
                self._kept.clear()
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: Hashable, now: Hashable, answer: bytes) -> None:
        with self._lock:
            if self._made_of != now:
                return
            self._kept[key] = answer
            size = sum(map(len, self._kept.values()))
            while size > self._most_bytes:
                size -= len(self._kept.popitem(last=False)[1])


def _hashable(filters: Filters) -> Hashable:
    return (
        tuple(filters.sources),
        filters.since,
        filters.until,
        tuple(sorted(filters.equal.items())),
        tuple(filters.open_sources),
        tuple(filters.steps),
        filters.new_since,
        tuple(filters.declared),
    )
