"""Who did what with other people's data, and has anybody changed that record afterwards?

The log is a file of one JSON object a line. Each entry holds the hash of the one before it, so a change, a gap or a
new order shows; entries cut off at the end show to whoever noted the number and hash of a later one. It is a file
and not a table because it has to outlive the store: `restore` reads from it which erasures to do again.
"""

import fcntl
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.errors import StoreError

__all__ = ["FILE_NAME", "AuditLog", "Checked", "Entry", "read", "verify"]

FILE_NAME = "audit.jsonl"
"""The file in the data folder."""

_TAIL = 64 * 1024


class Entry(msgspec.Struct, frozen=True):
    """One line: `actor` is a token's name, "install" or "server", never an address; hashes are SHA-256."""

    number: int
    time: str
    actor: str
    action: str
    detail: dict[str, Any]
    previous: str
    hash: str = ""

    def sealed(self) -> "Entry":
        """Return the entry with the hash of all its other fields."""
        bare = msgspec.structs.replace(self, hash="")
        digest = hashlib.sha256(msgspec.json.encode(bare, order="sorted")).hexdigest()
        return msgspec.structs.replace(self, hash=digest)


class Checked(msgspec.Struct, frozen=True):
    """What `verify` found: how many entries hold, the last of them, and where and why the chain breaks."""

    entries: int
    last: Entry | None
    broken: str | None


class AuditLog:
    """The open log of a server, which is the only one that writes it; `now` is the clock.

    Raises StoreError when another process has it open or the file cannot be read.
    """

    def __init__(self, file: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.file = file
        self._now = now
        self._lock = threading.Lock()
        file.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = _open(file)
        try:
            self._last = self._mend()
        except StoreError:
            os.close(self._descriptor)
            raise

    def record(self, action: str, actor: str, detail: Mapping[str, Any]) -> Entry:
        """Write one entry and return it once it is on disk; any thread may call.

        Raises StoreError when the disk does not take it: what was to be recorded must then not happen.
        """
        with self._lock:
            last = self._last
            number, previous = (last.number + 1, last.hash) if last else (1, "")
            time = self._now().astimezone(UTC).isoformat(timespec="milliseconds")
            entry = Entry(number, time, actor, action, dict(detail), previous).sealed()
            self._append(msgspec.json.encode(entry) + b"\n")
            self._last = entry
        return entry

    def close(self) -> None:
        """Let another process write the log."""
        os.close(self._descriptor)

    def _append(self, line: bytes) -> None:
        end = os.fstat(self._descriptor).st_size
        try:
            if os.write(self._descriptor, line) < len(line):
                raise OSError(28, os.strerror(28))
            os.fsync(self._descriptor)
        except OSError as error:
            # Half a line would break the chain for good.
            os.ftruncate(self._descriptor, end)
            raise StoreError(f"The audit log {self.file} cannot be written: {error.strerror}.") from error

    def _mend(self) -> Entry | None:
        """Cut off half a line that a crash left, which nobody was told of, and return the last entry."""
        size = os.fstat(self._descriptor).st_size
        whole, tail = _last_lines(self._descriptor, size)
        if whole < size:
            os.ftruncate(self._descriptor, whole)
            os.fsync(self._descriptor)
        if not tail:
            return None
        try:
            return msgspec.json.decode(tail, type=Entry)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StoreError(
                f"The last line of the audit log {self.file} is no entry: {error}. "
                "Put the file aside, and keep it: a new one is begun."
            ) from error


def read(file: Path) -> Iterator[Entry]:
    """Return the entries of a log in order, without checking them.

    Raises StoreError at a line that is no entry, OSError for a file that cannot be read.
    """
    for number, line in enumerate(_lines(file), 1):
        try:
            yield msgspec.json.decode(line, type=Entry)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StoreError(f"Line {number} of the audit log {file} is no entry: {error}.") from error


def verify(file: Path) -> Checked:
    """Follow the chain from its beginning to its end, or to where it breaks.

    Raises OSError for a file that cannot be read.
    """
    last: Entry | None = None
    for number, line in enumerate(_lines(file), 1):
        try:
            entry = msgspec.json.decode(line, type=Entry)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Checked(number - 1, last, f"line {number} is no entry")
        complaint = _complaint(entry, number, last)
        if complaint:
            return Checked(number - 1, last, f"line {number}: {complaint}")
        last = entry
    return Checked(last.number if last else 0, last, None)


def _complaint(entry: Entry, number: int, last: Entry | None) -> str:
    if entry.hash != entry.sealed().hash:
        return "the content does not fit its hash, so the entry was changed"
    if entry.number != number:
        return f"the entry has the number {entry.number}, so entries are missing, added or in another order"
    if entry.previous != (last.hash if last else ""):
        return "the entry does not follow from the one before it, so that one was replaced"
    return ""


def _lines(file: Path) -> Iterator[bytes]:
    """Half a line at the end is not there yet, or was never acknowledged."""
    with file.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield line


def _open(file: Path) -> int:
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"The audit log {file} cannot be opened: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder = os.open(file.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except BlockingIOError as error:
        os.close(descriptor)
        raise StoreError(
            f"The audit log {file} is open in another process: a server runs on this data folder. "
            "Stop it first, or choose another folder with --data."
        ) from error
    return descriptor


def _last_lines(descriptor: int, size: int) -> tuple[int, bytes]:
    """Return where the last whole line ends, and that line."""
    span = _TAIL
    while True:
        start = max(0, size - span)
        tail = os.pread(descriptor, size - start, start)
        end = tail.rfind(b"\n") + 1
        begin = tail.rfind(b"\n", 0, max(0, end - 1)) + 1
        if begin or not start:
            return start + end, tail[begin:end]
        span *= 4
