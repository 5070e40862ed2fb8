"""What do the pages work with? The engine, the jobs, the logger, and a line above the page for what went wrong."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from aboveboard import Telemetry, TelemetryLogger
    from desktop.engine import Engine
    from desktop.jobs import Jobs


class Notify(Protocol):
    def __call__(self, text: str, *, is_error: bool = False) -> None:
        """Show a line above the page."""
        ...


@dataclass(frozen=True, slots=True)
class Shell:
    """Handed to every page."""

    engine: "Engine"
    jobs: "Jobs"
    telemetry: "Telemetry"
    logger: "TelemetryLogger"
    notify: Notify
    go_to: Callable[[str], None]

    def keep_private(self, kind: str, *names: str) -> None:
        """Never let names leave in a text, such as an error of Podman that repeats one."""
        for name in names:
            if name:
                self.telemetry.sensitive(name, kind)

    def run(
        self, event: str, title: str, work: Callable[[Callable[[str], None]], object], **properties: Any
    ) -> "Future[Any]":
        """Do work beside the window as one action: its event says how it ended and how long it took."""

        def measured(tell: Callable[[str], None]) -> None:
            with self.logger.action(event, **properties):
                work(tell)

        return self.jobs.start(title, measured)
