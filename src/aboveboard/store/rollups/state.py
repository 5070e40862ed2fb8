"""Which partitions of events are counted as they stand, and which have changed since?

Nobody has to note a change: the number of a partition's newest block rises with each insert, that of its newest
mutation with each deletion, and a merge changes neither. A build is good while both are what they were when it was
made; so a crash at any moment leaves no build that looks good and is not.
"""

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = [
    "NO_WEEK", "Build", "Counted", "State", "Week", "builds", "counted", "distributed", "dropped", "note_dropped",
    "partitions", "row_of_build", "row_of_week", "states", "unfinished",
]  # fmt: skip

# A part is called partition_firstblock_lastblock_level, and _mutation where there was one.
_STATES = """
SELECT
    partition_id,
    max(max_block_number) AS block,
    max(toInt64OrZero(splitByChar('_', name)[5])) AS mutation,
    sum(rows) AS events
FROM system.parts
WHERE database = currentDatabase() AND table = 'events' AND active AND rows > 0
GROUP BY partition_id
"""

_BUILDS = """
SELECT circle, build, block, mutation, days, parts
FROM rollup_builds FINAL
SETTINGS max_threads = 1
"""

_UNFINISHED = """
SELECT count()
FROM system.mutations
WHERE database = currentDatabase() AND table = 'events' AND NOT is_done
"""


_WEEK = re.compile("[a-z]+ ")

_ENGINE = "SELECT engine FROM system.tables WHERE database = currentDatabase() AND name = 'events'"


class State(NamedTuple):
    """The newest block and the newest mutation of a partition; equal states hold equal rows."""

    block: int
    mutation: int


class Build(NamedTuple):
    """One counting of one partition: its number, the state that was counted, the days (UTC) of its events."""

    number: int
    state: State
    days: Sequence[date]


class Week(NamedTuple):
    """One taking together of builds of a week: its number, the numbers of those builds, the days of their events.

    Its name is its kind (`weeks.WEEKS`) and its Monday.
    """

    number: int
    parts: frozenset[int]
    days: Sequence[date]


NO_WEEK = Week(0, frozenset(), [])
"""What is said of a week that was let go of: it is of nothing, and nobody reads it."""


_DROPPED: dict[int, None] = {}
_NOTING = threading.Lock()
_REMEMBERED = 10_000
"""So many dropped builds are known; one that somebody still reads was dropped minutes ago at the most."""


def note_dropped(number: int) -> None:
    """Note that a build is dropped, before it is: who reads it finds nothing from now on, without an error."""
    with _NOTING:
        _DROPPED[number] = None
        if len(_DROPPED) > _REMEMBERED:
            del _DROPPED[next(iter(_DROPPED))]


def dropped(numbers: Iterable[int]) -> bool:
    """Whether one of these builds was dropped, in this process, which is the only one that drops them."""
    return any(number in _DROPPED for number in numbers)


class Counted(NamedTuple):
    """All that is counted: the last build of each partition, good or not, and the last of each week, by its name."""

    builds: Mapping[str, Build]
    weeks: Mapping[str, Week]


def partitions(client: "Client") -> dict[str, tuple[State, int]]:
    """Return the state of each partition of events, and how many rows it has."""
    return {
        name: (State(block, mutation), events)
        for name, block, mutation, events in client.query(_STATES).result_rows
    }


def states(client: "Client") -> dict[str, State]:
    """Return the state of each partition of events."""
    return {name: state for name, (state, _) in partitions(client).items()}


def builds(client: "Client") -> Mapping[str, Build]:
    """Return the last build of each partition, whether it is still good or not."""
    return counted(client).builds


def counted(client: "Client") -> Counted:
    """Return what is counted."""
    builds, weeks = {}, {}
    for circle, number, block, mutation, days, parts in client.query(_BUILDS).result_rows:
        if _WEEK.match(circle):
            weeks[circle] = Week(number, frozenset(parts), days)
        else:
            builds[circle] = Build(number, State(block, mutation), days)
    return Counted(builds, weeks)


def row_of_build(circle: str, build: Build) -> list[object]:
    """Return the row that says of a partition how it was counted last."""
    return [circle, build.number, *build.state, list(build.days), []]


def row_of_week(name: str, week: Week) -> list[object]:
    """Return the row that says of a week what it was made of last."""
    return [name, week.number, 0, 0, list(week.days), sorted(week.parts)]


def distributed(client: "Client") -> bool:
    """Whether events are spread over servers, each with partitions of its own.

    Raises IndexError where there is no table of events: it would look as if nothing had come in.
    """
    return bool(client.query(_ENGINE).result_rows[0][0] == "Distributed")


def unfinished(client: "Client") -> bool:
    """Whether a deletion is under way: until it is done a partition may have its number and not yet its effect."""
    return bool(client.query(_UNFINISHED).result_rows[0][0])
