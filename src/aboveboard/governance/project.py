"""Which files are there to scan, and which file does an import mean?"""

import json
import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from aboveboard.governance.script_syntax import SUFFIXES

__all__ = ["PYTHON", "READ", "Project", "shared", "source_files"]

PYTHON: Final = (".py", ".pyi")
READ: Final = (*PYTHON, *SUFFIXES)
"""How the names of all files end that can be read."""
_NEVER: Final = frozenset({"node_modules", "bower_components", "__pycache__", "site-packages"})
_BUILT: Final = frozenset({"dist", "build", "out", "coverage", "vendor", "venv", "target"})
"""Where no Git says what is ignored, folders of these names are."""
_TESTS: Final = frozenset({"tests", "test", "__tests__", "__mocks__", "e2e"})
_TEST_FILE: Final = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$|\.(?:spec|test)(?:-d)?\.\w+$")
_TRIED: Final = ("", *(suffix for suffix in SUFFIXES), *(f"/index{suffix}" for suffix in SUFFIXES))
_MOST_BYTES: Final = 2_000_000
"""Larger files are made by machines: bundles, tables, recordings."""


def source_files(
    paths: Iterable[Path], skip: Iterable[str] = (), tests: bool = False
) -> tuple[list[str], list[str]]:
    """Return the source files in `paths`, and the package.json files beside them, sorted.

    Left out is what Git ignores, installed packages, generated and minified files, names that match a pattern of
    `skip`, and tests unless `tests`; a file that is named itself is always taken.
    """
    sources: set[str] = set()
    packages: set[str] = set()
    patterns = tuple(skip)
    for path in paths:
        if path.is_file():
            sources.add(path.as_posix())
            continue
        for inner in _inside(path):
            folders = inner.split("/")[:-1]
            if not _NEVER.isdisjoint(folders) or any(folder.startswith(".") for folder in folders):
                continue
            if not tests and (not _TESTS.isdisjoint(folders) or _TEST_FILE.search(inner)):
                continue
            if any(PurePosixPath(inner).match(pattern) for pattern in patterns):
                continue
            whole = inner if path == Path() else f"{path.as_posix()}/{inner}"
            if inner.endswith("package.json"):
                packages.add(whole)
            elif _is_source(whole):
                sources.add(whole)
    return sorted(sources), sorted(packages)


def _inside(path: Path) -> list[str]:
    """Return every file below a folder, by its path from there."""
    command = ["git", "-C", str(path), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True).stdout.decode(
            "utf-8", "surrogateescape"
        )
        if listed:
            return listed.rstrip("\0").split("\0")
    except (OSError, subprocess.CalledProcessError):
        pass
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = [name for name in folders if name not in _BUILT | _NEVER and not name.startswith(".")]
        found += [Path(folder, name).relative_to(path).as_posix() for name in names]
    return found


def _is_source(name: str) -> bool:
    suffix = os.path.splitext(name)[1]
    if suffix not in READ:
        return False
    if name.endswith((".min.js", ".bundle.js", ".d.ts", ".pyi")):
        return False
    try:
        return os.stat(name).st_size <= _MOST_BYTES
    except OSError:
        return False


class Project:
    """The files of one scan, found by what imports call them."""

    def __init__(self, files: Iterable[str], packages: Iterable[str] = ()) -> None:
        self._files = frozenset(files)
        self._by_stem: dict[str, list[str]] = {}
        for file in self._files:
            path = PurePosixPath(file)
            stem = path.parent.name if path.stem in ("index", "__init__") else path.name.partition(".")[0]
            self._by_stem.setdefault(stem, []).append(file)
        self._packages = dict(_named_packages(packages))
        self._known: dict[tuple[str, str], str | None] = {}

    def find(self, importer: str, module: str) -> str | None:
        """Return the file that `module` means in `importer`; None for what is installed elsewhere."""
        key = (importer, module)
        if key not in self._known:
            look = self._python if importer.endswith(PYTHON) else self._script
            self._known[key] = look(importer, module)
        return self._known[key]

    def _there(self, path: str) -> bool:
        return path in self._files or os.path.isfile(path)

    def _script(self, importer: str, module: str) -> str | None:
        if module.startswith("."):
            return self._tried(os.path.normpath(os.path.join(os.path.dirname(importer), module)))
        for name, folder in self._packages.items():
            if module == name or module.startswith(name + "/"):
                return self._of_package(folder, module[len(name) + 1 :])
        parts = [part for part in module.split("/") if part]
        aliased = module[:1] in "@~$#/" and len(parts) > 1
        tail = parts[1:] if aliased and parts[0][:1] in "@~$#" else parts
        if not tail or (not aliased and len(parts) < 2):
            return None
        return self._ending(importer, tail, alias=parts[0].strip("@~$#"))

    def _ending(self, importer: str, tail: list[str], alias: str) -> str | None:
        """Return the file whose path ends as an aliased import does: the one closest to the importer."""
        stem = tail[-1].partition(".")[0]
        ends = tuple("/" + "/".join(tail) + more for more in _TRIED)
        bare = tuple("/" + "/".join(tail).rpartition(".")[0] + suffix for suffix in SUFFIXES)
        found = [file for file in self._by_stem.get(stem, ()) if ("/" + file).endswith((*ends, *bare))]
        return max(
            found,
            key=lambda file: (
                bool(alias) and alias in PurePosixPath(file).parts,
                shared(file, importer),
                -len(file),
                file,
            ),
            default=None,
        )

    def _of_package(self, folder: str, inside: str) -> str | None:
        starts = (f"{folder}/{inside}", f"{folder}/src/{inside}") if inside else (f"{folder}/src", folder)
        return next((found for start in starts if (found := self._tried(start)) is not None), None)

    def _tried(self, start: str) -> str | None:
        bases = [start]
        stem, suffix = os.path.splitext(start)
        if suffix in (".js", ".mjs", ".cjs", ".jsx"):
            bases.append(stem)  # TypeScript's sources are imported by the names of what is built of them
        for base in bases:
            for more in _TRIED:
                if self._there(base + more):
                    return base + more
        return None

    def _python(self, importer: str, module: str) -> str | None:
        name = module.lstrip(".")
        dots = len(module) - len(name)
        inner = name.replace(".", "/")
        if dots:
            folder = os.path.dirname(importer)
            for _ in range(dots - 1):
                folder = os.path.dirname(folder)
            start = f"{folder}/{inner}" if folder and inner else folder or inner
            return next((each for each in (f"{start}.py", f"{start}/__init__.py") if self._there(each)), None)
        ends = (f"/{inner}.py", f"/{inner}/__init__.py")
        stem = inner.rpartition("/")[2]
        found = [file for file in self._by_stem.get(stem, ()) if ("/" + file).endswith(ends)]
        return max(found, key=lambda file: (shared(file, importer), -len(file), file), default=None)


def shared(one: str, other: str) -> int:
    """Return how many folders two paths have in common."""
    parts = zip(one.split("/")[:-1], other.split("/")[:-1], strict=False)
    return next(
        (at for at, (left, right) in enumerate(parts) if left != right), min(one.count("/"), other.count("/"))
    )


def _named_packages(packages: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the packages of the repository itself: name and folder, longer names first."""
    found = []
    for path in packages:
        try:
            name = json.loads(Path(path).read_text(encoding="utf-8")).get("name")
        except (OSError, ValueError, AttributeError):
            continue
        if isinstance(name, str) and name:
            found.append((name, os.path.dirname(path) or "."))
    yield from sorted(found, key=lambda each: -len(each[0]))
