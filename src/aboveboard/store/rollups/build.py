"""How do the rollups follow the events? What has changed is counted anew; an old build goes a minute later."""

import logging
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from aboveboard.store.reasons import first_line
from aboveboard.store.rollups.numbers import number_installs
from aboveboard.store.rollups.state import (
    NO_WEEK,
    Build,
    State,
    Week,
    builds,
    counted,
    distributed,
    note_dropped,
    row_of_build,
    row_of_week,
    states,
    unfinished,
)
from aboveboard.store.rollups.states import number_states, stated
from aboveboard.store.rollups.tables import TABLES, events_of
from aboveboard.store.rollups.weeks import MADE, WEEKS
from aboveboard.store.written import ensure

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = ["Builder", "Keeper", "forget_all", "untouched"]

_log = logging.getLogger(__name__)

_BUILDING = threading.Lock()
"""Held while a partition is counted: an erasure takes it, so that no build of before is written after it."""

_LOWEST = 19
"""The nice value of the threads that count."""

_APART = timedelta(days=2)
"""Days of a build that lie further apart are of a clock that is years off."""

_GRACE = 60.0
"""Seconds for which an answer under way may still read a build that was replaced."""

# One thread, so that commits and questions have the other: nobody waits for a build.
# They stand in the statement: given beside it, the embedded driver asks for, sets and sets back each, for 10 ms.
_SETTINGS = (
    "SETTINGS do_not_merge_across_partitions_select_final = 1, max_threads = 1, max_insert_threads = 1"
)
_STEP_BACK = "os_threads_nice_value_query"
_KNOWN_SETTINGS = "SELECT name FROM system.settings WHERE name = {name:String}"
_CIRCLE = "_partition_id = {circle:String}"

_DAYS = """
SELECT arraySort(groupUniqArray(toDate(time)))
FROM events
WHERE _partition_id = {circle:String}
"""

_KNOWN = """
SELECT DISTINCT table, partition_id
FROM system.parts
WHERE database = currentDatabase() AND table IN {tables:Array(String)} AND active
"""


class Builder:
    """Counts changed partitions; one in a process, with a client of its own.

    `clock` gives milliseconds since 1970, of which builds take their numbers.
    """

    def __init__(
        self,
        client: "Client",
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._clock = clock
        self._monotonic = monotonic
        self._retired: dict[str, float] = {}
        self._last = 0
        self._stop = threading.Event()
        steps_back = client.query(_KNOWN_SETTINGS, parameters={"name": _STEP_BACK}).result_rows
        self._settings = _SETTINGS + (f", {_STEP_BACK} = {_LOWEST}" if steps_back else "")

    def refresh(self) -> int:
        """Count every partition that has changed, and return how many that were; none in a cluster."""
        if distributed(self._client):
            return 0
        known, weeks = counted(self._client)
        self._last = max([self._last, *_numbers(known, weeks)])
        now = states(self._client)
        gone = [circle for circle, build in known.items() if circle not in now and build.state.block >= 0]
        if gone:
            _forget(self._client, gone)
        changed = [
            circle for circle, state in now.items() if circle not in known or known[circle].state != state
        ]
        # What changed last is what is looked at most.
        changed.sort(key=lambda circle: -now[circle].block)
        done = 0
        for circle in changed:
            if self._stop.is_set() or not self.rebuild(circle):
                break
            done += 1
        self._gather()
        self._drop_old()
        return done

    def stop(self) -> None:
        """Let `refresh` return after the partition that it is at."""
        self._stop.set()

    def rebuild(self, circle: str) -> bool:
        """Count one partition as it is now; False where a deletion is under way, after which it can be."""
        with _BUILDING:
            return self._rebuild(circle)

    def _rebuild(self, circle: str) -> bool:
        state = states(self._client).get(circle)
        if state is None or unfinished(self._client):
            return False
        number = self._last = max(self._last + 1, self._clock())
        number_installs(self._client, [circle])
        number_states(self._client, [circle])
        events, states_too = events_of(_CIRCLE), stated(_CIRCLE)
        for table in TABLES.values():
            select = f"SELECT *, build AS made FROM ({table.build})" if table.name in MADE else table.build  # noqa: S608
            self._fill(table.name, select, number, circle, events=events, stated=states_too)
        ensure(self._client)
        ((days,),) = self._client.query(_DAYS, parameters={"circle": circle}).result_rows
        _note(self._client, [row_of_build(circle, Build(number, state, days))])
        return True

    def _gather(self) -> None:
        """Take together the builds of each week, up to yesterday: what today brings would change it all the time."""
        today = datetime.fromtimestamp(self._clock() / 1000, UTC).date()
        known, weeks = counted(self._client)
        for name in _by_week(known, today).keys() | weeks.keys():
            if self._stop.is_set():
                break
            with _BUILDING:
                self._gather_week(name, today)

    def _gather_week(self, name: str, today: date) -> None:
        known, weeks = counted(self._client)
        builds = _by_week(known, today).get(name, [])
        parts = frozenset(build.number for build in builds)
        if parts == weeks.get(name, NO_WEEK).parts or unfinished(self._client):
            return
        number = self._last = max(self._last + 1, self._clock())
        days = sorted({day for build in builds for day in build.days})
        for table, select in WEEKS[name.split()[0]].items() if parts else ():
            self._fill(table, select, number, day=days[-1], parts=", ".join(map(str, parts)))
        ensure(self._client)
        _note(self._client, [row_of_week(name, Week(number, parts, days))])

    def _fill(self, table: str, select: str, number: int, circle: str = "", **words: object) -> None:
        statement = select.format(build=f"toUInt64({number})", **words)
        self._client.command(
            f"INSERT INTO {table} {self._settings} {statement}", parameters={"circle": circle}
        )

    def _drop_old(self) -> None:
        good = {str(number) for number in _numbers(*counted(self._client))}
        parts = self._client.query(_KNOWN, parameters={"tables": list(TABLES)}).result_rows
        now = self._monotonic()
        old = {number for _, number in parts} - good
        self._retired = {number: self._retired.get(number, now) for number in old}
        for table, number in parts:
            if number in old and now - self._retired[number] >= _GRACE:
                _drop(self._client, table, number)


class Keeper:
    """The thread that keeps the rollups of a running server; it rests nine tenths of its time.

    While it counts it may use a whole processor: a day of 357,000 events takes several seconds of it. On Linux its
    thread steps back behind whoever else has work, commits above all; the engine's threads, which do two thirds of
    that, do so too where the process has the capability CAP_SYS_NICE.
    """

    _SECONDS = 2.0
    _SHARE = 0.1

    def __init__(self, client: "Client") -> None:
        self._client = client
        self._builder = Builder(client)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aboveboard-rollups", daemon=True)

    def start(self) -> None:
        """Begin to count what has changed, and go on until `stop`."""
        self._thread.start()

    def stop(self) -> None:
        """End after the partition that is being counted, and close the client."""
        self._stopped.set()
        self._builder.stop()
        self._thread.join()
        self._client.close()

    def _run(self) -> None:
        _step_back()
        pause, said = 0.0, ""
        while not self._stopped.wait(pause):
            began = time.monotonic()
            try:
                self._builder.refresh()
                said = ""
            except Exception as error:  # noqa: BLE001  (the one boundary of this thread: questions do without)
                text = first_line(error)
                if text != said:
                    _log.error("Rollups were not made, and are tried again: %s", text)
                said = text
            pause = max(self._SECONDS, (time.monotonic() - began) * (1 / self._SHARE - 1))


def _step_back() -> None:
    """Give this thread the lowest priority where threads have one of their own."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST)


def _forget(client: "Client", circles: Collection[str]) -> None:
    """Remove the rollups of partitions from the disk at once; their events are read until they are counted again.

    What was replaced and not dropped yet goes too: it may hold the same.
    """
    known, weeks = counted(client)
    newest = max(_numbers(known, weeks), default=0) + 1
    gone = {circle: build for circle, build in known.items() if circle in circles}
    numbers = {build.number for build in gone.values()}
    with_them = {name: week for name, week in weeks.items() if week.parts & numbers}
    _note(
        client,
        [
            *(row_of_build(circle, Build(newest, State(-1, -1), [])) for circle in gone),
            *(row_of_week(name, NO_WEEK._replace(number=newest)) for name in with_them),
        ],
    )
    left = set(_numbers(known, weeks)) - numbers - {week.number for week in with_them.values()}
    good = {str(each) for each in left}
    for table, number in client.query(_KNOWN, parameters={"tables": list(TABLES)}).result_rows:
        if number not in good:
            _drop(client, table, number)


@contextmanager
def untouched(client: "Client") -> Iterator[list[str]]:
    """Around a deletion of events: keep the rollups of all partitions good but of those that are put into the list.

    A deletion gives every partition a new number, also where it changes nothing; and what was counted of the others
    leaves the disk. Where the deletion fails half-way, all partitions are counted anew.
    """
    touched: list[str] = []
    with _BUILDING:
        known, before = builds(client), states(client)
        yield touched
        after = states(client)
        _note(
            client,
            [
                row_of_build(circle, build._replace(state=after[circle]))
                for circle, build in known.items()
                if circle not in touched
                and circle in after
                and build.state == before.get(circle)
                and build.state.block == after[circle].block
            ],
        )
        _forget(client, touched)


def forget_all(client: "Client") -> None:
    """Remove all rollups, as after a restore: the numbers of the blocks are others then."""
    for table in ("rollup_builds", *TABLES, "rollup_stated", "rollup_contexts", "install_numbers"):
        client.command(f"TRUNCATE TABLE {table}")


def _numbers(known: Mapping[str, Build], weeks: Mapping[str, Week]) -> list[int]:
    return [*(build.number for build in known.values()), *(week.number for week in weeks.values())]


def _by_week(known: Mapping[str, Build], today: date) -> dict[str, list[Build]]:
    """Return the builds of each week that are more than one, by its names, as far as their days are over.

    A clock that is a little off puts some events of a day into the build of the day before or after: a build belongs
    to the week of the day in its middle. One of days far apart, of a clock that is years off, belongs to none.
    """
    found: defaultdict[str, list[Build]] = defaultdict(list)
    for build in known.values():
        if build.days and build.days[-1] < today and build.days[-1] - build.days[0] <= _APART:
            day = build.days[len(build.days) // 2]
            found[(day - timedelta(days=day.weekday())).isoformat()].append(build)
    return {f"{kind} {monday}": each for kind in WEEKS for monday, each in found.items() if len(each) > 1}


def _note(client: "Client", rows: Sequence[Sequence[object]]) -> None:
    if rows:
        client.insert(
            "rollup_builds", rows, column_names=["circle", "build", "block", "mutation", "days", "parts"]
        )


def _drop(client: "Client", table: str, number: str) -> None:
    note_dropped(int(number))
    client.command(f"ALTER TABLE {table} DROP PARTITION ID '{number}'")
