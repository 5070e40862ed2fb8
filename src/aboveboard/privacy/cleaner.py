"""How does a text become safe to send? What an app sees of it: a class that holds what its machine knows."""

from _thread import allocate_lock  # what `threading.Lock` is, without 3 ms of imports in every app

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aboveboard.privacy.pipeline import Pipeline
    from aboveboard.privacy.result import Cleaned

__all__ = ["Cleaner"]


class Cleaner:
    """Replaces what may name a person, a machine or a thing of theirs in a text.

    `known_values` are the strings that an app knows of its machine: user, full name, hosts, homes; `words` is
    the app's own vocabulary, which its catalog gives. Patterns and vocabulary load with the first text. `small`
    saves three megabytes where few texts are cleaned, as in an app, and cleans the same, a little slower. Both may
    be functions, which are called with the first text: a short run may have none.
    """

    def __init__(
        self,
        known_values: "Iterable[str] | Callable[[], Iterable[str]]" = (),
        *,
        words: "Iterable[str] | Callable[[], Iterable[str]]" = (),
        small: bool = False,
    ) -> None:
        self._later = known_values if callable(known_values) else None
        self._waiting = [] if callable(known_values) else _names(known_values)
        self._taught = set(self._waiting)
        self._own = words if callable(words) else frozenset(words)
        self._is_small = small
        self._lock = allocate_lock()
        self._ready: Pipeline | None = None

    def clean(self, text: str) -> str:
        """Give the text as it may be sent: at most 2,048 characters, with names replaced by constants."""
        ready = self._ready
        return (self._prepared() if ready is None or self._waiting else ready).clean(text)

    def explain(self, text: str) -> "Cleaned":
        """Give the cleaned text together with every replacement and the step that made it."""
        ready = self._ready
        return (self._prepared() if ready is None or self._waiting else ready).explain(text)

    def sensitive(self, value: str, kind: str = "name") -> None:
        """Learn a value that must not leave, from any thread; it counts from the next text on.

        What is no text, as a path or a number, counts as it prints; nothing and what cannot print are left out.
        """
        if text := _text(value):
            with self._lock:
                if (text, kind) not in self._taught:  # learning it again would make every step anew
                    self._taught.add((text, kind))
                    self._waiting.append((text, kind))

    def _prepared(self) -> "Pipeline":
        """Load what cleaning needs, and learn the values that wait."""
        from aboveboard.privacy.pipeline import Pipeline

        with self._lock:
            waiting, before = self._waiting, self._ready
            if before is None:
                own = frozenset(self._own()) if callable(self._own) else self._own
                if self._later is not None:
                    waiting = [
                        *(each for each in _names(self._later()) if each not in self._taught),
                        *waiting,
                    ]
                    self._taught.update(waiting)
                self._ready = Pipeline.first(own, waiting, small=self._is_small)
            else:
                self._ready = before.knowing(waiting)
            self._waiting = []
            return self._ready


def _names(values: "Iterable[object]") -> list[tuple[str, str]]:
    return [(text, "name") for value in values if (text := _text(value))]


def _text(value: object) -> str:
    """Give a value as text, empty where it has none."""
    if value is None:
        return ""
    try:
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    except Exception:  # noqa: BLE001 - an object of the app may fail to print in any way
        return ""
