"""Has a live store the tables that this version expects, and what does each difference mean?

What is expected is asked of the engine itself: the migrations run in an empty store in a process of its own, and what
the engine then says of its tables is compared with what it says of the live ones, server by server in a cluster.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from aboveboard.store.cluster import LOCAL, read_table, sharding_key
from aboveboard.store.connection import connect
from aboveboard.store.failover import cluster_of
from aboveboard.store.migrations import LEDGER, migrate, migrations, statements

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Schema", "compare", "differences", "expected", "live", "of_a_cluster"]

_TABLES = """
SELECT name, engine, engine_full, sorting_key, partition_key
FROM system.tables
WHERE database = currentDatabase() AND NOT is_temporary
"""
_COLUMNS = """
SELECT table, name, type, default_expression, compression_codec
FROM system.columns
WHERE database = currentDatabase()
ORDER BY table, position
"""
_NOTES = {
    "fsync_after_insert": "what was answered with 200 could be lost in a power cut",
    "fsync_part_directory": "what was answered with 200 could be lost in a power cut",
    "min_rows_to_fsync_after_merge": "a power cut after a merge could lose what was answered with 200",
    "old_parts_lifetime": "what a full disk cuts short of a merge could be lost, or what was erased stays for longer",
    "cleanup_delay_period": "what was erased stays on the disk for longer",
    "max_cleanup_delay_period": "what was erased stays on the disk for longer",
    "merge_selector_base": "merges cost more",
}
_MADE = "Start this version's server once, which makes it."
_BY_HAND = (
    "No migration did that: change it back by hand, or move into a new store (`aboveboard store move`)."
)
_SECONDS = 120.0


class Schema(msgspec.Struct, frozen=True):
    """The tables of a store: `engines` with what stands around them, settings and columns, all by table."""

    engines: dict[str, str]
    layouts: dict[str, str]
    settings: dict[str, dict[str, str]]
    columns: dict[str, dict[str, str]]


def differences(client: "Client") -> list[str]:
    """Return each difference between a live store and what this version expects, as a sentence or two."""
    wanted = expected()
    cluster = cluster_of(client)
    if not cluster:
        return list(compare(wanted, live(client)))
    (database,) = client.query("SELECT currentDatabase()").result_rows[0]
    wanted = of_a_cluster(wanted, cluster, database)
    return [f"{host}: {found}" for host, server in client.each() for found in compare(wanted, live(server))]


def expected() -> Schema:
    """Return what the migrations of this version make of an empty store for one server."""
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        capture_output=True,
        check=True,
        timeout=_SECONDS,
        cwd=tempfile.gettempdir(),
    )
    return msgspec.json.decode(done.stdout, type=Schema)


def of_a_cluster(single: Schema, cluster: str, database: str) -> Schema:
    """Return what each server of a cluster has where one server alone has this."""
    engines: dict[str, str] = {}
    layouts: dict[str, str] = {}
    settings: dict[str, dict[str, str]] = {}
    columns: dict[str, dict[str, str]] = {}
    keys = _sharding_keys()
    for name, engine in single.engines.items():
        columns[name] = {column: _bare(kind) for column, kind in single.columns[name].items()}
        if name not in keys:
            engines[name], layouts[name], settings[name] = engine, "", {}
            continue
        local = name + LOCAL
        engines[local], layouts[local] = f"Replicated{engine}", single.layouts[name]
        settings[local] = single.settings[name] | {
            "cleanup_delay_period": "5",
            "max_cleanup_delay_period": "20",
        }
        columns[local] = single.columns[name]
        engines[name], settings[name] = "Distributed", {}
        layouts[name] = _tight(f"Distributed('{cluster}', '{database}', '{local}', {keys[name]})")
    return Schema(engines, layouts, settings, columns)


def live(client: "Client") -> Schema:
    """Return what the engine says of the tables in the database of a client."""
    engines, layouts, settings = {}, {}, {}
    for name, engine, full, *_ in client.query(_TABLES).result_rows:
        before, _, after = full.partition(" SETTINGS ")
        engines[name] = engine
        layouts[name] = _tight(
            re.sub(r"^Replicated(\w+)\('[^']*', '[^']*'(?:, )?", r"\1(", before).replace("()", "")
        )
        settings[name] = dict(re.findall(r"(\w+) = ('[^']*'|[^,]+)", after))
    columns: dict[str, dict[str, str]] = {name: {} for name in engines}
    for table, column, kind, default, codec in client.query(_COLUMNS).result_rows:
        if table in columns:
            parts = (kind, f"DEFAULT {default}" if default else "", codec)
            columns[table][column] = " ".join(part for part in parts if part)
    return Schema(engines, layouts, settings, columns)


def compare(wanted: Schema, found: Schema) -> Iterator[str]:
    """Explain each difference, what it means and what to do."""
    for name in sorted(set(wanted.engines) - set(found.engines)):
        yield f"The table {name} is not there. {_MADE}"
    for name in sorted(set(found.engines) - set(wanted.engines)):
        yield (
            f"The table {name} is none of this version's: nothing reads it, and an erasure reaches it only if it has "
            "the columns source and install. It is of a newer version, or somebody's own."
        )
    for name in sorted(set(wanted.engines) & set(found.engines)):
        yield from _of_table(name, wanted, found)


def _of_table(name: str, wanted: Schema, found: Schema) -> Iterator[str]:
    engine, layout = found.engines[name], found.layouts[name]
    if engine != wanted.engines[name]:
        yield f"The table {name} has the engine {engine}, and {wanted.engines[name]} is expected. {_BY_HAND}"
    elif layout != wanted.layouts[name] and engine != "View":
        yield (
            f"The table {name} is laid out as {layout}, and {wanted.layouts[name]} is expected. "
            f"{_meant(layout, wanted.layouts[name])} {_BY_HAND}"
        )
    yield from _of_columns(name, wanted.columns[name], found.columns[name])
    for setting, value in sorted(wanted.settings[name].items()):
        given = found.settings[name].get(setting)
        if given != value:
            said = f"is {given}" if given else "is not set"
            note = _NOTES.get(setting, "the engine's default is in force")
            yield (
                f"The setting {setting} of the table {name} {said}, and {value} is expected: {note}. "
                f"Say ALTER TABLE {name} MODIFY SETTING {setting} = {value}."
            )


def _meant(layout: str, wanted: str) -> str:
    if layout.partition(" TTL ")[0] == wanted.partition(" TTL ")[0]:
        return "Rows go from it at another time."
    if wanted.startswith("Distributed"):
        return "Rows of one install would be on several shards, where copies of an event count twice."
    return "Copies of an event may count twice, and questions be slow."


def _of_columns(name: str, wanted: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    for column, kind in wanted.items():
        if column not in found:
            yield f"The table {name} has no column {column} ({kind}). {_MADE}"
        elif found[column] != kind:
            yield (
                f"The column {column} of the table {name} is {found[column]}, and {kind} is expected. {_BY_HAND}"
            )
    for column in found.keys() - wanted.keys():
        yield f"The column {column} of the table {name} is none of this version's. Nothing fills or reads it."


def _sharding_keys() -> dict[str, str]:
    every = [LEDGER, *(statement for step in migrations() for statement in statements(step.sql))]
    tables = [read_table(sql) for sql in every if "CREATE TABLE" in sql]
    return {table.name: sharding_key(table) for table in tables}


def _bare(kind: str) -> str:
    """A column as a table over others has it."""
    return re.sub(r"\s*CODEC\(.*\)$", "", kind)


def _tight(text: str) -> str:
    # The engine writes a function without arguments now with brackets and now without.
    return re.sub(r"\s+", " ", text).replace("()", "").strip()


def main() -> None:
    """Print what is expected as JSON."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(connect(f"chdb://{Path(folder) / 'store'}")) as client,
    ):
        migrate(client)
        sys.stdout.write(json.dumps(msgspec.to_builtins(live(client))))


if __name__ == "__main__":
    main()
