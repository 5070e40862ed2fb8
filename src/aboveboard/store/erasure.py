"""How does everything about an install leave the disk, and how does it stay away?

A mutation writes each part again without the rows; the old parts, which still hold them, are then removed at once
instead of some time later. Which tables are concerned is read from the store: all that have `source` and `install`.
"""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from aboveboard.errors import StoreError
from aboveboard.store.cluster import LOCAL
from aboveboard.store.failover import cluster_of
from aboveboard.store.rollups import NUMBERING, STATE_KEY, untouched
from aboveboard.store.written import KEPT_SECONDS, drop_set_aside, embedded, ensure, ensure_room

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = [
    "Erasure",
    "Tombstones",
    "count",
    "delete_events",
    "delete_rows",
    "erase",
    "erase_before",
    "erasures",
    "forget_unseen",
    "latest",
    "save",
    "tables_of_installs",
]

_DAY = 86_400_000
_KEPT = "erasures"
_NUMBERS = ("install_numbers", "rollup_stated")

# In a cluster a server has its part of a table under a name of its own.
_TABLES = """
SELECT replaceRegexpOne(name, '_local$', '') AS bare, replaceOne(engine, 'Replicated', '')
FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND bare != {kept:String}
    AND name IN (
        SELECT table FROM system.columns
        WHERE database = currentDatabase() AND name IN ('source', 'install')
        GROUP BY table HAVING count() = 2
    )
ORDER BY name
"""
_LATEST = """
SELECT toUnixTimestamp64Milli(max(client_time))
FROM events
WHERE source = {source:String} AND install = {install:String}
"""
_ERASURES = """
SELECT
    source, install, deletion, step, actor, toUnixTimestamp64Milli(asked), toUnixTimestamp64Milli(before),
    counts, receipt
FROM erasures FINAL
WHERE {condition}
ORDER BY asked, deletion
"""
_INACTIVE = """
SELECT {host}name
FROM {parts}
WHERE database = {{database:String}} AND table = {{table:String}} AND NOT active
"""


class Erasure(NamedTuple):
    """One request to be erased; `asked` and `before` are milliseconds since 1970, `step` is 1 to 3.

    Events of the install from before `before` are refused from now on.
    """

    source: str
    install: str
    deletion: str
    step: int
    actor: str
    asked: int
    before: int
    counts: Mapping[str, int]
    receipt: str = ""


class Tombstones:
    """Which installs were erased, and when; in memory, for the thread that admits events."""

    def __init__(self, erasures: Iterable[Erasure] = ()) -> None:
        self._before: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        for erasure in erasures:
            self.add(erasure.source, erasure.install, erasure.before)

    def __len__(self) -> int:
        return len(self._before)

    def add(self, source: str, install: str, before: int) -> None:
        """Refuse the install's events from before this moment (milliseconds since 1970); never takes back."""
        with self._lock:
            self._before[source, install] = max(before, self._before.get((source, install), 0))

    def erased_before(self, source: str, install: str) -> int | None:
        """Return the moment before which the install's events are refused, or None where it was never erased."""
        return self._before.get((source, install))


def tables_of_installs(client: "Client") -> dict[str, str]:
    """Return the tables whose rows belong to installs, by name, with their engines."""
    return dict(client.query(_TABLES, parameters={"kept": _KEPT}).result_rows)


def count(client: "Client", source: str, install: str) -> dict[str, int]:
    """Return how many rows each table holds of an install; retries count once."""
    found = {}
    for table, engine in tables_of_installs(client).items():
        if table in _NUMBERS:
            continue  # They say nothing that events do not, and go with the others.
        final = "" if engine == "MergeTree" else "FINAL"
        sql = f"""
            SELECT count()
            FROM {table} {final}
            WHERE source = {{source:String}} AND install = {{install:String}}
        """  # noqa: S608
        parameters = {"source": source, "install": install}
        found[table] = int(client.query(sql, parameters=parameters).result_rows[0][0])
    return found


def latest(client: "Client", source: str, install: str, now: int) -> int:
    """Return the moment before which events of an install are of the time that is being erased.

    That is now, or just after the newest of its stored events where its clock runs ahead, by two days at the most.
    """
    (newest,) = client.query(_LATEST, parameters={"source": source, "install": install}).result_rows[0]
    return max(now, min(int(newest) + 1, now + 2 * _DAY))


def erase(client: "Client", installs: Collection[tuple[str, str]]) -> None:
    """Remove all rows of these (source, install) from every table and from the disk.

    Raises StoreError when rows or old parts are still there after a minute.
    """
    condition, parameters = "(source, install) IN %(installs)s", {"installs": tuple(installs)}
    for table in tables_of_installs(client):
        if table == "events":
            delete_events(client, condition, parameters)
        elif table not in _NUMBERS:
            delete_rows(client, table, condition, parameters)
    _forget_unseen(client, condition, parameters)


def forget_unseen(client: "Client") -> None:
    """Remove the numbers of installs and states of which no event is left, as when all of them were too old."""
    _forget_unseen(client, "true", {})


def _forget_unseen(client: "Client", chosen: str, parameters: Mapping[str, object]) -> None:
    """Take away numbers that nobody has; who sent anew meanwhile keeps theirs, or a newcomer would get the same."""
    if cluster_of(client):
        return  # Its servers give no numbers.
    seen = f"FROM events WHERE {chosen}"
    with NUMBERING:
        for table, condition in (
            ("install_numbers", f"{chosen} AND (source, install) NOT IN (SELECT source, install {seen})"),
            ("rollup_stated", f"{chosen} AND key NOT IN (SELECT {STATE_KEY} {seen})"),
            ("rollup_contexts", "context NOT IN (SELECT context FROM rollup_stated)"),
        ):
            sql = f"SELECT count() FROM {table} WHERE {condition}"  # noqa: S608
            if client.query(sql, parameters=dict(parameters)).result_rows[0][0]:
                delete_rows(client, table, condition, parameters)


def delete_events(client: "Client", condition: str, parameters: Mapping[str, object]) -> None:
    """Remove the events that meet a condition from the disk, and what was counted of their partitions."""
    if cluster_of(client):
        delete_rows(client, "events", condition, parameters)
        return
    sql = f"SELECT DISTINCT _partition_id FROM events WHERE {condition}"  # noqa: S608
    with untouched(client) as touched:
        touched += [row[0] for row in client.query(sql, parameters=dict(parameters)).result_rows]
        delete_rows(client, "events", condition, parameters)


def erase_before(client: "Client", source: str, install: str, before: int) -> int:
    """Remove an install's events and quarantined ones from before a moment; return how many rows there were."""
    found = 0
    for table in ("events", "quarantine"):
        condition = "source = %(source)s AND install = %(install)s AND toUnixTimestamp64Milli(client_time) < %(before)s"
        parameters = {"source": source, "install": install, "before": before}
        sql = f"SELECT count() FROM {table} WHERE {condition}"  # noqa: S608
        rows = int(client.query(sql, parameters=parameters).result_rows[0][0])
        if rows:
            delete_rows(client, table, condition, parameters)
        found += rows
    return found


def delete_rows(
    client: "Client", table: str, condition: str, parameters: Mapping[str, object], wait: float = 60.0
) -> None:
    """Rewrite a table without the rows that meet a condition, and wait until the old parts are off the disk.

    Raises StoreError when old parts are still there after `wait` seconds.
    """
    ensure_room(client)
    client.command(
        f"ALTER TABLE {table} DELETE WHERE {condition} SETTINGS mutations_sync = 2",
        parameters=dict(parameters),
    )
    with _purging(client, table) as purge:
        old = _inactive(client, table)
        deadline = time.monotonic() + wait
        while old:
            purge()
            old &= _inactive(client, table)
            if old and time.monotonic() > deadline:
                raise StoreError(
                    f"Deleted rows of the table {table} are still on disk in {len(old)} old parts, which a long query "
                    "reads or the disk does not give up. Ask for the deletion again."
                )
            if old:
                time.sleep(0.05 if embedded(client) else 1.0)


@contextmanager
def _purging(client: "Client", table: str) -> Iterator[Callable[[], object]]:
    """Yield what removes the parts of a table that were replaced and that nobody reads; servers do it by themselves.

    An embedded store keeps them for a while, since a full disk may have cut short what replaced them: they go where it
    did not, and nothing more is replaced meanwhile.
    """
    if not embedded(client):
        yield lambda: None
        return
    keep = f"ALTER TABLE {table} MODIFY SETTING old_parts_lifetime = "
    client.command(f"SYSTEM STOP MERGES {table}")
    try:
        ensure(client)
        drop_set_aside(client, table)
        client.command(f"{keep}0")
        try:
            # Dropping a partition that is not there has this one effect.
            yield partial(client.command, f"ALTER TABLE {table} DROP PARTITION ID 'none'")
        finally:
            client.command(f"{keep}{KEPT_SECONDS}")
    finally:
        client.command(f"SYSTEM START MERGES {table}")


def _inactive(client: "Client", table: str) -> set[str]:
    cluster = cluster_of(client)
    if cluster:
        parts = f"clusterAllReplicas('{cluster}', system.parts)"
        sql, name = _INACTIVE.format(host="hostName() || '/' || ", parts=parts), table + LOCAL
    else:
        sql, name = _INACTIVE.format(host="", parts="system.parts"), table
    (database,) = client.query("SELECT currentDatabase()").result_rows[0]
    return {row[0] for row in client.query(sql, parameters={"database": database, "table": name}).result_rows}


def save(client: "Client", changed: Sequence[Erasure]) -> None:
    """Keep requests as they are now, on disk when this returns; a later step replaces an earlier one."""
    rows = [
        (*erasure[:5], _moment(erasure.asked), _moment(erasure.before), dict(erasure.counts), erasure.receipt)
        for erasure in changed
    ]
    if rows:
        client.insert("erasures", rows, column_names=Erasure._fields)
        ensure(client)


def erasures(
    client: "Client", wanted: Collection[tuple[str, str, str]] | None = None, since: int = 0
) -> list[Erasure]:
    """Return every request to be erased, done or not, oldest first.

    `wanted` are (source, install, deletion), where only some are asked for; `since` is a moment in milliseconds since
    1970, where older ones are not.
    """
    if wanted is None:
        sql = _ERASURES.format(condition="toUnixTimestamp64Milli(asked) >= {since:Int64}")
        rows = client.query(sql, parameters={"since": since}).result_rows
    else:
        sql = _ERASURES.format(condition="(source, install, deletion) IN %(wanted)s")
        rows = client.query(sql, parameters={"wanted": tuple(wanted)}).result_rows if wanted else []
    return [Erasure(*row) for row in rows]


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
