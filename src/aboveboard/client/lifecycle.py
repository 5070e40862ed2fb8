"""Which events does the client log by itself? Those of an app's life, each only where it is declared."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from aboveboard.client.boundary import attempt
from aboveboard.client.crash import Crash
from aboveboard.client.engine import CRASH_EVENT, Engine
from aboveboard.client.failure import describe
from aboveboard.client.freeze import freeze
from aboveboard.client.hooks import MAIN, modules_on_the_way
from aboveboard.client.record import APP, PAGE, TRACK, Extension

PAGE_EVENT: Final = "page"
ERROR_EVENT: Final = "error"
EXTENSIONS_EVENT: Final = "extensions"
PROVIDERS_EVENT: Final = "providers"


class Provider(Protocol):
    """What an integration implements to say what an engine holds: numbers and versions, never names."""

    def describe(self) -> Mapping[str, Any]:
        """Return the properties of one `providers` event, such as `{"engine": "podman", "containers": 3}`."""
        ...


def page(engine: Engine, name: str, properties: Mapping[str, Any] | None) -> None:
    """Log that a page was opened, declared as the event `page` with the property `name`."""
    frozen = freeze(properties) if properties is not None else {}
    engine.record(PAGE, PAGE_EVENT, {**frozen, "name": freeze({"name": name})["name"]})


def extensions(engine: Engine, installed: Mapping[str, str]) -> None:
    """Log which extensions are installed, by id and version."""
    found = [{"id": name, "version": version} for name, version in sorted(installed.items())]
    engine.record_own(EXTENSIONS_EVENT, freeze({"installed": found}))


def providers(engine: Engine, found: Iterable[Provider]) -> None:
    """Log what each provider says of itself; one that raises is left out."""
    for provider in found:
        described = attempt(provider.describe, None)
        if described is not None:
            engine.record_own(PROVIDERS_EVENT, freeze(described))


def unhandled(engine: Engine, error: BaseException, where: str) -> None:
    """Log an exception that nobody caught, under the extension whose module raised it or let it pass.

    What ends the main thread is the event `crash`, anything else an `error`.
    """
    extension = owner(engine.extensions, modules_on_the_way(error))
    described = describe(error)
    if where == MAIN and engine.declared.declares(extension.named(CRASH_EVENT)):
        properties = {"error": described, "uptime_s": engine.uptime(), "unhandled": True, "thread": where}
        engine.record(TRACK, extension.named(CRASH_EVENT), properties, extension)
        return
    key = "sourceError" if extension.id else "error"
    engine.record(
        TRACK, extension.named(ERROR_EVENT), {key: described, "unhandled": True, "thread": where}, extension
    )


def owner(extensions: Iterable[Extension], modules: list[str]) -> Extension:
    """Return the extension that the innermost module belongs to, the app where it is nobody's."""
    known = list(extensions)
    for module in modules:
        for extension in known:
            if any(module == own or module.startswith(own + ".") for own in extension.modules):
                return extension
    return APP


def crashed(engine: Engine, crash: Crash) -> None:
    """Log, at the next start, a run that ended without a shutdown."""
    engine.record_own(CRASH_EVENT, {"uptime_s": round(crash.uptime, 1)})
