"""What does an extension, or the app itself, log with? Podman Desktop's `TelemetryLogger`, in Python."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from aboveboard.client import levels
from aboveboard.client.boundary import never_raises
from aboveboard.client.engine import Engine
from aboveboard.client.freeze import described, freeze
from aboveboard.client.record import APP, TRACK, Extension

if TYPE_CHECKING:
    from aboveboard.client.action import Action

ERROR_EVENT = "error"


class TelemetryLogger:
    """Logs events under an extension's id; no method of it raises, blocks or keeps what it is given."""

    def __init__(self, engine: Engine, extension: Extension = APP) -> None:
        self._engine = engine
        self._extension = extension

    @never_raises()
    def log_usage(
        self,
        event: str,
        properties: Mapping[str, Any] | None = None,
        error: BaseException | str | None = None,
    ) -> None:
        """Log that something was used; with `error`, that it failed and why."""
        frozen = freeze(properties) if properties is not None else {}
        if error is not None:
            frozen["error"] = described(error)
        extension = self._extension
        self._engine.record(TRACK, extension.named(event) if extension.id else event, frozen, extension)

    @never_raises()
    def log_error(self, error: BaseException | str, properties: Mapping[str, Any] | None = None) -> None:
        """Log an error: an exception, or the name of an event that stands for one.

        An exception becomes the event `error` with the property `error`; one of an extension becomes
        `<extension id>.error` with `sourceError`.
        """
        frozen = freeze(properties) if properties is not None else {}
        name = ERROR_EVENT
        if isinstance(error, BaseException):
            frozen["sourceError" if self._extension.id else "error"] = described(error)
        else:
            name = error
        self._engine.record(TRACK, self._extension.named(name), frozen, self._extension)

    def action(self, event: str, /, **properties: Any) -> "Action":
        """Return a context manager that logs one event when its block, sync or async, has ended."""
        from aboveboard.client.action import Action

        return Action(self._engine, self._extension, event, properties)

    @property
    def is_usage_enabled(self) -> bool:
        """Tell whether events of the level `usage` are wanted at this moment."""
        return self._enabled(levels.USAGE)

    @property
    def is_errors_enabled(self) -> bool:
        """Tell whether events of the level `error` are wanted at this moment."""
        return self._enabled(levels.ERROR)

    @never_raises()
    def on_did_change(self, listener: Callable[["TelemetryLogger"], object]) -> Callable[[], None] | None:
        """Call `listener` with this logger after each change of consent; call the result to end that."""
        return self._engine.listen(lambda: listener(self))

    @never_raises(default=False)
    def _enabled(self, level: str) -> bool:
        decision = self._engine.look()
        return decision.allows(self._extension.id) and levels.covers(decision.level, level)
