"""Is nothing lost and nothing counted twice when the server is killed at any moment while clients send?

Raw senders repeat each batch until it is accepted. Real clients send beside them through relays: what the server
answered 200 must be stored, once; they may give up what it did not answer, except ours, which gives up nothing.
"""

import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.collector import real_clients
from tests.collector.real_clients import Relay
from tests.collector.test_ingest import track
from tests.conftest import Server, start_server, stop_server

SENDERS = 4


class Sender(threading.Thread):
    """A client that sends batches and, until each is accepted, sends the same batch again."""

    def __init__(self, server: Server, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.server = server
        self.accepted = 0
        self.retries = 0
        self.running = True

    def run(self) -> None:
        while self.running:
            batch = [track(self.name, messageId=str(uuid.uuid4())) for _ in range(20)]
            while not self.send({"batch": batch, "writeKey": self.server.write_key}):
                self.retries += 1
                time.sleep(0.05)
            self.accepted += len(batch)

    def send(self, body: object) -> bool:
        try:
            return self.server.post("/v1/batch", body)[0] == 200
        except (OSError, HTTPException, urllib.error.URLError):
            return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


STORED = """
import json, sys
from aboveboard.store import connect
client = connect(f"chdb://{sys.argv[1]}")
sql = "SELECT event, message_id, duration_ms, count() FROM events FINAL GROUP BY ALL"
print(json.dumps([list(row) for row in client.query(sql).result_rows]))
"""


class Stored:
    """What is in the store of a stopped server: per event how often, and the copies of ids and numbers."""

    def __init__(self, data: Path) -> None:
        command = [sys.executable, "-c", STORED, str(data / "store")]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, cwd=data)
        self.events: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.numbers: Counter[tuple[str, float]] = Counter()
        for event, message_id, number, count in json.loads(done.stdout):
            self.events[event] += count
            self.ids[message_id] += count
            self.numbers[event, number] += count


class Client:
    """A real client in a process of its own, and the relay that notes what the server accepted of it."""

    def __init__(self, name: str, server: Server, folder: Path, pause: float) -> None:
        self.name = name
        self.relay = Relay(server.url)
        self.process = real_clients.start(name, self.relay, server.write_key, folder / name, pause)
        self.logged = -1

    def stop(self) -> None:
        """Let it hand in the rest; one of somebody else that takes too long is ended."""
        try:
            said, _ = self.process.communicate(timeout=40 if self.name == "ours" else 15)
            self.logged = int(said)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
        self.relay.shutdown()
        self.relay.server_close()

    def check(self, stored: Stored) -> None:
        """Assert that all that was accepted is there, and nothing twice."""
        assert self.relay.accepted, f"{self.name} sent nothing"
        assert self.relay.accepted - set(stored.ids) == set(), f"{self.name} lost events"
        numbers = {number: count for (event, number), count in stored.numbers.items() if event == self.name}
        assert set(numbers.values()) == {1}, f"{self.name} was counted twice"
        if self.name == "ours":
            assert set(numbers) == set(range(1, self.logged + 1))


@dataclass
class Aftermath:
    """Who sent while a server was killed, and what is in its store."""

    senders: list[Sender]
    clients: list[Client]
    stored: Stored

    @property
    def accepted(self) -> int:
        """How many events were answered 200."""
        of_clients = sum(len(client.relay.accepted) for client in self.clients)
        return of_clients + sum(sender.accepted for sender in self.senders)

    @property
    def missing(self) -> int:
        """How many of those are not stored."""
        of_clients = sum(len(client.relay.accepted - set(self.stored.ids)) for client in self.clients)
        lacking = (sender.accepted - self.stored.events[sender.name] for sender in self.senders)
        return of_clients + sum(max(0, count) for count in lacking)

    @property
    def doubled(self) -> int:
        """How many rows are of an event that has a row already."""
        return sum(count - 1 for count in self.stored.ids.values())

    def check(self) -> None:
        """Assert that nothing is missing, nothing is there twice, and that kills met requests."""
        assert (self.missing, self.doubled) == (0, 0)
        # Every batch was sent until it was accepted: what is stored is exactly what was accepted.
        assert {sender.name: self.stored.events[sender.name] for sender in self.senders} == {
            sender.name: sender.accepted for sender in self.senders
        }
        assert all(sender.accepted > 0 for sender in self.senders)
        assert sum(sender.retries for sender in self.senders) > 0, "no kill ever met a request"
        for client in self.clients:
            client.check(self.stored)


def kill_while_sending(data: Path, kills: int, seed: int, pause: float = 0.01) -> Aftermath:
    """Kill the server so many times under load, let everybody hand in the rest, and return what there is then."""
    chance = random.Random(seed)
    port = str(free_port())
    server = start_server(data, "--port", port)
    senders = [Sender(server, f"sender.{number}") for number in range(SENDERS)]
    clients = [Client(name, server, data.parent / "homes", pause) for name in real_clients.available()]
    for sender in senders:
        sender.start()
    try:
        for kill in range(1, kills + 1):
            time.sleep(chance.uniform(0.05, 0.8))
            server.process.kill()
            server.process.wait()
            server = start_server(data, "--port", port)
            if kill % 20 == 0:
                print(f"{kill} of {kills} kills, seed {seed}", flush=True)
    finally:
        for sender in senders:
            sender.running = False
        for sender in senders:
            sender.join()
        with ThreadPoolExecutor() as pool:
            list(pool.map(Client.stop, clients))
        stop_server(server)
    left = Aftermath(senders, clients, Stored(data))
    print(
        f"{kills} kills, seed {seed}: {left.accepted} events accepted, {left.stored.events.total()} stored: "
        f"{left.stored.events}"
    )
    return left


def test_a_few_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    kill_while_sending(tmp_path / "data", kills=4, seed=random.randrange(2**32)).check()


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    # Our client keeps 20 MB of what nobody takes: slowly enough for a collector that is away most of the time.
    kill_while_sending(tmp_path / "data", kills=200, seed=random.randrange(2**32), pause=0.1).check()


def test_a_stop_under_load_answers_what_it_took(tmp_path: Path) -> None:
    server = start_server(tmp_path / "data", "--port", str(free_port()))
    senders = [Sender(server, f"sender.{number}") for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    time.sleep(1)
    # uvicorn ends its process by the signal itself once everything is answered.
    assert stop_server(server) in {0, -signal.SIGTERM}
    again = start_server(tmp_path / "data", "--port", server.url.rpartition(":")[2])
    for sender in senders:
        sender.running = False
    for sender in senders:
        sender.join()
    stored = {row["event"]: row["events"] for row in again.api("actions", **{"from": "2026-01-01"})}
    stop_server(again)
    assert stored == {sender.name: sender.accepted for sender in senders}
