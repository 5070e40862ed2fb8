"""What do the tests of a cluster share? Four nodes on loopback, two shards of two replicas, that can be killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from aboveboard.store import connect, migrate
from tests.conftest import STARTED

ROOT = Path(__file__).parent.parent.parent
NODES = 4


class Cluster:
    """Nodes as processes; `dsn` is the address that a collector is given. One node is a server without a cluster."""

    def __init__(self, folder: Path, nodes: int = NODES) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.ports = free_ports(nodes)
        self.processes: dict[int, subprocess.Popen[str]] = {}
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        self.dsn = f"clickhouse://tester:secret@{hosts}/default" + ("?cluster=two" if nodes > 1 else "")
        starting = [self._start(number) for number in range(nodes)]
        for process in starting:
            self._ready(process)

    def kill(self, number: int) -> None:
        """End a node as a power cut does."""
        self.processes[number].kill()
        self.processes[number].wait()

    def freeze(self, number: int) -> None:
        """Let a node take connections and answer nothing."""
        os.kill(self.processes[number].pid, signal.SIGSTOP)

    def thaw(self, number: int) -> None:
        """Let it go on."""
        os.kill(self.processes[number].pid, signal.SIGCONT)

    def start(self, number: int) -> None:
        """Start a node that was killed, and wait until it answers."""
        self._ready(self._start(number))

    def close(self) -> None:
        """End all of them."""
        for number, process in self.processes.items():
            if process.poll() is None:
                self.kill(number)
            if process.stdout:
                process.stdout.close()

    def _start(self, number: int) -> "subprocess.Popen[str]":
        ports = ",".join(str(port) for port in self.ports)
        command = [sys.executable, "-m", "tests.cluster.node", str(number), str(self.folder), ports]
        errors = (self.folder / f"node{number}.stderr").open("a")
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        STARTED.append(process)
        self.processes[number] = process
        return process

    def _ready(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", [
            file.read_text()[-2000:] for file in self.folder.glob("*.stderr")
        ]


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


@pytest.fixture(scope="session")
def with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of four nodes on which the tables are made, which takes a hundred statements on each."""
    folder = tmp_path_factory.mktemp("nodes") / "cluster"
    running = Cluster(folder)
    with closing(connect(running.dsn)) as client:
        migrate(client)
    running.close()
    return folder


@pytest.fixture
def cluster(tmp_path: Path, with_tables: Path) -> Iterator[Cluster]:
    """Four nodes with nothing in their tables."""
    shutil.copytree(with_tables, tmp_path / "cluster", symlinks=True)
    running = Cluster(tmp_path / "cluster")
    yield running
    running.close()
