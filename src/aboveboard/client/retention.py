"""How long is the journal kept, and how large may it grow? 30 days or 20 MB, oldest sent first."""

from typing import Final

from aboveboard.client.spool import EXPIRED, Spool
from aboveboard.client.wire import stamp

DAY: Final = 24 * 3600.0
KEEP_SECONDS: Final = 30 * DAY
UNSENT_SECONDS: Final = 21 * DAY
MOST_BYTES: Final = 20_000_000
ROOM_BYTES: Final = 18_000_000
SLICE: Final = 200


def trim(spool: Spool, now: float, most: int = MOST_BYTES, room: int = ROOM_BYTES) -> None:
    """Let go of what is too old, and of what is too much; unsent events that go are counted."""
    with spool.transaction():
        _expire(spool, now)
        _delete_finished(spool, "created < ?", now - KEEP_SECONDS)
    if spool.size() <= most:
        return
    while spool.size() > room:
        with spool.transaction():
            if not (
                _delete_oldest_sent(spool) or _delete_oldest_tries(spool) or _drop_oldest_waiting(spool, now)
            ):
                return


def _expire(spool: Spool, now: float) -> None:
    old = spool.database.execute(
        "SELECT event, count(*) FROM events WHERE state = 'queued' AND created < ? GROUP BY event",
        (now - UNSENT_SECONDS,),
    ).fetchall()
    spool.count(stamp(now)[:10], {("too old", event): number for event, number in old})
    spool.database.execute(
        "UPDATE events SET state = ? WHERE state = 'queued' AND created < ?", (EXPIRED, now - UNSENT_SECONDS)
    )


def _delete_finished(spool: Spool, condition: str, value: float) -> None:
    spool.database.execute(f"DELETE FROM events WHERE state != 'queued' AND {condition}", (value,))  # noqa: S608
    spool.delete_empty_batches()


def _delete_oldest_sent(spool: Spool) -> int:
    found = spool.database.execute(
        "SELECT id FROM events WHERE state != 'queued' ORDER BY id LIMIT 1 OFFSET ?", (SLICE,)
    ).fetchone()
    some = spool.database.execute("SELECT 1 FROM events WHERE state != 'queued' LIMIT 1").fetchone()
    if some:
        _delete_finished(spool, "id < ?", float(found[0]) if found else float("inf"))
    return int(bool(some))


def _delete_oldest_tries(spool: Spool) -> int:
    """Delete what earlier tries of requests that still wait had sent; an outage of weeks makes many of them."""
    query = "DELETE FROM tries WHERE id IN (SELECT id FROM tries ORDER BY id LIMIT ?)"
    return spool.database.execute(query, (SLICE,)).rowcount


def _drop_oldest_waiting(spool: Spool, now: float) -> int:
    rows = spool.database.execute(
        "SELECT id, event FROM events WHERE state = 'queued' ORDER BY id LIMIT ?", (SLICE,)
    ).fetchall()
    numbers: dict[tuple[str, str], int] = {}
    for _, event in rows:
        numbers["journal full", event] = numbers.get(("journal full", event), 0) + 1
    spool.count(stamp(now)[:10], numbers)
    spool.database.executemany("DELETE FROM events WHERE id = ?", [(row,) for row, _ in rows])
    return len(rows)
