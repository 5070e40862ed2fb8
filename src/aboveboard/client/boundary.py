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

PACKAGE = "aboveboard."


class Troubles:
    """The errors of ours that were caught in this process: how many, and the last one as a line of text."""

    def __init__(self) -> None:
        self.count = 0
        self.last = ""

    def note(self, error: BaseException) -> None:
        """Count one error; of its text only our own code's place and its type are kept."""
        self.count += 1
        self.last = f"{type(error).__name__} {_place(error.__traceback__)}"

    def since(self, before: int) -> str:
        """Return one line about the errors after the first `before` ones, "" where there were none."""
        number = self.count - before
        return f"{number} errors of ours were caught, the last: {self.last}" if number else ""


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
    """Return the last line of ours on the way to an error; this file only hands on what others do."""
    place = "in code of the app"
    while traceback is not None:
        name = traceback.tb_frame.f_globals.get("__name__")
        if isinstance(name, str) and name.startswith(PACKAGE) and name != __name__:
            place = f"at {name.removeprefix(PACKAGE)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place
