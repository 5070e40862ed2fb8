"""How does everything in one store come into another, equal to the reader, however often it is cut off?

Table by table and day by day. A day is there when its count and its digest are the same on both sides, and then it is
not copied again: that is all a move has to remember, and in the end its proof.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple

from aboveboard.errors import StoreError
from aboveboard.store.address import without_password
from aboveboard.store.connection import connect, embedded_folder
from aboveboard.store.erasure import delete_rows
from aboveboard.store.failover import cluster_of
from aboveboard.store.migrations import migrate
from aboveboard.store.reasons import first_line

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Digest", "Progress", "Table", "digests", "move", "tables"]

# The second store has its own of these; what is counted from events is counted anew there, by its own parts.
_NOT_MOVED = re.compile(r"migrations|warm_up|install_numbers|rollup_\w+")
_DAYS = ("day", "client_time", "received", "asked")
_AT_ONCE = 200_000
"""So many rows are in memory at a time."""
_LAG_SECONDS = 60.0
"""So long the replicas of a cluster may take to have what was written."""
_SETTINGS = {"max_partitions_per_insert_block": "0"}
_FINAL = "SETTINGS do_not_merge_across_partitions_select_final = 1"

_TABLES = """
SELECT replaceRegexpOne(name, '_local$', '') AS bare, replaceOne(engine, 'Replicated', ''), sorting_key
FROM system.tables
WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
ORDER BY total_rows, bare
"""
_COLUMNS = """
SELECT name, type
FROM system.columns
WHERE database = currentDatabase() AND table = {table:String} AND default_kind NOT IN ('ALIAS', 'MATERIALIZED')
ORDER BY position
"""
_DIGESTS = """
SELECT toString({day}) AS day, count(), sum(hash), groupBitXor(hash)
FROM
(
    SELECT *, cityHash64({columns}) AS hash
    FROM {table} {final}
)
GROUP BY day
ORDER BY day
{settings}
"""
_ROWS = """
SELECT {columns}
FROM {table} {final}
WHERE {day} = '{value}' AND sipHash64({key}) % {parts} = {part}
{settings}
"""


class Table(NamedTuple):
    """A table that is moved; `day` is the expression of its days, `key` its sorting key."""

    name: str
    engine: str
    key: str
    day: str
    columns: tuple[tuple[str, str], ...]

    @property
    def final(self) -> str:
        """What makes copies of one row count once."""
        return "" if self.engine == "MergeTree" else "FINAL"

    @property
    def settings(self) -> str:
        """How that is done a partition at a time, which only the events allow: their copies share a day."""
        return _FINAL if self.name == "events" else ""


class Digest(NamedTuple):
    """What a day holds: how many rows, and two sums over the hashes of all of their columns."""

    rows: int
    sum: int
    xor: int


class Progress(NamedTuple):
    """How far a move is: rows that are over and rows in all of a table; `copied` are those of this run."""

    table: str
    day: str
    done: int
    total: int
    copied: int
    seconds: float


def move(origin: str, target: str, tell: Callable[[Progress], None]) -> dict[str, int]:
    """Copy every table of a store into another, prove that they are equal, and return the rows of each table.

    Both stores are brought to the tables of this version. Nothing is removed from the first one, and nobody may write
    to either meanwhile. Called again after a crash, it goes on. Raises StoreError where a store cannot be used, or
    where the second one holds something that the first has not.
    """
    from clickhouse_connect.driver.exceptions import ClickHouseError

    _check(origin, target)
    with closing(connect(origin)) as source, closing(connect(target)) as into:
        for client in (source, into):
            migrate(client)
        try:
            return {table.name: _moved(table, source, into, tell) for table in tables(source)}
        except (ClickHouseError, OSError) as error:
            raise StoreError(
                f"The move broke off: {first_line(error)} What is over stays; give the same command again "
                "and it goes on."
            ) from error


def tables(client: "Client") -> list[Table]:
    """Return the tables that are moved, the smallest first."""
    found = []
    for name, engine, key in client.query(_TABLES).result_rows:
        if not _NOT_MOVED.fullmatch(name):
            rows = client.query(_COLUMNS, parameters={"table": name}).result_rows
            columns = tuple((column, kind) for column, kind in rows)
            found.append(Table(name, engine, key or "1", _day(columns), columns))
    return found


def digests(client: "Client", table: Table) -> dict[str, Digest]:
    """Return what each day of a table holds to the reader, in one pass over all of its columns."""
    sql = _DIGESTS.format(
        day=table.day,
        columns=", ".join(_hashed(name, kind) for name, kind in table.columns),
        table=table.name,
        final=table.final,
        settings=table.settings,
    )
    return {day: Digest(*found) for day, *found in client.query(sql).result_rows}


def _moved(table: Table, source: "Client", into: "Client", tell: Callable[[Progress], None]) -> int:
    expected, there = digests(source, table), digests(into, table)
    total, copied, started = sum(each.rows for each in expected.values()), 0, time.monotonic()
    _refuse_others(table, set(there) - set(expected))
    done = sum(each.rows for day, each in expected.items() if there.get(day) == each)
    for day, digest in expected.items():
        if there.get(day) == digest:
            continue
        if day in there and not table.engine.startswith("Replacing"):
            # Half a day of rows that add up would be counted twice.
            delete_rows(into, table.name, f"{table.day} = %(day)s", {"day": day})
        for rows in _copied(table, day, digest.rows, source, into):
            done, copied = done + rows, copied + rows
            tell(Progress(table.name, day, done, total, copied, time.monotonic() - started))
    if copied:
        _prove(table, expected, into)
    else:
        tell(Progress(table.name, "", total, total, 0, time.monotonic() - started))
    return total


def _copied(table: Table, day: str, rows: int, source: "Client", into: "Client") -> Iterator[int]:
    """Copy a day in parts that fit into memory, each by the hash of its key; return the rows of each part."""
    names = [name for name, _ in table.columns]
    parts = -(-rows // _AT_ONCE)
    for part in range(parts):
        sql = _ROWS.format(
            columns=", ".join(names), table=table.name, final=table.final, day=table.day, value=day, key=table.key,
            parts=parts, part=part, settings=table.settings,
        )  # fmt: skip
        block = source.raw_query(sql, fmt="Native")
        if block:
            into.raw_insert(table.name, names, block, settings=_SETTINGS, fmt="Native")
        yield rows // parts + (part < rows % parts)


def _prove(table: Table, expected: dict[str, Digest], into: "Client") -> None:
    """Compare both sides once more; the replica that answers may be a moment behind the one that took the rows."""
    deadline = time.monotonic() + (_LAG_SECONDS if cluster_of(into) else 0.0)
    while (found := digests(into, table)) != expected:
        if time.monotonic() > deadline:
            day = next(day for day in sorted({*found, *expected}) if found.get(day) != expected.get(day))
            raise StoreError(
                f"The table {table.name} is not the same on both sides, first on {day}: "
                f"{_said(expected.get(day))} and {_said(found.get(day))}. Somebody writes to one of the stores, or the "
                "second one held other rows before. Stop every server, empty the second store, and move again."
            )
        time.sleep(1.0)


def _said(digest: Digest | None) -> str:
    return f"{digest.rows:,} rows with the digest {digest.sum:016x}{digest.xor:016x}" if digest else "no rows"


def _refuse_others(table: Table, days: set[str]) -> None:
    if days:
        raise StoreError(
            f"The second store has rows of the table {table.name} on days on which the first has none, such as "
            f"{min(days)}. Move into an empty store, or into the one that an earlier move had begun to fill."
        )


def _check(origin: str, target: str) -> None:
    folders = [embedded_folder(dsn) for dsn in (origin, target)]
    if origin == target:
        raise StoreError(f"Both stores are {without_password(origin)!r}. Name another one by --to.")
    if all(folders):
        raise StoreError(
            "Both stores are embedded, and a process can open one of them only. Copy the folder while the server is "
            "stopped, or use `aboveboard backup` and `aboveboard restore`."
        )
    if folders[0] and not folders[0].exists():
        raise StoreError(f"There is no store in {folders[0]}. Name it by --from chdb:///folder.")


def _day(columns: tuple[tuple[str, str], ...]) -> str:
    names = {name for name, _ in columns}
    # In this form the engine reads the one partition that a day is in; as a text it would read them all.
    return next((f"toDate({name})" for name in _DAYS if name in names), "'all'")


def _hashed(name: str, kind: str) -> str:
    if kind.startswith("AggregateFunction"):
        return f"toString(finalizeAggregation({name}))"
    return f"ifNull(toString({name}), '\\\\N')" if "Nullable" in kind else name
