"""What can be asked of Podman? Its REST API, as far as this app needs it; every method may raise `EngineError`."""

import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from aboveboard.integrations.podman import ContainerEngine, EngineError

API: Final = "/v4.0.0/libpod"
MEGABYTE: Final = 1_000_000
Tell = Callable[[str], None]
Row = tuple[str, ...]


def default_socket() -> Path:
    """Return where Podman listens for this user, or where CONTAINER_HOST says."""
    named = os.environ.get("CONTAINER_HOST", "")
    if named.startswith("unix://"):
        return Path(named.removeprefix("unix://"))
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    return Path("/run" if os.getuid() == 0 else runtime, "podman", "podman.sock")


@dataclass(frozen=True, slots=True)
class Counts:
    """Which Podman it is, and how much it holds."""

    version: str
    containers: int
    running: int
    images: int
    pods: int
    volumes: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the engine says of the machine that it runs on."""

    version: str
    system: str
    storage: str
    folder: str


class Engine:
    """A Podman behind a Unix socket. A row's first cell is the name that the other methods take."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self._engine = ContainerEngine(socket, "podman")
        self._version = ""

    def facts(self) -> Facts:
        """Return what the settings show; Podman looks at the whole machine for it, so it is asked for rarely."""
        info = self._get("/info")
        host, store = info["host"], info["store"]
        system = f"{host['os']} {host['arch']}, kernel {host['kernel']}"
        return Facts(info["version"]["Version"], system, store["graphDriverName"], store["graphRoot"])

    def counts(self) -> Counts:
        """Return what the first page shows."""
        if not self._version:
            self._version = str(json.loads(self._engine.request("GET", "/version"))["Version"])
        containers = self.containers()
        running = sum(state == "running" for _, _, state in containers)
        others = (len(self.images()), len(self.pods()), len(self.volumes()))
        return Counts(self._version, len(containers), running, *others)

    def containers(self) -> list[Row]:
        """Return name, image and state of each container."""
        found = self._get("/containers/json?all=true")
        return [(row["Names"][0], row["Image"], row["State"]) for row in found]

    def images(self) -> list[Row]:
        """Return name, id and size of each image."""
        return [(_image_name(row), row["Id"][:12], _size(row["Size"])) for row in self._get("/images/json")]

    def pods(self) -> list[Row]:
        """Return name, state and number of containers of each pod."""
        return [
            (row["Name"], row["Status"].lower(), str(len(row.get("Containers") or ())))
            for row in self._get("/pods/json")
        ]

    def volumes(self) -> list[Row]:
        """Return name, driver and day of creation of each volume."""
        return [(row["Name"], row["Driver"], row["CreatedAt"][:10]) for row in self._get("/volumes/json")]

    def inspect_image(self, name: str) -> dict[str, Any]:
        """Return everything about an image."""
        found: dict[str, Any] = self._get(f"/images/{quote(name, safe='')}/json")
        return found

    def create(self, image: str, name: str, command: str) -> None:
        """Make a container; without a name Podman thinks of one."""
        wanted = {"image": image, "name": name, "command": command.split()}
        self._post("/containers/create", {key: value for key, value in wanted.items() if value})

    def start(self, name: str) -> None:
        """Start a container."""
        self._post(f"/containers/{quote(name, safe='')}/start")

    def stop(self, name: str) -> None:
        """Stop a container."""
        self._post(f"/containers/{quote(name, safe='')}/stop?timeout=5")

    def remove(self, kind: str, name: str) -> None:
        """Remove one of "containers", "images", "pods" or "volumes", whatever state it is in."""
        self._engine.request("DELETE", f"{API}/{kind}/{quote(name, safe='')}?force=true")

    def create_pod(self, name: str) -> None:
        """Make a pod without an infra container, whose image would have to be pulled."""
        self._post("/pods/create", {"name": name, "no_infra": True})

    def create_volume(self, name: str) -> None:
        """Make a volume."""
        self._post("/volumes/create", {"Name": name})

    def pull(self, reference: str, tell: Tell) -> None:
        """Fetch an image; `tell` gets each line of progress and may raise to end it."""
        # Registries on this machine speak plain HTTP; everywhere else Podman insists on TLS.
        local = reference.startswith(("127.0.0.1:", "localhost:"))
        query = {"reference": reference, "tlsVerify": str(not local).lower()}
        self._watch("POST", f"/images/pull?{urlencode(query)}", tell)

    def build(self, folder: Path, tag: str, tell: Tell) -> None:
        """Build an image from a folder with a Containerfile."""
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            tar.add(folder, arcname=".")
        name = "Containerfile" if (folder / "Containerfile").exists() else "Dockerfile"
        query = urlencode({"t": tag, "dockerfile": name})
        self._watch("POST", f"/build?{query}", tell, packed.getvalue())

    def import_image(self, tar: Path, reference: str, tell: Tell) -> None:
        """Make an image from the file system in a tar."""
        with tar.open("rb") as file:
            tell(f"Reading {_size(tar.stat().st_size)}")
            query = urlencode({"reference": reference})
            self._engine.request("POST", f"{API}/images/import?{query}", file, "application/x-tar")

    def _get(self, target: str) -> Any:
        return json.loads(self._engine.request("GET", API + target))

    def _post(self, target: str, body: dict[str, Any] | None = None) -> None:
        self._engine.request("POST", API + target, json.dumps(body).encode() if body else None)

    def _watch(self, method: str, target: str, tell: Tell, body: bytes | None = None) -> None:
        """Tell of each line of an answer that comes bit by bit; Podman says 200 before it knows how it ends."""
        for said in _lines(self._engine.stream(method, API + target, body, "application/x-tar")):
            if "error" in said:
                raise EngineError(str(said["error"]))
            if text := str(said.get("stream", "")).strip():
                tell(text)


def _lines(pieces: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (json.loads(line) for line in whole if line.strip())
    if rest.strip():
        yield json.loads(rest)


def _image_name(row: dict[str, Any]) -> str:
    names = row.get("Names") or [row["Id"][:12]]
    return str(names[0])


def _size(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE else f"{size / 1000:.1f} kB"
