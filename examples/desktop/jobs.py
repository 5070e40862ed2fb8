"""How does work that takes a while run beside the window? In a thread each, with progress, an end and a way to stop."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from aboveboard.integrations.podman import EngineError

T = TypeVar("T")


class Stopped(BaseException):
    """The person stopped it: neither a success nor a failure."""


class Job:
    """One piece of work: its title, its future, and whether somebody wants it to stop."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.future: Future[Any] = Future()
        self._is_stopped = threading.Event()

    def stop(self) -> None:
        """Have it end at its next line of progress."""
        self._is_stopped.set()

    def check(self) -> None:
        """Raise `Stopped` where somebody wants it to stop."""
        if self._is_stopped.is_set():
            raise Stopped


class Jobs(QObject):
    """Runs jobs and tells the window of them, in the window's thread."""

    began = Signal(object)
    told = Signal(object, str)
    ended = Signal(object)
    _handed = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.running: list[Job] = []
        self._handed.connect(self._call, Qt.ConnectionType.QueuedConnection)
        self.ended.connect(self._forget, Qt.ConnectionType.QueuedConnection)

    def start(self, title: str, work: Callable[[Callable[[str], None]], object]) -> "Future[Any]":
        """Do `work`, which gets a function for its lines of progress, and show it; return its future."""
        job = Job(title)
        self.running.append(job)
        self.began.emit(job)

        def tell(text: str) -> None:
            job.check()
            self._emit(self.told, job, text)

        def run() -> None:
            _fulfil(job.future, lambda: work(tell))
            self._emit(self.ended, job)

        threading.Thread(target=run, name=title, daemon=True).start()
        return job.future

    def quietly(self, work: Callable[[], T], then: Callable[["Future[T]"], object]) -> None:
        """Do `work` without showing it, and call `then` with its future in the window's thread."""
        future: Future[T] = Future()

        def run() -> None:
            _fulfil(future, work)
            self._emit(self._handed, then, future)

        threading.Thread(target=run, daemon=True).start()

    def stop_all(self) -> None:
        """Have everything end: the window closes, and nobody waits."""
        for job in self.running:
            job.stop()

    def _emit(self, signal: Any, *values: object) -> None:
        try:
            signal.emit(*values)
        except RuntimeError:  # the window is gone
            return

    def _call(self, then: Callable[[object], object], future: object) -> None:
        then(future)

    def _forget(self, job: Job) -> None:
        self.running.remove(job)


def _fulfil(future: "Future[T]", work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except (Stopped, EngineError, OSError, ValueError, KeyError, TypeError) as error:
        future.set_exception(error)


def reason(error: BaseException | None) -> str:
    """Return what to show of an error, "" where there is none or the person stopped it."""
    if error is None or isinstance(error, Stopped):
        return ""
    return str(error) if isinstance(error, EngineError | OSError) else f"{type(error).__name__}: {error}"
