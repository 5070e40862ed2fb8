"""Is nothing accepted lost, and everything said plainly, when the disk is full, clocks are wrong, or too much comes?"""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aboveboard.access import Source, Sources
from aboveboard.collector.admit import Admission, Admitted
from aboveboard.collector.commit import Committer
from aboveboard.collector.event import Batch, Message
from aboveboard.collector.protocols.segment import decode_batch
from aboveboard.errors import RequestRefused
from aboveboard.store import connect, migrate
from tests.collector.test_crash import Sender
from tests.collector.test_ingest import track
from tests.collector.test_segment import batch
from tests.collector.test_serve import get, memory
from tests.conftest import Server, start_server, stop_server

DAY = 86_400


class Disk:
    """A small disk of its own, which can be filled to the last byte, kept so, and emptied again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filling = folder / "filling"
        self._full = threading.Event()
        self._keeper = threading.Thread()

    @property
    def full(self) -> bool:
        return self._full.is_set()

    def fill(self) -> None:
        """Fill the disk; what the store gives back meanwhile, by its merges, is filled too."""
        self._more()
        self._full.set()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def empty(self) -> None:
        self._full.clear()
        self._keeper.join()
        self._filling.unlink()

    def _keep(self) -> None:
        while self._full.is_set():
            self._more()
            time.sleep(0.02)

    def _more(self) -> None:
        with self._filling.open("ab", buffering=0) as filling:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        filling.write(b"x" * size)
                except OSError:
                    continue


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can mount a small disk, and only where mounting is allowed")
    made = Disk(folder)
    yield made
    if made.full:
        made.empty()
    subprocess.run(["umount", "-l", str(folder)], check=True)


def start_on(disk: Disk, tmp_path: Path, *flags: str) -> Server:
    return start_server(tmp_path / "data", "--store", f"chdb://{disk.folder / 'store'}", *flags)


def eventually(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def ready(server: Server) -> int:
    return get(f"{server.url}/readyz")[0]


def refused(server: Server, body: bytes) -> tuple[int, str, str]:
    """Status, reason and Retry-After of a request that is refused; 200 and nothing for one that is not."""
    sent = urllib.request.Request(f"{server.url}/v1/batch", data=body)
    try:
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return answer.status, "", ""
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["error"]["reason"], error.headers["Retry-After"]


def one(server: Server, event: str, padding: int = 0) -> bytes:
    return json.dumps({"batch": [track(event)], "writeKey": server.write_key}).encode() + b" " * padding


def fill_and_empty(disk: Disk, server: Server, senders: list[Sender], seconds: float) -> None:
    before = [sender.accepted for sender in senders]
    eventually(lambda: all(sender.accepted > then for sender, then in zip(senders, before, strict=True)))
    disk.fill()
    eventually(lambda: ready(server) == 503)
    assert refused(server, one(server, "late")) == (503, "store unavailable", "30")
    # What was stored can still be read.
    assert server.stored() > 0
    time.sleep(seconds)
    assert ready(server) == 503
    disk.empty()
    eventually(lambda: ready(server) == 200)


def fill_while_sending(disk: Disk, tmp_path: Path, seconds: float, times: int) -> None:
    server = start_on(disk, tmp_path)
    senders = [Sender(server, f"sender.{number}") for number in range(3)]
    for sender in senders:
        sender.start()
    try:
        for _ in range(times):
            fill_and_empty(disk, server, senders, seconds)
        before = [sender.accepted for sender in senders]
        eventually(lambda: all(sender.accepted > then for sender, then in zip(senders, before, strict=True)))
    finally:
        for sender in senders:
            sender.running = False
    for sender in senders:
        sender.join()
    stored = {row["event"]: row["events"] for row in server.api("actions", **{"from": "2026-01-01"})}
    stop_server(server)
    log = (tmp_path / "data.stderr").read_text(encoding="utf-8")
    print(f"{times} times full: {log.count('cut short')} times something was cut short")
    assert {sender.name: stored[sender.name] for sender in senders} == {
        sender.name: sender.accepted for sender in senders
    }
    assert log.count("The store refuses: ") == log.count("The store takes events again.") >= times


def test_a_full_disk_loses_nothing_and_ends_without_a_restart(disk: Disk, tmp_path: Path) -> None:
    fill_while_sending(disk, tmp_path, seconds=0.5, times=2)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_a_disk_that_is_full_again_and_again_loses_nothing(disk: Disk, tmp_path: Path) -> None:
    fill_while_sending(disk, tmp_path, seconds=0.5, times=60)


@pytest.mark.soak
def test_a_store_that_refuses_for_a_minute_loses_nothing(disk: Disk, tmp_path: Path) -> None:
    fill_while_sending(disk, tmp_path, seconds=60, times=1)


def test_a_server_that_nobody_sends_to_sees_by_itself_that_the_disk_has_space_again(
    disk: Disk, tmp_path: Path
) -> None:
    server = start_on(disk, tmp_path)
    assert refused(server, one(server, "before"))[0] == 200
    disk.fill()
    assert refused(server, one(server, "full"))[0] == 503
    server.process.kill()
    server.process.wait()
    # It also starts on a full disk: it says that it is not ready, and shows what it has.
    server = start_on(disk, tmp_path)
    assert ready(server) == 503
    assert server.stored() == 1
    disk.empty()
    eventually(lambda: ready(server) == 200)
    assert refused(server, one(server, "after"))[0] == 200
    assert server.stored() == 2
    stop_server(server)


def test_more_than_can_wait_is_told_to_come_again_and_costs_bounded_memory(
    disk: Disk, tmp_path: Path
) -> None:
    server = start_on(disk, tmp_path)
    assert refused(server, one(server, "before"))[0] == 200
    before = memory(server)
    disk.fill()
    body = one(server, "many", padding=500_000)
    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(lambda _: refused(server, body), range(200)))
    assert set(answers) == {(503, "store unavailable", "30"), (503, "busy", "30")}
    assert memory(server) - before < 400 * 1024
    disk.empty()
    eventually(lambda: ready(server) == 200)
    assert refused(server, body)[0] == 200
    assert server.stored() == 2
    stop_server(server)


KEPT = """
import json, sys
from aboveboard.store import connect
client = connect(f"chdb://{sys.argv[1]}")
events = "SELECT event, toUnixTimestamp(time) FROM events FINAL"
quarantine = "SELECT message_id, reason FROM quarantine FINAL"
print(json.dumps([dict(client.query(sql).result_rows) for sql in (events, quarantine)]))
"""


def kept(data: Path) -> tuple[dict[str, int], dict[str, str]]:
    """Of a stopped server: event → seconds since 1970, and message id → reason in the quarantine."""
    command = [sys.executable, "-c", KEPT, str(data / "store")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=data)
    events, quarantined = json.loads(done.stdout)
    return events, quarantined


def test_clients_with_wrong_clocks_lose_nothing_and_land_on_the_right_day(tmp_path: Path) -> None:
    server = start_server(tmp_path / "data")
    now = time.time()
    hour = 3600.0
    # Name: how far the client's clock is off, and what it is then in words of the test.
    off = {
        "right": 0.0,
        "ahead": 2 * DAY,
        "far.ahead": 3 * DAY + hour,
        "behind": -2 * DAY,
        "years.behind": -900 * DAY,
        "at.1970": 60 + 2 * hour - now,
    }

    def iso(moment: float) -> str:
        return datetime.fromtimestamp(moment, UTC).isoformat()

    for name, seconds in off.items():
        message = track(name, messageId=name, timestamp=iso(now + seconds - hour))
        body = {"batch": [message], "sentAt": iso(now + seconds), "writeKey": server.write_key}
        assert server.post("/v1/batch", body) == (200, {"success": True, "accepted": 1})
    alone = {
        "ahead.alone": now + 2 * DAY,
        "now.alone": now,
        "at.1970.alone": 5.0,
        "at.2100.alone": 4_102_444_800.0,
        "before.1970.alone": -5.0,
    }
    answers = {}
    ids = {str(uuid.uuid4()): name for name in alone}
    for number, name in ids.items():
        message = track(name, messageId=number, timestamp=iso(alone[name]))
        body = {"batch": [message], "writeKey": server.write_key}
        status, answer = server.post("/v1/batch", body)
        assert status == 200
        answers[name] = answer["accepted"]
    taken = {"ahead.alone", "now.alone"}
    assert answers == {name: int(name in taken) for name in alone}
    stop_server(server)
    events, quarantined = kept(server.data)
    assert set(events) == {*off, *taken}
    assert {name: events[name] for name in off} == pytest.approx(dict.fromkeys(off, now - hour), abs=30)
    assert {name: events[name] for name in taken} == pytest.approx(dict.fromkeys(taken, now), abs=30)
    unread = "time cannot be read"
    assert {ids[number]: reason for number, reason in quarantined.items()} == {
        "at.1970.alone": "too late", "at.2100.alone": unread, "before.1970.alone": unread,
    }  # fmt: skip


def broken(error: Exception) -> Callable[[bytes], Batch]:
    def decode(_: bytes) -> Batch:
        raise error

    return decode


def unfit(_: bytes) -> Batch:
    """A message that no protocol lets through: its text cannot be written as UTF-8."""
    message = Message("track", "unfit", "", "m\ud800", "a", None, {}, {}, 1)
    return Batch("k", None, [message], [])


async def commit_all(committer: Committer, decoders: list[Callable[[bytes], Batch]]) -> list[Any]:
    body = batch({"type": "track", "event": "beside"})
    sent = [committer.commit(body, gzipped=False, decode=decode, write_key="k") for decode in decoders]
    return await asyncio.wait_for(asyncio.gather(*sent, return_exceptions=True), 60)


def test_no_mistake_with_one_request_ends_the_thread_that_writes_or_harms_the_others(tmp_path: Path) -> None:
    client = connect(f"chdb://{tmp_path / 'store'}")
    migrate(client)
    source = Source(name="s", write_keys=("k",), install_key="00" * 32, policy="cleaned")

    async def run() -> list[Any]:
        committer = Committer(client, Admission(Sources([source]), Path()))
        committer.start()
        errors = (
            RuntimeError("x"),
            KeyError("x"),
            RecursionError(),
            MemoryError(),
            UnicodeError(),
            OSError("x"),
        )
        decoders = [decode_batch, unfit, *map(broken, errors), decode_batch]
        answers = await commit_all(committer, decoders)
        assert committer.healthy
        answers += await commit_all(committer, [decode_batch])
        committer.stop()
        return answers

    answers = asyncio.run(run())
    stored = client.query("SELECT event, count() FROM events FINAL GROUP BY event").result_rows
    client.close()
    assert [isinstance(answer, Admitted) for answer in answers] == [True, *[False] * 7, True, True]
    refusals = [answer for answer in answers if not isinstance(answer, Admitted)]
    assert all(isinstance(refusal, RequestRefused) for refusal in refusals), refusals
    assert [tuple(row) for row in stored] == [("beside", 3)]
