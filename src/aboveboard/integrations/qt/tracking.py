"""How do a Qt app's pages and actions become events? Each page that is shown, each `QAction` that has ended."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QMetaObject, QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStackedWidget, QWidget

if TYPE_CHECKING:
    from aboveboard.client.action import Action
    from aboveboard.client.telemetry import Telemetry

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
