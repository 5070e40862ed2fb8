"""How does a test get a real Podman of its own? A service on a socket, all of it in one folder."""

import io
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

START_SECONDS = 30.0
STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class PodmanService:
    """A Podman that listens at `socket` and keeps everything below `folder`."""

    socket: Path
    folder: Path

    @property
    def url(self) -> str:
        """The address as the variable CONTAINER_HOST wants it."""
        return f"unix://{self.socket}"


def missing_command() -> str | None:
    """Return why no Podman can be started here and what to do about it, or None where one can."""
    if sys.platform != "linux":
        return "`podman system service` runs on Linux only"
    if shutil.which("podman") is None:
        return "the command podman is missing; on Debian: sudo apt-get install podman"
    return None


def require_podman() -> None:
    """Skip the test where Podman cannot run; fail it in CI, where Podman is part of the set-up."""
    reason = missing_command()
    if reason is None:
        return
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@contextmanager
def running_service() -> Iterator[PodmanService]:
    """Run a Podman service in a folder of its own until the block ends, and leave nothing behind."""
    # Not pytest's folder: its path may be longer than the 108 bytes a socket's address can have.
    with tempfile.TemporaryDirectory(prefix="podman-") as name:
        folder = Path(name)
        service = PodmanService(folder / "podman.sock", folder)
        with (folder / "service.log").open("wb") as log:
            process = subprocess.Popen(command(service), env=environment(folder), stdout=log, stderr=log)
        try:
            wait_until_it_answers(service, process)
            yield service
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def command(service: PodmanService) -> list[str]:
    """Return the command line of a service that needs no rights beyond those of an ordinary container."""
    folders = {"--root": "root", "--runroot": "run", "--tmpdir": "tmp", "--network-config-dir": "networks"}
    line = ["podman", "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file"]
    for option, name in folders.items():
        line += [option, str(service.folder / name)]
    return [*line, "system", "service", "--time", "0", service.url]


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which Podman sees neither this person's home nor their settings."""
    home, scratch = folder / "home", folder / "scratch"
    home.mkdir()
    scratch.mkdir()
    return {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(scratch)}


def wait_until_it_answers(service: PodmanService, process: subprocess.Popen[bytes]) -> None:
    """Return once the socket takes connections; fail with the service's log where it never does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket(socket.AF_UNIX) as client:
            if client.connect_ex(str(service.socket)) == 0:
                return
        time.sleep(0.05)
    log = (service.folder / "service.log").read_text(errors="replace")
    pytest.fail(f"podman system service does not answer at {service.socket}:\n{log}", pytrace=False)


def write_image(path: Path) -> Path:
    """Write a tar with the file system of a tiny image; it holds nothing that could be started."""
    content = b"hello\n"
    with tarfile.open(path, "w") as tar:
        entry = tarfile.TarInfo("etc/hello")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return path


@pytest.fixture
def podman() -> Iterator[PodmanService]:
    """An empty Podman; it starts in a tenth of a second, so each test has its own."""
    require_podman()
    with running_service() as service:
        yield service
