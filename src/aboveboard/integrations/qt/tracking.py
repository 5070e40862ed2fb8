"""How do a Qt app's pages and actions become events? Each page that is shown, each `QAction` that has ended."""

import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol

from PySide6.QtCore import QMetaObject, QObject, QThread
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStackedWidget, QWidget

from aboveboard.client.boundary import attempt

if TYPE_CHECKING:
    from aboveboard.client.action import Action
    from aboveboard.client.telemetry import Telemetry

SLOT: Final = "slot"
PageName = Callable[[QWidget], str]


class _Acts(Protocol):
    def action(self, event: str, /, **properties: Any) -> "Action":
        """Return an action."""


class Cancelled(BaseException):
    """A future was cancelled: what it did is neither a success nor a failure."""


def track_pages(
    stack: QStackedWidget, telemetry: "Telemetry", names: Mapping[str, str] | PageName | None = None
) -> QMetaObject.Connection:
    """Log each page that `stack` shows from now on, the one it shows now included; return the connection.

    A page is named by its `objectName`, or by what `names` makes of it; a page without a name is not logged. The
    catalog declares the names as an enum, so that no route with a name of the person's in it can leave.
    """

    def shown(index: int) -> None:
        widget = stack.widget(index)
        if widget is not None and (name := _name(widget, names)):
            telemetry.page(name)

    shown(stack.currentIndex())
    return stack.currentChanged.connect(shown)


def track_action(
    action: QAction,
    logger: _Acts,
    event: str,
    handler: Callable[[], object],
    **properties: Any,
) -> QMetaObject.Connection:
    """Call `handler` when `action` is triggered, and log one event when it has ended; return the connection.

    Where `handler` returns a `concurrent.futures.Future`, the event is logged when that has ended, with its duration
    and success: what a thread does for the person counts, not how fast it was started. A cancelled one is neither.
    """

    def triggered() -> None:
        under_way = logger.action(event, **properties)
        under_way.__enter__()
        try:
            result = handler()
        except BaseException as error:
            under_way.__exit__(type(error), error, error.__traceback__)
            raise
        if isinstance(result, Future):
            result.add_done_callback(lambda done: _end(under_way, done))
        else:
            under_way.__exit__(None, None, None)

    return action.triggered.connect(triggered)


def watch_slots(telemetry: "Telemetry") -> Callable[[], None]:
    """Log exceptions that leave a slot as the event `error`; the returned function ends that.

    Qt prints such an exception and the app goes on, but it comes through `sys.excepthook`, where telemetry by itself
    takes it for the end of the app, a `crash`. An exception outside Qt's loop still is one.
    """
    from aboveboard.client.lifecycle import unhandled

    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if QThread.currentThread().loopLevel() == 0:
            before(kind, error, traceback)
            return
        if isinstance(error, Exception):
            attempt(lambda: unhandled(telemetry._engine, error, SLOT), None)
        sys.__excepthook__(kind, error, traceback)

    def end() -> None:
        if sys.excepthook is hook:
            sys.excepthook = before

    sys.excepthook = hook
    return end


def _end(under_way: "Action", done: "Future[Any]") -> None:
    error: BaseException | None = Cancelled() if done.cancelled() else done.exception()
    kind = type(error) if error is not None else None
    under_way.__exit__(kind, error, error.__traceback__ if error is not None else None)


def _name(widget: QObject, names: Mapping[str, str] | PageName | None) -> str:
    if names is None:
        return widget.objectName()
    if isinstance(names, Mapping):
        return names.get(widget.objectName(), "")
    return names(widget) if isinstance(widget, QWidget) else ""
