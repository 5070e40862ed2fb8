"""Which Podman does the app work with? This extension reaches it and counts what it holds."""

from typing import TYPE_CHECKING

from aboveboard.integrations.podman import ContainerEngine, EngineError
from desktop.api import Manifest

if TYPE_CHECKING:
    from concurrent.futures import Future

    from desktop.api import ExtensionApi

MANIFEST = Manifest(
    "podman", "1.4.0", "Podman", "Reaches Podman over its socket and counts what it holds.", "pods"
)


def activate(api: "ExtensionApi") -> None:
    """Register the engine as a provider, and look once whether it answers."""
    engine = ContainerEngine(api.engine.socket, "podman")
    api.register_provider(engine)

    def connect() -> str:
        with api.telemetry.action("engine.connect") as action:
            version = str(engine.describe()["version"])
            action.set(version=version)
        return version

    def answered(done: "Future[str]") -> None:
        if isinstance(error := done.exception(), EngineError):
            api.notify(str(error), is_error=True)

    api.jobs.quietly(connect, answered)
    api.register_command("Connect again", lambda _: api.jobs.quietly(connect, answered))
