"""What was sent, what waits, and what was changed before? The spool, read as a person would.

Nothing is written: the file is opened read-only, and a machine without a file has an empty journal.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from aboveboard.client.gate import GATE
from aboveboard.client.outbox import read_body
from aboveboard.client.spool import REFUSED, Spool
from aboveboard.client.wire import dump
from aboveboard.frozen import record

DELETION_KEY: Final = "deletion:"
SHOWN: Final = 200


@record(frozen=True, slots=True)
class Deletion:
    """The last time that the collector was asked for one deletion, what it said, and when to ask again."""

    state: str = "keep"
    tried: float = 0.0
    body: str = ""
    status: int = 0
    answer: str = ""
    failures: int = 0
    not_before: float = 0.0
    retry_after: float = 0.0

    @property
    def problem(self) -> str:
        """Return why it is not confirmed, "" where it is or was not asked for yet."""
        if self.state == "sent" or not self.failures:
            return ""
        said = f"the collector answered {self.status}" if self.status else "the collector was not reached"
        return f"a deletion is not confirmed: {said}: {reason_of(self.answer)}"


@record(frozen=True, slots=True)
class Entry:
    """One event or one request of the journal.

    `what` is "event", "request" or "deletion". An event has its JSON as `content` and in `notes` what was dropped or
    replaced, as [path, what was done, why]. A request has its exact body as `body` and the collector's answer, and
    is there once for each time it was tried ("again" where another try followed). So has a deletion, in whose
    body the id is forgotten once the collector has confirmed it.
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
    """Yield every event in the order in which it was logged, then every request as it was sent, then deletions."""
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
            f"SELECT id, state, tried, status, answer, body FROM batches {_tries(database)} ORDER BY 1, 3"  # noqa: S608
        ):
            text = read_body(body)
            yield Entry(
                "request", state, tried, request=number, body=text, status=status, answer=answer or ""
            )
        for name, asked in sorted(_deletions(database).items(), key=lambda found: found[1].tried):
            state = "sent" if asked.state == "sent" else "open"
            yield Entry(
                "deletion",
                state,
                asked.tried,
                name,
                body=asked.body,
                status=asked.status,
                answer=asked.answer,
            )


def read_deletions(path: Path) -> dict[str, Deletion]:
    """Return what came of each deletion that was asked for, by its id."""
    with _reading(path) as database:
        return _deletions(database) if database is not None else {}


def keep_deletion(path: Path, deletion_id: str, deletion: Deletion) -> None:
    """Write down what came of a deletion; where there is no journal, none is begun."""
    if path.exists():
        with GATE, closing(Spool(path)) as spool:
            spool.put(DELETION_KEY + deletion_id, dump(asdict(deletion)))


def refusals(path: Path) -> tuple[int, str]:
    """Return how many events the collector refused, and why, where nothing was accepted since."""
    with _reading(path) as database:
        if database is None:
            return 0, ""
        number = database.execute("SELECT count(*) FROM events WHERE state = 'refused'").fetchone()[0]
        last = database.execute(
            "SELECT state, status, answer FROM batches WHERE state != 'open' ORDER BY id DESC LIMIT 1"
        ).fetchone()
    if not number or last is None or last[0] != REFUSED:
        return int(number), ""
    return int(number), f"the collector refused events: it answered {last[1]}: {reason_of(last[2] or '')}"


def reason_of(answer: str) -> str:
    """Return the message in an answer of the collector, or the beginning of an answer that has none."""
    try:
        return str(json.loads(answer)["error"]["message"])[:SHOWN]
    except (ValueError, KeyError, TypeError, RecursionError):
        return answer[:SHOWN] or "no reason"


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


def _tries(database: sqlite3.Connection) -> str:
    found = database.execute("SELECT 1 FROM sqlite_master WHERE name = 'tries'").fetchone()
    query = "UNION ALL SELECT batch, 'again', tried, status, answer, body FROM tries"
    return query if found else ""  # a file that an older version left has none


def _deletions(database: sqlite3.Connection) -> dict[str, Deletion]:
    rows = database.execute("SELECT key, value FROM meta WHERE key LIKE ?", (DELETION_KEY + "%",))
    return {key.removeprefix(DELETION_KEY): Deletion(**json.loads(value)) for key, value in rows}


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
