"""What does an extension get? Commands, pages, a registry of providers, jobs, the engine, and a logger of its own."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtWidgets import QWidget

from desktop.jobs import reason

if TYPE_CHECKING:
    from aboveboard import Provider, Telemetry, TelemetryLogger
    from desktop.engine import Engine
    from desktop.jobs import Jobs

PUBLISHER = "desktop"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an extension says of itself; its package holds it as `MANIFEST`, with a telemetry.toml beside it."""

    name: str
    version: str
    title: str
    description: str
    icon: str = "extensions"

    @property
    def id(self) -> str:
        """Return the whole id, under which its events travel."""
        return f"{PUBLISHER}.{self.name}"


@dataclass(frozen=True, slots=True)
class Command:
    """Something that an extension can do; for `place` "images" it gets the name of the selected image."""

    title: str
    run: Callable[[str], object]
    place: str


@dataclass(slots=True)
class Contributions:
    """Everything that extensions have brought."""

    commands: list[Command] = field(default_factory=list)
    pages: list[tuple[str, str, QWidget]] = field(default_factory=list)
    providers: "list[Provider]" = field(default_factory=list)


@dataclass(slots=True)
class Loaded:
    """One extension: what it says of itself, and why it does not work, "" where it does."""

    manifest: Manifest
    problem: str = ""


class Host(Protocol):
    """What the window does for extensions."""

    engine: "Engine"
    jobs: "Jobs"

    def notify(self, text: str, *, is_error: bool = False) -> None:
        """Show a line above the page."""
        ...

    def report_providers(self) -> None:
        """Log once more what the providers hold, where the person has said yes."""
        ...


class ExtensionApi:
    """Handed to `activate(api)`; `telemetry` is the extension's own logger, under its own id and list."""

    def __init__(
        self, manifest: Manifest, host: Host, logger: "TelemetryLogger", into: Contributions
    ) -> None:
        self.manifest = manifest
        self.engine = host.engine
        self.jobs = host.jobs
        self.notify = host.notify
        self.report_providers = host.report_providers
        self.telemetry = logger
        self._into = into

    def register_command(self, title: str, run: Callable[[str], object], place: str = "extension") -> None:
        """Offer something to do, on the page `place` ("images") or among the extensions."""
        self._into.commands.append(Command(title, run, place))

    def register_page(self, title: str, page: QWidget) -> None:
        """Add a page to the sidebar."""
        self._into.pages.append((title, self.manifest.icon, page))

    def register_provider(self, provider: "Provider") -> None:
        """Add an engine whose numbers belong to the usage data."""
        self._into.providers.append(provider)


@dataclass(frozen=True, slots=True)
class Found:
    """An extension that is there and not yet active, with its logger."""

    module: Any
    manifest: Manifest
    logger: "TelemetryLogger"


def find_all(telemetry: "Telemetry") -> list[Found]:
    """Import every package below `desktop.extensions` and read what it declares; no window is needed for it."""
    import desktop.extensions as home

    names = sorted(found.name for found in pkgutil.iter_modules(home.__path__))
    return [_find(f"{home.__name__}.{name}", telemetry) for name in names]


def _find(name: str, telemetry: "Telemetry") -> Found:
    module: Any = importlib.import_module(name)
    manifest: Manifest = module.MANIFEST
    catalog = Path(str(module.__file__)).with_name("telemetry.toml")
    logger = telemetry.logger(manifest.name, manifest.version, PUBLISHER, catalog=catalog, modules=(name,))
    return Found(module, manifest, logger)


def activate(found: Found, host: Host, into: Contributions) -> Loaded:
    """Activate an extension in the window's thread; one that fails is shown with its reason."""
    try:
        found.module.activate(ExtensionApi(found.manifest, host, found.logger, into))
    except Exception as error:  # noqa: BLE001  (somebody else's code: the app goes on without it)
        found.logger.log_error(error)
        return Loaded(found.manifest, reason(error))
    return Loaded(found.manifest)
