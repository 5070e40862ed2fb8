"""Where do errors of ours stop? Here, so that none of them ever reaches the app.

This is the only module with a catch-all. Whatever is caught is counted and kept as one line that
`status()` shows; nothing is printed. `BaseException`s such as Ctrl-C pass: they are the app's. Only those
that an exception raises while it is described do not.
"""

from collections.abc import Callable
from functools import wraps
from types import TracebackType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ParamSpec, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")
    T = TypeVar("T")


class Troubles:
    """The errors of ours that were caught: how many, and the last one as a line of text."""

    def __init__(self) -> None:
        self.count = 0
        self.last = ""

    def note(self, error: BaseException) -> None:
        """Count one error; of its text only our own code's place and its type are kept."""
        self.count += 1
        self.last = f"{type(error).__name__} at {_place(error.__traceback__)}"


TROUBLES = Troubles()


def never_raises(default: "Any" = None) -> "Callable[[Callable[P, R]], Callable[P, R]]":
    """Make a public method return `default` where it would raise an `Exception`."""

    def decorate(method: "Callable[P, R]") -> "Callable[P, R]":
        @wraps(method)
        def guarded(*args: "P.args", **kwargs: "P.kwargs") -> "R":
            try:
                return method(*args, **kwargs)
            except Exception as error:  # noqa: BLE001  (the boundary)
                TROUBLES.note(error)
                return default  # type: ignore[no-any-return]

        return guarded

    return decorate


def attempt(action: "Callable[[], T]", default: "T") -> "T":
    """Run code of the app or a thread's step, and return `default` where it raises an `Exception`."""
    try:
        return action()
    except Exception as error:  # noqa: BLE001  (the boundary)
        TROUBLES.note(error)
        return default


def attempt_foreign(action: "Callable[[], T]", default: "T") -> "T":
    """Ask an object of the app about itself; return `default` whatever its methods raise, `SystemExit` too.

    For the description of an exception only: what it raises then would replace the app's own error.
    """
    try:
        return action()
    except BaseException as error:  # noqa: BLE001  (the boundary)
        TROUBLES.note(error)
        return default


def _place(traceback: TracebackType | None) -> str:
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return "an unknown place"
    name = traceback.tb_frame.f_code.co_filename.replace("\\", "/").rsplit("/", 1)[-1]
    return f"{name}:{traceback.tb_lineno}"
