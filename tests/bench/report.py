"""What did all measurements show, on which machine, with which versions?"""

import contextlib
import importlib
import io
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from tests.bench.figures import Figure, table

ROOT = Path(__file__).parents[2]
PACKAGES = ("chdb-core", "clickhouse-connect", "uvicorn", "starlette", "msgspec", "numpy", "scipy")
"""Whose versions a figure may depend on."""


class _Both(io.TextIOBase):
    """Prints and keeps what a measurement says."""

    def __init__(self) -> None:
        self.kept = io.StringIO()

    def write(self, text: str) -> int:
        sys.__stdout__.write(text) if sys.__stdout__ else None
        return self.kept.write(text)

    def flush(self) -> None:
        if sys.__stdout__:
            sys.__stdout__.flush()


def measure(names: Iterable[str]) -> dict[str, tuple[list[Figure], str]]:
    """Run the named measurements one after the other; returns the figures and the whole text of each."""
    found = {}
    for name in names:
        print(f"\n## {name}\n", flush=True)
        module = importlib.import_module(f"tests.bench.bench_{name}")
        both = _Both()
        with contextlib.redirect_stdout(both):
            figures = module.figures(module.main())
        print(f"\n{table(figures)}", flush=True)
        found[name] = (figures, both.kept.getvalue())
    return found


def write(names: Iterable[str], path: Path) -> None:
    """Measure and write one report: the machine, the design's numbers, and below them all that was printed."""
    began = time.monotonic()
    found = measure(names)
    figures = [figure for entry, _ in found.values() for figure in entry]
    wanted = [figure for figure in figures if figure.reach is not None]
    reached = sum(1 for figure in wanted if figure.reached)
    lines = [
        "# Measurements",
        "",
        "Written by `make bench`. Ratios are taken side by side in one run on one machine.",
        "",
        *machine(),
        f"- took {(time.monotonic() - began) / 60:.0f} minutes",
        "",
        f"{reached} of {len(wanted)} of the design's numbers are reached.",
        "",
        table(sorted(wanted, key=lambda figure: figure.unit != "×")),
        "",
        "## Beside them",
        "",
        table(figure for figure in figures if figure.reach is None),
    ]
    for name, (_, text) in found.items():
        lines += ["", f"## All that `{name}` printed", "", "```text", text.strip(), "```"]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"\nWritten to {path.relative_to(ROOT)}")


def machine() -> Iterator[str]:
    """Yield what a figure depends on: processor, memory, system, versions, and the commit."""
    yield f"- {processor()}, {os.cpu_count()} cores, {memory_gib():.0f} GiB, {platform.system()} {platform.machine()}"
    yield f"- CPython {platform.python_version()}, " + ", ".join(
        f"{name} {version(name)}" for name in PACKAGES
    )
    yield f"- load when it began: {os.getloadavg()[0]:.1f}"
    yield f"- commit {commit()}"


def processor() -> str:
    """Return the processor's name as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


def memory_gib() -> float:
    """Return the machine's memory."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def commit() -> str:
    """Return the commit that was measured, with a mark where files differ from it."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"
