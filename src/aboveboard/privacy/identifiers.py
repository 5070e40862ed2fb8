"""How public is an identifier: "cgroupv2", "ListObjectsV2", "RLIMIT_NOFILE", "my-service_name"?"""

import re

from aboveboard.privacy.constants import CONSTANT
from aboveboard.privacy.known import Known
from aboveboard.privacy.vocabulary import ANY, COMMON, NOWHERE, PIECE, PLACE, Vocabulary

__all__ = ["NAME_PART", "Identifiers"]

ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d")
NAME_PART = re.compile(r"[^A-Za-z0-9]+")
CAMEL = re.compile(r"[a-z]+(?:[A-Z][a-z]+)+")
MOST_OF_NAME = 3  # words that make up a name in quotes, with the whole of it
VERSIONED = re.compile(r"([A-Za-z]{2,}?)[vV]?\d{1,2}")


class Identifiers:
    """Judges compounds of words by their least public part, with what this machine knows."""

    def __init__(self, vocabulary: Vocabulary, known: Known) -> None:
        self._vocabulary = vocabulary
        self._known_words, self._known_in_places = known.words, known.in_places

    def compound(self, name: str) -> int:
        """The tier of an identifier of any spelling; letters mixed with digits only where they are listed."""
        if not name.isascii() or (name.count(".") > 2 and ADDRESS.search(name)):
            return NOWHERE
        worst = COMMON
        for part in NAME_PART.split(name):
            if part:
                tier = self.part(part)
                if tier >= NOWHERE:
                    return tier
                if tier > worst:
                    worst = tier
        return worst

    def part(self, part: str) -> int:
        lowered = part.lower()
        if lowered in self._known_words:
            return NOWHERE
        if part.isdigit():
            return COMMON if len(part) < 6 else NOWHERE
        if part[-1].isdigit():
            return self._versioned(part)
        tier = self._vocabulary.tier(part)
        if tier == COMMON or (tier == PLACE and part.islower()):
            return tier
        pieces = PIECE.findall(part)
        if (
            len(pieces) < 2
            or "".join(pieces) != part
            or not self._known_words.isdisjoint(piece.lower() for piece in pieces)
        ):
            return tier
        return min(tier, self._vocabulary.tier_of_all(pieces))

    def _versioned(self, part: str) -> int:
        """The tier of a word with the number of a version behind it: "cgroupv2", "ListObjectsV2", "http2"."""
        tier = self._vocabulary.tier(part)
        found = VERSIONED.fullmatch(part)
        if tier <= PLACE or found is None or found[1].lower() in self._known_in_places:
            return tier
        return PLACE if self.part(found[1]) <= COMMON else tier

    def is_constant(self, core: str) -> bool:
        """Say whether a word is written as the constants of programs are, and says no more than they do."""
        if not core.isupper() or not core.isascii():
            return False
        if CONSTANT.fullmatch(core):
            most = NOWHERE if core.isalpha() else ANY  # a signal, or a known prefix
        elif "_" in core:
            most = PLACE
        else:
            return False
        lowered = core.lower()
        return self._known_in_places.isdisjoint((lowered, *lowered.split("_"))) and (
            self.compound(core.rstrip("46")) <= most  # AF_INET6
        )

    def is_of_program(self, core: str, words: tuple[str, ...]) -> bool:
        """Say whether a public identifier is written as those of programs are: in camel case, or of three words."""
        if self._known_in_places.isdisjoint(words):
            return CAMEL.fullmatch(core) is not None or len(words) > MOST_OF_NAME
        return False
