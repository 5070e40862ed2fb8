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
    assert done.stdout == "Consent: accepted. Not sent: is the collector there?\n"
    assert done.stderr == ""


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
