"""Which values does this machine know of itself? Found as words, in any case, in one look-up however many there are."""

import re
from collections.abc import Callable
from threading import Lock

__all__ = ["Known"]

WORD = re.compile(r"[^\W_]+")
LETTERS = re.compile(r"[^\W\d_]+")
SHORTEST = 3
COMMON, PLACE = 0, 1  # tiers of the vocabulary


class Known:
    """The registered values, split into the words that may not pass; replaced as a whole at every learning.

    Readers take the sets and `phrases` without a lock: each is swapped, never changed in place.
    """

    def __init__(self, tier: Callable[[str], int]) -> None:
        self._tier = tier
        self._lock = Lock()
        self._kinds: dict[str, str] = {}
        self._common: dict[str, str] = {}
        self._sequences: dict[str, str] = {}
        self.words: frozenset[str] = frozenset()  # may pass nowhere
        self.common: frozenset[str] = frozenset()  # common words: may not pass where names stand
        self.in_places: frozenset[str] = frozenset()  # both
        self.phrases: re.Pattern[str] | None = None  # values that are made of common words alone

    def learn(self, values: list[tuple[str, str]]) -> None:
        """Learn pairs of value and kind."""
        with self._lock:
            for value, kind in values:
                self._learn(value.casefold(), kind)
            self.words, self.common = frozenset(self._kinds), frozenset(self._common)
            self.in_places = self.words | self.common
            longest_first = sorted(self._sequences, key=len, reverse=True)
            self.phrases = re.compile("|".join(longest_first)) if longest_first else None

    def kind(self, words: tuple[str, ...]) -> str:
        """The kind of the first of the words that is known."""
        kinds = (self._kinds.get(word) or self._common.get(word) for word in words)
        return next(filter(None, kinds), "name")

    def _learn(self, value: str, kind: str) -> None:
        is_path = "/" in value or "\\" in value
        if is_path:  # the folders above a home are everybody's
            value = value.replace("\\", "/").rstrip("/").rpartition("/")[2]
        words = WORD.findall(value)
        alone = len(words) == 1
        # "laura-db" names a thing after laura; each word of "Laura Anchor" is a name itself
        exempt = COMMON if alone or " " in value else PLACE
        blocked = False
        for word in words:
            letters = LETTERS.findall(word)
            for piece in {word, *letters}:
                if len(piece) < 2:
                    continue
                if len(piece) >= SHORTEST and self._tier(piece) > exempt:
                    self._kinds[piece] = kind
                    blocked = True
                elif alone:
                    self._common[piece] = kind
        if not blocked and not is_path and len(words) > 1 and len(value) > 2 * SHORTEST:
            self._kinds[value] = kind
            self._sequences[
                r"(?<![\w/@.\\=-])" + r"[\W_]{1,3}".join(map(re.escape, words)) + r"(?![\w/@\\=-])"
            ] = kind
