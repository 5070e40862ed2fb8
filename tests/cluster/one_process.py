"""Asks every question of one store, and of a cluster's tables with the same events, and prints where they differ.

Runs in a folder whose config.xml names a cluster of two shards which are both this process: the engine's real
`Distributed` tables split inserts, ask the shards and put their answers together, only without a network between them.
Both shards have the same local tables, and a filter shows to each the rows that the sharding key gives it.

    python -m tests.cluster.one_process FOLDER
"""

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import clickhouse_connect
import numpy as np

from aboveboard.access import Sources
from aboveboard.access.sources import new_source
from aboveboard.collector.admit import Admission
from aboveboard.insights import QUESTIONS, Filters
from aboveboard.simulation.causes import plant
from aboveboard.simulation.events import events
from aboveboard.simulation.feed import store
from aboveboard.simulation.population import Plan, populate
from aboveboard.store.cluster import render
from aboveboard.store.failover import _OF_A_CLUSTER
from aboveboard.store.migrations import migrations, statements
from tests.cluster.plain import distributed, plain

CONFIG = """
<clickhouse>
  <tcp_port>9000</tcp_port>
  <remote_servers><two>
    <shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard>
    <shard><replica><host>localhost</host><port>9000</port></replica></shard>
  </two></remote_servers>
</clickhouse>
"""
DAYS = 12


def opened(folder: str, database: str) -> Any:
    client = clickhouse_connect.get_client(dsn=f"chdb://{folder}/store")
    client.command(f"CREATE DATABASE {database}")
    client.close()
    return clickhouse_connect.get_client(dsn=f"chdb://{folder}/store", database=database)


def build(folder: str) -> tuple[Any, Any]:
    """Return a client of one store, and one of the tables of a cluster, both empty."""
    one, both = opened(folder, "one"), opened(folder, "two")
    filters: list[str] = []
    for step in migrations():
        for statement in statements(step.sql):
            one.command(statement)
            for rendered in render(statement, "two", "two"):
                both.command(plain(rendered))
                if found := distributed(rendered):
                    key = found[2].replace("install = ''", "empty(install)")
                    filters.append(f"'two.{found[1]}': '{key} % 2 + 1 = shardNum()'")
    for name, value in _OF_A_CLUSTER.items():
        both.set_client_setting(name, value)
    both.set_client_setting("additional_table_filters", f"{{{', '.join(filters)}}}")
    return one, both


def main(folder: str) -> int:
    one, both = build(folder)
    source = new_source("app", kind="development", policy="cleaned", write_key="k")
    admission = Admission(Sources([source]), Path(folder))
    start = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS)
    population = populate(Plan(300, DAYS, 7, weekday=start.weekday(), rate=3.0))
    causes = plant(population, "startContainer", 1, np.random.default_rng(4), risks=(8, 10))
    population = replace(population, plan=replace(population.plan, causes=causes))
    sent = [event for day in events(population, start) for event in day]
    for client in (one, both, both):  # Everything twice into the cluster, as after a retry.
        store(sent, client, admission, "k")
    shards = both.query("SELECT _shard_num, count() FROM events FINAL GROUP BY ALL ORDER BY ALL").result_rows
    print("rows of the shards", [tuple(row) for row in shards])
    assert len(shards) == 2, shards
    (alone,) = one.query("SELECT count() FROM events FINAL").result_rows[0]
    assert sum(row[1] for row in shards) == alone, (shards, alone)
    until, different = start + timedelta(days=DAYS + 1), 0
    failing = QUESTIONS["actions"](one, Filters(["app"], start, until, {}, ["app"]))[0]["event"]
    for name, ask in QUESTIONS.items():
        for equal in ({}, {"event": failing}, {"os": "Linux"}):
            filters = Filters(["app"], start, until, equal, ["app"], ("startup", failing, "shutdown"))
            expected, found = ask(one, filters), ask(both, filters)
            same = expected == found
            different += not same
            print(name, equal, len(expected), "same" if same else f"DIFFERENT {difference(expected, found)}")
    return different


def difference(expected: list[Any], found: list[Any]) -> str:
    for old, new in zip(expected, found, strict=False):
        if old != new:
            return f"{old} != {new}"[:1500]
    return f"{len(expected)} rows, {len(found)} rows"


if __name__ == "__main__":
    (Path(sys.argv[1]) / "config.xml").write_text(CONFIG, encoding="utf-8")
    os.chdir(sys.argv[1])
    failed = main(sys.argv[1])
    sys.stdout.flush()
    os._exit(bool(failed))  # The engine does not end with such tables in it.
