"""Do the lines that the server prints send a first event, from Python and from Node?"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Server

ROOT = Path(__file__).parents[2]
NODE = ROOT / "tests" / "e2e" / "node"
PERSON = {name: value for name, value in os.environ.items() if name != "CI"}


def rows(server: Server, event: str) -> list[dict[str, object]]:
    return [row for row in server.api("actions") if row["event"] == event]


def test_the_python_line_sends_a_first_event(server: Server) -> None:
    command = [
        sys.executable,
        "examples/first_event.py",
        "--endpoint",
        server.url,
        "--write-key",
        server.write_key,
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=PERSON, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "Consent: accepted. Sent.\n", done.stderr
    (row,) = rows(server, "hello")
    assert (row["events"], row["installs"], row["success_rate"]) == (1, 1, 1.0)


def test_the_python_line_says_when_nobody_answers() -> None:
    command = [
        sys.executable,
        "examples/first_event.py",
        "--endpoint",
        "http://127.0.0.1:1",
        "--write-key",
        "k",
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=PERSON, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.startswith("Consent: accepted. Not sent: ConnectionRefusedError: ")
    assert (done.returncode, done.stderr) == (1, "")


def first_event(url: str, key: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run the example with a write key in a person's environment."""
    command = [sys.executable, "examples/first_event.py", "--endpoint", url, "--write-key", key]
    return subprocess.run(
        command, cwd=ROOT, env={**PERSON, **more}, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_python_line_says_that_the_write_key_is_wrong(server: Server) -> None:
    done = first_event(server.url, "wk_wrong")
    assert done.stdout.startswith(
        "Consent: accepted. Not sent: the collector refused events: it answered 400: "
    )
    assert (done.returncode, done.stderr) == (1, "")


def test_the_python_line_says_who_switched_telemetry_off(server: Server) -> None:
    done = first_event(server.url, server.write_key, DO_NOT_TRACK="1")
    assert done.stdout.startswith("Consent: off. Not sent: telemetry is off, decided by ")
    assert "DO_NOT_TRACK" in done.stdout
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed (make test installs it)")
def test_the_node_line_as_it_is_printed_sends_a_first_event(server: Server) -> None:
    from aboveboard.cli.serve import _WELCOME

    welcome = _WELCOME.format(
        python="p", url=server.url, token="t", source="s", key=server.write_key, file="f", data="d"
    )
    script = re.search(r"node -e '(.*?)'\n", welcome, re.DOTALL)
    assert script is not None
    runnable = (
        script[1].replace("@segment/analytics-node", "analytics-node-310").replace('"hello"', '"hello.node"')
    )
    done = subprocess.run(
        ["node", "-e", runnable], cwd=NODE, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    (row,) = rows(server, "hello.node")
    assert (row["events"], row["p50_ms"]) == (1, 12.0)
