"""Which values does this machine know of itself? Found as words, in any case, in one look-up however many there are."""

import re
from collections.abc import Callable
from contextlib import suppress
from threading import Lock

from aboveboard.privacy.bounds import undisguised
from aboveboard.privacy.ordinary import ORDINARY
from aboveboard.privacy.phrases import Phrases

__all__ = ["Known"]

WORD = re.compile(r"[^\W_]+")
LETTERS = re.compile(r"[^\W\d_]+")
SHORTEST, SHORTEST_PHRASE = 3, 4
NOTHING, COMMON, PLACE = -2, 0, 1  # tiers of the vocabulary


class Known:
    """The registered values, split into the words that may not pass; replaced as a whole at every learning.

    Readers take the sets and `phrases` without a lock: each is swapped, never changed in place.
    """

    def __init__(self, tier: Callable[[str], int]) -> None:
        self._tier = tier
        self._lock = Lock()
        self._kinds: dict[str, str] = {}
        self._common: dict[str, str] = {}
        self._sequences: dict[str, None] = {}
        self.words: frozenset[str] = frozenset()  # may pass nowhere
        self.common: frozenset[str] = frozenset()  # ordinary words: may not pass where names stand
        self.in_places: frozenset[str] = frozenset()  # both
        self.phrases: Phrases | None = None  # values of several words, some of which may pass alone

    def learn(self, values: list[tuple[str, str]]) -> None:
        """Learn pairs of value and kind."""
        with self._lock:
            for value, kind in values:
                with suppress(Exception):  # what one odd value does is nothing to the others
                    self._learn(undisguised(value).casefold(), kind)
            self.words, self.common = frozenset(self._kinds), frozenset(self._common)
            self.in_places = self.words | self.common
            self.phrases = Phrases(self._sequences) if self._sequences else None

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
        exempt = NOTHING if alone else COMMON if " " in value else PLACE
        for piece in {piece for word in words for piece in (word, *LETTERS.findall(word)) if len(piece) > 1}:
            if len(piece) >= SHORTEST and piece not in ORDINARY and self._tier(piece) > exempt:
                self._kinds[piece] = kind
            elif alone:
                self._common[piece] = kind
        if not is_path and len(words) > 1 and len(value) > SHORTEST_PHRASE and self._may_pass(words):
            self._kinds[value] = kind
            self._sequences[value] = None

    def _may_pass(self, words: list[str]) -> bool:
        return not all(word in self._kinds for word in words)
