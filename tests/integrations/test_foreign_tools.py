"""Can a tool of other people be watched from outside, unmodified, in under ten lines?"""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Server, start_server, stop_server

SQLITE_UTILS = """\
from sqlite_utils.cli import cli
from aboveboard import Telemetry
from aboveboard.integrations.click import instrument

instrument(cli, lambda: Telemetry("sqlite-utils", version="4", endpoint={url!r}, write_key={key!r}))()
"""
CRUFT = """\
from cruft._cli import app
from aboveboard import Telemetry
from aboveboard.integrations.click import instrument

instrument(app, lambda: Telemetry("cruft", version="2", endpoint={url!r}, write_key={key!r}))()
"""


class Tool:
    """A tool in a file of its own, in the home folder of somebody who uses it."""

    def __init__(self, home: Path, program: str, server: Server) -> None:
        self.home = home
        self.file = home / "tool.py"
        self.file.write_text(program.format(url=server.url, key=server.write_key), encoding="utf-8")

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run it as a script does."""
        return subprocess.run(
            [sys.executable, str(self.file), *arguments],
            cwd=self.home,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def empty_server(tmp_path: Path) -> Iterator[Server]:
    """A collector that no other test sends to."""
    running = start_server(tmp_path / "server")
    yield running
    stop_server(running)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    made = tmp_path / "home"
    made.mkdir()
    return made


def test_a_click_tool_from_the_index_shows_its_commands(home: Path, empty_server: Server) -> None:
    tool = Tool(home, SQLITE_UTILS, empty_server)
    assert len(SQLITE_UTILS.splitlines()) < 10
    with sqlite3.connect(home / "shop.db") as database:
        database.execute("CREATE TABLE orders (id INTEGER)")
    assert tool.run("telemetry", "on").returncode == 0
    tables = tool.run("tables", "shop.db", "--counts")
    assert (tables.returncode, tables.stdout) == (0, '[{"table": "orders", "count": 0}]\n')
    assert tool.run("shop.db", "select 1 as one", "--csv").stdout == "one\n1\n", "its default command"
    assert tool.run("rows", "shop.db", "secrets").returncode == 1
    assert tool.run("telemetry", "send").returncode == 0
    shown = tool.run("telemetry", "show").stdout
    for said in ('"name": "tables", "options": ["--counts"]', '"name": "query", "options": ["--csv"]'):
        assert said in shown
    assert re.search(r'"name": "rows", "options": \[\], "duration_ms": [\d.]+, "exit_code": 1', shown)
    (row,) = empty_server.api("actions")
    assert (row["event"], row["events"], row["failures"]) == ("cli.command", 3, 1)
    for value in ("shop", "orders", "secrets", "select"):
        assert value not in shown


def test_a_typer_tool_from_the_index_shows_its_commands(home: Path, empty_server: Server) -> None:
    tool = Tool(home, CRUFT, empty_server)
    assert len(CRUFT.splitlines()) < 10
    assert "telemetry" in tool.run("--help").stdout
    assert "accepted" in tool.run("telemetry", "on").stderr
    template = make_template(home / "phoenix-template")
    created = tool.run("create", str(template), "--no-input", "--output-dir", str(home))
    assert created.returncode == 0, created.stderr
    assert (home / "ledger" / "README").read_text() == "A ledger.\n"
    assert tool.run("check", "--project-dir", str(home / "ledger")).returncode == 0
    assert tool.run("check").returncode == 1, "nothing to check here"
    assert tool.run("check", "--bogus").returncode == 2
    assert tool.run("telemetry", "send").returncode == 0
    shown = tool.run("telemetry", "show").stdout
    assert '"name": "create", "options": ["--output-dir", "--no-input"]' in shown
    assert shown.count('"name": "check"') == 3
    (row,) = empty_server.api("actions")
    assert (row["event"], row["events"], row["failures"]) == ("cli.command", 4, 2)
    for value in ("phoenix", "ledger", str(home)):
        assert value not in shown
    usage = tool.run("telemetry", "--help").stdout
    assert "tool.py telemetry [OPTIONS] COMMAND" in usage
    assert tool.run("telemetry", "bogus").returncode == 2


def make_template(folder: Path) -> Path:
    """Make a Cookiecutter template in a git repository."""
    inside = folder / "{{cookiecutter.name}}"
    inside.mkdir(parents=True)
    (folder / "cookiecutter.json").write_text('{"name": "ledger"}', encoding="utf-8")
    (inside / "README").write_text("A {{cookiecutter.name}}.\n", encoding="utf-8")
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-qm", "one"]):
        subprocess.run(
            ["git", *arguments], cwd=folder, check=True, env={"PATH": os.environ["PATH"], "HOME": "/"}
        )
    return folder
