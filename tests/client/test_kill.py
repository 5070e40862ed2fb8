"""Is anything lost or doubled when processes are killed at any moment? Three at once, again and again."""

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.client.apps import ROOT, command, environment
from tests.client.collector import Collector
from tests.client.conftest import Bench

PROCESSES = 3
# What was logged this long before a kill must arrive.
SAFE_SECONDS = 0.1
SHORT = 12
LONG = 100


def round_of_kills(
    home: Path, collector: Collector, first: int, chance: random.Random
) -> tuple[set[int], set[int]]:
    """Start three processes, kill each at a random moment; return what was logged safely, and all that was."""
    running = [
        subprocess.Popen(
            command("tick", endpoint=collector.url, first=first + 1_000_000 * number),
            env=environment(home),
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        for number in range(PROCESSES)
    ]
    # Until each has begun: how long a start takes is the machine's affair.
    begun = {process.pid: process.stdout.readline() for process in running if process.stdout is not None}
    time.sleep(0.25)
    safe: set[int] = set()
    everything: set[int] = set()
    for process in running:
        time.sleep(chance.uniform(0.05, 0.3))
        killed = time.time()
        process.send_signal(signal.SIGKILL)
        said, _ = process.communicate()
        for line in (begun[process.pid] + said).decode().splitlines():
            number, logged = line.split()
            everything.add(int(number))
            if killed - float(logged) > SAFE_SECONDS:
                safe.add(int(number))
    return safe, everything


def run_kills(bench: Bench, rounds: int, seed: int) -> tuple[int, int]:
    """Kill `rounds` times three processes; check each promise; return how many events were safe, and arrived."""
    bench.telemetry().close()
    chance = random.Random(seed)
    safe: set[int] = set()
    logged: set[int] = set()
    for number in range(rounds):
        kept, everything = round_of_kills(bench.home, bench.collector, number * 10_000_000, chance)
        safe |= kept
        logged |= everything
        with sqlite3.connect(bench.data / "spool.db") as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
    last = bench.telemetry(accept=False)
    assert last.consent.state == "accepted"
    end = time.monotonic() + 60
    while not last.flush(5) and time.monotonic() < end:
        time.sleep(0.1)
    # A batch whose answer the killed process never saw is sent again: the message id tells that.
    arrived = {event["messageId"]: event["properties"]["number"] for event in bench.collector.named("tick")}
    numbers = Counter(arrived.values())
    assert max(numbers.values()) == 1, "a number under two message ids is doubled"
    assert safe - set(numbers) == set(), f"{len(safe - set(numbers))} events lost"
    # A line may be cut off by the kill, so one number a process may be logged and not said.
    assert len(set(numbers) - logged) <= rounds * PROCESSES
    return len(safe), len(numbers)


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is not a thing there")
def test_what_was_logged_100_ms_before_a_kill_arrives_once(bench: Bench) -> None:
    safe, arrived = run_kills(bench, SHORT // PROCESSES, seed=1)
    assert safe > 50
    assert arrived >= safe


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_hundred_kills_at_random_moments(bench: Bench) -> None:
    safe, arrived = run_kills(bench, -(-LONG // PROCESSES), seed=time.time_ns())
    print(f"{LONG} kills, {safe} events safe, {arrived} arrived, none lost, none doubled")
