"""Is a simulated population the same for the same seed, and does it reach a server by both ways?"""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aboveboard.access import Sources
from aboveboard.access.settings import add_source
from aboveboard.access.sources import new_source
from aboveboard.collector.admit import Admission
from aboveboard.insights import explain
from aboveboard.insights.causes import read_units
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look
from aboveboard.simulation import Cause, Event, Plan, events, plant, populate
from aboveboard.simulation.feed import multiply, store
from aboveboard.store import connect, migrate
from tests.conftest import Server, start_server, stop_server

START = datetime(2026, 11, 2, tzinfo=UTC)
CAUSE = Cause("startContainer", {"os": "Windows", "arch": "arm64"}, 8.0, 0.03)


def simulated(plan: Plan) -> list[Event]:
    return [event for day in events(populate(plan), START) for event in day]


def test_the_same_seed_makes_the_same_events_and_another_does_not() -> None:
    plan = Plan(20, 7, 3)
    assert simulated(plan) == simulated(plan)
    assert simulated(plan) != simulated(replace(plan, seed=4))


def test_installs_rest_at_weekends_update_and_stay_within_their_days() -> None:
    population = populate(Plan(3000, 28, 5, weekday=0))
    used = (population.versions >= 0).sum(axis=0)
    assert used[5::7].mean() < 0.6 * used[1::7].mean()
    first, last = population.versions[:, :7], population.versions[:, -7:]
    assert last[last >= 0].mean() > first[first >= 0].mean()
    times = [event.time for event in simulated(Plan(50, 7, 5))]
    assert START.timestamp() * 1000 <= min(times)
    assert max(times) < (START + timedelta(days=7)).timestamp() * 1000


def test_planted_causes_are_had_by_one_to_thirty_of_a_hundred_and_share_nothing() -> None:
    for seed in range(20):
        population = populate(Plan(500, 28, seed))
        causes = plant(population, "startContainer", 3, np.random.default_rng(seed))
        assert causes
        assert all(0.01 <= cause.share <= 0.3 and 2 <= cause.risk <= 10 for cause in causes)
        named = [name for cause in causes for name in cause.attributes]
        assert len(named) == len(set(named))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Filters, Plan]]:
    """A store with a population in which Windows on arm64 starts containers badly."""
    folder = tmp_path_factory.mktemp("simulation")
    client = connect(f"chdb://{folder / 'store'}")
    migrate(client)
    source = new_source("shop", kind="production", policy="cleaned", write_key="key")
    plan = Plan(900, 14, 11, causes=[CAUSE], rate=3.0)
    population = populate(plan)
    admission = Admission(Sources([source]), folder)
    for day in events(population, START):
        assert store(day, client, admission, "key") == len(day)
    yield client, Filters(["shop"], START, START + timedelta(days=15), {"event": "startContainer"}), plan
    client.close()


def test_the_planted_cause_is_found_in_the_store(filled: tuple[Any, Filters, Plan]) -> None:
    client, filters, _ = filled
    rows = explain.ask(client, filters)
    assert rows[0]["attributes"] == CAUSE.attributes
    assert "on Windows arm64" in rows[0]["sentence"]


def test_the_store_holds_the_installs_of_the_population(filled: tuple[Any, Filters, Plan]) -> None:
    client, filters, plan = filled
    read = read_units(Look(client, filters), filters, "startContainer").states
    population = populate(plan)
    systems = next(column for column in read.columns if column.name == "os")
    found = Counter(
        systems.values[code] for code in systems.codes[np.unique(read.install, return_index=True)[1]]
    )
    everyone = Counter(population.facts["os"].tolist())
    assert set(found) == set(everyone)
    assert all(0.5 * everyone[name] < count <= everyone[name] for name, count in found.items())


def test_a_store_can_be_multiplied(filled: tuple[Any, Filters, Plan]) -> None:
    client, _, _ = filled
    counted = "SELECT count(), uniqExact(install) FROM events FINAL"
    (rows, installs) = client.query(counted).result_rows[0]
    multiply(client, 2)
    assert client.query(counted).result_rows[0] == (3 * rows, 3 * installs)


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "aboveboard", "simulate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_command_sends_over_http_and_prints_what_it_planted(server: Server) -> None:
    sends = ("--installs", "60", "--days", "5", "--seed", "2", "--causes", "1")
    done = run(*sends, "--endpoint", server.url, "--write-key", server.write_key)
    assert done.returncode == 0, done.stderr
    assert "Planted: startContainer fails" in done.stdout
    assert "Seed 2: 60 installs, 5 days" in done.stdout
    (line,) = [line for line in done.stdout.splitlines() if "were taken" in line]
    taken = int(line.split()[0].replace(",", ""))
    assert taken == server.stored() > 200
    # Sent again on the same day it is the same events, and counts once.
    assert run(*sends, "--data", str(server.data), "--endpoint", server.url).returncode == 0
    assert server.stored() == taken


def test_the_command_writes_into_a_stopped_store(tmp_path: Path) -> None:
    add_source(tmp_path / "aboveboard.toml", new_source("shop", kind="production", policy="cleaned"))
    done = run("--direct", "--installs", "30", "--days", "40", "--data", str(tmp_path))
    assert done.returncode == 0, done.stderr
    taken, _, sent, *_ = done.stdout.split("\n")[-2].split()
    assert taken == sent
    server = start_server(tmp_path)
    assert server.stored() == int(taken.replace(",", ""))
    stop_server(server)


def test_without_a_server_the_command_says_what_to_do() -> None:
    done = run("--endpoint", "http://127.0.0.1:9", "--write-key", "k", "--installs", "1")
    assert done.returncode == 1
    assert "Start it with `aboveboard serve`" in done.stderr


def test_without_a_source_the_command_says_what_to_do(tmp_path: Path) -> None:
    done = run("--data", str(tmp_path), "--installs", "1")
    assert done.returncode == 2
    assert "aboveboard source add" in done.stderr
