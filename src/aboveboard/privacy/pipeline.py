"""Which steps does a text go through, and in which order?"""

from _thread import allocate_lock

from aboveboard.privacy.bounds import CAP, LIMIT, bounded, shortened, undisguised
from aboveboard.privacy.known import Known
from aboveboard.privacy.notes import Notes
from aboveboard.privacy.result import Cleaned, Replacement
from aboveboard.privacy.scanner import Passed, Scanner
from aboveboard.privacy.vocabulary import Vocabulary, shipped

__all__ = ["Pipeline"]


MOST_ROUNDS = 4


def _has_layers(text: str) -> bool:
    """Say whether signs of two kinds, which quote or escape, may stand within one another."""
    quotes = ('"' in text) + ("'" in text) + ("`" in text)
    return quotes + ("\\" in text) + ("%" in text) + ("&" in text) > 1


def _looked_at(text: str) -> str:
    """Give what is looked at of a text; most texts are short and plain, and no step is taken for them."""
    if len(text) > CAP:
        text = bounded(text)
    is_plain = text.isascii() and text.isprintable() and "\\" not in text and "^[" not in text
    return text if is_plain else undisguised(text)


class Pipeline:
    """Bounds, then the scanner's steps, then the bound of what comes out; made anew when a value is learnt."""

    __slots__ = ("_known", "_made", "_noting", "_noting_lock", "_passed", "_scan", "_vocabulary")

    def __init__(self, vocabulary: Vocabulary, known: Known, notes: Notes, passed: Passed) -> None:
        self._vocabulary, self._known, self._passed = vocabulary, known, passed
        self._scan = Scanner(vocabulary, known, notes, passed).text
        self._made: list[tuple[str, str, str]] = []
        self._noting: Pipeline | None = None
        self._noting_lock = allocate_lock()

    @classmethod
    def first(cls, own: frozenset[str], values: list[tuple[str, str]], *, small: bool) -> "Pipeline":
        """Load the vocabulary, with the app's own words beside it, and learn the first values."""
        vocabulary = shipped(small=small)
        if own:
            vocabulary = Vocabulary(vocabulary.tiers, own)
        return cls(vocabulary, Known(vocabulary.tier), Notes(), Passed()).knowing(values)

    def knowing(self, values: list[tuple[str, str]]) -> "Pipeline":
        """Give a pipeline that knows further values too."""
        self._known.learn(values)
        return Pipeline(self._vocabulary, self._known, Notes(), Passed())

    def explain(self, text: str) -> Cleaned:
        """Take a text through all steps, and write down each replacement."""
        with self._noting_lock:  # a pipeline for one text at a time: making one costs as much as a short text
            if self._noting is None:
                self._noting = Pipeline(self._vocabulary, self._known, Notes(self._made), self._passed)
            self._made.clear()
            cleaned = self._noting.clean(text)
            made = tuple(Replacement(*one) for one in self._made) if self._made else ()
            return Cleaned(cleaned, made)

    def clean(self, text: str) -> str:
        """Take a text through all steps."""
        cleaned = self._scan(_looked_at(text), LIMIT)
        if len(cleaned) > LIMIT:
            cleaned = shortened(cleaned)
        if cleaned == text or not _has_layers(text):
            return cleaned
        for _ in range(MOST_ROUNDS):  # quotes within quotes and undone escapes may show a new structure
            again = shortened(self._scan(cleaned, LIMIT))
            if again == cleaned:
                return cleaned
            cleaned = again
        return "<text>"
