"""How does work go on beside the app? A daemon thread that runs one step when woken, and now and then."""

from collections.abc import Callable
from threading import Event, Lock, Thread

from aboveboard.client.boundary import attempt


class Worker:
    """Runs `step` in a thread of its own; `step` returns after how many seconds to run without a wake-up.

    After a wake-up it waits `gather` seconds, so that one step serves many calls; without one, the first
    step comes after `first` seconds. A step that returns a negative number ends the thread; the next
    `start` begins another.
    """

    def __init__(self, name: str, step: Callable[[], float], gather: float = 0.0, first: float = 0.0) -> None:
        self._name = name
        self._step = step
        self._gather = gather
        self._first = first
        # A bare lock, free when the thread is to wake: an `Event` costs the caller several times as much.
        self._bell = Lock()
        self._bell.acquire()
        self._is_rung = False
        self._hurried = Event()
        self._stopping = False
        self._thread: Thread | None = None
        self._starting = Lock()
        self._is_wanted = False

    @property
    def is_running(self) -> bool:
        """Tell whether the thread is there."""
        return self._thread is not None

    def start(self) -> None:
        """Start the thread; raises `RuntimeError` where the interpreter allows no thread (any more)."""
        with self._starting:
            self._is_wanted = True
            if self._thread is not None:
                return
            thread = Thread(target=self._run, name=self._name, daemon=True)
            thread.start()
            self._thread = thread

    def wake(self) -> None:
        """Have the next step run soon; costs almost nothing where that is arranged already."""
        if self._is_rung:
            return
        self._is_rung = True
        try:
            self._bell.release()
        except RuntimeError:
            return  # another thread rang at the same moment

    def hurry(self) -> None:
        """Have the next step run at once, without gathering."""
        self._hurried.set()
        self.wake()

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
            if self._bell.acquire(timeout=wait) and self._gather:
                self._hurried.wait(self._gather)
            self._hurried.clear()
            # Before the step: whoever comes from now on rings again.
            self._is_rung = False
            if self._stopping:
                return
            self._is_wanted = False
            wait = attempt(self._step, 1.0)
            if wait < 0 and self._ends():
                return
            wait = max(wait, 0.0)

    def _ends(self) -> bool:
        """Give up the thread, unless somebody started it again since its last step began."""
        with self._starting:
            if not self._is_wanted:
                self._thread = None
            return not self._is_wanted
