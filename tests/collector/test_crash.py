"""Is nothing lost and nothing counted twice when the server is killed at any moment while clients send?"""

import random
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
import uuid
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.collector.test_ingest import track
from tests.conftest import Server, start_server, stop_server

SENDERS = 4


class Sender(threading.Thread):
    """A client that sends batches and, until each is accepted, sends the same batch again."""

    def __init__(self, server: Server, name: str) -> None:
        super().__init__(name=name)
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


def kill_while_sending(data: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    port = str(free_port())
    server = start_server(data, "--port", port)
    senders = [Sender(server, f"sender.{number}") for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    try:
        for _ in range(kills):
            time.sleep(chance.uniform(0.05, 0.8))
            server.process.kill()
            server.process.wait()
            server = start_server(data, "--port", port)
    finally:
        for sender in senders:
            sender.running = False
        for sender in senders:
            sender.join()
    stored = {row["event"]: row["events"] for row in server.api("actions", **{"from": "2026-01-01"})}
    stop_server(server)
    # Every batch was sent until it was accepted: what is stored is exactly what was accepted.
    assert stored == {sender.name: sender.accepted for sender in senders}, f"seed {seed}"
    assert all(sender.accepted > 0 for sender in senders)
    assert sum(sender.retries for sender in senders) > 0, "no kill ever met a request"


def test_a_few_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    kill_while_sending(tmp_path / "data", kills=5, seed=random.randrange(2**32))


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    kill_while_sending(tmp_path / "data", kills=200, seed=random.randrange(2**32))


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
