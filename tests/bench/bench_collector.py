"""How many events a second are on disk, cleaned, on one core, and how does that compare with the server's ceiling?

Beside the wall clock it counts the server's CPU time, which a busy machine disturbs less.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench import rival
from tests.bench.figures import Figure
from tests.bench.load import BATCH
from tests.conftest import start_server, stop_server

STEPS = (1, 4, 16, 32, 64, 128)
ONE_CORE = ("taskset", "-c", "0")
OTHER_CORE = ("taskset", "-c", "1")
WORST_MS = 250.0
_TICKS = os.sysconf("SC_CLK_TCK")


def load(url: str, key: str, connections: int, seconds: float, pid: int) -> dict[str, Any]:
    """Run the load generator on the other core; adds the CPU time of the process `pid`, in microseconds an event."""
    command = [
        *OTHER_CORE,
        sys.executable,
        "-m",
        "tests.bench.load",
        url,
        key,
        str(connections),
        str(seconds),
    ]
    before = _cpu(pid)
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60)
    found: dict[str, Any] = json.loads(done.stdout)
    found["cpu_us"] = (_cpu(pid) - before) / (found["requests"] * BATCH) * 1e6
    return found


def ceiling(seconds: float, connections: int) -> dict[str, Any]:
    """The same server without cleaning and insert."""
    command = [*ONE_CORE, sys.executable, "-m", "tests.bench.ceiling", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        return load(f"http://127.0.0.1:{port}", "k", connections, seconds, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def main(seconds: float = 5.0) -> dict[str, Any]:
    """Print a row a step, the ratio to the ceiling, where the time goes, and a rival; returns the figures.

    The ceiling is measured before and after, and counts with the mean of both.
    """
    tops = [ceiling(seconds, 16)]
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(Path(folder) / "data", prefix=ONE_CORE)
        pid = server.process.pid
        load(server.url, server.write_key, 4, 2.0, pid)
        rows = [load(server.url, server.write_key, connections, seconds, pid) for connections in STEPS]
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        stop_server(server)
    tops.append(ceiling(seconds, 16))
    for row in rows:
        print(f"{row['connections']:4} connections  {_line(row)}")
    for top in tops:
        print(f"ceiling (no cleaning, no insert)  {_line(top)}")
    found = _ratios(rows, tops)
    print(f"peak memory of the server  {peak / 1024:.0f} MiB  ({os.cpu_count()} cores on the machine)")
    found["split"] = split(tops)
    print(
        "where the CPU goes, in µs an event: " + ", ".join(f"{k} {v:.1f}" for k, v in found["split"].items())
    )
    found["rival"] = rival.measure(seconds)
    return found


def _ratios(rows: list[dict[str, Any]], tops: list[dict[str, Any]]) -> dict[str, Any]:
    """Print the best step of all, and the best whose slowest hundredth waits no longer than the goal allows."""
    top = sum(each["events_per_s"] for each in tops) / len(tops)
    top_cpu = sum(each["cpu_us"] for each in tops) / len(tops)
    found: dict[str, Any] = {"rows": rows, "ceiling": top, "best": max(rows, key=_rate)}
    prompt = [row for row in rows if row["p99_ms"] <= WORST_MS]
    for name, of in (("of all steps", rows), (f"with p99 ≤ {WORST_MS:.0f} ms", prompt)):
        if not of:
            print(f"no step {name}")
            continue
        found["best"] = best = max(of, key=_rate)
        print(
            f"best {name}: {best['connections']} connections, 1/{top / best['events_per_s']:.1f} of the ceiling "
            f"by the clock, 1/{best['cpu_us'] / top_cpu:.1f} by CPU"
        )
    found["ratio"] = _rate(found["best"]) / top
    return found


def _rate(row: dict[str, Any]) -> float:
    return float(row["events_per_s"])


def figures(found: dict[str, Any]) -> list[Figure]:
    """Return what was measured as the design counts it; latency is that of the step that counts."""
    best = found["best"]
    taken = [
        Figure("collector: events a second, over its own ceiling", found["ratio"], "×", 1 / 8, at_most=False),
        Figure("collector: p99 at most events a second", best["p99_ms"], "ms", WORST_MS),
        Figure("collector: durable, cleaned", best["events_per_s"], "events/s", at_most=False),
        Figure("collector: CPU of an event", best["cpu_us"], "µs"),
        Figure("collector: ceiling", found["ceiling"], "events/s", at_most=False),
        *(Figure(f"collector: {part} of an event", spent, "µs") for part, spent in found["split"].items()),
    ]
    if found["rival"]:
        taken.append(
            Figure("Bugsink on PostgreSQL", found["rival"]["events_per_s"], "events/s", at_most=False)
        )
    return taken


def split(tops: list[dict[str, Any]]) -> dict[str, float]:
    """What an event costs in each part; HTTP is what the ceiling spends beside decoding."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*ONE_CORE, sys.executable, "-m", "tests.bench.split", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    parts: dict[str, float] = json.loads(done.stdout)
    http = sum(each["cpu_us"] for each in tops) / len(tops) - parts["decode"]
    return {"HTTP": max(0.0, http)} | parts


def _line(row: dict[str, Any]) -> str:
    return (
        f"{row['events_per_s']:8,} events/s  p50 {row['p50_ms']:7.1f} ms  p99 {row['p99_ms']:7.1f} ms  "
        f"CPU {row['cpu_us']:6.1f} µs an event"
    )


def _cpu(pid: int) -> float:
    """The CPU seconds of a process with its threads."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


if __name__ == "__main__":
    main()
