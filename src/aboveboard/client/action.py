"""Did what the person wanted work, and how long did it take? One event, when it has ended."""

from types import TracebackType
from typing import Any, Final

from aboveboard.client.boundary import never_raises
from aboveboard.client.engine import Engine
from aboveboard.client.failure import describe
from aboveboard.client.freeze import freeze
from aboveboard.client.record import TRACK, Extension

SUCCESS: Final = "success"
FAILURE: Final = "failure"
CANCELLED: Final = "cancelled"


class Action:
    """One action under way: a context manager, sync and async; exceptions go on their way.

    A `BaseException` that is no `Exception`, such as a cancel, is neither success nor failure: the event
    then says `outcome="cancelled"` and nothing of success.
    """

    def __init__(self, engine: Engine, extension: Extension, event: str, properties: dict[str, Any]) -> None:
        self._engine = engine
        self._extension = extension
        self._event = event
        self._properties = properties
        self._skipped = False
        self._error: dict[str, Any] | None = None
        self._started = 0.0

    @never_raises()
    def set(self, **properties: Any) -> None:
        """Add properties, or replace what was given before."""
        self._properties.update(freeze(properties))

    def skip(self) -> None:
        """Log nothing for this action."""
        self._skipped = True

    @never_raises()
    def fail(self, error: BaseException | str) -> None:
        """Say that the action failed although no exception leaves the block."""
        self._error = describe(error)

    def __enter__(self) -> "Action":
        """Begin to measure."""
        self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Log the event."""
        self._end(error)

    async def __aenter__(self) -> "Action":
        """Begin to measure."""
        self._begin()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Log the event, now that what was awaited is done."""
        self._end(error)

    @never_raises()
    def _begin(self) -> None:
        self._properties = freeze(self._properties)
        self._started = self._engine.host.monotonic()

    @never_raises()
    def _end(self, error: BaseException | None) -> None:
        if self._skipped:
            return
        properties = self._properties
        properties["duration_ms"] = round((self._engine.host.monotonic() - self._started) * 1000, 3)
        if isinstance(error, Exception):
            self._error = describe(error)
        if error is not None and not isinstance(error, Exception):
            properties["outcome"] = CANCELLED
        else:
            properties["success"] = self._error is None
            properties["outcome"] = SUCCESS if self._error is None else FAILURE
            if self._error is not None:
                properties["error"] = self._error
        self._engine.record(TRACK, self._extension.named(self._event), properties, self._extension)
