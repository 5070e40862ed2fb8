"""Which Podman does the app work with? This extension reaches it and counts what it holds."""

import threading
import time
from typing import TYPE_CHECKING, Any

from aboveboard.integrations.podman import ContainerEngine, EngineError
from desktop.api import Manifest

if TYPE_CHECKING:
    from concurrent.futures import Future

    from desktop.api import ExtensionApi

MANIFEST = Manifest(
    "podman", "1.4.0", "Podman", "Reaches Podman over its socket and counts what it holds.", "pods"
)
FRESH_SECONDS = 2.0


class Known:
    """What the engine said last: asked once at a time, and not again for a report that follows at once."""

    def __init__(self, engine: ContainerEngine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._said: dict[str, Any] = {}
        self._at = 0.0

    def describe(self) -> dict[str, Any]:
        """Return engine, version and counts; raises `EngineError`."""
        with self._lock:
            if not self._said or time.monotonic() - self._at > FRESH_SECONDS:
                self._said = self._engine.describe()
                self._at = time.monotonic()
            return self._said


def activate(api: "ExtensionApi") -> None:
    """Register the engine as a provider, and look once whether it answers."""
    known = Known(ContainerEngine(api.engine.socket, "podman"))
    api.register_provider(known)

    def connect() -> str:
        with api.telemetry.action("engine.connect") as action:
            version = str(known.describe()["version"])
            action.set(version=version)
        return version

    def answered(done: "Future[str]") -> None:
        if isinstance(error := done.exception(), EngineError):
            api.notify(str(error), is_error=True)

    def answered_again(done: "Future[str]") -> None:
        answered(done)
        if done.exception() is None:
            api.notify(f"Podman {done.result()} answers.")
            api.report_providers()

    api.jobs.quietly(connect, answered)
    api.register_command("Connect again", lambda _: api.jobs.quietly(connect, answered_again))
