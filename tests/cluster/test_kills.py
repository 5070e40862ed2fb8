"""Is nothing lost and nothing doubled when servers and collectors are killed at any moment, and are the answers right?

Two collectors with the same settings on four nodes of the tests, two shards of two replicas. Senders repeat each batch,
through whichever collector, until one accepts it, and send some again that were accepted. A third collector, on an
embedded store, gets each batch once: what it answers is what the others must answer.
"""

import json
import random
import shutil
import threading
import time
import urllib.error
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPException
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from aboveboard.insights import QUESTIONS
from tests.cluster.conftest import NODES, Cluster, free_ports
from tests.cluster.wire import post
from tests.conftest import Server, start_server, stop_server

SENDERS = 3
NAMES = ("startup", "shutdown", "startContainer", "pull", "build")


class Collectors:
    """Collectors with the same settings on one cluster, which are killed and come back."""

    def __init__(self, cluster: Cluster, folder: Path, count: int = 2) -> None:
        self.dsn, self.folder = cluster.dsn, folder
        self.ports = free_ports(count)
        self.servers: list[Server] = [self._started(0)]
        for number in range(1, count):
            (folder / f"collector{number}").mkdir()
            shutil.copy(folder / "collector0" / "aboveboard.toml", folder / f"collector{number}")
            self.servers.append(self._started(number))

    def again(self, number: int) -> None:
        """Kill a collector and start it again."""
        self.servers[number].process.kill()
        self.servers[number].process.wait()
        self.servers[number] = self._started(number)

    def close(self) -> None:
        """Stop all of them."""
        for server in self.servers:
            stop_server(server)

    def _started(self, number: int) -> Server:
        data = self.folder / f"collector{number}"
        return start_server(data, "--store", self.dsn, "--port", str(self.ports[number]))


class Sender(threading.Thread):
    """A client that goes on to another collector where one does not accept, until one does."""

    def __init__(self, collectors: Collectors, seed: int, pause: float) -> None:
        super().__init__(daemon=True)
        self.collectors, self.chance, self.pause = collectors, random.Random(seed), pause
        self.accepted: list[dict[str, Any]] = []
        self.retries = self.again = 0
        self.slowest = 0.0
        self.running = True

    def run(self) -> None:
        while self.running:
            batch = {
                "batch": [self._event() for _ in range(15)],
                "writeKey": self.collectors.servers[0].write_key,
            }
            began = time.monotonic()
            while not self._sent(batch):
                self.retries += 1
                time.sleep(0.05)
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.accepted.append(batch)
            if self.chance.random() < 0.2:
                self.again += self._sent(self.chance.choice(self.accepted))
            time.sleep(self.pause)

    def _sent(self, batch: dict[str, Any]) -> bool:
        server = self.chance.choice(self.collectors.servers)
        try:
            return server.post("/v1/batch", batch)[0] == 200
        except (OSError, HTTPException, urllib.error.URLError):
            return False

    def _event(self) -> dict[str, Any]:
        chance = self.chance
        # None is about a day old: the third collector gets it minutes later, when it may count as late.
        ago = chance.choices([(3600, 82_800), (90_000, 20 * 86_400)], weights=[1, 20])[0]
        moment = datetime.now(UTC) - timedelta(seconds=chance.uniform(*ago))
        failed = chance.random() < 0.2
        properties: dict[str, Any] = {"durationMs": chance.randrange(5000), "success": not failed}
        if failed:
            properties["error"] = {"message": "connection refused", "statusCode": 500}
        event: dict[str, Any] = {
            "type": "track",
            "event": chance.choice(NAMES),
            "messageId": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            "timestamp": moment.isoformat(timespec="milliseconds"),
            "properties": properties,
            "context": {
                "app": {"name": "app", "version": chance.choice(["1.0.0", "1.1.0"])},
                "os": {"name": chance.choice(["Linux", "macOS"])},
            },
        }
        who = f"person-{chance.randrange(40)}" if chance.random() < 0.9 else ""
        return event | ({"anonymousId": who} if who else {})


class Trouble:
    """Kills and freezes nodes, one of each shard at the most, and kills collectors."""

    def __init__(self, cluster: Cluster, collectors: Collectors, chance: random.Random) -> None:
        self.cluster, self.collectors, self.chance = cluster, collectors, chance
        self.kills = self.freezes = 0

    def strike(self) -> None:
        """Do one of these, and let everything come back."""
        time.sleep(self.chance.uniform(0.2, 1.2))
        what = self.chance.choice(["node", "node", "both", "freeze", "collector"])
        shards = [self.chance.choice([shard, shard + 1]) for shard in range(0, NODES, 2)]
        hit = shards if what == "both" else [self.chance.choice(shards)]
        if what == "collector":
            self.collectors.again(self.chance.randrange(len(self.collectors.servers)))
            self.kills += 1
        elif what == "freeze":
            self.cluster.freeze(hit[0])
            time.sleep(self.chance.uniform(0.5, 2.0))
            self.cluster.thaw(hit[0])
            self.freezes += 1
        else:
            for node in hit:
                self.cluster.kill(node)
                self.kills += 1
            time.sleep(self.chance.uniform(0.2, 2.0))
            for node in hit:
                self.cluster.start(node)


def ids_on(cluster: Cluster, node: int) -> list[str]:
    """The message ids of the events on one node, once for each that a reader counts."""
    sql = b"SELECT message_id FROM events_local FINAL FORMAT JSONEachRow"
    return [
        json.loads(line)["message_id"] for line in post(cluster.ports[node], "/internal", sql).splitlines()
    ]


def settle(cluster: Cluster) -> None:
    """Wait until every replica has what it missed."""
    for port in cluster.ports:
        post(port, "/catch_up", b"")
    assert not list((cluster.folder / "queue").glob("*/*.native"))


def answers(*servers: Server) -> dict[str, Any]:
    """What collectors answer to every question, each asked of one of them in turn."""
    today = datetime.now(UTC).date()
    days = {"from": f"{today - timedelta(40)}", "to": f"{today + timedelta(2)}"}
    asked = days | {"event": "", "steps": "startup,pull,shutdown"}
    found = {}
    for question, server in zip(QUESTIONS, cycle(servers), strict=False):
        event = "startContainer" if question == "explain" else ""
        found[question] = server.api(question, **(asked | {"event": event}))
    return found


def hold_under_kills(folder: Path, cluster: Cluster, strikes: int, seed: int, pause: float) -> None:
    chance = random.Random(seed)
    collectors = Collectors(cluster, folder)
    trouble = Trouble(cluster, collectors, chance)
    senders = [Sender(collectors, chance.randrange(2**32), pause) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    try:
        for _ in range(strikes):
            trouble.strike()
    finally:
        for sender in senders:
            sender.running = False
        for sender in senders:
            sender.join()
    settle(cluster)
    batches = [batch for sender in senders for batch in sender.accepted]
    expected = sorted(event["messageId"] for batch in batches for event in batch["batch"])
    print(
        f"seed {seed}: {trouble.kills} kills, {trouble.freezes} freezes; {len(expected)} events accepted, "
        f"{sum(sender.retries for sender in senders)} retries, {sum(sender.again for sender in senders)} batches "
        f"again, longest wait {max(sender.slowest for sender in senders):.1f} s"
    )
    for replicas in ((0, 2), (1, 3)):
        shards = [ids_on(cluster, node) for node in replicas]
        assert all(shards), "a shard is empty"
        assert sorted(shards[0] + shards[1]) == expected, f"seed {seed}, nodes {replicas}"
    once = start_server(folder / "once")
    bodies = [batch | {"writeKey": once.write_key} for batch in batches]
    with ThreadPoolExecutor(16) as pool:  # what waits together is one insert
        assert {status for status, _ in pool.map(partial(once.post, "/v1/batch"), bodies)} == {200}
    right = answers(once)
    for question, rows in answers(*collectors.servers).items():
        assert rows == right[question], f"seed {seed}, {question}"
    stop_server(once)
    collectors.close()


@pytest.mark.timeout(400)
def test_a_few_kills_lose_nothing_and_double_nothing(tmp_path: Path, cluster: Cluster) -> None:
    hold_under_kills(tmp_path, cluster, strikes=4, seed=random.randrange(2**32), pause=0.1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_many_kills_lose_nothing_and_double_nothing(tmp_path: Path, cluster: Cluster) -> None:
    hold_under_kills(tmp_path, cluster, strikes=60, seed=random.randrange(2**32), pause=0.2)


def test_a_replica_of_each_shard_away_is_no_error_to_clients(tmp_path: Path, cluster: Cluster) -> None:
    collectors = Collectors(cluster, tmp_path)
    for port in cluster.ports:
        asked = b"SELECT name, engine FROM system.tables WHERE database = 'default' FORMAT TSV"
        engines = dict(line.split("\t") for line in post(port, "/internal", asked).decode().splitlines())
        assert (engines["events"], engines["events_local"]) == ("Distributed", "ReplacingMergeTree")
    sender = Sender(collectors, 1, 0)
    for away in ((0, 3), (1, 2)):
        for node in away:
            cluster.kill(node)
        for server in collectors.servers:
            batch = {"batch": [sender._event() for _ in range(30)], "writeKey": server.write_key}
            assert server.post("/v1/batch", batch) == (200, {"success": True, "accepted": 30})
            assert server.stored() in {30, 60, 90, 120}
        collectors.again(0)  # It starts while servers are away.
        for node in away:
            cluster.start(node)
    assert [server.stored() for server in collectors.servers] == [120, 120]
    cluster.kill(0)
    cluster.kill(1)
    batch = {"batch": [sender._event() for _ in range(30)], "writeKey": collectors.servers[0].write_key}
    status, said = collectors.servers[0].post("/v1/batch", batch)
    assert (status, said["error"]["reason"]) == (503, "store unavailable")
    cluster.start(1)
    deadline = time.monotonic() + 20
    while collectors.servers[1].post("/v1/batch", batch)[0] != 200:
        assert time.monotonic() < deadline
    assert collectors.servers[1].stored() == 150
    collectors.close()
