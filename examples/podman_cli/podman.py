"""What can be asked of Podman? Its REST API (libpod), as far as this app needs it."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote, urlencode

import click

from aboveboard.integrations.podman import LIBPOD, ContainerEngine, EngineError

SCHEME: Final = "unix://"


@dataclass(frozen=True, slots=True)
class Container:
    """One container: its name, the image it was made from, and its state ("created", "running" …)."""

    name: str
    image: str
    state: str


@dataclass(frozen=True, slots=True)
class Image:
    """One image: its name with its tag, or a short id where it has none, and its size in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Podman:
    """A Podman that listens at a Unix socket; every method is one request, and may raise EngineError."""

    socket: Path

    def version(self) -> str:
        """Return the version of the Podman engine, such as "4.3.1"."""
        return str(self._get("/version")["Version"])

    def containers(self) -> list[Container]:
        """Return all containers, running or not."""
        rows = self._get("/containers/json?all=true")
        return [Container(row["Names"][0], row["Image"], row["State"]) for row in rows]

    def images(self) -> list[Image]:
        """Return all images."""
        rows = self._get("/images/json")
        return [Image((row.get("Names") or [row["Id"][:12]])[0], row["Size"]) for row in rows]

    def count_pods(self) -> int:
        """Return how many pods there are."""
        return len(self._get("/pods/json"))

    def count_volumes(self) -> int:
        """Return how many volumes there are."""
        return len(self._get("/volumes/json"))

    def import_image(self, tar: BinaryIO, reference: str) -> str:
        """Make an image from the file system in `tar`, name it `reference`, and return its id."""
        answer = self._post("/images/import", {"reference": reference}, tar, "application/x-tar")
        return str(json.loads(answer)["Id"])

    def pull(self, reference: str) -> str:
        """Fetch an image from its registry and return its id."""
        answer = self._post("/images/pull", {"reference": reference, "quiet": "true"})
        # Podman answers 200 before it has begun; whether it went well stands in the last line.
        last = json.loads(answer.splitlines()[-1])
        if "error" in last:
            raise EngineError(last["error"])
        return str(last["id"])

    def create(self, image: str, name: str | None, command: list[str]) -> str:
        """Make a container from `image` and return its id; without `name`, Podman thinks of one."""
        wanted = {"image": image, "name": name, "command": command}
        body = json.dumps({key: value for key, value in wanted.items() if value}).encode()
        return str(json.loads(self._post("/containers/create", body=body))["Id"])

    def start(self, name: str) -> None:
        """Start a container; one that runs already stays as it is."""
        self._post(f"/containers/{quote(name, safe='')}/start")

    def remove(self, name: str, force: bool) -> None:
        """Remove a container; with `force` even one that runs."""
        self._request("DELETE", f"/containers/{quote(name, safe='')}?force={str(force).lower()}")

    def _get(self, target: str) -> Any:
        return json.loads(self._request("GET", target))

    def _post(
        self,
        target: str,
        query: dict[str, str] | None = None,
        body: bytes | BinaryIO | None = None,
        content_type: str = "application/json",
    ) -> bytes:
        return self._request("POST", f"{target}?{urlencode(query or {})}", body, content_type)

    def _request(
        self,
        method: str,
        target: str,
        body: bytes | BinaryIO | None = None,
        content_type: str = "application/json",
    ) -> bytes:
        return ContainerEngine(self.socket).request(method, LIBPOD + target, body, content_type)


def default_url() -> str:
    """Return where Podman listens for this user: systemd's socket for a person, another one for root."""
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    return f"{SCHEME}{'/run' if os.getuid() == 0 else runtime}/podman/podman.sock"


def socket_of(url: str) -> Path:
    """Return the path in a socket's URL; refuse what is not a Unix socket."""
    if not url.startswith(SCHEME):
        raise click.UsageError(f"--url: {url!r} is not a Unix socket; write unix:///path/to/podman.sock")
    return Path(url.removeprefix(SCHEME))
