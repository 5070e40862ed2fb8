"""How does work go on beside the app? A daemon thread that runs one step when woken, and now and then."""

from collections.abc import Callable
from threading import Event, Thread

from aboveboard.client.boundary import attempt


class Worker:
    """Runs `step` in a thread of its own; `step` returns after how many seconds to run without a wake-up.

    After a wake-up it waits `gather` seconds, so that one step serves many calls; without one, the first
    step comes after `first` seconds. A step that returns
    a negative number ends the thread; the next `wake` starts another.
    """

    def __init__(self, name: str, step: Callable[[], float], gather: float = 0.0, first: float = 0.0) -> None:
        self._name = name
        self._step = step
        self._gather = gather
        self._first = first
        self._woken = Event()
        self._hurried = Event()
        self._stopping = False
        self._thread: Thread | None = None

    @property
    def is_running(self) -> bool:
        """Tell whether the thread is there."""
        return self._thread is not None

    def start(self) -> None:
        """Start the thread; raises `RuntimeError` where the interpreter allows no thread (any more)."""
        if self._thread is not None:
            return
        thread = Thread(target=self._run, name=self._name, daemon=True)
        thread.start()
        self._thread = thread

    def wake(self) -> None:
        """Have the next step run soon; costs almost nothing where that is arranged already."""
        if not self._woken.is_set():
            self._woken.set()

    def hurry(self) -> None:
        """Have the next step run at once, without gathering."""
        self._hurried.set()
        self._woken.set()

    def stop(self, timeout: float) -> None:
        """End the thread after the step under way, waiting for it at most `timeout` seconds."""
        self._stopping = True
        self.hurry()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(timeout)

    def _run(self) -> None:
        wait = self._first
        while True:
            if self._woken.wait(wait) and self._gather:
                self._hurried.wait(self._gather)
            self._woken.clear()
            self._hurried.clear()
            if self._stopping:
                return
            wait = attempt(self._step, 1.0)
            if wait < 0:
                self._thread = None
                return
