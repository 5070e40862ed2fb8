"""How is an answer whole although what it reads may go while it is asked, as when somebody is erased?"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from aboveboard.insights.filters import Filters
from aboveboard.store.rollups import held, lost, standing

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["steady"]

Found = TypeVar("Found")

_TRIES = 5
"""So often a question is asked while one erasure after the other takes away what it reads."""


def steady(ask: Callable[["Client", Filters], Found]) -> Callable[["Client", Filters], Found]:
    """Return a question that looks once at what is counted, and again where some of that went meanwhile.

    An erasure takes the counts of a day off the disk at once: a statement after it finds nothing there, and says so
    without an error.
    """

    @wraps(ask)
    def asked(client: "Client", filters: Filters) -> Found:
        for _ in range(_TRIES):
            stands = standing(client)
            with held(stands):
                found = ask(client, filters)
            if not lost(stands):
                break
        return found

    return asked
