"""How long does each question take at 1, 10 and 100 million events, and how does that grow?

`python -m tests.bench insights` measures 1 and 10 million; `python -m tests.bench.bench_insights 1 10 100` names the
sizes, in millions (100 needs about 10 GB of disk and half an hour).
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import quantiles
from typing import Any

import numpy as np

from aboveboard.access import Sources
from aboveboard.access.sources import new_source
from aboveboard.collector.admit import Admission
from aboveboard.insights import QUESTIONS
from aboveboard.insights.choices import choices
from aboveboard.insights.filters import Filters
from aboveboard.simulation import Plan, events, plant, populate
from aboveboard.simulation.feed import multiply, store
from aboveboard.store import connect, migrate
from aboveboard.store.rollups import Builder
from tests.bench.figures import Figure

DAYS = 28
INSTALLS = 11_500
"""So many send about a million events in four weeks."""

REPEATS = 7
REACH_MS = 300


def fill(client: Any, folder: Path) -> None:
    """Put about a million events of a population with two causes into a store."""
    source = new_source("bench", kind="production", policy="cleaned", write_key="key")
    admission = Admission(Sources([source]), folder)
    population = populate(Plan(INSTALLS, DAYS, seed=1, rate=2.0))
    causes = plant(population, "startContainer", 2, np.random.default_rng(1), risks=(3, 10))
    population = replace(population, plan=replace(population.plan, causes=causes))
    for day in events(population, start()):
        store(day, client, admission, "key")


def start() -> datetime:
    """The first day of the population, four weeks ago."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=DAYS)


def measure(client: Any) -> dict[str, tuple[float, float]]:
    """Return p50 and p95 in milliseconds of every question, under the default filters of a page."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    until = today + timedelta(days=2)
    filters = Filters(["bench"], today - timedelta(days=30), until, {})
    asked: dict[str, Callable[[Any, Filters], Any]] = {
        **QUESTIONS,
        "explain (one event)": lambda client, filters: QUESTIONS["explain"](
            client, replace(filters, equal={"event": "startContainer"})
        ),
        "actions (one day)": lambda client, filters: QUESTIONS["actions"](
            client, replace(filters, since=until - timedelta(days=3), until=until - timedelta(days=2))
        ),
        "choices of filters": choices,
    }
    found = {}
    for name, ask in asked.items():
        took = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            ask(client, filters)
            took.append((time.perf_counter() - began) * 1000)
        found[name] = (sorted(took)[REPEATS // 2], quantiles(took, n=20, method="inclusive")[-1])
    return found


def count_days(client: Any) -> None:
    """Make the rollups, as a running server does in the background, and say what that took."""
    began, worked = time.perf_counter(), time.process_time()
    days = Builder(client).refresh()
    took, cpu = time.perf_counter() - began, time.process_time() - worked
    print(f"  {days} days were counted in {took:,.0f} s ({cpu:,.0f} s of CPU)", flush=True)


def growth(measured: dict[int, dict[str, tuple[float, float]]]) -> None:
    """Print how the p95 of each question grows from size to size."""
    for small, large in pairwise(sorted(measured)):
        print(f"from {small} to {large} million events p95 grows by")
        for name, (_, slow) in sorted(measured[large].items()):
            print(f"  {name:22} × {slow / measured[small][name][1]:.1f}")


def main(sizes: Sequence[int] = (1, 10)) -> dict[int, dict[str, tuple[float, float]]]:
    """Print a row a question with p50 and p95 at each size; returns the figures."""
    measured: dict[int, dict[str, tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        client = connect(f"chdb://{folder}/store")
        migrate(client)
        fill(client, Path(folder))
        now = 1
        for size in sorted(sizes):
            if size > now:
                multiply(client, size // now - 1)
                now = size
            counted, installs = client.query("SELECT count(), uniqExact(install) FROM events").result_rows[0]
            print(f"{counted:,} events of {installs:,} installs", flush=True)
            count_days(client)
            measured[size] = measure(client)
            report(measured[size], REACH_MS if size <= 10 else 1000)
        client.close()
    growth(measured)
    return measured


def report(found: dict[str, tuple[float, float]], reach: int = REACH_MS) -> None:
    """Print the figures of one size, slowest last, with what does not reach its number."""
    for name, (middle, slow) in sorted(found.items(), key=lambda item: item[1][1]):
        late = "" if slow <= reach else f"  over {reach} ms"
        print(f"  {name:22} p50 {middle:8.1f} ms   p95 {slow:8.1f} ms{late}", flush=True)


def figures(found: dict[int, dict[str, tuple[float, float]]]) -> list[Figure]:
    """Return the slowest question's p95 at each size as the design counts it, and every question's beside it."""
    reach = {10: 300.0, 100: 1000.0}
    made = []
    for size, asked in found.items():
        slowest = max(asked, key=lambda name: asked[name][1])
        made.append(
            Figure(
                f"insights: p95 at {size} M events, the slowest ({slowest})",
                asked[slowest][1],
                "ms",
                reach.get(size),
            )
        )
        made += [
            Figure(f"insights: {name}, p95 at {size} M", slow, "ms") for name, (_, slow) in asked.items()
        ]
    return made


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or (1, 10))
