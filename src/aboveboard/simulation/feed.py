"""How do simulated events reach a server: over HTTP as from clients, or, for size, straight into its store?"""

import base64
import gzip
import http.client
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aboveboard.collector.admit import Admission
from aboveboard.collector.event import Batch, Message
from aboveboard.errors import RequestRefused
from aboveboard.simulation.events import DAY, Event
from aboveboard.store import COLUMNS, insert

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["multiply", "over_http", "store"]

_BATCH = 500
_ROWS = 5_000
_TIMEOUT = 60.0


def over_http(events: Iterable[Event], endpoint: str, write_key: str, now: datetime) -> int:
    """Send events as a client of Segment's API does, and return how many the server took.

    Raises RequestRefused with what the server answered instead.
    """
    parts = urlsplit(endpoint)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=_TIMEOUT)
    basic = base64.b64encode(f"{write_key}:".encode()).decode()
    headers = {
        "Authorization": f"Basic {basic}",
        "Content-Encoding": "gzip",
        "Content-Type": "application/json",
    }
    taken = 0
    for batch in _chunks(events, _BATCH):
        wire = {
            "batch": [_message(event) for event in batch],
            "sentAt": now.isoformat(),
            "writeKey": write_key,
        }
        body = gzip.compress(json.dumps(wire).encode(), compresslevel=1)
        connection.request("POST", f"{parts.path.rstrip('/')}/v1/batch", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RequestRefused(
                answer.status, "refused", f"The server refused a batch: {said.decode(errors='replace')}"
            )
        taken += int(json.loads(said)["accepted"])
    connection.close()
    return taken


def _message(event: Event) -> dict[str, Any]:
    return {
        "type": event.kind,
        "event" if event.kind == "track" else "name": event.name,
        "messageId": event.message,
        "anonymousId": event.install,
        "timestamp": datetime.fromtimestamp(event.time / 1000, UTC).isoformat(timespec="milliseconds"),
        "properties": event.properties,
        "context": json.loads(event.context),
    }


def store(events: Iterable[Event], client: "Client", admission: Admission, write_key: str) -> int:
    """Put events into a store as if each had come in at the end of its day; return how many rows there are.

    They pass the rules of their source like any other event; only the way there is shorter.
    """
    written = 0
    for chunk in _chunks(events, _ROWS):
        last = chunk[-1].time
        batch = Batch(write_key, None, [_read(event) for event in chunk], [])
        admitted = admission.admit(batch, write_key, (last - last % DAY + DAY) * 1000)
        insert(client, [event.row() for event in admitted.events])
        written += len(admitted.events)
    return written


def _read(event: Event) -> Message:
    page = event.kind == "page"
    return Message(
        kind=event.kind,
        event=event.kind if page else event.name,
        page=event.name if page else "",
        message_id=event.message,
        anonymous_id=event.install,
        timestamp=event.time,
        properties=event.properties,
        context=event.context,
        size=300,
    )


_COPY = """
INSERT INTO events ({columns})
SELECT {changed}
FROM events
WHERE (source, install) IN (SELECT source, install FROM originals)
"""


def multiply(client: "Client", copies: int) -> None:
    """Add copies of every stored event under other installs: a larger population of the same habits."""
    other = "lower(hex(sipHash64(install, {copy:UInt32})))"
    changed = ", ".join(other if name == "install" else name for name in COLUMNS)
    sql = _COPY.format(columns=", ".join(COLUMNS), changed=changed)
    client.command("CREATE TEMPORARY TABLE originals AS SELECT DISTINCT source, install FROM events")
    for copy in range(1, copies + 1):
        client.command(sql, parameters={"copy": copy}, settings={"max_partitions_per_insert_block": 0})
    client.command("DROP TABLE originals")


def _chunks(events: Iterable[Event], size: int) -> Iterator[list[Event]]:
    chunk: list[Event] = []
    for event in events:
        chunk.append(event)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
