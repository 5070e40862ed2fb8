"""Is the client silent until yes? Seen from outside: by the system calls, or by Python's own audit events."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.apps import ROOT, command, environment

ENDPOINT = "http://127.0.0.1:9"
# Variables, and the answer that is given before: each of these must keep the app silent.
SILENT = {
    "undecided": ({}, None),
    "declined": ({}, "decline"),
    "do not track": ({"DO_NOT_TRACK": "1"}, None),
    "do not track after a yes": ({"DO_NOT_TRACK": "1"}, "accept"),
    "the app's own variable": ({"DEMO_APP_DISABLE_TELEMETRY": "yes"}, None),
    "continuous integration": ({"CI": "true"}, None),
    "sudo": ({"SUDO_UID": "4711"}, None),
}


def accept(home: Path) -> None:
    """Give a yes, as an earlier run of the app did, without that run's other files."""
    run = command("use", endpoint=ENDPOINT, answer="accept", events=0, flush=False)
    subprocess.run(run, env=environment(home), cwd=ROOT, check=True, capture_output=True)
    shutil.rmtree(home / ".local/share/containers/podman-desktop/telemetry", ignore_errors=True)
    shutil.rmtree(home / ".redhat", ignore_errors=True)


def files(home: Path) -> list[str]:
    """The names of all files below a folder."""
    return sorted(path.name for path in home.rglob("*") if path.is_file())


@pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed; the audit hook is tested below"
)
@pytest.mark.parametrize("case", SILENT)
def test_no_socket_no_thread_and_no_file_by_system_calls(case: str, tmp_path: Path) -> None:
    variables, earlier = SILENT[case]
    home = tmp_path / "home"
    home.mkdir()
    if earlier == "accept":
        accept(home)
    before = files(home)
    trace = tmp_path / "trace"
    calls = "trace=socket,connect,sendto,sendmsg,clone,clone3,openat,open,creat,mkdir,mkdirat,link,linkat"
    answer = "decline" if earlier == "decline" else None
    options = command("use", endpoint=ENDPOINT, answer=answer)
    done = subprocess.run(
        ["strace", "-f", "-qq", "-o", str(trace), "-e", calls, *options],
        env={**environment(home, **variables), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    seen = trace.read_text()
    assert not re.findall(r".*\b(?:socket|connect|sendto|sendmsg)\(.*", seen)
    # The one thread is the interpreter itself.
    assert not re.findall(r".*\bclone3?\(.*", seen)
    if answer is None:
        assert written(seen) == []
        assert files(home) == before
    else:
        assert {Path(name).name.split(".json")[0] for name in written(seen)} <= {
            ".settings",
            "configuration",
        } | DIRS
        assert files(home) == ["settings.json"]
    assert not re.search(r"resolv\.conf|nsswitch|/etc/hosts", seen)


DIRS = {".local", "share", "containers", "podman-desktop", "configuration"}


def written(trace: str) -> list[str]:
    """What was opened for writing, made or renamed, failures left out."""
    found = []
    for line in trace.splitlines():
        if re.search(r"= -1 E\w+", line):
            continue
        opened = re.search(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]*)", [^,)]*(?:O_WRONLY|O_RDWR|O_CREAT)', line)
        made = re.search(r'(?:mkdir|mkdirat|link|linkat|creat)\((?:AT_FDCWD, )?"([^"]*)"', line)
        name = opened or made
        if name and name[1] not in ("/dev/null", "/dev/tty"):
            found.append(name[1])
    return found


AUDIT = """
import sys
seen = []
def look(event, args):
    if event.startswith("socket.") or event in ("os.mkdir", "os.rename", "sqlite3.connect"):
        seen.append(event)
    if event == "open" and args[1] and any(letter in str(args[1]) for letter in "wax+"):
        seen.append(f"open {args[0]}")
sys.addaudithook(look)
options = sys.argv[1]
from tests.client import apps
apps.use(__import__("json").loads(options))
import threading
print(seen + [thread.name for thread in threading.enumerate()][1:])
"""


@pytest.mark.parametrize("case", [case for case in SILENT if case != "declined"])
def test_no_socket_no_thread_and_no_file_by_audit_events(case: str, tmp_path: Path) -> None:
    variables, earlier = SILENT[case]
    home = tmp_path / "home"
    home.mkdir()
    if earlier == "accept":
        accept(home)
    before = files(home)
    options = command("use", endpoint=ENDPOINT)[-1]
    done = subprocess.run(
        [sys.executable, "-c", AUDIT, options],
        env={**environment(home, **variables), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert files(home) == before


def test_the_watching_itself_sees_an_accepted_run(tmp_path: Path) -> None:
    """The tests above could not fail if they saw nothing anywhere."""
    home = tmp_path / "home"
    home.mkdir()
    options = command("use", endpoint=ENDPOINT, answer="accept")[-1]
    done = subprocess.run(
        [sys.executable, "-c", AUDIT, options],
        env=environment(home),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    seen = done.stdout.splitlines()[-1]
    assert "socket.connect" in seen
    assert "aboveboard-writer" in seen
    assert "sqlite3.connect" in seen
    assert os.path.exists(home / ".redhat/anonymousId")
