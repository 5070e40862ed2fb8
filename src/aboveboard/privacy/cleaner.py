"""How does a text become safe to send? The class that holds what a machine knows, over the steps in their order."""

from collections.abc import Iterable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aboveboard.privacy.known import Known
    from aboveboard.privacy.result import Cleaned
    from aboveboard.privacy.scanner import Scanner
    from aboveboard.privacy.vocabulary import Vocabulary

__all__ = ["Cleaner"]


class Cleaner:
    """Replaces what may name a person, a machine or a thing of theirs in a text.

    `known_values` are the strings that an app knows of its machine: user, full name, hosts, homes; `words` is
    the app's own vocabulary, which its catalog gives. Patterns and vocabulary load with the first text.
    """

    def __init__(self, known_values: Iterable[str] = (), *, words: Iterable[str] = ()) -> None:
        self._waiting: list[tuple[str, str]] = [(value, "name") for value in known_values]
        self._own = frozenset(words)
        self._ready: tuple[Vocabulary, Known] | None = None
        self._scanner: Scanner | None = None

    def clean(self, text: str) -> str:
        """Give the text as it may be sent: at most 2,048 characters, with names replaced by constants."""
        return self._clean(text, None)

    def explain(self, text: str) -> "Cleaned":
        """Give the cleaned text together with every replacement and the step that made it."""
        from aboveboard.privacy.result import Cleaned, Replacement

        made: list[tuple[str, str, str]] = []
        cleaned = self._clean(text, made)
        return Cleaned(cleaned, tuple(Replacement(*one) for one in made))

    def sensitive(self, value: str, kind: str = "name") -> None:
        """Learn a value that must not leave, from any thread; it counts from the next text on."""
        self._waiting.append((value, kind))

    def _clean(self, text: str, made: list[tuple[str, str, str]] | None) -> str:
        from aboveboard.privacy.bounds import LIMIT, bounded, shortened, undisguised
        from aboveboard.privacy.notes import Notes
        from aboveboard.privacy.scanner import Scanner

        vocabulary, known = self._loaded()
        if made is None:
            scanner = self._scanner
            if scanner is None:
                scanner = self._scanner = Scanner(vocabulary, known, Notes())
        else:
            scanner = Scanner(vocabulary, known, Notes(made))
        return shortened(scanner.text(undisguised(bounded(text)), LIMIT))

    def _loaded(self) -> "tuple[Vocabulary, Known]":
        ready = self._ready
        if ready is None:
            from aboveboard.privacy.known import Known
            from aboveboard.privacy.vocabulary import Vocabulary, shipped

            vocabulary = Vocabulary(shipped().tiers, self._own) if self._own else shipped()
            ready = self._ready = (vocabulary, Known(vocabulary.tier))
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            ready[1].learn(waiting)
            self._scanner = None
        return ready
