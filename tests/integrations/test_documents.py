"""Can the program at the top of each integration's page be pasted and run?"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.conftest import Bench

DOCS = Path(__file__).parents[2] / "docs" / "integrations"
PAGES = sorted(page for page in DOCS.glob("*.md") if page.name != "index.md")


def first_program(page: Path, language: str = "python") -> str:
    """Return the program that a page starts with: nothing but its title stands above."""
    text = page.read_text(encoding="utf-8")
    found = re.match(rf"# [^\n]+\n\n```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found, f"{page.name} does not begin with a program"
    return found[1]


def test_every_page_stands_in_the_index() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES if f"({page.name})" not in index] == []


@pytest.mark.parametrize("page", ["podman.md", "logging.md"])
def test_the_program_runs_and_is_silent_before_a_yes(page: str, bench: Bench) -> None:
    program = first_program(DOCS / page).replace("http://127.0.0.1:8710", bench.collector.url)
    done = run(program, bench.home)
    assert done.returncode == 0, done.stderr
    assert "aboveboard" not in done.stderr
    assert bench.files() == ["program.py"]
    assert bench.collector.opened == 0


def test_the_tool_of_the_page_greets_asks_nobody_in_a_pipe_and_shows_what_it_sent(bench: Bench) -> None:
    program = first_program(DOCS / "click.md").replace("http://127.0.0.1:8710", bench.collector.url)
    assert run(program, bench.home, "greet", "Ann", "--loud").stdout == "Hello Ann!\n"
    assert bench.files() == ["program.py"]
    assert "accepted" in run(program, bench.home, "telemetry", "on").stderr
    assert run(program, bench.home, "greet", "Ann").returncode == 0
    assert run(program, bench.home, "telemetry", "send").returncode == 0
    shown = run(program, bench.home, "telemetry", "show").stdout
    assert '{"name": "greet", "options": [], ' in shown
    assert "Ann" not in shown
    assert len(bench.collector.named("cli.command")) == 1


def test_the_page_names_every_command() -> None:
    from aboveboard.integrations.click.commands import COMMANDS

    text = (DOCS / "click.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`telemetry {name}" not in text] == []


def run(program: str, home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Save a program in a new home folder and run it there, as a person would."""
    (home / "program.py").write_text(program, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-B", "program.py", *arguments],
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
