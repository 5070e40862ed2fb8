"""Which events go into the next request, and what becomes of them after the answer?"""

import json
import sqlite3
import zlib
from collections.abc import Callable
from typing import Final

from aboveboard.client.spool import Spool
from aboveboard.client.wire import stamp
from aboveboard.frozen import record

BATCH_EVENTS: Final = 100
BATCH_BYTES: Final = 500_000
ENVELOPE_BYTES: Final = 1_024
GZIP_LEVEL: Final = 3
GZIP: Final = 31  # zlib's number for the format of gzip
# A window of 4 KB and small tables: 32 KB of memory instead of 268, and batches, which repeat, are no larger.
WINDOW: Final = 28
TABLES: Final = 5
LAST_ROW: Final = (1 << 63) - 1


@record(frozen=True, slots=True)
class Envelope:
    """What a request says beside its events: to whom it goes, and under which consent.

    `is_off` tells of an extension whether the person switched it off, None where none is.
    """

    write_key: str
    notice: int
    level: str
    catalog: str
    cleaner: int
    is_off: Callable[[str], bool] | None = None


@record(frozen=True, slots=True)
class Batch:
    """One request: the rows in it, its exact body (gzip), and how often it was tried, this time included."""

    id: int
    rows: tuple[int, ...]
    body: bytes
    attempts: int


def next_batch(spool: Spool, envelope: Envelope, now: float, sent_at: str, limit: int) -> Batch | None:
    """Return the request to send now and keep its body, None where nothing waits.

    A batch that was tried before goes first, with the same events: it may have arrived. A batch is a range
    of rows; only those of them that still wait are its events. What is above the level that holds now is not
    sent any more, whenever it was logged.
    """
    with spool.transaction() as database:
        spool.drop_above(envelope.level, stamp(now)[:10])
        if envelope.is_off is not None:
            spool.drop_extensions(envelope.is_off, stamp(now)[:10])
        found = _open_batch(database)
        number, attempts, first, last = found or (None, 0, 0, LAST_ROW)
        rows = _rows(database, first, last, limit if number is None else LAST_ROW)
        if not rows:
            return None
        body = _body([payload for _, payload in rows], envelope, sent_at)
        if number is None:
            number = _create(database, rows[0][0], rows[-1][0], body, now)
        _keep_last_try(database, int(number))
        database.execute(
            "UPDATE batches SET body = ?, tried = ?, attempts = attempts + 1, status = NULL, answer = NULL"
            " WHERE id = ?",
            (body, now, number),
        )
    return Batch(int(number), tuple(row for row, _ in rows), body, attempts + 1)


def settle(spool: Spool, batch: Batch, state: str, status: int, answer: str) -> None:
    """Write down the final answer to a batch: `sent` or `refused`."""
    with spool.transaction() as database:
        database.execute(
            "UPDATE batches SET state = ?, status = ?, answer = ? WHERE id = ?",
            (state, status, answer, batch.id),
        )
        database.execute(
            "UPDATE events SET state = ?, batch = ? WHERE state = 'queued' AND id BETWEEN ? AND ?",
            (state, batch.id, batch.rows[0], batch.rows[-1]),
        )


def keep(spool: Spool, batch: Batch, status: int, answer: str) -> None:
    """Write down an answer after which the batch is tried again."""
    with spool.transaction() as database:
        database.execute("UPDATE batches SET status = ?, answer = ? WHERE id = ?", (status, answer, batch.id))


def split(spool: Spool, batch: Batch, status: int, answer: str) -> None:
    """Take the later half of a batch out of it, so that it fits; its events wait for the next one."""
    half = batch.rows[max(1, len(batch.rows) // 2) - 1]
    with spool.transaction() as database:
        database.execute(
            "UPDATE batches SET last = ?, status = ?, answer = ? WHERE id = ?",
            (half, status, answer, batch.id),
        )


def read_body(body: bytes) -> str:
    """Return the text of a request's body as it was sent."""
    return zlib.decompress(body, GZIP).decode("utf-8")


def _open_batch(database: sqlite3.Connection) -> tuple[int, int, int, int] | None:
    """Return id, attempts and range of the batch to try again; one whose events all went is forgotten."""
    for number, attempts, first, last in database.execute(
        "SELECT id, attempts, first, last FROM batches WHERE state = 'open' ORDER BY id"
    ).fetchall():
        if _rows(database, first, last, 1):
            return number, attempts, first, last
        database.execute("DELETE FROM batches WHERE id = ?", (number,))
        database.execute("DELETE FROM tries WHERE batch = ?", (number,))
    return None


def _keep_last_try(database: sqlite3.Connection, number: int) -> None:
    """Put the request that was tried before among the tries; one cut short by the end of its process has no answer."""
    database.execute(
        "INSERT INTO tries (batch, tried, status, answer, body)"
        " SELECT id, tried, status, answer, body FROM batches WHERE id = ? AND attempts > 0",
        (number,),
    )


def _rows(database: sqlite3.Connection, first: int, last: int, limit: int) -> list[tuple[int, str]]:
    query = "SELECT id, payload FROM events WHERE state = 'queued' AND id BETWEEN ? AND ? ORDER BY id LIMIT ?"
    taken: list[tuple[int, str]] = []
    room = BATCH_BYTES - ENVELOPE_BYTES
    for row, payload in database.execute(query, (first, last, limit)):
        room -= len(payload) + 1  # payloads are ASCII
        if room < 0 and taken:
            break
        taken.append((row, payload))
    return taken


def _create(database: sqlite3.Connection, first: int, last: int, body: bytes, now: float) -> int:
    cursor = database.execute(
        "INSERT INTO batches (state, first, last, tried, attempts, body) VALUES ('open', ?, ?, ?, 0, ?)",
        (first, last, now, body),
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
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, WINDOW, TABLES)
    return packer.compress(text.encode("ascii")) + packer.flush()
