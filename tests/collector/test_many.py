"""Do collectors on the same store know of each other's erasures?"""

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.access import Source, Sources
from aboveboard.access.audit import AuditLog
from aboveboard.access.sessions import Ended
from aboveboard.collector.admit import Admission
from aboveboard.collector.commit import Committer
from aboveboard.collector.protocols.segment import decode_batch
from aboveboard.collector.rights import Rights
from aboveboard.collector.upkeep import keep_told
from aboveboard.store import Readers, connect, migrate
from aboveboard.store.erasure import Erasure, count, erasures, save
from tests.collector.test_ingest import track

NOW = 1_795_000_000_000
MINUTE = 60_000
SOURCE = Source(name="app", write_keys=("k",), install_key="00" * 32, policy="cleaned")


@dataclass
class Collector:
    """The parts of a collector that take events and erase; its clock is set by the test."""

    committer: Committer
    rights: Rights
    now: int = NOW

    async def send(self, person: str, ago: int) -> int:
        """Take one event that happened so many milliseconds ago; return how many are kept."""
        moment = self.now - ago
        sent = track("e", anonymousId=person, timestamp=moment, messageId=str(uuid.uuid4()))
        body = msgspec.json.encode({"batch": [sent], "sentAt": self.now, "writeKey": "k"})
        admitted = await self.committer.commit(body, gzipped=False, decode=decode_batch, write_key="")
        return len(admitted.events)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    store = connect(f"chdb://{tmp_path / 'store'}")
    migrate(store)
    yield store
    store.close()


@pytest.fixture
def collector(client: Any, tmp_path: Path) -> Iterator[Collector]:
    committer = Committer(client, Admission(Sources([SOURCE]), tmp_path), lambda: made.now * 1_000_000)
    audit = AuditLog(tmp_path / "audit.jsonl")
    made = Collector(committer, Rights(client, committer, audit, b"k" * 32, lambda: made.now))
    committer.start()
    yield made
    committer.stop()
    audit.close()


def asked(person: str, ago: int = 0, step: int = 3) -> Erasure:
    """What another collector leaves in the store of an erasure."""
    moment = NOW - ago
    return Erasure("app", SOURCE.install(person), str(uuid.uuid4()), step, "install", moment, moment, {})


def test_an_erasure_by_another_collector_holds_here_too(client: Any, collector: Collector) -> None:
    async def story() -> None:
        assert await collector.rights.hear() == 0
        assert await collector.send("p", ago=MINUTE) == 1
        save(client, [asked("p")])
        assert await collector.rights.hear() == 1
        # The event above was still on its way when the other collector erased.
        assert count(client, "app", SOURCE.install("p"))["events"] == 0
        assert await collector.send("p", ago=MINUTE) == 0
        assert await collector.send("other", ago=MINUTE) == 1
        collector.now += MINUTE
        assert await collector.send("p", ago=1000) == 1
        assert await collector.rights.hear() == 0
        assert count(client, "app", SOURCE.install("p"))["events"] == 1

    asyncio.run(story())


def test_what_was_erased_before_the_start_is_only_remembered(client: Any, collector: Collector) -> None:
    async def story() -> None:
        save(client, [asked("p", ago=5 * 86_400_000)])
        assert await collector.rights.hear() == 0
        assert await collector.send("p", ago=6 * 86_400_000) == 0
        assert await collector.send("p", ago=MINUTE) == 1

    asyncio.run(story())


def test_an_erasure_is_finished_by_another_only_once_its_collector_has_stopped(
    client: Any, collector: Collector
) -> None:
    async def story() -> None:
        assert await collector.send("p", ago=MINUTE) == 1
        save(client, [asked("p", step=1)])
        await collector.rights.hear()
        assert [each.step for each in erasures(client)] == [1]
        collector.now += 11 * MINUTE
        await collector.rights.hear()
        assert [each.step for each in erasures(client)] == [3]

    asyncio.run(story())


def test_a_session_that_ends_at_one_collector_ends_at_the_others(
    collector: Collector, tmp_path: Path
) -> None:
    mine, others = Ended(tmp_path / "mine"), Ended(tmp_path / "others")
    readers = Readers(f"chdb://{tmp_path / 'store'}", count=1)

    async def run() -> None:
        told = [asyncio.create_task(keep_told(collector.rights, readers, each)) for each in (mine, others)]
        await asyncio.sleep(0.1)
        await asyncio.to_thread(mine.add, "number")
        for _ in range(600):
            if "number" in others:
                break
            await asyncio.sleep(0.1)
        for task in told:
            task.cancel()

    asyncio.run(run())
    readers.close()
    assert "number" in others
    assert "never" not in others
