"""Which errors did the app log, and which did nobody catch? One call for logging, asyncio and the excepthooks.

Of a record its constant text is taken, `"cannot open %s"`, never what was filled in; of an exception what every error
of this client has. Both are cleaned like any error. Standard library only.
"""

import logging
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aboveboard.catalog import Catalog, load
from aboveboard.client.boundary import never_raises

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from aboveboard.client.telemetry import Telemetry

__all__ = ["CATALOG", "TelemetryHandler", "watch_errors"]

CATALOG: Final = Path(__file__).with_name("logging.toml")
"""What this integration logs: the event `error`, unless the app declares it itself."""
EVENT: Final = "error"
MOST_A_MINUTE: Final = 60


@cache
def _catalog() -> Catalog:
    return load(CATALOG)


def watch_errors(
    telemetry: "Telemetry",
    logger: str = "",
    level: int = logging.ERROR,
    loop: "AbstractEventLoop | None" = None,
) -> "TelemetryHandler":
    """Log as event `error` what reaches `logger` ("" is the root) at `level` or above, and return the handler.

    `loop` is an asyncio loop whose unhandled exceptions are logged too. Those of the main thread and of other threads
    the client sees by itself, unless it was made with `exceptions=False`.
    """
    telemetry.include(_catalog)
    handler = TelemetryHandler(telemetry, level)
    logging.getLogger(logger or None).addHandler(handler)
    if loop is not None:
        telemetry.watch_loop(loop)
    return handler


class TelemetryHandler(logging.Handler):
    """Makes an event of each record; of more than `MOST_A_MINUTE` the rest is counted in the next event."""

    def __init__(
        self, telemetry: "Telemetry", level: int = logging.ERROR, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(level)
        self._telemetry = telemetry
        self._clock = clock
        self._minute = -1
        self._taken = self._left_out = 0

    @never_raises()
    def emit(self, record: logging.LogRecord) -> None:
        """Log one record; called by `logging` with the handler's lock held."""
        if not self._may():
            self._left_out += 1
            return
        properties: dict[str, Any] = {"logged": "CRITICAL" if record.levelno >= logging.CRITICAL else "ERROR"}
        if self._left_out:
            properties["common.suppressed"], self._left_out = self._left_out, 0
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        text = record.msg if isinstance(record.msg, str) else f"<{type(record.msg).__name__}>"
        self._telemetry.log_usage(EVENT, properties, error if error is not None else text)

    def _may(self) -> bool:
        minute = int(self._clock() // 60)
        if minute != self._minute:
            self._minute, self._taken = minute, 0
        self._taken += 1
        return self._taken <= MOST_A_MINUTE
