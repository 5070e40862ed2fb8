"""What do the pages work with? The engine, the jobs, the logger, and a line above the page for what went wrong."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from aboveboard import Telemetry, TelemetryLogger
    from desktop.engine import Engine
    from desktop.jobs import Jobs


class Notify(Protocol):
    """What shows a line above the page."""

    def __call__(self, text: str, *, is_error: bool = False) -> None:
        """Show a line above the page."""
        ...


@dataclass(slots=True)
class Shell:
    """Handed to every page; `telemetry` and `logger` come once the window is there, before any page but the first."""

    engine: "Engine"
    jobs: "Jobs"
    notify: Notify
    go_to: Callable[[str], None]
    telemetry: "Telemetry" = field(init=False)
    logger: "TelemetryLogger" = field(init=False)

    def keep_private(self, kind: str, *names: str) -> None:
        """Never let names leave in a text, such as an error of Podman that repeats one."""
        for name in filter(None, names):
            for spelling in _spellings(name) if kind == "image" else [name]:
                self.telemetry.sensitive(spelling, kind)

    def run(
        self, event: str, title: str, work: Callable[[Callable[[str], None]], object], **properties: Any
    ) -> "Future[Any]":
        """Do work beside the window as one action: its event says how it ended and how long it took."""

        def measured(tell: Callable[[str], None]) -> None:
            with self.logger.action(event, **properties):
                work(tell)

        return self.jobs.start(title, measured)


def _spellings(reference: str) -> list[str]:
    """Return an image's name as Podman's errors repeat it: whole, without its tag or digest, and its parts."""
    untagged = reference.partition("@")[0]
    head, _, last = untagged.rpartition("/")
    untagged = f"{head}/{last.partition(':')[0]}" if head else last.partition(":")[0]
    return [each for each in (reference, untagged, *untagged.split("/")) if each]
