"""Where do registered values of several words stand in a text, whatever joins and surrounds their words?"""

import re
from collections.abc import Callable, Iterable
from itertools import pairwise

__all__ = ["Phrases", "folded"]

WORD = re.compile(r"[^\W_]+")
WIDEST_GAP = 3
FEW = 40
INSIDE = "_/@.\\-"  # beside one of these, a phrase is part of a path, an address or an identifier

Words = tuple[str, ...]


def folded(text: str) -> str:
    """Fold the case and keep the length, for letters that fold to two too."""
    lowered = text.casefold()
    if len(lowered) == len(text):
        return lowered
    return "".join(one if len(one) == 1 else sign for sign in text for one in (sign.casefold(),))


class Phrases:
    """Values as sequences of words; a text that lacks the longest word of each value is left at once."""

    def __init__(self, values: Iterable[str]) -> None:
        self._starting: dict[str, list[Words]] = {}
        longest = set()
        for value in values:
            words = tuple(WORD.findall(folded(value)))
            self._starting.setdefault(words[0], []).append(words)
            longest.add(max(words, key=len))
        self._longest = frozenset(longest)
        for sequences in self._starting.values():
            sequences.sort(key=len, reverse=True)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the values stand, bounded by anything but letters and digits."""
        if not self.may_stand_in(text):
            return []
        lowered = folded(text)
        found = list(WORD.finditer(lowered))
        spans: list[tuple[int, int]] = []
        at = 0
        while at < len(found):
            length = self._length_at(found, at, lowered)
            if length:
                spans.append((found[at].start(), found[at + length - 1].end()))
            at += length or 1
        return spans

    def may_stand_in(self, text: str) -> bool:
        """Say whether one of the values can stand in a text: a search each for a few, one look-up a word for many."""
        lowered = text.lower() if text.isascii() else folded(text)
        if len(self._longest) <= FEW:
            return any(map(lowered.__contains__, self._longest))
        return not self._longest.isdisjoint(WORD.findall(lowered))

    def _length_at(self, found: list[re.Match[str]], at: int, text: str) -> int:
        """How many words the longest value has that starts at a word; 0 where none does."""
        for words in self._starting.get(found[at][0], ()):
            part = found[at : at + len(words)]
            if len(part) == len(words) and all(one[0] == word for one, word in zip(part, words, strict=True)):
                gaps = (text[a.end() : b.start()] for a, b in pairwise(part))
                if all(len(gap) <= WIDEST_GAP and "<" not in gap for gap in gaps):
                    return len(words)
        return 0

    def hidden(self, text: str, placeholder: Callable[[], str]) -> str:
        """Give the text with each value replaced."""
        if not self.may_stand_in(text):
            return text
        return self._with(text, lambda _start, _end: placeholder())

    def joined(self, text: str, placeholder: Callable[[], str]) -> str:
        """Replace what stands alone; make a single token of what stands within a path or an identifier."""
        if not self.may_stand_in(text):
            return text

        def changed(start: int, end: int) -> str:
            if _is_inside(text[start - 1 : start] if start else "") or _is_inside(text[end : end + 1], "."):
                return text[start:end].replace(" ", "_")
            return placeholder()

        return self._with(text, changed)

    def _with(self, text: str, change: Callable[[int, int], str]) -> str:
        done, at = [], 0
        for start, end in self.spans(text):
            done += [text[at:start], change(start, end)]
            at = end
        return "".join([*done, text[at:]]) if done else text


def _is_inside(sign: str, allowed: str = "") -> bool:
    return bool(sign) and sign in INSIDE and sign not in allowed
