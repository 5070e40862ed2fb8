"""Does the fixture give what the app logged, fail for what is not declared, and refuse to work elsewhere?"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aboveboard.integrations.pytest import CapturedTelemetry, NotInATest
from tests.integrations.test_documents import DOCS, first_program

CATALOG = """
app = "my-app"
[events."thing.done"]
level = "usage"
[events."thing.done".properties]
count = { type = "integer" }
path = { type = "path" }
"""


def pytest_in(folder: Path, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the plugin as an app's developer does: another pytest, which finds it by its entry point."""
    (folder / "test_app.py").write_text(program, encoding="utf-8")
    (folder / "pytest.ini").touch()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


def test_the_program_of_the_page_passes(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, first_program(DOCS / "pytest.md"))
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_events_are_what_would_be_sent_and_no_socket_is_opened(tmp_path: Path) -> None:
    (tmp_path / "telemetry.toml").write_text(CATALOG, encoding="utf-8")
    program = """
import socket, sys
opened = []
sys.addaudithook(lambda name, arguments: opened.append(name) if name.startswith("socket.") else None)

def test_it(telemetry):
    telemetry.client.log_usage("thing.done", {"count": 3, "path": "/home/ann/x.yaml"})
    telemetry.client.flush(2)
    (event,) = telemetry.events
    assert event.properties == {"count": 3, "path": "<path>.yaml"}
    assert [note[0] for note in event.notes] == ["path"]
    assert [name for name in opened if name != "socket.gethostname"] == []

def test_the_next_begins_empty(telemetry):
    assert telemetry.events == []

def test_other_telemetry_is_off(telemetry):
    from aboveboard import Telemetry
    other = Telemetry("other", endpoint="http://127.0.0.1:9", write_key="k", catalog="telemetry.toml")
    assert not other.consent.accept()
    assert other.consent.state == "off"
"""
    done = pytest_in(tmp_path, program)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_what_is_not_declared_fails_the_test_and_says_what_would_declare_it(tmp_path: Path) -> None:
    (tmp_path / "usage.toml").write_text(CATALOG, encoding="utf-8")
    program = """
def test_event(telemetry):
    telemetry.client.log_usage("thing.undone")

def test_property(telemetry):
    telemetry.client.log_usage("thing.done", {"colour": 3})

def test_meant(telemetry):
    telemetry.client.log_usage("thing.undone")
    assert telemetry.events == []
    telemetry.undeclared.clear()
"""
    done = pytest_in(tmp_path, program, "-o", "telemetry_catalog=usage.toml")
    assert "3 passed, 2 errors" in done.stdout, done.stdout
    assert "thing.undone is not sent (undeclared event); `aboveboard catalog declare" in done.stdout
    assert "colour" in done.stdout


def test_a_missing_catalog_is_one_sentence(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, "def test_it(telemetry):\n    pass\n")
    assert "there is no catalog" in done.stdout
    assert "set `telemetry_catalog` in the settings of pytest" in done.stdout


def test_a_broken_catalog_is_an_error_with_its_cause(tmp_path: Path) -> None:
    (tmp_path / "telemetry.toml").write_text("app = 3\n", encoding="utf-8")
    done = pytest_in(tmp_path, "def test_it(telemetry):\n    pass\n")
    assert "cannot be used as a catalog" in done.stdout
    assert "telemetry.toml:1" in done.stdout


def test_it_refuses_to_start_outside_a_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    with pytest.raises(NotInATest, match="works only while pytest runs a test"):
        CapturedTelemetry(tmp_path / "telemetry.toml", tmp_path / "home")
    assert list(tmp_path.iterdir()) == []
