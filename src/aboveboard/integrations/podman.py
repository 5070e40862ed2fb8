"""What does a container engine hold? Podman or Docker, asked over the Unix socket of its HTTP API.

`ContainerEngine` is a provider: numbers and a version, never a name. `report_providers` asks in a thread and with a
deadline, only after a yes; `observe` makes the calls into an engine actions. Standard library only.
"""

import http.client
import inspect
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Protocol, TypeVar, cast
from urllib.parse import urlsplit

from aboveboard.client.boundary import attempt, never_raises
from aboveboard.client.levels import USAGE, covers
from aboveboard.errors import AboveboardError

if TYPE_CHECKING:
    from aboveboard.catalog import Catalog
    from aboveboard.client.action import Action
    from aboveboard.client.lifecycle import Provider
    from aboveboard.client.telemetry import Telemetry

__all__ = [
    "CATALOG",
    "ContainerEngine",
    "EngineError",
    "EngineUnreachable",
    "find_engines",
    "observe",
    "report_providers",
]

CATALOG: Final = Path(__file__).with_name("podman.toml")
"""What this integration logs: the event `providers`, unless the app declares it itself."""
PODMAN: Final = "podman"
DOCKER: Final = "docker"
LIBPOD: Final = "/v4.0.0/libpod"  # the oldest version of the API that Podman 4 and 5 both serve
TIMEOUT_SECONDS: Final = 120.0
DEADLINE_SECONDS: Final = 5.0
LONGEST_ANSWER: Final = 64_000_000
CHUNK: Final = 65_536
P = TypeVar("P")


class EngineError(AboveboardError):
    """An engine was asked and did not do it; the text is one line, in the engine's own words."""

    def __init__(self, message: str, status_code: int | None = None) -> None:
        super().__init__(" ".join(message.split()))
        self.status_code = status_code


class EngineUnreachable(EngineError):
    """Nobody answers at the socket, or not in time."""


@dataclass(frozen=True, slots=True)
class ContainerEngine:
    """A Podman or a Docker that listens at a Unix socket; no method keeps a connection open.

    `dialect` is "podman" or "docker"; without it the engine is asked. `timeout` is how long, in seconds, a request
    may go without a byte; `describe` takes at most `DEADLINE_SECONDS` in all, however slowly bytes come.
    """

    socket: Path
    dialect: str = ""
    timeout: float = TIMEOUT_SECONDS

    def describe(self) -> dict[str, Any]:
        """Return engine, version and counts, for `telemetry.providers(engine)`; raises `EngineError`."""
        end = time.monotonic() + min(self.timeout, DEADLINE_SECONDS)
        ask = partial(self._json, end=end)
        version = ask("/version")
        if (self.dialect or _dialect_of(version)) == PODMAN:
            lists = {"containers": "/containers/json?all=true", "images": "/images/json"}
            lists |= {"pods": "/pods/json", "volumes": "/volumes/json"}
            counts = {name: len(ask(LIBPOD + target)) for name, target in lists.items()}
            return {"engine": PODMAN, "version": version["Version"], **counts}
        counts = {
            "containers": len(ask("/containers/json?all=true")),
            "images": len(ask("/images/json")),
            "volumes": len(ask("/volumes").get("Volumes") or ()),
        }
        return {"engine": DOCKER, "version": version["Version"], **counts}

    def request(
        self,
        method: str,
        target: str,
        body: bytes | BinaryIO | None = None,
        content_type: str = "application/json",
    ) -> bytes:
        """Return the answer to one request; `target` is the whole path, such as `LIBPOD + "/info"`.

        Raises `EngineUnreachable` without an answer, and `EngineError` with the engine's words for a refusal.
        """
        return b"".join(self.stream(method, target, body, content_type))

    def stream(
        self,
        method: str,
        target: str,
        body: bytes | BinaryIO | None = None,
        content_type: str = "application/json",
        *,
        end: float | None = None,
    ) -> Iterator[bytes]:
        """Yield the answer piece by piece as it comes, such as the progress of a pull; raises as `request`.

        `end` is when to give up, in seconds of `time.monotonic()`; without it, after `timeout` without a byte.
        """
        connection = _Connection(self.socket, self.timeout, end)
        headers = {"Content-Type": content_type} if body is not None else {}
        try:
            connection.request(method, target, body=body, headers=headers)
            response = connection.getresponse()
            if response.status >= http.client.BAD_REQUEST:
                raise EngineError(_refusal(response.read(CHUNK)) or response.reason, response.status)
            while piece := response.read1(CHUNK):
                yield piece
        except (OSError, http.client.HTTPException) as error:
            reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
            raise EngineUnreachable(f"no container engine answers at {self.socket} ({reason})") from error
        finally:
            connection.close()

    def _json(self, target: str, end: float) -> Any:
        found = bytearray()
        for piece in self.stream("GET", target, end=end):
            found += piece
            if len(found) > LONGEST_ANSWER:
                raise EngineError(
                    f"the answer to GET {target} at {self.socket} is over {LONGEST_ANSWER} bytes"
                )
        try:
            return json.loads(found)
        except ValueError as error:
            raise EngineError(f"the answer to GET {target} at {self.socket} is no JSON") from error


class _Socket(socket.socket):
    """A socket on which everything together must be done at a certain time, however slowly bytes drip in."""

    end: float | None = None

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Receive, for no longer than is left."""
        if self.end is not None:
            left = self.end - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self.settimeout(left)
        return super().recv_into(*args, **kwargs)


class _Connection(http.client.HTTPConnection):
    """An HTTP connection whose other end is a Unix socket."""

    def __init__(self, path: Path, timeout: float, end: float | None) -> None:
        left = timeout if end is None else max(0.001, end - time.monotonic())
        super().__init__("engine", timeout=left)
        self._path = path
        self._end = end

    def connect(self) -> None:
        """Connect to the socket file where http.client would look up a host."""
        self.sock = made = _Socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.end = self._end
        made.settimeout(self.timeout)
        made.connect(str(self._path))


def _dialect_of(version: Any) -> str:
    """Podman answers Docker's `/version` too, and names itself among the components."""
    names = [str(part.get("Name", "")) for part in version.get("Components") or ()]
    return PODMAN if any(name.startswith("Podman") for name in names) else DOCKER


def _refusal(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return answer.decode(errors="replace")


def find_engines(environ: Mapping[str, str] = os.environ, root: Path = Path("/")) -> list[ContainerEngine]:
    """Return an engine for each socket that is there: those the environment names, then the usual places.

    Only looks for files: nothing is asked. `root` is where the absolute usual places begin.
    """
    runtime = Path(environ.get("XDG_RUNTIME_DIR") or "/nowhere")
    usual = [
        runtime / "podman/podman.sock",
        root / "run/podman/podman.sock",
        runtime / "docker.sock",
        root / "var/run/docker.sock",
    ]
    urls = [urlsplit(environ.get(name, "")) for name in ("CONTAINER_HOST", "DOCKER_HOST")]
    named = [Path(url.path) for url in urls if url.scheme == "unix" and url.path]
    found: dict[Path, ContainerEngine] = {}
    for path in [*named, *usual]:
        if attempt(path.is_socket, False):
            found.setdefault(path.resolve(), ContainerEngine(path))
    return list(found.values())


@cache
def _catalog() -> "Catalog":
    # Not with this module: an app imports it for its engine, before its window is there.
    from aboveboard.catalog import load

    return load(CATALOG)


@never_raises()
def report_providers(telemetry: "Telemetry", *providers: "Provider") -> None:
    """Log one `providers` event for each provider, in a thread, once the person has said yes.

    Returns at once. A provider that raises, such as an engine that is not running, is left out; before a yes
    there is no thread and no socket. Declares the event itself where the app's catalog does not.
    """
    telemetry.include(_catalog())
    if not _report_now(telemetry, providers):
        _report_at_the_yes(telemetry, providers)


def _report_now(telemetry: "Telemetry", providers: tuple["Provider", ...]) -> bool:
    if not covers(telemetry.consent.level, USAGE):
        return False
    threading.Thread(
        target=_report, args=(telemetry, providers), name="aboveboard-providers", daemon=True
    ).start()
    return True


def _report_at_the_yes(telemetry: "Telemetry", providers: tuple["Provider", ...]) -> None:
    stop: list[Callable[[], None] | None] = []

    def listener() -> None:
        if stop and _report_now(telemetry, providers):
            end = stop.pop()
            if end is not None:
                end()

    stop.append(telemetry.consent.on_did_change(listener))


@dataclass(frozen=True, slots=True)
class _Described:
    """What a provider said of itself, ready to be logged."""

    said: Mapping[str, Any]

    def describe(self) -> Mapping[str, Any]:
        """Return it."""
        return self.said


def _report(telemetry: "Telemetry", providers: tuple["Provider", ...]) -> None:
    for provider in providers:
        try:
            said = provider.describe()
        except EngineError:
            continue  # not running, or too slow: nothing to report, and nobody's fault
        telemetry.providers(_Described(said))


class _Acts(Protocol):
    def action(self, event: str, /, **properties: Any) -> "Action":
        """Return an action."""


def observe(provider: P, logger: _Acts, events: Mapping[str, str], **properties: Any) -> P:
    """Return a stand-in for `provider` whose calls are actions: `{"start": "container.start"}` names them.

    Each call of such a method logs its event with `properties`, success and duration when it has ended; a method
    that yields, when it has been used up. Arguments and results are never looked at. `logger` is a
    `TelemetryLogger`, or the telemetry itself.
    """
    return cast(P, _Observed(provider, logger, dict(events), properties))


class _Observed:
    """Hands everything on to the provider, and makes actions of the calls that have a name."""

    def __init__(self, provider: Any, logger: _Acts, events: dict[str, str], more: dict[str, Any]) -> None:
        self._provider = provider
        self._logger = logger
        self._events = events
        self._more = more

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._provider, name)
        event = self._events.get(name)
        if event is None or not callable(found):
            return found
        if inspect.isgeneratorfunction(found):
            return _yielding(found, partial(self._logger.action, event, **self._more))
        return self._logger.action(event, **self._more)(found)


def _yielding(function: Callable[..., Any], begin: Callable[[], "Action"]) -> Callable[..., Any]:
    @wraps(function)
    def around(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with begin():
            return (yield from function(*args, **kwargs))

    return around
