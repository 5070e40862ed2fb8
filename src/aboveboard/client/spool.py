"""Where do events wait, and what was sent? One SQLite file that all processes of the app share.

Queue and journal are the same rows: an event's `state` goes from `queued` to `sent` (or `refused`,
`expired`), a batch keeps the exact bytes of its last request, and `tries` those before it. WAL lets one
process write while others read, and an event is safe from the death of its process as soon as its
transaction is committed.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aboveboard.client import levels
from aboveboard.client.files import make_private_folder
from aboveboard.frozen import Named

QUEUED: Final = "queued"
SENT: Final = "sent"
REFUSED: Final = "refused"
EXPIRED: Final = "expired"
ABOVE_LEVEL: Final = "above the level"
EXTENSION_OFF: Final = "extension off"

OWNER: Final = "common.extensionName"

SCHEMA_VERSION: Final = 2
BUSY_SECONDS: Final = 2.0
WAL_BYTES: Final = 1 << 20
CACHE_KIB: Final = 128
WAL_PAGES: Final = 4_000
# More than the journal's own limit, so that trimming comes first; a hard stop for what trimming misses.
HARD_BYTES: Final = 32 << 20

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS events (
    id INTEGER PRIMARY KEY,
    message_id TEXT NOT NULL,
    created REAL NOT NULL,
    event TEXT NOT NULL,
    level TEXT NOT NULL,
    state TEXT NOT NULL,
    batch INTEGER,
    payload TEXT NOT NULL,
    notes TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_waiting ON events (id) WHERE state = 'queued';
CREATE TABLE IF NOT EXISTS batches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    state TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    tried REAL NOT NULL,
    attempts INTEGER NOT NULL,
    status INTEGER,
    answer TEXT,
    body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS batches_by_state ON batches (state, id);
CREATE TABLE IF NOT EXISTS tries (
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    tried REAL NOT NULL,
    status INTEGER,
    answer TEXT,
    body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS tries_by_batch ON tries (batch);
CREATE TABLE IF NOT EXISTS counts (
    day TEXT NOT NULL,
    reason TEXT NOT NULL,
    event TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (day, reason, event)
);
CREATE TABLE IF NOT EXISTS days (
    event TEXT PRIMARY KEY,
    day TEXT NOT NULL,
    suppressed INTEGER NOT NULL,
    data TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS held (
    id INTEGER PRIMARY KEY,
    event TEXT NOT NULL,
    created REAL NOT NULL,
    properties TEXT NOT NULL,
    about TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Row(Named):
    """One event as it is kept: `payload` is its JSON on the wire, `notes` the JSON of what was changed."""

    message_id: str
    created: float
    event: str
    level: str
    payload: str
    notes: str = "[]"


class Spool:
    """One connection to the file; each thread opens its own. Raises `sqlite3.Error` and `OSError`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        make_private_folder(path.parent)
        self.database = _connect(path)
        self._file = _identity(path)

    @property
    def is_lost(self) -> bool:
        """Tell whether somebody removed or replaced the file under us: what is written now nobody would find."""
        return _identity(self.path) != self._file

    def discard(self) -> None:
        """Close, and remove the file, which is damaged, unless another process has put a new one there."""
        is_ours = not self.is_lost
        self.close()
        if is_ours:
            _remove(self.path)

    def wait_at_most(self, seconds: float) -> None:
        """Give up after `seconds` where another process writes all the time."""
        self.database.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")

    def close(self) -> None:
        """Close the connection; the last one to close folds the log into the file."""
        self.database.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write everything inside or nothing of it."""
        self.database.execute("BEGIN IMMEDIATE")
        try:
            yield self.database
        except BaseException:
            self.database.execute("ROLLBACK")
            raise
        self.database.execute("COMMIT")

    def add(self, rows: Iterable[Row]) -> None:
        """Queue events, inside a transaction."""
        self.database.executemany(
            "INSERT INTO events (message_id, created, event, level, state, payload, notes)"
            " VALUES (?, ?, ?, ?, 'queued', ?, ?)",
            rows,
        )

    def count(self, day: str, numbers: Mapping[tuple[str, str], int]) -> None:
        """Add to the numbers of what was not sent, by (reason, event), inside a transaction."""
        self.database.executemany(
            "INSERT INTO counts VALUES (?, ?, ?, ?)"
            " ON CONFLICT (day, reason, event) DO UPDATE SET number = number + excluded.number",
            [(day, reason, event, number) for (reason, event), number in numbers.items()],
        )

    def get(self, key: str, default: str = "") -> str:
        """Return one remembered value."""
        found = self.database.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(found[0]) if found else default

    def put(self, key: str, value: str) -> None:
        """Remember one value."""
        self.database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def keep(self, key: str, value: str) -> None:
        """Remember one value, without a write where it is remembered already."""
        if self.get(key) != value:
            self.put(key, value)

    def holds_back(self, today: str) -> bool:
        """Tell whether rules hold back what is to be sent: aggregates, or the rollup of a day that is over."""
        found = self.database.execute(
            "SELECT EXISTS (SELECT 1 FROM held) OR EXISTS (SELECT 1 FROM days WHERE day < ? AND suppressed > 0)",
            (today,),
        ).fetchone()
        return bool(found[0])

    def waiting(self) -> int:
        """Return how many events wait to be sent."""
        return self._number("SELECT count(*) FROM events WHERE state = 'queued'")

    def sent(self) -> int:
        """Return how many events of the journal were sent."""
        return self._number("SELECT count(*) FROM events WHERE state = 'sent'")

    def delete_queued(self, until: float) -> None:
        """Delete what was recorded up to a moment and waits, inside a transaction."""
        self.database.execute("DELETE FROM events WHERE state = 'queued' AND created <= ?", (until,))
        self.database.execute("DELETE FROM held WHERE created <= ?", (until,))
        self.database.execute("DELETE FROM days")
        self.delete_empty_batches()

    def drop_above(self, level: str, day: str) -> int:
        """Delete and count what waits and is above a level, inside a transaction; return how many there were.

        What rules hold back still comes through the queue, and is looked at there.
        """
        allowed = [each for each in levels.LEVELS if levels.covers(level, each)]
        places = ",".join("?" * len(allowed))
        above = f"state = 'queued' AND level NOT IN ({places})"
        query = f"SELECT event, count(*) FROM events WHERE {above} GROUP BY event"  # noqa: S608  (places)
        numbers = {(ABOVE_LEVEL, event): n for event, n in self.database.execute(query, allowed)}
        if numbers:
            self.count(day, numbers)
            self.database.execute(f"DELETE FROM events WHERE {above}", allowed)  # noqa: S608
            self.delete_empty_batches()
        return sum(numbers.values())

    def drop_extensions(self, is_off: Callable[[str], bool], day: str) -> int:
        """Delete and count what waits of extensions that are off, inside a transaction; return how many there were.

        What rules hold back of them goes too.
        """
        owned = "SELECT id, event, payload FROM events WHERE state = 'queued' AND payload LIKE ?"
        gone = [
            (row, event)
            for row, event, payload in self.database.execute(owned, (f'%"{OWNER}"%',)).fetchall()
            if is_off(str((json.loads(payload).get("properties") or {}).get(OWNER, "")))
        ]
        self.database.executemany("DELETE FROM events WHERE id = ?", [(row,) for row, _ in gone])
        for table, key, about in (("held", "id", "about"), ("days", "event", "data")):
            kept = self.database.execute(f"SELECT {key}, {about} FROM {table}").fetchall()  # noqa: S608  (constants)
            off = [(name,) for name, text in kept if is_off(str(json.loads(text).get("extension", "")))]
            self.database.executemany(f"DELETE FROM {table} WHERE {key} = ?", off)  # noqa: S608
        if gone:
            self.count(day, Counter((EXTENSION_OFF, event) for _, event in gone))
            self.delete_empty_batches()
        return len(gone)

    def delete_all(self) -> None:
        """Delete every row, inside a transaction."""
        for table in ("events", "batches", "tries", "counts", "days", "held", "meta"):
            self.database.execute(f"DELETE FROM {table}")  # noqa: S608  (a constant)

    def fold(self) -> None:
        """Copy a log that has grown into the file, as far as nobody is reading it; this waits for the disk."""
        log = self.path.with_name(self.path.name + "-wal")
        if not log.exists() or log.stat().st_size < WAL_BYTES:
            return
        self.database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    def delete_empty_batches(self) -> None:
        """Delete the requests of which no event is left, inside a transaction."""
        self.database.execute(
            "DELETE FROM batches WHERE NOT EXISTS"
            " (SELECT 1 FROM events WHERE events.id BETWEEN batches.first AND batches.last)"
        )
        self.database.execute("DELETE FROM tries WHERE batch NOT IN (SELECT id FROM batches)")

    def scrub(self) -> None:
        """Empty the log, which may still hold what was deleted; where somebody reads, the next fold does it."""
        self.wait_at_most(0.2)
        self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self.wait_at_most(BUSY_SECONDS)

    def size(self) -> int:
        """Return how many bytes of the file are in use."""
        pages = self._number("PRAGMA page_count") - self._number("PRAGMA freelist_count")
        return pages * self._number("PRAGMA page_size")

    def _number(self, query: str) -> int:
        return int(self.database.execute(query).fetchone()[0])


def is_busy(error: Exception) -> bool:
    """Tell whether an error only says that another process was writing at that moment."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def is_damaged(error: BaseException) -> bool:
    """Tell whether an error says that what the file holds is no sound database."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _remove(path: Path) -> None:
    for damaged in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        damaged.unlink(missing_ok=True)


def _connect(path: Path) -> sqlite3.Connection:
    try:
        return _open(path)
    except sqlite3.OperationalError:
        raise  # locked, full, or not writable: the file itself is sound
    except sqlite3.DatabaseError:
        _remove(path)
        return _open(path)


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("PRAGMA secure_delete = ON")
    database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    # The sender folds the log, because that waits for the disk; a writer does it only where nobody sends.
    database.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    database.execute(f"PRAGMA journal_size_limit = {WAL_BYTES // 4}")
    size = int(database.execute("PRAGMA page_size").fetchone()[0])
    database.execute(f"PRAGMA max_page_count = {HARD_BYTES // size}").fetchone()
    if database.execute("PRAGMA user_version").fetchone()[0] < SCHEMA_VERSION:
        database.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT")
    return database
