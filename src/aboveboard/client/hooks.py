"""Which exceptions did nobody catch, and whose were they? Hooks that look on and let everything go on its way."""

import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

from aboveboard.client.boundary import attempt

Report = Callable[[BaseException, str], None]
MAIN: Final = "main"
THREAD: Final = "thread"
ASYNCIO: Final = "asyncio"


class Hooks:
    """Tells `report` of unhandled exceptions, then calls whatever was there before."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._before_main = sys.excepthook
        self._before_thread = threading.excepthook
        self._main = self._on_main
        self._thread = self._on_thread

    def install(self) -> None:
        """Listen for unhandled exceptions of the main thread and of other threads."""
        self._before_main, sys.excepthook = sys.excepthook, self._main
        self._before_thread, threading.excepthook = threading.excepthook, self._thread

    def remove(self) -> None:
        """Stop listening, unless somebody else has hooked in after us."""
        if sys.excepthook is self._main:
            sys.excepthook = self._before_main
        if threading.excepthook is self._thread:
            threading.excepthook = self._before_thread

    def watch_loop(self, loop: Any) -> None:
        """Listen for exceptions that an asyncio loop reports, such as those of forgotten tasks."""
        before = loop.get_exception_handler()

        def handler(running: Any, context: dict[str, Any]) -> None:
            self._tell(context.get("exception"), ASYNCIO)
            if before is None:
                running.default_exception_handler(context)
            else:
                before(running, context)

        loop.set_exception_handler(handler)

    def _on_main(
        self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        self._tell(error, MAIN)
        self._before_main(kind, error, traceback)

    def _on_thread(self, args: threading.ExceptHookArgs) -> None:
        self._tell(args.exc_value, THREAD)
        self._before_thread(args)

    def _tell(self, error: BaseException | None, where: str) -> None:
        # A Ctrl-C is the person's, not a fault.
        if isinstance(error, Exception):
            attempt(lambda: self._report(error, where), None)


def modules_on_the_way(error: BaseException) -> list[str]:
    """Return the modules that an exception came through, the innermost first."""
    names: list[str] = []
    traceback = error.__traceback__
    while traceback is not None:
        names.append(str(traceback.tb_frame.f_globals.get("__name__", "")))
        traceback = traceback.tb_next
    return names[::-1]
