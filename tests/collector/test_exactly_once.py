"""Does the same message again, however and whenever it comes, never change a count, and does its first copy stay?"""

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aboveboard.access import Source, Sources
from aboveboard.collector.admit import Admission, Admitted
from aboveboard.collector.clock import DAY
from aboveboard.collector.commit import Committer
from aboveboard.collector.protocols.segment import decode_batch
from aboveboard.insights.filters import FINAL
from aboveboard.store import connect, migrate
from tests.collector.test_ingest import rows, track
from tests.conftest import Server, start_server, stop_server

KEY = "k"
NOW = 1_795_000_000_000
EDGES = (-401, -400, -399, -31, -30, -1, 0, 1, 2, 3, 30, 400)
"""Days from now at which something could begin to be treated in another way."""

moments = st.builds(
    lambda days, rest: NOW + days * DAY + rest, st.sampled_from(EDGES), st.integers(-3_600_000, 3_600_000)
)
timestamps = st.none() | st.just(0) | moments | st.integers(0, 4_102_444_799_999)


@dataclass
class Clock:
    """The collector's clock, which the test sets."""

    milliseconds: int = NOW

    def __call__(self) -> int:
        return self.milliseconds * 1_000_000


class Copy(msgspec.Struct):
    """One message on its way: which one it is, and a content of this copy alone."""

    number: int
    content: int


class Request(msgspec.Struct):
    """One batch at a moment of the collector's clock, with a `sentAt` of its own."""

    received: int
    sent_at: int | None
    copies: list[Copy]


copies = st.builds(Copy, st.integers(0, 5), st.integers(1, 10**6))
requests = st.builds(Request, moments, timestamps, st.lists(copies, min_size=1, max_size=4))
# Requests of one list wait together; between two lists the collector is another process.
lives = st.lists(st.lists(requests, min_size=1, max_size=4), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    store = connect(f"chdb://{tmp_path_factory.mktemp('once') / 'store'}")
    migrate(store)
    yield store
    store.close()


def body(request: Request, times: list[int | None]) -> bytes:
    batch = [
        track(
            "e",
            messageId=f"m{copy.number}",
            timestamp=times[copy.number],
            properties={"duration_ms": copy.content},
        )
        for copy in request.copies
    ]
    return msgspec.json.encode({"batch": batch, "sentAt": request.sent_at, "writeKey": KEY})


async def live(
    client: Any, source: Source, together: list[Request], times: list[int | None]
) -> list[Admitted]:
    """One collector's life: it starts, takes what is sent, and ends."""
    clock = Clock()
    committer = Committer(client, Admission(Sources([source]), Path()), clock)
    committer.start()
    waiting = []
    for request in together:
        clock.milliseconds = request.received
        sent = committer.commit(body(request, times), gzipped=False, decode=decode_batch, write_key="")
        waiting.append(asyncio.create_task(sent))
        await asyncio.sleep(0)
    answers = await asyncio.gather(*waiting)
    committer.stop()
    return answers


@pytest.mark.timeout(120)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(times=st.lists(timestamps, min_size=6, max_size=6), lives=lives, window=st.sampled_from((30, 100_000)))
def test_no_order_of_retries_changes_a_count_or_the_first_content(
    client: Any, times: list[int | None], lives: list[list[Request]], window: int
) -> None:
    source = Source(
        name=uuid.uuid4().hex,
        write_keys=(KEY,),
        install_key="00" * 32,
        policy="cleaned",
        window_days=window,
    )
    expected: dict[str, tuple[float | None, int]] = {}
    for together in lives:
        for answer in asyncio.run(live(client, source, together, times)):
            for event in answer.events:
                expected.setdefault(event.message_id, (event.duration_ms, event.time))
    sql = """
        SELECT message_id, duration_ms, toUnixTimestamp64Milli(time)
        FROM events FINAL
        WHERE source = {source:String}
    """
    found = client.query(sql, parameters={"source": source.name}, settings=FINAL).result_rows
    assert {row[0]: tuple(row[1:]) for row in found} == expected
    assert len(found) == len(expected)


def test_another_process_after_a_kill_and_another_after_a_stop_count_nothing_again(tmp_path: Path) -> None:
    parts = [{"durationMs": 1}, {"durationMs": 2}]
    first = [
        track("alone", properties={"duration": 10}),
        track("lists", properties={"aggregated": parts}),
        track("ahead", timestamp="2026-11-26T10:00:00Z"),
    ]
    again = [message | {"properties": {"duration": 99}} for message in first[::2]] + [first[1]]
    server = start_server(tmp_path / "data")
    assert sent(server, first)
    server.process.kill()
    server.process.wait()
    for _ in range(2):
        server = start_server(tmp_path / "data")
        assert sent(server, again)
        assert sent(server, [*again, *first])
        assert server.post("/v1/track", again[0] | {"writeKey": server.write_key})[0] == 200
        assert [rows(server, name)[0]["events"] for name in ("alone", "lists", "ahead")] == [1, 2, 1]
        assert rows(server, "alone")[0]["p50_ms"] == 10.0
        stop_server(server)


def sent(server: Server, batch: list[dict[str, object]]) -> bool:
    body = {"batch": batch, "sentAt": "2026-11-23T10:00:00Z", "writeKey": server.write_key}
    return server.post("/v1/batch", body)[0] == 200
