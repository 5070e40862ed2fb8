"""What got slower since a revision? The same measurements over the base's sources and over these, in turn."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import median

from tests.bench.figures import Figure, number, slower
from tests.bench.report import ROOT

QUICK = ("client", "collector", "privacy")
"""What is compared unless others are named: the measurements that take a few minutes each."""
ROUNDS = 3

_ONE = """
import contextlib, dataclasses, importlib, json, sys
module = importlib.import_module("tests.bench.bench_" + sys.argv[1])
with contextlib.redirect_stdout(sys.stderr):
    figures = module.figures(module.main())
print(json.dumps([dataclasses.asdict(figure) for figure in figures]))
"""


@contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """The sources of a revision in a folder of their own, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "base"
        subprocess.run(
            ["git", "worktree", "add", "--quiet", "--detach", str(tree), revision], cwd=ROOT, check=True
        )
        try:
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=ROOT, check=True)


def once(name: str, sources: Path) -> list[Figure]:
    """Run one measurement of this checkout over the sources of some checkout, in a process of its own."""
    environ = os.environ | {"PYTHONPATH": str(sources / "src")}
    done = subprocess.run(
        [sys.executable, "-c", _ONE, name],
        cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return [Figure(**entry) for entry in json.loads(done.stdout.splitlines()[-1])]


def middle(runs: Iterable[list[Figure]]) -> list[Figure]:
    """Return each figure with the median of its values over the runs."""
    by_name: dict[str, list[Figure]] = {}
    for run in runs:
        for figure in run:
            by_name.setdefault(figure.name, []).append(figure)
    return [
        Figure(**(asdict(entries[0]) | {"value": median(entry.value for entry in entries)}))
        for entries in by_name.values()
    ]


def main(revision: str, names: Iterable[str]) -> int:
    """Print base and head of each figure, and name what got slower by more than a fifth; 1 where something did."""
    worse: list[tuple[str, float]] = []
    with checkout(revision) as base:
        for name in names:
            print(f"\n## {name}\n", flush=True)
            turns: dict[Path, list[list[Figure]]] = {base: [], ROOT: []}
            for _ in range(ROUNDS):
                for sources, runs in turns.items():
                    runs.append(once(name, sources))
            before, after = middle(turns[base]), middle(turns[ROOT])
            show(before, after)
            worse += slower(before, after)
    for name, factor in worse:
        print(f"SLOWER: {name}: {factor:.2f} × of {revision}")
    if not worse:
        print(f"Nothing is slower than {revision} by more than a fifth.")
    return 1 if worse else 0


def show(before: Iterable[Figure], after: Iterable[Figure]) -> None:
    """Print a table of base, head and their ratio."""
    old = {figure.name: figure for figure in before}
    print("| what | base | head | head / base |\n|---|---|---|---|")
    for figure in after:
        was = old.get(figure.name)
        ratio = f"{figure.value / was.value:.2f}" if was and was.value else ""
        print(
            f"| {figure.name} | {number(was.value) if was else ''} | {number(figure.value)} {figure.unit} | {ratio} |"
        )
