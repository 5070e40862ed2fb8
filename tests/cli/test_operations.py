"""Do the operator's commands do to a real server and its files what they say?"""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aboveboard.access.audit import verify
from tests.collector.test_rights import erase, rows_of, send, track
from tests.conftest import Server, start_server, stop_server


def run(*arguments: str, said: str = "", **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run `aboveboard …` as a person does."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ABOVEBOARD_")}
    command = [sys.executable, "-m", "aboveboard", *arguments]
    return subprocess.run(
        command, input=said, env=clean | environ, capture_output=True, text=True, timeout=120, check=False
    )


def on(server: Server, *arguments: str, said: str = "") -> "subprocess.CompletedProcess[str]":
    """Run a command that asks a running server."""
    found = {"ABOVEBOARD_URL": server.url, "ABOVEBOARD_ADMIN_TOKEN": server.admin_token}
    return run(*arguments, said=said, **found)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, to be stopped and started."""
    running = start_server(tmp_path / "data")
    yield running
    if running.process.poll() is None:
        stop_server(running)


def restarted(server: Server) -> Server:
    again = start_server(server.data)
    again.write_key = server.write_key
    return again


@pytest.mark.parametrize("by_stdin", [False, True])
def test_erase_prints_a_receipt_that_verifies_and_the_rows_are_gone(
    server: Server, tmp_path: Path, by_stdin: bool
) -> None:
    person = str(uuid.uuid4())
    send(server, track(person))
    shown = "-" if by_stdin else person
    done = on(server, "erase", "--source", "development", shown, said=person if by_stdin else "")
    assert done.returncode == 0, done.stderr
    receipt = json.loads(done.stdout)
    assert receipt["counts"]["events"] == 1
    assert rows_of(server, person)["events"] == []
    last = verify(server.data / "audit.jsonl").last
    assert last is not None
    (tmp_path / "receipt.json").write_text(done.stdout)
    (tmp_path / "forged.json").write_text(json.dumps(receipt | {"counts": {"events": 9}}))
    for where in (["--data", str(server.data)], ["--url", server.url, "--token", server.admin_token]):
        good = run("audit", *where, "verify-receipt", str(tmp_path / "receipt.json"))
        assert (good.returncode, good.stdout.startswith("Genuine: 1 rows")) == (0, True), good.stderr
        bad = run("audit", *where, "verify-receipt", str(tmp_path / "forged.json"))
        assert bad.returncode == 1
        assert "not given by this server" in bad.stderr


def test_the_audit_log_names_the_token_that_erased(server: Server) -> None:
    receipt = json.loads(on(server, "erase", "--source", "development", str(uuid.uuid4())).stdout)
    lines = [json.loads(line) for line in (server.data / "audit.jsonl").read_text().splitlines()]
    (entry,) = [line for line in lines if receipt["id"] in json.dumps(line)]
    assert entry["actor"] == "environment"


def test_audit_verify_holds_and_says_where_a_changed_log_breaks(own: Server) -> None:
    for _ in range(3):
        erase(own, str(uuid.uuid4()))
    for where in (["--data", str(own.data)], ["--url", own.url, "--token", own.admin_token]):
        good = run("audit", *where, "verify")
        assert (good.returncode, good.stdout[:15]) == (0, "3 entries hold."), good.stderr
    file = own.data / "audit.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text(lines[0] + lines[1].replace('"install"', '"nobody"', 1) + lines[2])
    for where in (["--data", str(own.data)], ["--url", own.url, "--token", own.admin_token]):
        bad = run("audit", *where, "verify")
        assert bad.returncode == 1
        assert "breaks at line 2: the content does not fit its hash" in bad.stderr


def test_a_backup_of_a_running_server_is_restored_without_what_was_erased_since(own: Server) -> None:
    stays, leaves, deletion = str(uuid.uuid4()), str(uuid.uuid4()), str(uuid.uuid4())
    old = [track(stays), track(leaves), track(leaves)]
    assert send(own, *old) == 3
    file = own.data.parent / "backup.tar"
    made = on(own, "backup", str(file))
    assert made.returncode == 0, made.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    assert not list((own.data / "store.backups").iterdir())
    receipt = erase(own, leaves, deletion)
    assert send(own, track(stays, "after.the.backup")) == 1
    stop_server(own)
    done = run("restore", "--data", str(own.data), str(file))
    assert done.returncode == 0, done.stderr
    assert "1 erasures were done again" in done.stdout
    again = restarted(own)
    try:
        assert [row["event"] for row in rows_of(again, stays)["events"]] == ["container.start"]
        assert rows_of(again, leaves)["events"] == []
        assert send(again, *old) == 1  # only of the one who stays, and it is there already
        assert again.stored() == 1
        assert erase(again, leaves, deletion) == receipt
    finally:
        stop_server(again)
    assert verify(own.data / "audit.jsonl").broken is None


def test_events_that_come_during_a_backup_are_kept(own: Server) -> None:

    over, sent = threading.Event(), 0

    def load() -> None:
        nonlocal sent
        while not over.is_set():
            sent += send(own, *(track("a", ago=5) for _ in range(50)))

    loading = threading.Thread(target=load, daemon=True)
    loading.start()
    for number in range(3):
        assert on(own, "backup", str(own.data.parent / f"{number}.tar")).returncode == 0
    over.set()
    loading.join()
    assert own.stored() == sent > 0


def test_restore_leaves_a_running_server_alone(own: Server) -> None:
    send(own, track("a"))
    file = own.data.parent / "backup.tar"
    on(own, "backup", str(file))
    tried = run("restore", "--data", str(own.data), str(file))
    assert tried.returncode == 1
    assert "Stop it first" in tried.stderr
    assert own.stored() == 1


@pytest.mark.parametrize("content", [b"", b"not a tar", b"\0" * 10_240])
def test_restore_puts_the_old_store_back_when_the_file_is_no_backup(own: Server, content: bytes) -> None:
    send(own, track("a"))
    stop_server(own)
    file = own.data.parent / "backup.tar"
    file.write_bytes(content)
    tried = run("restore", "--data", str(own.data), str(file))
    assert tried.returncode == 1
    assert "is not a backup" in tried.stderr
    again = restarted(own)
    try:
        assert again.stored() == 1
    finally:
        stop_server(again)


@pytest.mark.parametrize("damage", ["a bit of the events", "a bit of a small table", "cut off"])
def test_restore_of_a_damaged_backup_puts_the_old_store_back(own: Server, damage: str) -> None:
    send(own, *(track("a") for _ in range(200)))
    file = own.data.parent / "backup.tar"
    on(own, "backup", str(file))
    stop_server(own)
    with tarfile.open(file) as archive:
        data = sorted((each.size, each.offset_data) for each in archive if each.name.endswith("/data.bin"))
    size, offset = data[0 if damage == "a bit of a small table" else -1]
    content = bytearray(file.read_bytes())
    content[offset + size // 2] ^= 1
    file.write_bytes(content[: offset + size // 2] if damage == "cut off" else content)
    tried = run("restore", "--data", str(own.data), str(file))
    assert tried.returncode == 1
    assert "Traceback" not in tried.stderr
    assert not list(own.data.glob("store.before-restore*"))
    again = restarted(own)
    try:
        assert again.stored() == 200
    finally:
        stop_server(again)


def test_restore_on_a_machine_without_the_audit_log_says_what_would_come_back(own: Server) -> None:
    send(own, track("a"))
    file, fresh = own.data.parent / "backup.tar", own.data.parent / "fresh"
    on(own, "backup", str(file))
    tried = run("restore", "--data", str(fresh), str(file))
    assert (tried.returncode, "they would come back" in tried.stderr) == (1, True)
    done = run("restore", "--data", str(fresh), "--without-audit-log", str(file))
    assert done.returncode == 0, done.stderr
    there = start_server(fresh)
    try:
        assert there.stored() == 1
    finally:
        stop_server(there)


def test_backup_does_not_overwrite(server: Server, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    tried = on(server, "backup", str(tmp_path / "there"))
    assert tried.returncode == 1
    assert (tmp_path / "there").read_text() == "mine"


def test_store_check_reads_every_table_and_tells_a_damaged_part(own: Server) -> None:
    send(own, *(track("a") for _ in range(200)))
    good = on(own, "store", "check")
    assert (good.returncode, "events" in good.stdout) == (0, True), good.stderr
    for part in (own.data / "store" / "data" / "default" / "events").glob("*/data.bin"):
        content = bytearray(part.read_bytes())
        content[len(content) // 2] ^= 0xFF
        part.write_bytes(content)
    bad = on(own, "store", "check")
    assert bad.returncode == 1
    assert "broken: events/" in bad.stderr


@pytest.mark.parametrize(
    "command", [["erase", "--source", "x", "id"], ["backup", "file"], ["store", "check"]]
)
def test_a_command_without_a_server_or_a_token_says_what_to_do(
    server: Server, tmp_path: Path, command: list[str]
) -> None:
    nobody = {"ABOVEBOARD_URL": "http://127.0.0.1:9", "ABOVEBOARD_ADMIN_TOKEN": "x"}
    if command[0] == "backup":
        command = ["backup", str(tmp_path / "file")]
    for environ, expected in (
        (nobody, "There is no server at"),
        ({"ABOVEBOARD_URL": server.url}, "ABOVEBOARD_ADMIN_TOKEN"),
        ({"ABOVEBOARD_URL": server.url, "ABOVEBOARD_ADMIN_TOKEN": "wrong"}, "Send a token"),
        ({"ABOVEBOARD_URL": "ftp://x", "ABOVEBOARD_ADMIN_TOKEN": "x"}, "http://"),
    ):
        tried = run(*command, **environ)
        assert tried.returncode == 1
        assert expected in tried.stderr
        assert "Traceback" not in tried.stderr
    assert not list(tmp_path.iterdir())


def admin(server: Server, path: str, token: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    return server.post(f"/admin/v1/{path}", body or {}, {"Authorization": f"Bearer {token}"})


def test_the_admin_api_wants_an_admin(own: Server) -> None:
    for path in ("erase", "backup", "check", "receipt", "no-such"):
        assert own.post(f"/admin/v1/{path}", {})[0] == 401, path
    assert admin(own, "backup", "wrong")[0] == 401


def test_a_viewer_is_no_admin_and_unknown_things_are_named(own: Server) -> None:

    stop_server(own)
    file = own.data / "aboveboard.toml"
    digest = hashlib.sha256(b"look").hexdigest()
    file.write_text(f'{file.read_text()}\n[tokens.reader]\nrole = "viewer"\nsha256 = "{digest}"\n')
    again = restarted(own)
    try:
        status, answer = admin(again, "check", "look")
        assert (status, answer["error"]["reason"]) == (403, "not allowed")
        for path, body, expected in (
            ("erase", {"source": "nope", "anonymousId": "a"}, (404, "unknown source")),
            ("erase", {"source": "development", "anonymousId": ""}, (400, "no anonymous id")),
            ("erase", {"source": 1}, (400, "broken JSON")),
            ("receipt", {"no": "receipt"}, (400, "no receipt")),
            ("no-such", {}, (404, "unknown address")),
        ):
            status, answer = admin(again, path, again.admin_token, body)
            assert (status, answer["error"]["reason"]) == expected
    finally:
        stop_server(again)
