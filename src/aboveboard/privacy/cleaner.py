"""How does a text become safe to send? The steps in their order, and the class that holds what a machine knows."""

from collections.abc import Iterable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aboveboard.privacy.result import Cleaned

__all__ = ["Cleaner"]

CAP = 8192
LIMIT = 2048
_words: set[str] = set()


def _vocabulary() -> set[str]:
    if not _words:
        from importlib.resources import files

        _words.update((files(__package__) / "words.txt").read_text().split())
    return _words


class Cleaner:
    """Replaces what may name a person, a machine or a thing of theirs in a text.

    `known_values` are the strings that an app knows of its machine; `words` is the app's own vocabulary.
    """

    def __init__(self, known_values: Iterable[str] = (), *, words: Iterable[str] = ()) -> None:
        self._known: dict[str, str] = {}
        self._words = frozenset(word.lower() for word in words)
        for value in known_values:
            self.sensitive(value)

    def sensitive(self, value: str, kind: str = "name") -> None:
        """Learn a value that must not leave, from any thread; it counts from the next text on."""
        import re

        for piece in re.findall(r"[^\W\d_]+", value.lower()):
            if len(piece) > 2:
                self._known[piece] = kind

    def clean(self, text: str) -> str:
        """Give the text as it may be sent: at most 2,048 characters, with names replaced by constants."""
        return self._clean(text, [])

    def explain(self, text: str) -> "Cleaned":
        """Give the cleaned text together with every replacement and the step that made it."""
        from aboveboard.privacy.result import Cleaned, Replacement

        made: list[tuple[str, str, str]] = []
        cleaned = self._clean(text, made)
        return Cleaned(cleaned, tuple(Replacement(*one) for one in made))

    def _clean(self, text: str, made: list[tuple[str, str, str]]) -> str:
        import re

        vocabulary = _vocabulary()

        def judge(match: "re.Match[str]") -> str:
            token = match[0]
            if re.fullmatch(r"<[a-z]+>", token):
                return token
            pieces = re.findall(r"[^\W\d_]+", token.lower())
            if "/" not in token and "\\" not in token and "@" not in token and all(
                (piece in vocabulary or piece in self._words) and piece not in self._known for piece in pieces
            ) and not re.search(r"\d{6}|\d+\.\d+\.\d+\.\d+", token):
                return token
            made.append(("word", "<word>", "vocabulary"))
            return "<word>"

        return re.sub(r"<[a-z]+>|[^\s<'\"]+", judge, text[:CAP])[:LIMIT]
