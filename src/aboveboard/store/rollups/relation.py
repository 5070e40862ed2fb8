"""What does a question read? One relation: the counts of partitions that are as they were, and the events of others."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from clickhouse_connect.driver.exceptions import ClickHouseError

from aboveboard.store.rollups.numbers import number_installs
from aboveboard.store.rollups.state import (
    Build,
    State,
    Week,
    counted,
    distributed,
    dropped,
    partitions,
    unfinished,
)
from aboveboard.store.rollups.states import contexts_of, number_states, stated, states_of
from aboveboard.store.rollups.tables import TABLES, events_of
from aboveboard.store.rollups.weeks import BY_DAY, IN_ALL, MADE, WEEKS

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = ["Relations", "Standing", "generation", "held", "lost", "numbered", "relations", "standing"]

_FEW = 20_000
"""So many events of a partition are read in a tenth of a second."""

_OLDEST_MS = 900_000

_RAW = """source IN {sources:Array(String)}
        AND time >= {since:DateTime64(3, 'UTC')}
        AND time < {until:DateTime64(3, 'UTC')}"""


_DAYS = """day >= toDate({since:DateTime64(3, 'UTC')})
        AND toDateTime64(day, 3, 'UTC') < {until:DateTime64(3, 'UTC')}"""


class Relations(NamedTuple):
    """The same look at the events for all statements of an answer: builds that are good, partitions to be read.

    `weeks` are the same builds with those of weeks in the place of those that they were made of, by the kind of week.
    Where a build `spills`, some of its days are outside of the span.
    """

    builds: Sequence[int]
    raw: Sequence[str]
    every: Sequence[str] = ()
    weeks: Mapping[str, Sequence[int]] = MappingProxyType({})
    spills: bool = False
    clustered: bool = False

    def sql(self) -> dict[str, str]:
        """Return the SQL of each table's rows by its name; their parameters are in `parameters`.

        Beside `counts` there is `counts_in_all`, and so for others: fewer rows, whose `day` says nothing.
        """
        found = {_bare(name): self._of(name, "days" if name in BY_DAY else "builds") for name in TABLES}
        found |= {f"{_bare(name)}_in_all": self._of(name, "week") for name in IN_ALL}
        of_states = {"states": states_of, "contexts": contexts_of}
        return found | {name: sql(_RAW, hashed=self.clustered) for name, sql in of_states.items()}

    def parameters(self) -> dict[str, object]:
        """Return the values of the parameters in `sql`, but for those of the filters."""
        return {
            "builds": list(self.builds),
            **{kind: list(self.weeks.get(kind, self.builds)) for kind in WEEKS},
            "raw": list(self.raw),
            "every": list(self.every),
        }

    def of_events(self, name: str, condition: str) -> str:
        """Return the SQL of a table's rows, counted now of all events that meet a condition that it does not know."""
        return f"({self._counted(name, '_partition_id IN {every:Array(String)}', condition)})"

    def _of(self, name: str, builds: str) -> str:
        if self.clustered:
            return f"({self._counted(name, '')})"
        days = f"\n        AND {_DAYS}" if self.spills else ""
        columns = "* EXCEPT (made) REPLACE (made AS build)" if name in MADE else "*"
        built = f"""
    SELECT {columns}
    FROM {name}
    WHERE {name}.build IN {{{builds}:Array(UInt64)}}
        AND source IN {{sources:Array(String)}}{days}"""  # noqa: S608
        raw = self._counted(name, "_partition_id IN {raw:Array(String)}")
        return f"({built}\n    UNION ALL\n{raw})" if self.raw else f"({built})"

    def _counted(self, name: str, where: str, *more: str) -> str:
        conditions = [*([] if self.clustered else [where]), _RAW, *more]
        condition = "\n        AND ".join(conditions)
        return TABLES[name].raw.format(
            build="toUInt64(0)",
            events=events_of(condition, hashed=self.clustered),
            stated=stated(condition, hashed=self.clustered),
        )


class Standing(NamedTuple):
    """What is counted well enough, and all partitions: None in a cluster, whose servers count only their own.

    `weeks` are there for what they are made of, whether that is still good or not. Where it `wavers`, a deletion is
    under way: a partition has its number already, and not yet its effect.
    """

    good: Mapping[str, Build] | None
    now: Mapping[str, tuple[State, int]] = MappingProxyType({})
    weeks: Mapping[str, Week] = MappingProxyType({})
    wavers: bool = False


_HELD: ContextVar[Standing | None] = ContextVar("held", default=None)


@contextmanager
def held(stands: Standing) -> Iterator[None]:
    """Have everything that is asked within see the same state of the store: it is looked up once, which takes 15 ms.

    Not for longer than an answer or a page takes: builds that were replaced go after a minute.
    """
    token = _HELD.set(stands)
    try:
        yield
    finally:
        _HELD.reset(token)


def standing(client: "Client", now_ms: int | None = None, few: int = _FEW) -> Standing:
    """Look which partitions are as they were counted, or were so not long ago.

    A large partition to which events are added all the time is never as it was counted, and reading it whole for every
    question takes seconds. What was counted of it serves for a quarter of an hour, while another count is on its way;
    not so once something was deleted of it. `few` events are read anew instead. Within `held` it is what is held, as
    long as none of that went.
    """
    if (stands := _HELD.get()) is not None and not lost(stands):
        return stands
    parts = partitions(client)
    if not parts and distributed(client):
        return Standing(None)
    known, weeks = counted(client)
    oldest = (time.time_ns() // 1_000_000 if now_ms is None else now_ms) - _OLDEST_MS
    good = {
        circle: known[circle]
        for circle, (state, events) in parts.items()
        if circle in known
        and (known[circle].state == state or (events > few and _lags(known[circle], state, oldest)))
    }
    # In this order: a deletion that has a number here by now, and is done by then, is seen by whoever asks after it.
    return Standing(good, parts, weeks, unfinished(client))


def lost(stands: Standing) -> bool:
    """Whether some of what was counted well enough, or a week of it, is off the disk by now."""
    made: list[Build | Week] = [*(stands.good or {}).values(), *stands.weeks.values()]
    return dropped(each.number for each in made)


def generation(stands: Standing) -> frozenset[tuple[str, State | int]] | None:
    """Return what an answer is made of: equal ones give equal answers, for spans of whole days.

    None in a cluster, and while a deletion is under way.
    """
    good = stands.good
    if good is None or stands.wavers:
        return None
    return frozenset(
        (circle, good[circle].number if circle in good else state)
        for circle, (state, _) in stands.now.items()
    )


def _lags(build: Build, state: State, oldest: int) -> bool:
    """Whether only events lie between a build that is not too old and a state; its number is the time of it.

    The build may be the newer one: it was made after the state was looked up.
    """
    then = build.state
    return 0 <= then.block != state.block and then.mutation == state.mutation and build.number >= oldest


def relations(
    client: "Client", since: datetime, until: datetime, stands: Standing | None = None
) -> Relations:
    """Take the partitions with events of a span of time that are as they were counted, and number what is read raw.

    In a cluster all is read raw: its servers count their own partitions, which nobody compares yet. `stands` is what
    was seen for another span of the same answer.
    """
    good, now, weeks, _ = stands or standing(client)
    if good is None:
        return Relations([], [], clustered=True)
    here = {circle: build for circle, build in good.items() if _meets(build, since, until)}
    whole = {circle: build for circle, build in here.items() if not _cut(build, since, until)}
    raw = [circle for circle in now if circle not in good or (circle in here and circle not in whole)]
    try:
        number_installs(client, raw)
    except ClickHouseError:
        # A full disk takes no new numbers; what is stored can be read all the same, by hashes and more slowly.
        return Relations([], [], clustered=True)
    numbers = {build.number for build in whole.values()}
    of_weeks = {kind: _with_weeks(numbers, _of_kind(weeks, kind), since, until) for kind in WEEKS}
    spills = not all(_within(build.days, since, until) for build in whole.values())
    return Relations(sorted(numbers), raw, [*raw, *whole], of_weeks, spills)


def numbered(client: "Client", looked: Relations) -> Relations:
    """Return the same look at the events once the states of what is read raw have their numbers."""
    if looked.clustered:
        return looked
    try:
        number_states(client, looked.raw)
    except ClickHouseError:
        return Relations([], [], clustered=True)
    return looked


def _bare(name: str) -> str:
    return name.removeprefix("rollup_")


def _of_kind(weeks: Mapping[str, Week], kind: str) -> list[Week]:
    return [week for name, week in weeks.items() if name.split()[0] == kind]


def _with_weeks(numbers: set[int], weeks: Sequence[Week], since: datetime, until: datetime) -> list[int]:
    """Return builds with weeks in the place of those that they were made of, where all of these are there."""
    taken = [
        week for week in weeks if week.parts and week.parts <= numbers and _within(week.days, since, until)
    ]
    return [*sorted(numbers.difference(*(week.parts for week in taken))), *(week.number for week in taken)]


def _within(days: Sequence[date], since: datetime, until: datetime) -> bool:
    return all(since <= _begin(day) and _begin(day) + timedelta(days=1) <= until for day in days)


def _meets(build: Build, since: datetime, until: datetime) -> bool:
    return any(_begin(day) < until and _begin(day) + timedelta(days=1) > since for day in build.days)


def _cut(build: Build, since: datetime, until: datetime) -> bool:
    """Whether a span begins or ends within a day of a build, of which it has the whole day only."""
    return any(
        _begin(day) < edge < _begin(day) + timedelta(days=1) for day in build.days for edge in (since, until)
    )


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
