"""Does the audit log keep what was recorded, and does every later change show?"""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.access.audit import AuditLog, Entry, read, verify
from aboveboard.errors import StoreError

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    opened = AuditLog(tmp_path / "audit.jsonl", now=lambda: NOON)
    yield opened
    opened.close()


def written(file: Path, count: int = 5) -> list[bytes]:
    """A log of some entries, as its lines."""
    log = AuditLog(file, now=lambda: NOON)
    for number in range(count):
        log.record("erase", "install", {"deletion": number, "text": "käse\n"})
    log.close()
    return file.read_bytes().splitlines(keepends=True)


def test_entries_are_numbered_and_follow_from_each_other(log: AuditLog) -> None:
    first = log.record("backup", "anna", {})
    second = log.record("erase", "install", {"source": "app"})
    assert (first.number, second.number, second.previous) == (1, 2, first.hash)
    assert second.time == "2026-11-23T12:00:00.000+00:00"
    found = verify(log.file)
    assert (found.entries, found.last, found.broken) == (2, second, None)
    assert list(read(log.file)) == [first, second]


def test_the_hash_is_the_one_that_anybody_can_compute() -> None:
    """A test vector, made with Python's json and sha256sum."""
    entry = Entry(1, "2026-11-23T12:00:00.000+00:00", "anna", "backup", {"b": 1, "a": "ä"}, "")
    text = (
        '{"action":"backup","actor":"anna","detail":{"a":"ä","b":1},"hash":"","number":1,"previous":"",'
        '"time":"2026-11-23T12:00:00.000+00:00"}'
    )
    digest = subprocess.run(
        ["sha256sum"], input=text, capture_output=True, text=True, check=True
    ).stdout.split()[0]
    assert entry.sealed().hash == digest


@given(data=st.data())
def test_every_changed_byte_shows(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    file = tmp_path_factory.mktemp("audit") / "audit.jsonl"
    content = bytearray(b"".join(written(file)))
    at = data.draw(st.integers(0, len(content) - 2))
    content[at] ^= data.draw(st.integers(1, 255))
    file.write_bytes(content)
    line = bytes(content[:at]).count(b"\n") + 1
    found = verify(file)
    assert found.broken is not None
    # A byte that became a line's end breaks that line or the one it makes.
    assert found.entries <= line


def test_a_missing_added_or_moved_line_shows_where(tmp_path: Path) -> None:
    lines = written(tmp_path / "audit.jsonl")
    for name, changed, broken in (
        ("missing", [lines[0], *lines[2:]], "line 2"),
        ("doubled", [*lines[:2], *lines[1:]], "line 3"),
        ("moved", [lines[0], lines[2], lines[1], *lines[3:]], "line 2"),
    ):
        file = tmp_path / name
        file.write_bytes(b"".join(changed))
        assert str(verify(file).broken).startswith(broken), name


def test_an_entry_made_anew_with_a_hash_that_fits_breaks_the_next_one(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    lines = written(file)
    forged = json.loads(lines[1]) | {"actor": "nobody"}
    sealed = Entry(**forged).sealed()
    lines[1] = json.dumps(json.loads(lines[1]) | {"actor": "nobody", "hash": sealed.hash}).encode() + b"\n"
    file.write_bytes(b"".join(lines))
    found = verify(file)
    assert found.entries == 2
    assert "line 3" in str(found.broken)


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_half_a_line_of_a_crash_is_cut_off_and_the_chain_goes_on(tmp_path: Path, cut: int) -> None:
    file = tmp_path / "audit.jsonl"
    content = b"".join(written(file, 3))
    file.write_bytes(content[:-cut])
    log = AuditLog(file)
    assert log.record("backup", "anna", {}).number == 3
    log.close()
    assert verify(file).broken is None


def test_a_long_entry_is_found_again_as_the_last(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    log = AuditLog(file)
    log.record("settings", "server", {"text": "x" * 300_000})
    log.close()
    again = AuditLog(file)
    assert again.record("backup", "anna", {}).number == 2
    again.close()
    assert verify(file).entries == 2


def test_the_log_has_one_writer_and_is_read_by_its_owner_alone(log: AuditLog) -> None:
    code = "import sys, pathlib; from aboveboard.access.audit import AuditLog; AuditLog(pathlib.Path(sys.argv[1]))"
    tried = subprocess.run(
        [sys.executable, "-c", code, str(log.file)], capture_output=True, text=True, check=False, timeout=30
    )
    assert "is open in another process" in tried.stderr
    assert log.file.stat().st_mode & 0o777 == 0o600


def test_a_disk_that_is_full_leaves_no_half_line(tmp_path: Path) -> None:
    code = f"""
import resource, sys, pathlib, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from aboveboard.access.audit import AuditLog, verify
from aboveboard.errors import StoreError
log = AuditLog(pathlib.Path({str(tmp_path / "audit.jsonl")!r}))
log.record("backup", "anna", {{}})
size = log.file.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, size + 50))
try:
    log.record("backup", "anna", {{}})
except StoreError as error:
    print(error)
assert log.file.stat().st_size == size
"""
    tried = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=30
    )
    assert tried.returncode == 0, tried.stderr
    assert "cannot be written" in tried.stdout
    assert verify(tmp_path / "audit.jsonl").entries == 1


def test_a_log_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        AuditLog(tmp_path / "folder")


def test_a_log_that_ends_in_something_else_is_not_written_to(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_text("not an entry\n")
    with pytest.raises(StoreError, match="is no entry"):
        AuditLog(file)
    assert file.read_text() == "not an entry\n"
