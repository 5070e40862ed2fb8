"""What do all tests share? A real server, started as a person starts it, in a folder of its own."""

import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest

hypothesis.settings.register_profile("shared machine", deadline=None)
hypothesis.settings.load_profile("shared machine")

ADMIN_TOKEN = "token-of-the-tests"
LONG = ("cluster", "e2e", "cli", "dashboard", "collector")
"""The folders whose files take longest."""

STARTED: "list[subprocess.Popen[str]]" = []
"""Every server of this run: a test that fails half-way must not leave one behind."""


@pytest.fixture(scope="session", autouse=True)
def _end_what_was_started() -> Iterator[None]:
    yield
    for process in STARTED:
        if process.poll() is None:
            process.kill()
            process.wait()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests with Tk windows first: Tk waits with select(), which takes no descriptor above 1,023.

    The engine keeps up to 256 threads, with three descriptors each, in a process that has opened many stores.
    Then come those with whole programs in them: where files run two at a time, a long one must not be left for last.
    """
    items.sort(key=lambda item: (item.path.name != "test_tk.py", item.path.parent.name not in LONG))


@dataclass
class Server:
    """One running `aboveboard serve`, reached over real HTTP."""

    url: str
    write_key: str
    admin_token: str
    data: Path
    process: "subprocess.Popen[str]"

    def api(self, question: str, **params: str) -> list[dict[str, Any]]:
        """The rows of `GET /api/v1/<question>`."""
        url = f"{self.url}/api/v1/{question}?{urllib.parse.urlencode(params)}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.admin_token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            rows: list[dict[str, Any]] = json.load(answer)["rows"]
        return rows

    def stored(self) -> int:
        """How many events the server has, of any day."""
        rows = self.api("actions", **{"from": "1970-01-01", "to": "2099-12-31"})
        return sum(row["events"] for row in rows)

    def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """Status and JSON of a POST; `body` is bytes as they are, or anything as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data=data, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


@cache
def _empty_store() -> Path:
    """A store with its tables and nothing in them, made once: that takes longer than most tests of a server."""
    folder = Path(tempfile.mkdtemp(prefix="aboveboard-store-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    making = "import sys; from aboveboard.store import connect, migrate; migrate(connect(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", making, f"chdb://{folder / 'store'}"], check=True, cwd=folder)
    return folder / "store"


def tables_made(data: Path) -> Path:
    """Put a store with its tables into a data folder that has none, and return the folder of the store."""
    if not (data / "store").exists():
        shutil.copytree(_empty_store(), data / "store", symlinks=True)
    return data / "store"


def start_server(data: Path, *flags: str, prefix: tuple[str, ...] = ()) -> Server:
    """Start `aboveboard serve` on a free port and wait for the welcome it prints."""
    if "--store" not in flags:
        tables_made(data)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ABOVEBOARD_")}
    environ |= {"ABOVEBOARD_DATA": str(data), "ABOVEBOARD_ADMIN_TOKEN": ADMIN_TOKEN, "ABOVEBOARD_PORT": "0"}
    command = [*prefix, sys.executable, "-m", "aboveboard", "serve", *flags]
    errors = (data.parent / f"{data.name}.stderr").open("w+")
    process = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL, text=True
    )
    STARTED.append(process)
    assert process.stdout is not None
    said = ""
    while "Stop with" not in said:
        line = process.stdout.readline()
        if not line:
            errors.seek(0)
            raise AssertionError(f"the server ended with {process.wait()}: {said} {errors.read()}")
        said += line
    url = re.search(r"collecting on (\S+)", said)
    key = re.search(r"Write key of the source .*: (\S+)", said)
    assert url is not None
    assert key is not None
    return Server(url[1], key[1], ADMIN_TOKEN, data, process)


def stop_server(server: Server) -> int:
    """Ask the server to stop and return its exit code."""
    server.process.terminate()
    code = server.process.wait(timeout=30)
    if server.process.stdout:
        server.process.stdout.close()
    return code


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the tests of one file, with a development source and an empty store."""
    running = start_server(tmp_path_factory.mktemp("server") / "data")
    yield running
    stop_server(running)
