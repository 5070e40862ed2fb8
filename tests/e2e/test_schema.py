"""Is /openapi.json true, and does nothing that it allows, or nearly allows, make the server fail or grow?

Schemathesis makes requests from the document, right ones and nearly right ones, and compares the answers with it.
"""

import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from aboveboard.collector import rights
from aboveboard.collector.http import INGEST
from aboveboard.dashboard import admin_api, dashboard
from aboveboard.insights import QUESTIONS
from tests.collector.test_serve import memory
from tests.conftest import Server

# Only whoever knows a write key or a source's name can be right there.
KNOWING = "^/api/v1/|^/admin/v1/erase|^/v1/(erase|access)"
GROWTH = 48 * 1024
"""Kibibytes that the engine's own buffers may come to beside what is measured."""


def settings(server: Server, folder: Path) -> Path:
    """Let Schemathesis in: it guesses at no tokens, which would lock it out.

    A batch with an odd event in it is accepted without that event, so wrong requests need not be refused.
    """
    file = folder / "schemathesis.toml"
    file.write_text(f"""
        [auth.openapi.writeKey]
        username = "{server.write_key}"
        password = ""

        [auth.openapi.token]
        bearer = "{server.admin_token}"

        [checks]
        negative_data_rejection.enabled = false
        ignored_auth.enabled = false

        [[operations]]
        include-path-regex = "{KNOWING}"
        checks.positive_data_acceptance.enabled = false
    """)
    return file


def fuzz(server: Server, folder: Path, *options: str) -> int:
    """Run Schemathesis, fail where it found anything, and return how many requests it made."""
    command = [
        Path(sys.executable).parent / "schemathesis",
        *("--config-file", settings(server, folder)),
        *("run", f"{server.url}/openapi.json", "--no-color", "--warnings", "off"),
        *("--generation-with-security-parameters", "false", "--continue-on-failure", *options),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    made = re.search(r"(\d+) generated", done.stdout)
    assert made is not None, done.stdout
    return int(made[1])


def status(url: str, method: str, token: str = "") -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, method=method, headers=headers), timeout=30
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, Any]:
    with urllib.request.urlopen(f"{server.url}/openapi.json", timeout=30) as answer:
        assert answer.headers["content-type"] == "application/json"
        document: dict[str, Any] = json.load(answer)
    return document


def test_every_address_for_programs_is_described_and_no_other(document: dict[str, Any]) -> None:
    routes = [*rights.routes(), *admin_api.routes(), *dashboard.routes()]
    found = {
        route.path for route in routes if re.match(r"/(v1|admin|api)/[^{]*$", getattr(route, "path", ""))
    }
    questions = {f"/api/v1/{name}" for name in QUESTIONS}
    assert document["paths"].keys() == found | questions | set(INGEST) | {
        "/healthz",
        "/readyz",
        "/openapi.json",
    }


def test_what_is_described_is_there(server: Server, document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answered = status(f"{server.url}{path}", method.upper(), server.admin_token)
            assert str(answered) in operation["responses"], path
            assert answered not in (404, 405, 500), path


def test_neither_right_nor_wrong_requests_make_the_server_fail_or_grow(
    server: Server, tmp_path: Path
) -> None:
    few = ("--phases", "fuzzing", "--max-examples", "5")
    assert fuzz(server, tmp_path, *few, "--seed", "1") > 100
    before = memory(server)
    assert fuzz(server, tmp_path, *few, "--seed", "2") > 100
    assert memory(server) - before < GROWTH
    # Had it been locked out, the answers would have shown nothing.
    assert status(f"{server.url}/api/v1/actions", "GET", server.admin_token) == 200


@pytest.mark.soak
def test_thousands_of_requests_do_not_either(server: Server, tmp_path: Path) -> None:
    many = ("--phases", "examples,coverage,fuzzing", "--max-examples", "20")
    assert fuzz(server, tmp_path, *many, "--seed", "3") > 2000
    before = memory(server)
    assert fuzz(server, tmp_path, *many, "--seed", "4") > 2000
    assert memory(server) - before < GROWTH
    assert status(f"{server.url}/api/v1/actions", "GET", server.admin_token) == 200
