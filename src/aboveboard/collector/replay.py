"""How does what lies in quarantine go through admission again, now let in?"""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from aboveboard.collector.context import CONTEXT
from aboveboard.collector.event import Batch, Message
from aboveboard.collector.protocols.segment import KINDS

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["AT_ONCE", "Waiting", "remove", "replay", "waiting"]

AT_ONCE = 500
"""How many rows of the quarantine become one request."""

_WAITING = """
SELECT
    hex(sipHash128(source, install, message_id)) AS identity, source, install, message_id,
    toUnixTimestamp64Micro(received), toUnixTimestamp64Milli(client_time), kind, event, content, context
FROM quarantine FINAL
WHERE source IN {sources:Array(String)}
    AND reason = {reason:String}
    AND identity > {after:String}
    AND ({one:String} = '' OR identity = {one:String})
ORDER BY identity
LIMIT {most:UInt32}
"""

_REMOVE = """
ALTER TABLE quarantine
DELETE WHERE hex(sipHash128(source, install, message_id)) IN %(identities)s
SETTINGS mutations_sync = 2
"""


class Waiting(msgspec.Struct, frozen=True):
    """One row of the quarantine; `received` is in microseconds, `client_time` in milliseconds since 1970.

    `identity` is a hash of source, install and message id, the same that `insights.quarantine` gives.
    """

    identity: str
    source: str
    install: str
    message_id: str
    received: int
    client_time: int
    kind: str
    event: str
    content: str
    context: str


def waiting(
    client: "Client", sources: Sequence[str], reason: str, *, one: str = "", after: str = ""
) -> list[Waiting]:
    """Return up to AT_ONCE rows of a reason in the order of their identity, or only `one` of that identity.

    `after` is the identity of the last row that was returned before.
    """
    parameters = {"sources": list(sources), "reason": reason, "one": one, "after": after, "most": AT_ONCE}
    return [Waiting(*row) for row in client.query(_WAITING, parameters=parameters).result_rows]


def replay(rows: Iterable[Waiting], source: str, name: str = "") -> Batch:
    """Return a batch of one source's rows, which is admitted however late they are.

    The message ids are those of the first time, so that whatever is replayed twice counts once. An event happened
    when its client says, or when it was received where that could not be read. `name` is for events that have none.
    """
    messages = [_message(row, name) for row in rows if row.event or name]
    return Batch(write_key="", sent_at=None, messages=messages, refusals=[], source=source)


def remove(client: "Client", rows: Collection[Waiting]) -> None:
    """Take rows out of the quarantine; they are gone when this returns."""
    if rows:
        client.command(_REMOVE, parameters={"identities": tuple(row.identity for row in rows)})


def _message(row: Waiting, name: str) -> Message:
    properties = msgspec.json.decode(row.content)
    kind = row.kind if row.kind in KINDS else "track"
    page = properties.get("name", "") if kind in ("page", "screen") else ""
    return Message(
        kind=kind,
        event=row.event or name,
        page=page if isinstance(page, str) else "",
        message_id=row.message_id,
        anonymous_id="",
        # Not the time of receiving: a retry of the same message has none either, and both are one row.
        timestamp=row.client_time or None,
        properties=properties,
        context=_context(row.context),
        size=len(row.content.encode()),
        install=row.install,
        received=row.received // 1000,
    )


def _context(text: str) -> dict[str, Any]:
    """Put the facts back to where a client's context has them."""
    facts, context = msgspec.json.decode(text), dict[str, Any]()
    for column, (paths, _) in CONTEXT.items():
        *parts, last = paths[0].split(".")
        inner = context
        for part in parts:
            inner = inner.setdefault(part, {})
        inner[last] = facts.get(column, "")
    return context
