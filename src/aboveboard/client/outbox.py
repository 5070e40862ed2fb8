"""Which events go into the next request, and what becomes of them after the answer?"""

import gzip
import json
import sqlite3
from dataclasses import dataclass
from typing import Final

from aboveboard.client.spool import Spool

BATCH_EVENTS: Final = 100
BATCH_BYTES: Final = 500_000
ENVELOPE_BYTES: Final = 1_024
GZIP_LEVEL: Final = 4


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a request says beside its events: to whom it goes, and under which consent."""

    write_key: str
    notice: int
    level: str
    catalog: str
    cleaner: int


@dataclass(frozen=True, slots=True)
class Batch:
    """One request: the rows in it, its exact body (gzip), and how often it was tried, this time included."""

    id: int
    events: int
    body: bytes
    attempts: int


def next_batch(spool: Spool, envelope: Envelope, now: float, sent_at: str, limit: int) -> Batch | None:
    """Return the request to send now and keep its body, None where nothing waits.

    A batch that was tried before goes first, with the same events: it may have arrived.
    """
    with spool.transaction() as database:
        spool.put("uploaded", "yes")
        found = database.execute(
            "SELECT id, attempts FROM batches WHERE state = 'open' ORDER BY id LIMIT 1"
        ).fetchone()
        number, attempts = found or (None, 0)
        rows = _rows(database, number, limit)
        if number is not None and not rows:
            # All its events went too old or were taken back.
            database.execute("DELETE FROM batches WHERE id = ?", (number,))
            number, attempts = None, 0
            rows = _rows(database, number, limit)
        if not rows:
            return None
        body = _body([payload for _, payload in rows], envelope, sent_at)
        if number is None:
            number = _create(database, body, now)
            database.executemany(
                "UPDATE events SET batch = ? WHERE id = ?", [(number, row) for row, _ in rows]
            )
        database.execute(
            "UPDATE batches SET body = ?, tried = ?, attempts = attempts + 1 WHERE id = ?",
            (body, now, number),
        )
    return Batch(int(number), len(rows), body, attempts + 1)


def settle(spool: Spool, batch: Batch, state: str, status: int, answer: str) -> None:
    """Write down the final answer to a batch: `sent` or `refused`."""
    with spool.transaction() as database:
        database.execute(
            "UPDATE batches SET state = ?, status = ?, answer = ? WHERE id = ?",
            (state, status, answer, batch.id),
        )
        database.execute("UPDATE events SET state = ? WHERE batch = ?", (state, batch.id))


def keep(spool: Spool, batch: Batch, status: int, answer: str) -> None:
    """Write down an answer after which the batch is tried again."""
    with spool.transaction() as database:
        database.execute("UPDATE batches SET status = ?, answer = ? WHERE id = ?", (status, answer, batch.id))


def split(spool: Spool, batch: Batch) -> None:
    """Take the later half of a batch out of it, so that it fits; its events wait for the next one."""
    with spool.transaction() as database:
        database.execute(
            "UPDATE events SET batch = NULL WHERE id IN"
            " (SELECT id FROM events WHERE batch = ? ORDER BY id LIMIT -1 OFFSET ?)",
            (batch.id, max(1, batch.events // 2)),
        )


def read_body(body: bytes) -> str:
    """Return the text of a request's body as it was sent."""
    return gzip.decompress(body).decode("utf-8")


def _rows(database: sqlite3.Connection, batch: int | None, limit: int) -> list[tuple[int, str]]:
    if batch is not None:
        query = "SELECT id, payload FROM events WHERE batch = ? AND state = 'queued' ORDER BY id"
        return database.execute(query, (batch,)).fetchall()
    query = "SELECT id, payload FROM events WHERE state = 'queued' AND batch IS NULL ORDER BY id LIMIT ?"
    taken: list[tuple[int, str]] = []
    room = BATCH_BYTES - ENVELOPE_BYTES
    for row, payload in database.execute(query, (limit,)):
        room -= len(payload) + 1  # payloads are ASCII
        if room < 0 and taken:
            break
        taken.append((row, payload))
    return taken


def _create(database: sqlite3.Connection, body: bytes, now: float) -> int:
    cursor = database.execute(
        "INSERT INTO batches (state, tried, attempts, body) VALUES ('open', ?, 0, ?)", (now, body)
    )
    return int(cursor.lastrowid or 0)


def _body(payloads: list[str], envelope: Envelope, sent_at: str) -> bytes:
    about = {
        "aboveboard": {
            "notice": envelope.notice,
            "level": envelope.level,
            "catalog": envelope.catalog,
            "cleaner": envelope.cleaner,
        }
    }
    tail = json.dumps({"sentAt": sent_at, "writeKey": envelope.write_key, "context": about})
    text = '{"batch":[' + ",".join(payloads) + "]," + tail[1:]
    # mtime=0: the same events give the same bytes.
    return gzip.compress(text.encode("ascii"), GZIP_LEVEL, mtime=0)
