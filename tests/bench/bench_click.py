"""What does telemetry add to a command of a click tool? The same tool with and without it, in turns."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure

ROUNDS = 25
TOOL = """\
import click


@click.group()
def cli():
    pass


@cli.command()
@click.argument("name")
@click.option("--loud", is_flag=True)
def greet(name, loud):
    click.echo(f"Hello {name}")
"""
BARE = f"{TOOL}\ncli()\n"
WATCHED = f"""{TOOL}
from aboveboard.integrations.click import instrument


def make():
    from aboveboard import Telemetry

    return Telemetry("greeter", version="1", endpoint="http://127.0.0.1:9", write_key="key")


instrument(cli, make)()
"""
CASES = {"--help": ("--help",), "a run, undecided": ("greet", "Ann"), "a run, after a yes": ("greet", "Ann")}


def cost(program: Path, arguments: tuple[str, ...], home: str) -> tuple[float, float]:
    """Return the milliseconds of one run, as a person waits for it and as CPU time."""
    environ = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, str(program), *arguments], env=environ, check=True, stdout=subprocess.DEVNULL
    )
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return took * 1000, (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def main(rounds: int = ROUNDS) -> dict[str, Any]:
    """Print what is added to each kind of run, the median of paired differences; returns it."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        bare, watched = Path(folder, "bare.py"), Path(folder, "watched.py")
        bare.write_text(BARE, encoding="utf-8")
        watched.write_text(WATCHED, encoding="utf-8")
        for name, arguments in CASES.items():
            home = tempfile.mkdtemp(dir=folder)
            if name.endswith("yes"):
                cost(watched, ("telemetry", "on"), home)
            pairs = [(cost(bare, arguments, home), cost(watched, arguments, home)) for _ in range(rounds)]
            wall, cpu = (
                statistics.median(with_[at] - without[at] for without, with_ in pairs) for at in (0, 1)
            )
            tool = statistics.median(without[1] for without, _ in pairs)
            found[name] = {"wall_ms": wall, "cpu_ms": cpu, "tool_cpu_ms": tool}
            print(f"{name}: adds {wall:.1f} ms, of CPU {cpu:.1f} ms; the tool itself {tool:.1f} ms of CPU")
    return found


def figures(found: dict[str, Any]) -> list[Figure]:
    """Return what was measured as the design counts it."""
    reach = {"--help": 15, "a run, undecided": 30, "a run, after a yes": 30}
    return [
        Figure(f"click: added to {name}", values["cpu_ms"], "ms of CPU", reach[name])
        for name, values in found.items()
    ]


if __name__ == "__main__":
    main()
