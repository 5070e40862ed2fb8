"""What does the client cost an app, beside four rivals in the same run on the same machine?"""

import compileall
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.client_probe import BURST, CLIENTS, IMPORTS
from tests.bench.figures import Figure

ROOT = Path(__file__).parents[2]
ROUNDS = 15
REPEATS = 3
PAIRS = 15
OURS = "aboveboard"
BARE = "bare"
EXIT_CASES = ("down", "hanging", "refusing")


def environment() -> dict[str, str]:
    """The environment without what would switch a client off or send it elsewhere."""
    # Nor without compiled files, which every installed package has.
    unwanted = ("CI", "DO_NOT_TRACK", "SUDO_UID", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    unwanted += ("PYTHONDONTWRITEBYTECODE",)
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def probe(client: str, measurement: str, url: str, **variables: str) -> dict[str, Any]:
    """One measurement of one client in a process of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.client_probe", client, measurement, url],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env={**environment(), "PROBE_HOME": home, **variables},
        )
        ended = time.time()
    if done.returncode or not done.stdout:
        raise RuntimeError(f"{client} {measurement}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if "left_at" in found:
        found["exit_ms"] = (ended - found["left_at"]) * 1000
    return found


def import_times() -> dict[str, float]:
    """Milliseconds over the bare interpreter, the best of several, the clients taking turns."""
    programs = {"bare": "pass", **IMPORTS}
    best = dict.fromkeys(programs, float("inf"))
    for _ in range(ROUNDS):
        for name, program in programs.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True, env=environment())
            best[name] = min(best[name], time.perf_counter() - began)
    return {name: (best[name] - best["bare"]) * 1000 for name in IMPORTS}


@contextmanager
def sink(certificate: Path | None = None) -> Iterator[str]:
    """The server that takes everybody's events; with a certificate (and its key in the same file), over TLS."""
    command = [sys.executable, "-m", "tests.bench.client_sink", *([str(certificate)] if certificate else [])]
    scheme = "https://localhost" if certificate else "http://127.0.0.1"
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield f"{scheme}:{process.stdout.readline().strip()}"
        process.stdin.close()


def counted(url: str) -> int:
    """How many events the sink took since it was asked last."""
    with urllib.request.urlopen(f"{url}/count") as answer:
        return int(answer.read())


@contextmanager
def collector_that_is(case: str) -> Iterator[str]:
    """A collector that is down, takes connections and never answers, or answers 503 to everything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if case == "down":
            server.close()
            yield f"http://127.0.0.1:{port}"
            return

        def serve() -> None:
            held = []
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                held.append(connection)
                if case == "refusing":
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{port}"


def show(title: str, values: dict[str, float], unit: str, digits: int = 1) -> None:
    """One line a client, with the ratio to ours."""
    print(f"\n{title}")
    for client, value in values.items():
        ratio = f"  {value / values[OURS]:6.1f} ×" if values[OURS] > 0 and client != OURS else ""
        print(f"  {client:14} {value:10.{digits}f} {unit}{ratio}")


def best_of(measurement: str, key: str, url: str) -> dict[str, float]:
    """The smallest of a few runs for each client, the clients taking turns."""
    best = dict.fromkeys(CLIENTS, float("inf"))
    for _ in range(REPEATS):
        for client in CLIENTS:
            best[client] = min(best[client], float(probe(client, measurement, url)[key]))
    return best


def calls(url: str) -> dict[str, dict[str, dict[str, float]]]:
    """Latency of a call for each client; of a few runs the one with the smallest median."""
    found: dict[str, Any] = {}
    for _ in range(REPEATS):
        for client in CLIENTS:
            one = probe(client, "call", url)
            if client not in found or one["burst"]["p50"] < found[client]["burst"]["p50"]:
                found[client] = one
    return found


def exits() -> dict[str, dict[str, float]]:
    """Milliseconds added from an app's last line until its process is gone, by the state of the collector.

    For ours the median of pairs with and without it, taken in turn; for the others of a few.
    """
    found: dict[str, dict[str, float]] = {}
    for case in EXIT_CASES:
        with collector_that_is(case) as url:
            found[case] = {
                client: paired(client, url, PAIRS if client == OURS else REPEATS) for client in CLIENTS
            }
    return found


def paired(client: str, url: str, pairs: int) -> float:
    """The median of what leaving takes longer with a client than without one just before."""
    added = []
    for _ in range(pairs):
        without = float(probe(BARE, "leave", url)["exit_ms"])
        added.append(float(probe(client, "leave", url)["exit_ms"]) - without)
    return median(added)


def memories(url: str) -> dict[str, float]:
    """Megabytes that ours adds, median of a few: to this program, over HTTPS, and to an app that speaks HTTPS too."""
    with tempfile.TemporaryDirectory() as folder:
        certificate = certificate_in(Path(folder))
        with sink(certificate) as secure:
            trusting = {"SSL_CERT_FILE": str(certificate)}
            cases: dict[str, tuple[str, dict[str, str]]] = {
                "over the bare program": (url, {}),
                "the same, over HTTPS": (secure, trusting),
                "to an app with HTTPS of its own": (secure, {**trusting, "PROBE_APP": "1"}),
            }
            return {name: added_memory(url, more) for name, (url, more) in cases.items()}


def added_memory(url: str, variables: dict[str, str]) -> float:
    """The median of a few."""

    def taken(client: str) -> float:
        return float(probe(client, "memory", url, **variables)["rss_mb"])

    return median(taken(OURS) - taken(BARE) for _ in range(REPEATS))


def certificate_in(folder: Path) -> Path:
    """A certificate for localhost that only the probes trust, with its key in the same file."""
    key, path = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", path,
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path


def main() -> dict[str, Any]:
    """Print each figure with its ratio to ours; returns them."""
    compileall.compile_dir(ROOT / "src", quiet=1)
    figures: dict[str, Any] = {"import_ms": import_times()}
    show("import, over the bare interpreter", figures["import_ms"], "ms")
    with sink() as url:
        latency = figures["call_us"] = calls(url)
        for pace in ("burst", "at ease"):
            for quantile in ("p50", "p99"):
                values = {client: latency[client][pace][quantile] for client in CLIENTS}
                show(f"a call with 5 properties, {pace}, {quantile}", values, "µs", 2)
        figures["whole_us"] = best_of("whole", "cpu_us", url)
        show("CPU of an event from the call to the answer", figures["whole_us"], "µs")
        bare = float(probe(BARE, "memory", url)["rss_mb"])
        taken = best_of("memory", "rss_mb", url)
        figures["memory_mb"] = {client: value - bare for client, value in taken.items()}
        show("memory over the same program without a client, 1,000 events sent", figures["memory_mb"], "MB")
        figures["our_memory_mb"] = memories(url)
        for name, value in figures["our_memory_mb"].items():
            print(f"  ours, {name}: {value:.1f} MB")
        counted(url)
        figures["arrived"] = {}
        for client in CLIENTS:
            probe(client, "burst", url)
            figures["arrived"][client] = counted(url)
        print(f"\nof a burst of {BURST:,} arrived: {figures['arrived']}")
    figures["exit_ms"] = exits()
    for case, values in figures["exit_ms"].items():
        show(f"leaving the app, collector {case}", values, "ms")
    return figures


def figures(found: dict[str, Any]) -> list[Figure]:
    """Return what was measured as the design counts it, ratios to the best rival where it asks for them."""

    def best(values: dict[str, float]) -> float:
        return min(value for client, value in values.items() if client != OURS)

    burst = {client: entry["burst"]["p50"] for client, entry in found["call_us"].items()}
    ours = found["call_us"][OURS]["burst"]
    whole = found["whole_us"]
    return [
        Figure("client: import, over the bare interpreter", found["import_ms"][OURS], "ms", 10),
        Figure("client: log_usage p50, over the fastest rival's", burst[OURS] / best(burst), "×", 0.5),
        Figure("client: log_usage p99, over its p50", ours["p99"] / ours["p50"], "×", 5),
        Figure("client: whole event's CPU, over segment's", whole[OURS] / whole["segment"], "×", 1),
        Figure("client: of a burst, arrived", found["arrived"][OURS] / BURST, "×", 1, at_most=False),
        *(
            Figure(f"client: leaving the app, collector {case}", values[OURS], "ms", 50)
            for case, values in found["exit_ms"].items()
        ),
        *(
            Figure(f"client: memory added, {name}", value, "MB", 15)
            for name, value in found["our_memory_mb"].items()
        ),
        Figure("client: log_usage p50", burst[OURS], "µs"),
        Figure("client: whole event's CPU", whole[OURS], "µs"),
    ]


if __name__ == "__main__":
    main()
