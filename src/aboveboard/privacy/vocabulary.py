"""Is a word public? The shipped vocabulary in its tiers, and what follows from a word for the one after it."""

import re
from collections.abc import Iterable
from threading import Lock

from aboveboard.privacy.compounds import ENDINGS, FUSED_HEADS, FUSED_TAIL, GIVEN, HEADS, TAILS
from aboveboard.privacy.slots import effect_of
from aboveboard.privacy.words import Tiers, Words

__all__ = ["ANY", "COMMON", "NOWHERE", "PLACE", "SECRET", "Entry", "Vocabulary", "shipped"]

# How public a word must be, where it stands: the lower, the stricter.
SECRET = -1  # after "password:": nothing but a few words of status
COMMON = 0  # in quotes, in paths, after "name:": constants of public programs
PLACE = 1  # after "container", within identifiers
ANY = 2  # in prose
NOWHERE = 4

Entry = tuple[int, int, tuple[str, ...]]  # tier of the token, strictness for the next one, its words

PLAIN = re.compile(
    r"[(\[{]{0,3}([A-Za-z]++(?:[-_][A-Za-z]++){0,6}+)(?:['’](?:s|t|re|ve|ll|d|m))?(?:\(s?\))?([)\]}.,:;!?]{0,4})"
)
PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
MEMO_LIMIT, SMALL_MEMO_LIMIT = 20_000, 1_000

LONGEST_PART, LEAST_OF_PAIR = 5, 4
SHORTEST_FUSED, LONGEST_FUSED, SHORTEST_PART, SHORTEST_PAIR = 6, 28, 3, 8


class Vocabulary:
    """Words by tier; remembers only tokens that may pass, so it never holds what a machine taught it."""

    def __init__(self, tiers: Tiers, own: Iterable[str] = ()) -> None:
        self.tiers = tiers
        self.own = frozenset(word.lower() for word in own)
        self.memo: dict[str, Entry] = {}
        self.memo_limit = SMALL_MEMO_LIMIT if isinstance(tiers, Words) else MEMO_LIMIT

    def tier(self, word: str) -> int:
        """The tier of one word of letters; a name that is also a technical word counts in lower case only."""
        lowered = word.lower()
        tier = self.tiers.get(lowered)
        if tier is None:
            if len(word) <= SHORTEST_PART:
                return (
                    ANY if word.isupper() and word.isascii() else PLACE if lowered in self.own else NOWHERE
                )  # an acronym
            is_fit = SHORTEST_FUSED <= len(word) <= LONGEST_FUSED and lowered.isalpha()
            tier = self._fused(lowered) if is_fit else NOWHERE
        elif tier == 3:
            tier = ANY if word == lowered else NOWHERE
        return PLACE if tier > PLACE and lowered in self.own else tier

    def _fused(self, word: str) -> int:
        """The tier of a word that is made of technical words: fused, prefixed or inflected."""
        if word.startswith(FUSED_HEADS) and self._is_prefixed(word):
            return PLACE
        tier = self._of_two(word, 2)
        if tier == ANY or (tier == NOWHERE and word.endswith(ENDINGS) and self._is_inflected(word)):
            return ANY
        return tier

    def _is_prefixed(self, word: str) -> bool:
        rests = (word[len(head) :] for head in FUSED_HEADS if word.startswith(head))
        return any(
            self.tiers.get(rest, NOWHERE) <= (PLACE if len(rest) > LONGEST_PART else COMMON)
            for rest in rests
            if len(rest) >= LONGEST_PART
        )

    def _is_inflected(self, word: str) -> bool:
        for ending in ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= SHORTEST_PART:
                stem = word[: -len(ending)]
                stems = (stem, stem + "e", stem[:-1] if stem[-1] == stem[-2] else stem)
                if any(self.tiers.get(one, NOWHERE) <= PLACE for one in stems):
                    return True
        return False

    def _of_two(self, word: str, cuts: int) -> int:
        """The tier of a fusion: PLACE for two of the commonest words ("etcdserver"), ANY for other technical ones."""
        size, tier, get = len(word), NOWHERE, self.tiers.get
        for cut in range(SHORTEST_PART, size - 1):
            head = get(word[:cut], NOWHERE)
            if head > PLACE:
                continue
            rest = word[cut:]
            is_pair = size - cut >= SHORTEST_PART and size >= SHORTEST_PAIR
            tail = get(rest, NOWHERE) if is_pair else NOWHERE
            if head == tail == COMMON and cut >= LEAST_OF_PAIR and size - cut >= LEAST_OF_PAIR:
                return PLACE
            is_long = cuts > 1 and tier > ANY and size - cut >= SHORTEST_FUSED
            if tail <= PLACE or rest in FUSED_TAIL or (is_long and self._of_two(rest, 1) <= ANY):
                tier = ANY
        return tier

    def tier_of_all(self, pieces: Iterable[str]) -> int:
        """The tier of a compound: that of its least public piece."""
        worst = COMMON
        for piece in pieces:
            tier = self.tier(piece)
            if tier >= NOWHERE:
                return tier
            worst = max(worst, tier)
        return worst

    def study(self, token: str) -> Entry | None:
        """Judge a token that may be one plain word with punctuation around it; None where it is more.

        The tier of a word that may not pass is NOWHERE; only others are remembered.
        """
        if token.isalpha() and token.isascii():
            return self._study_word(token)
        found = PLAIN.fullmatch(token)
        if found is None:
            return None
        core, tail = found.groups()
        lowered = core.lower()
        tier = self.tier(core)
        words: tuple[str, ...] = (lowered,)
        if not (core.islower() and core.isalpha()):
            pieces = PIECE.findall(core)
            if len(pieces) > 1:
                words = (*map(str.lower, pieces), lowered)
                tier = min(tier, self.tier_of_all(pieces))
        if COMMON < tier < NOWHERE and GIVEN.match(lowered):
            tier = NOWHERE  # "my-harbor", "harbor-db": however public the word is, a person put it together
        if tier == ANY and (
            tail[:1] == ":"
            or (token[0] in "([{" and tail[:1] in (")", "]", "}"))
            or not (core.isalpha() or core.isupper() or lowered.startswith(HEADS) or lowered.endswith(TAILS))
        ):
            tier = NOWHERE  # before a colon, alone in brackets, or in a compound: as often a name as a word
        if tier >= NOWHERE:
            return tier, ANY, words
        entry = (tier, effect_of(lowered, tail), words)
        self.remember(token, entry)
        return entry

    def _study_word(self, word: str) -> Entry:
        """Judge a token of letters alone, which needs no pattern."""
        lowered = word.lower()
        tier = self.tier(word)
        words: tuple[str, ...] = (lowered,)
        if word != lowered:
            pieces = PIECE.findall(word)
            if len(pieces) > 1:
                words = (*map(str.lower, pieces), lowered)
                tier = min(tier, self.tier_of_all(pieces))
        if tier >= NOWHERE:
            return tier, ANY, words
        entry = (tier, effect_of(lowered, ""), words)
        self.remember(word, entry)
        return entry

    def remember(self, token: str, entry: Entry) -> None:
        """Let a public token pass by one look-up from now on."""
        if len(self.memo) >= self.memo_limit:
            self.memo.clear()
        self.memo[token] = entry


_loading = Lock()
_shipped: dict[bool, Vocabulary] = {}


def shipped(*, small: bool = False) -> Vocabulary:
    """Load the shipped vocabulary once; it takes some milliseconds, at the first text of a process.

    `small` takes half a megabyte instead of three and a half, and ten times as long for a word it has not met.
    """
    if small not in _shipped:
        with _loading:
            if small not in _shipped:
                words = Words(_packed())
                _shipped[small] = Vocabulary(words if small else words.to_dict())
    return _shipped[small]


def _packed() -> bytes:
    loader = __spec__.loader  # reads from folders, wheels and frozen apps alike
    data: bytes = loader.get_data(__file__.replace("vocabulary.py", "vocabulary.bin"))  # type: ignore[union-attr]
    return data
