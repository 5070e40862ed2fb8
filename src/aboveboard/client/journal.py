"""What was sent, what waits, and what was changed before? The spool, read as a person would.

Nothing is written: the file is opened read-only, and a machine without a file has an empty journal.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from aboveboard.client.gate import GATE
from aboveboard.client.outbox import read_body
from aboveboard.client.wire import dump


@dataclass(frozen=True, slots=True)
class Entry:
    """One event or one request of the journal.

    `what` is "event" or "request". An event has its JSON as `content` and in `notes` what was dropped or
    replaced, as [path, what was done, why]; a request has its exact body as `body` and the collector's answer.
    """

    what: str
    state: str
    time: float
    name: str = ""
    content: dict[str, Any] | None = None
    notes: tuple[tuple[str, str, str], ...] = ()
    request: int | None = None
    body: str = ""
    status: int | None = None
    answer: str = ""


def read_journal(path: Path) -> Iterator[Entry]:
    """Yield every event in the order in which it was logged, then every request as it was sent."""
    with _reading(path) as database:
        if database is None:
            return
        columns = "state, created, event, payload, notes, batch"
        for state, created, event, payload, notes, batch in database.execute(
            f"SELECT {columns} FROM events ORDER BY id"  # noqa: S608  (a constant)
        ):
            changed = tuple((path, done, why) for path, done, why in json.loads(notes))
            yield Entry("event", state, created, event, json.loads(payload), changed, batch)
        for number, state, tried, status, answer, body in database.execute(
            "SELECT id, state, tried, status, answer, body FROM batches ORDER BY id"
        ):
            text = read_body(body)
            yield Entry(
                "request", state, tried, request=number, body=text, status=status, answer=answer or ""
            )


def export_journal(source: Path, target: Path) -> int:
    """Write the journal to `target` as JSON Lines; return the number of lines. Raises `OSError`."""
    lines = 0
    with target.open("w", encoding="utf-8") as file:
        for entry in read_journal(source):
            file.write(dump(asdict(entry)) + "\n")
            lines += 1
    return lines


def spool_numbers(path: Path) -> tuple[int, int]:
    """Return how many events wait and how many were sent."""
    with _reading(path) as database:
        if database is None:
            return 0, 0
        found = dict(database.execute("SELECT state, count(*) FROM events GROUP BY state"))
        return int(found.get("queued", 0)), int(found.get("sent", 0))


def dropped_counts(path: Path) -> dict[str, int]:
    """Return how many events were not sent, by reason."""
    with _reading(path) as database:
        if database is None:
            return {}
        return dict(
            database.execute("SELECT reason, sum(number) FROM counts GROUP BY reason ORDER BY reason")
        )


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    if not path.exists():
        yield None
        return
    with GATE:
        database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=2.0)
        try:
            yield database
        finally:
            database.close()
