"""How many events a second are on disk, cleaned, on one core, and how does that compare with the server's ceiling?"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure
from tests.conftest import start_server, stop_server

STEPS = (1, 4, 16, 32, 64, 128)
ONE_CORE = ("taskset", "-c", "0")
OTHER_CORE = ("taskset", "-c", "1")


def load(url: str, key: str, connections: int, seconds: float) -> dict[str, Any]:
    """Run the load generator on the other core."""
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
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def ceiling(seconds: float, connections: int) -> dict[str, Any]:
    """The same server without cleaning and insert."""
    command = [*ONE_CORE, sys.executable, "-m", "tests.bench.ceiling", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        return load(f"http://127.0.0.1:{port}", "k", connections, seconds)
    finally:
        process.terminate()
        process.wait(timeout=30)


def main(seconds: float = 5.0) -> dict[str, Any]:
    """Print a row a step, then the ratio to the ceiling; returns the figures."""
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(Path(folder) / "data", prefix=ONE_CORE)
        load(server.url, server.write_key, 4, 2.0)
        rows = [load(server.url, server.write_key, connections, seconds) for connections in STEPS]
        with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
            peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        stop_server(server)
    top = ceiling(seconds, 16)
    best = max(rows, key=lambda row: row["events_per_s"])
    for row in rows:
        print(
            f"{row['connections']:4} connections  {row['events_per_s']:8,} events/s  "
            f"p50 {row['p50_ms']:7.1f} ms  p99 {row['p99_ms']:7.1f} ms"
        )
    ratio = best["events_per_s"] / top["events_per_s"]
    print(f"ceiling (no cleaning, no insert)  {top['events_per_s']:8,} events/s  ratio 1/{1 / ratio:.1f}")
    print(f"peak memory of the server  {peak / 1024:.0f} MiB  ({os.cpu_count()} cores on the machine)")
    return {"rows": rows, "ceiling": top, "ratio": ratio}


def figures(found: dict[str, Any]) -> list[Figure]:
    """Return what was measured as the design counts it; latency is that of the step with the most events a second."""
    best = max(found["rows"], key=lambda row: row["events_per_s"])
    return [
        Figure("collector: events a second, over its own ceiling", found["ratio"], "×", 1 / 8, at_most=False),
        Figure("collector: p99 at most events a second", best["p99_ms"], "ms", 250),
        Figure("collector: durable, cleaned", best["events_per_s"], "events/s", at_most=False),
        Figure("collector: ceiling", found["ceiling"]["events_per_s"], "events/s", at_most=False),
    ]


if __name__ == "__main__":
    main()
