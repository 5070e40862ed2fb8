"""Does the program of the page about Node reach a collector, with nothing changed but where it goes?"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Server
from tests.integrations.test_documents import DOCS, first_program

CLIENTS = Path(__file__).parents[1] / "e2e" / "clients"


def test_the_program_of_the_page_is_a_row_of_the_actions(server: Server) -> None:
    if (
        shutil.which("node") is None
        or not (CLIENTS / "node_modules" / "@segment" / "analytics-node").exists()
    ):
        reason = "node or @segment/analytics-node is missing; run `make test` once"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    program = first_program(DOCS / "node.md", "js")
    assert len([line for line in program.splitlines() if line.strip()]) <= 12
    environ = {"PATH": os.environ["PATH"], "WRITE_KEY": server.write_key, "COLLECTOR": server.url}
    done = subprocess.run(
        ["node", "-e", program],
        cwd=CLIENTS,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    (row,) = server.api("actions")
    assert (row["event"], row["events"], row["success_rate"]) == ("container.start", 1, 1.0)
