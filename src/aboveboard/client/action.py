"""Did what the person wanted work, and how long did it take? One event, when it has ended."""

from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any, Final, TypeVar, cast

from aboveboard.client.boundary import never_raises
from aboveboard.client.engine import Engine
from aboveboard.client.failure import describe
from aboveboard.client.freeze import freeze
from aboveboard.client.record import TRACK, Extension

SUCCESS: Final = "success"
FAILURE: Final = "failure"
CANCELLED: Final = "cancelled"
COROUTINE: Final = 0x80  # inspect.CO_COROUTINE; `inspect` is slow to import

F = TypeVar("F", bound=Callable[..., Any])


class Action:
    """One action under way: a context manager and a decorator, sync and async; exceptions go on their way.

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

    def __call__(self, function: F) -> F:
        """Make each call of a function, sync or async, one action of its own."""
        if _is_coroutine(function):
            return cast(F, self._around_coroutine(function))

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return cast(F, timed)

    def _around_coroutine(self, function: Any) -> Any:
        @wraps(function)
        async def timed(*args: Any, **kwargs: Any) -> Any:
            async with self._again():
                return await function(*args, **kwargs)

        return timed

    def _again(self) -> "Action":
        return Action(self._engine, self._extension, self._event, dict(self._properties))

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


def _is_coroutine(function: object) -> bool:
    code = getattr(function, "__code__", None)
    return bool(code is not None and code.co_flags & COROUTINE)
