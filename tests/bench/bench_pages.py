"""How long does each page of the dashboard take over HTTP, and what does the server hold while events come in?

`python -m tests.bench.bench_pages 10` fills a store with that many million events first (about eight minutes);
`python -m tests.bench.bench_pages --data FOLDER` takes one that has a store already, whose source is `bench`.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from statistics import quantiles
from typing import Any

from aboveboard.access.settings import add_source
from aboveboard.access.sources import new_source
from aboveboard.dashboard.pages import PAGES
from aboveboard.simulation.feed import multiply
from aboveboard.store import connect, migrate
from tests.bench.bench_insights import count_days, fill
from tests.bench.figures import Figure
from tests.conftest import Server, start_server, stop_server

REPEATS = 21
"""The first is of a server that has just started; one in twenty-one is no more than p95 leaves out."""
KEY = "bench"
RATE = 5_000
"""Events a second that come in while pages are asked for."""

SECONDS = 90
REACH_MIB = 1024.0
REACH_MS = 300.0

ASKED = {
    **{page.title: page.path for page in PAGES if not page.raw},
    "Overview, os": "/overview?os=Linux",
    "Retention, country": "/retention?country=DE",
    "Releases, os": "/releases?os=Linux",
}
"""What is asked for, by the names that are printed."""

Times = dict[str, list[float]]


def build(folder: Path, millions: int) -> None:
    """Fill the store of a data folder."""
    client = connect(f"chdb://{folder}/store")
    migrate(client)
    fill(client, folder)
    multiply(client, millions - 1)
    count_days(client)
    client.close()


class Visitor:
    """Somebody with a session."""

    def __init__(self, server: Server) -> None:
        self._url = server.url
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self.get(f"/actions?token={server.admin_token}")

    def get(self, path: str) -> bytes:
        """Return a whole page; raises where it is none."""
        with self._opener.open(self._url + path, timeout=120) as answer:
            page: bytes = answer.read()
            return page


def ask(visitor: Visitor, repeats: int, until: float = float("inf"), *, anew: bool = False) -> Times:
    """Ask for every page in turn, and return how long each took, in milliseconds from the request to the last byte.

    With `anew` each time of a span that begins a day earlier, so that no answer is there already.
    """
    took: Times = {name: [] for name in ASKED}
    for earlier in range(repeats):
        first = datetime.now(UTC) - timedelta(days=31 + earlier)
        for name, asked in ASKED.items():
            path = f"{asked}{'&' if '?' in asked else '?'}from={first:%Y-%m-%d}" if anew else asked
            if time.monotonic() > until:
                return took
            began = time.perf_counter()
            visitor.get(path)
            took[name].append((time.perf_counter() - began) * 1000)
    return took


def memory(pid: int, name: str) -> float:
    """Return a line of what the system says of a process's memory, in MiB: VmRSS now, VmHWM at the most."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(name))


def settle(pid: int) -> None:
    """Wait until a server has rested for three seconds: it merges what was stored last, which no page waits for."""
    rested, until = 0, time.monotonic() + 120
    while rested < 3 and time.monotonic() < until:
        before = processor(pid)
        time.sleep(1)
        rested = rested + 1 if processor(pid) - before < 0.1 else 0


def processor(pid: int) -> float:
    """Return the seconds of processor time that a process has taken (proc_pid_stat(5): utime and stime)."""
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, after_name[11:13])) / os.sysconf("SC_CLK_TCK")


def taking(server: Server, visitor: Visitor) -> dict[str, Any]:
    """Ask for pages while events come in, one page after the other with a rest as long as it took."""
    command = [sys.executable, "-m", "tests.bench.load", server.url, KEY, "8", str(SECONDS), str(RATE)]
    sender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    until = time.monotonic() + SECONDS - 5
    took: Times = {name: [] for name in ASKED}
    while time.monotonic() < until:
        for name, found in ask(visitor, 1, until).items():
            took[name] += found
        time.sleep(1)
    said, _ = sender.communicate(timeout=60)
    assert sender.returncode == 0
    return {"times": took, "load": json.loads(said), "peak_mib": memory(server.process.pid, "VmHWM")}


def main(millions: int = 10, data: Path | None = None) -> dict[str, Any]:
    """Print p50 and p95 of each page, alone and while events come in, and the server's memory; returns them."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = data or Path(scratch) / "data"
        folder.mkdir(exist_ok=True)
        if data is None:
            build(folder, millions)
        if not (folder / "aboveboard.toml").exists():
            source = new_source("bench", kind="production", policy="cleaned", write_key=KEY)
            add_source(folder / "aboveboard.toml", source)
        server = start_server(folder)
        try:
            visitor = Visitor(server)
            settle(server.process.pid)
            alone, again = ask(visitor, REPEATS, anew=True), ask(visitor, REPEATS + 1)
            again = {name: took[1:] for name, took in again.items()}
            after = memory(server.process.pid, "VmRSS")
            found = {"alone": alone, "again": again, "after": after, **taking(server, visitor)}
            report(found)
        finally:
            stop_server(server)
    return found


def report(found: dict[str, Any]) -> None:
    """Print the figures."""
    kinds = ("alone, each answer made", "alone"), ("alone, answers given again", "again")
    for title, times in (
        *((title, found[kind]) for title, kind in kinds),
        (f"while {RATE:,} events/s come in", found["times"]),
    ):
        print(title)
        asked = {name: took for name, took in times.items() if took}
        for name, took in sorted(asked.items(), key=lambda row: p95(row[1])):
            late = "" if p95(took) <= REACH_MS else f"  over {REACH_MS:.0f} ms"
            print(f"  {name:22} p50 {sorted(took)[len(took) // 2]:8.1f} ms   p95 {p95(took):8.1f} ms{late}")
    load = found["load"]
    print(f"taken: {load['events_per_s']:,} events/s, p50 {load['p50_ms']} ms, p99 {load['p99_ms']} ms")
    print(
        f"memory of the server: {found['after']:.0f} MiB after the pages, {found['peak_mib']:.0f} MiB at the most"
    )


def p95(took: list[float]) -> float:
    """Return what 95 of 100 stay below."""
    return quantiles(took, n=20, method="inclusive")[-1] if len(took) > 1 else max(took, default=0.0)


def figures(found: dict[str, Any]) -> list[Figure]:
    """Return the slowest page's p95, the memory, and every page."""
    slowest = max(found["alone"], key=lambda name: p95(found["alone"][name]))
    return [
        Figure(
            f"pages: p95 over HTTP, the slowest ({slowest})", p95(found["alone"][slowest]), "ms", REACH_MS
        ),
        Figure("pages: memory of the server while taking events", found["peak_mib"], "MiB", REACH_MIB),
        Figure(
            "pages: events a second taken meanwhile", found["load"]["events_per_s"], "events/s", at_most=False
        ),
        *(Figure(f"pages: {name}, p95", p95(took), "ms") for name, took in found["alone"].items()),
    ]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--data"]:
        main(data=Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 10)
