"""What becomes of statements in a cluster, and does the engine understand every one of them?"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aboveboard.errors import StoreError
from aboveboard.store import connect
from aboveboard.store.cluster import LOCAL, read_table, render, sharding_key
from aboveboard.store.migrations import LEDGER, migrations, statements

ROOT = Path(__file__).parent.parent.parent
EVERY = [LEDGER, *(statement for step in migrations() for statement in statements(step.sql))]
RENDERED = [rendered for statement in EVERY for rendered in render(statement, "two", "telemetry")]
AT_RUNTIME = [
    "ALTER TABLE events DELETE WHERE (source, install) IN (('a', 'b')) SETTINGS mutations_sync = 2",
    "ALTER TABLE events DROP PARTITION ID 'none'",
    "TRUNCATE TABLE warm_up",
    "OPTIMIZE TABLE events FINAL",
    "DROP TABLE events SYNC",
    "ALTER TABLE events ADD COLUMN more String CODEC(Delta, ZSTD(1)) AFTER part, ADD COLUMN IF NOT EXISTS x UInt8",
    "ALTER TABLE events REPLACE PARTITION ID '7' FROM other",
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    opened = connect(f"chdb://{tmp_path_factory.mktemp('cluster') / 'store'}")
    yield opened
    opened.close()


@pytest.mark.parametrize("sql", [*RENDERED, *(each for sql in AT_RUNTIME for each in render(sql, "two"))])
def test_the_engine_reads_every_statement_for_a_cluster(client: Any, sql: str) -> None:
    tree = str(client.query(f"EXPLAIN AST {sql}").result_rows)
    assert "Query" in tree
    assert "ON CLUSTER 'two'" in sql


def test_every_table_is_replicated_on_its_shard_and_reached_over_all() -> None:
    tables = [read_table(sql) for sql in EVERY if "CREATE TABLE" in sql]
    assert {"events", "quarantine", "drops", "erasures", "migrations"} <= {table.name for table in tables}
    for table in tables:
        local, over_all = render(
            f"CREATE TABLE {table.name} {table.columns} ENGINE = {table.engine} {table.rest}", "c", "d"
        )
        assert f"CREATE TABLE IF NOT EXISTS {table.name}{LOCAL} ON CLUSTER 'c'" in local
        assert (
            f"Replicated{table.engine}('/clickhouse/tables/{{shard}}/d/{table.name}{LOCAL}', '{{replica}}'"
            in local
        )
        assert f"Distributed('c', 'd', '{table.name}{LOCAL}', {sharding_key(table)})" in over_all
        assert "CODEC" not in over_all


@pytest.mark.parametrize(
    ("columns", "order", "key"),
    [
        (
            "source String, install String, message_id String",
            "source",
            "sipHash64(source, if(install = '', message_id, install))",
        ),
        ("install String, source String, x Decimal(9, 2)", "x", "sipHash64(source, install)"),
        ("day Date, n UInt64", "(day, toStartOfHour(n))", "sipHash64(day, toStartOfHour(n))"),
        ("day Date, n UInt64", "day", "sipHash64(day)"),
        ("n UInt64", "tuple()", "rand()"),
        ("n UInt64, INDEX source n TYPE minmax, CONSTRAINT install CHECK n > 0", "n", "sipHash64(n)"),
    ],
)
def test_all_rows_of_an_install_are_on_one_shard(columns: str, order: str, key: str) -> None:
    sql = f"CREATE TABLE t ({columns}) ENGINE = MergeTree ORDER BY {order} SETTINGS a = 1"
    assert sharding_key(read_table(sql)) == key


def test_columns_change_in_both_tables_and_nothing_else_does() -> None:
    both = render("ALTER TABLE t ADD COLUMN a String CODEC(ZSTD(1)) AFTER b", "c")
    assert both == [
        "ALTER TABLE t_local ON CLUSTER 'c' ADD COLUMN IF NOT EXISTS a String CODEC(ZSTD(1)) AFTER b",
        "ALTER TABLE t ON CLUSTER 'c' ADD COLUMN IF NOT EXISTS a String AFTER b",
    ]
    for action in ("MODIFY SETTING a = 1, b = 2", "MODIFY TTL day + INTERVAL 1 DAY", "DROP PARTITION ID 'x'"):
        assert render(f"ALTER TABLE t {action}", "c") == [f"ALTER TABLE t_local ON CLUSTER 'c' {action}"]
    with pytest.raises(StoreError, match="Write two"):
        render("ALTER TABLE t ADD COLUMN a String, DELETE WHERE b", "c")


def test_what_changes_no_table_and_one_server_stay_as_they_are() -> None:
    for sql in ("SELECT 1", "INSERT INTO t SELECT * FROM events", "CREATE TEMPORARY TABLE t AS SELECT 1"):
        assert render(sql, "c") == [sql]
    assert [render(sql, "") for sql in EVERY] == [[sql] for sql in EVERY]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("RENAME TABLE a TO b", "no rule"),
        ("CREATE MATERIALIZED VIEW a TO b AS SELECT 1", "no rule"),
        ("CREATE TABLE a (x UInt8) ENGINE = Memory", "no table of a migration"),
        ("CREATE TABLE a (x UInt8 ENGINE = MergeTree", "not closed"),
        ("CREATE TABLE a (x UInt8) ENGINE = MergeTree", "no ORDER BY"),
        ("CREATE TABLE a_local (x UInt8) ENGINE = MergeTree ORDER BY x", "cannot be named so"),
    ],
)
def test_a_form_without_a_rule_is_refused_in_words(sql: str, said: str) -> None:
    with pytest.raises(StoreError, match=said):
        render(sql, "c")


@pytest.mark.timeout(400)
def test_every_question_is_answered_alike_by_one_store_and_over_two_shards(tmp_path: Path) -> None:
    """The engine's own `Distributed` tables, in one process: see tests/cluster/one_process.py."""
    command = [sys.executable, "-m", "tests.cluster.one_process", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=380, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" same\n") >= 39
    assert "explain {} 0" not in done.stdout
