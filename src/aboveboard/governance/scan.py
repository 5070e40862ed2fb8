"""Where in its source does a project send telemetry, and what does it send?

Files that cannot hold a call are passed over by a look at their bytes; the others are read by as many processes as
there are cores; what is found is then linked across files. Wrappers that turn up are looked for in another round.
"""

import os
import re
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from aboveboard.governance import python_reader, script_reader
from aboveboard.governance.calls import TRUSTED, Call, Finder, Trusted
from aboveboard.governance.facts import Module
from aboveboard.governance.libraries import APIS
from aboveboard.governance.linking import Linker
from aboveboard.governance.project import PYTHON, Project, source_files

__all__ = ["Scan", "scan"]

_ROUNDS: Final = 5
_FEW: Final = 60
"""Fewer files are read sooner than processes are started."""
_CHUNK: Final = 40

_SCRIPT_FIRST: Final = re.compile(
    rb"logUsage|telemetryTrack|telemetryPage|send\w*TelemetryE\w*|publicLog|TrustedValue"
    rb"|\b(?:track|capture)\b[^\n]{0,3}[(<?.!`]|telemetr\w*[^;]{0,200}?\b(?:page|logError)\b"
    rb"|\b(?:page|logError)\b[^;]{0,200}?telemetr|analytics|posthog|[tT]elemetry",
)
_EXPORT_BLOCK: Final = re.compile(rb"export\s*\{[^}]*\}")
_PYTHON_FIRST: Final = re.compile(
    rb"log_usage|log_error|TrustedValue|\baction\(|\baction\.set\b|\.action\b|\.track\(|\.capture\(|telemetry\w*\.page\b|\.page\("
)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scan found: events that are sent, values vouched for, and files that could not be read wholly."""

    calls: tuple[Call, ...]
    trusted: tuple[Trusted, ...]
    broken: tuple[tuple[str, str], ...]
    files: int
    seconds: float


class _Task(NamedTuple):
    """Some files to read, the names to look for, and the pattern that a file must hold one of."""

    files: Sequence[str]
    names: frozenset[str]
    pattern: re.Pattern[bytes] | None


def scan(
    paths: Iterable[Path], *, skip: Iterable[str] = (), tests: bool = False, jobs: int | None = None
) -> Scan:
    """Return every telemetry call in some files and folders, as a whole: imports among them are followed.

    `skip` are patterns of files to leave out, such as `*.generated.ts`; `tests` takes tests too; `jobs` is how many
    processes read, by default one a core. Raises nothing for files that are broken: the answer names them.
    """
    began = time.monotonic()
    files, packages = source_files(paths, skip, tests)
    linker = Linker(Project(files, packages), _exports)
    finder = Finder(linker)
    names = frozenset({*APIS["script"], *APIS["python"], TRUSTED, "set"})
    broken: dict[str, str] = {}
    with _Readers(jobs) as readers:
        waiting: set[str] | None = None
        for _ in range(_ROUNDS):
            pattern = None if waiting is None else _any_of(waiting)
            modules, aliases = readers.read(files, names if waiting is None else frozenset(waiting), pattern)
            broken |= {module.file: module.broken for module in modules if module.broken}
            finder.add(modules)
            waiting = (finder.settle() | aliases) - names
            if not waiting:
                break
            names |= waiting
    return Scan(
        tuple(finder.calls()), tuple(finder.trusted()), tuple(sorted(broken.items())), len(files),
        time.monotonic() - began,
    )  # fmt: skip


class _Readers:
    """A pool of processes that is started when there is enough to read."""

    def __init__(self, jobs: int | None) -> None:
        self._jobs = jobs or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> "_Readers":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def read(
        self, files: Sequence[str], names: frozenset[str], pattern: re.Pattern[bytes] | None
    ) -> tuple[list[Module], set[str]]:
        """Return the modules that hold one of the names, and other names these are passed on under."""
        tasks = [_Task(files[at : at + _CHUNK], names, pattern) for at in range(0, len(files), _CHUNK)]
        if self._jobs > 1 and len(files) > _FEW:
            self._pool = self._pool or ProcessPoolExecutor(self._jobs)
            answers = list(self._pool.map(_read_some, tasks))
        else:
            answers = [_read_some(task) for task in tasks]
        return [module for modules, _ in answers for module in modules], {
            name for _, aliases in answers for name in aliases
        }


def _read_some(task: _Task) -> tuple[list[Module], set[str]]:
    modules: list[Module] = []
    aliases: set[str] = set()
    passed_on = _passed_on(task.names) if task.pattern is not None else None
    for file in task.files:
        try:
            source = Path(file).read_bytes()
        except OSError as error:
            modules.append(Module(file, broken=f"it could not be read: {error.strerror}"))
            continue
        python = file.endswith(PYTHON)
        if (task.pattern or (_PYTHON_FIRST if python else _SCRIPT_FIRST)).search(source) is None:
            continue
        reader = python_reader if python else script_reader
        module = reader.read(file, source, task.names)
        if module.sites or module.broken:
            modules.append(module)
        if passed_on is not None and b" as " in source and not python:
            aliases |= {
                found.decode()
                for block in _EXPORT_BLOCK.findall(source)
                for found in passed_on.findall(block)
            }
    return modules, aliases


def _passed_on(names: frozenset[str]) -> re.Pattern[bytes]:
    """What finds `name as other` in `export { name as other }`."""
    plain = [re.escape(name.encode()) for name in sorted(names) if ":" not in name]
    if any(":" in name for name in names):
        plain.append(b"default")
    return re.compile(rb"\b(?:" + b"|".join(plain) + rb")\s+as\s+(\w+)")


def _any_of(names: Iterable[str]) -> re.Pattern[bytes]:
    # A default export goes under any name, beside its file's.
    plain = sorted({re.escape(name.partition(":")[2] or name) for name in names})
    return re.compile(rb"\b(?:" + "|".join(plain).encode() + rb")\b")


def _exports(file: str) -> Module:
    try:
        source = Path(file).read_bytes()
    except OSError:
        return Module(file)
    if file.endswith(PYTHON):
        return python_reader.read_exports(file, source)
    return script_reader.read_exports(file, source)
