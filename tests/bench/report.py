"""What did all measurements show, on which machine, with which versions?"""

import contextlib
import importlib
import io
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
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


@dataclass(frozen=True)
class Part:
    """What one measurement showed, and when and on what."""

    name: str
    figures: list[Figure]
    text: str
    machine: list[str]


def measure(name: str) -> Part:
    """Run one measurement, printing what it says."""
    print(f"\n## {name}\n", flush=True)
    began, on = time.monotonic(), list(machine())
    module = importlib.import_module(f"tests.bench.bench_{name}")
    both = _Both()
    with contextlib.redirect_stdout(both):
        figures = module.figures(module.main())
    print(f"\n{table(figures)}", flush=True)
    return Part(
        name, figures, both.kept.getvalue(), [*on, f"took {(time.monotonic() - began) / 60:.1f} minutes"]
    )


def keep(part: Part, folder: Path) -> None:
    """Save a part, so that the report can be put together of parts that were measured one at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{part.name}.json").write_text(json.dumps(asdict(part), indent=1) + "\n", encoding="utf-8")


def kept(folder: Path) -> list[Part]:
    """Return every part that was saved, by name."""
    found = []
    for file in sorted(folder.glob("*.json")):
        part = json.loads(file.read_text(encoding="utf-8"))
        found.append(Part(**(part | {"figures": [Figure(**figure) for figure in part["figures"]]})))
    return found


def report(parts: Sequence[Part]) -> str:
    """Return one page of them: the design's numbers, ratios first, and below them all that was printed."""
    figures = [figure for part in parts for figure in part.figures]
    wanted = [figure for figure in figures if figure.reach is not None]
    reached = sum(1 for figure in wanted if figure.reached)
    lines = [
        "# Measurements",
        "",
        "Written by `make bench`. Ratios are taken side by side in one run on one machine.",
        "",
        f"{reached} of {len(wanted)} of the design's numbers are reached.",
        "",
        table(sorted(wanted, key=lambda figure: figure.unit != "×")),
        "",
        "## Beside them",
        "",
        table(figure for figure in figures if figure.reach is None),
    ]
    for part in parts:
        lines += ["", f"## All that `{part.name}` printed", "", *(f"- {line}" for line in part.machine)]
        lines += ["", "```text", part.text.strip(), "```"]
    return "\n".join(lines) + "\n"


def write(names: Iterable[str], path: Path) -> None:
    """Measure and write the report, with what was measured before of whatever is not named."""
    parts = path.with_name("parts")
    for name in names:
        keep(measure(name), parts)
    path.write_text(report(kept(parts)), encoding="utf-8")
    print(f"\nWritten to {path.relative_to(ROOT)}")


def machine() -> Iterator[str]:
    """Yield what a figure depends on: processor, memory, system, versions, and the commit."""
    yield f"{processor()}, {os.cpu_count()} cores, {memory_gib():.0f} GiB, {platform.system()} {platform.machine()}"
    yield f"CPython {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield f"load when it began: {os.getloadavg()[0]:.1f}"
    yield f"commit {commit()}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"


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
