"""In which tier is each shipped word? One text with an index, in a sixth of the memory of a dictionary."""

import re
from array import array
from collections import Counter
from collections.abc import Mapping
from itertools import accumulate
from typing import Final, overload
from zlib import compress, decompress

__all__ = ["Tiers", "Words", "pack"]

SHORT, LONG = 2, 3  # letters of a beginning
LARGE: Final = 100  # bytes of words from which on a long beginning has a part of its own
FIRST_MARK: Final = 1  # a word is followed by the sign with the number of its tier and this
MARKS: Final = b"\1\2\3\4\5"
ENTRY: Final = re.compile(rb"\n([^\1-\5\n]+)([\1-\5])")
SIZE_BYTES: Final = 4


class Words:
    """The words in the order of the alphabet, each with its tier; asked in half a microsecond."""

    def __init__(self, packed: bytes) -> None:
        """Unpack what `pack` made; nothing is done word by word, and the text is not copied."""
        size = int.from_bytes(packed[:SIZE_BYTES], "big")
        self._text = decompress(memoryview(packed)[SIZE_BYTES:], bufsize=size)
        first = self._text.index(b"\n")
        begin = self._text.index(b"\n", first + 1)
        sizes = map(int, self._text[first + 1 : begin].split(b" "))
        self._starts = array("I", accumulate(sizes, initial=begin + 1))
        beginnings = self._text[:first].decode("ascii").split(" ")
        self._index = {beginning: number for number, beginning in enumerate(beginnings)}

    @overload
    def get(self, word: str, /) -> int | None: ...

    @overload
    def get(self, word: str, default: int, /) -> int: ...

    def get(self, word: str, default: int | None = None, /) -> int | None:
        """The tier of a word in lower case, `default` where it is not shipped."""
        number = self._index.get(word[:LONG])
        if number is None:
            number = self._index.get(word[:SHORT])
        if number is None or not word.isprintable():
            return default
        # The word itself comes before all that begin with it, because marks come before letters.
        text = self._text
        entry = f"\n{word}".encode()
        at = text.find(entry, self._starts[number], self._starts[number + 1])
        tier = text[at + len(entry)] - FIRST_MARK if at >= 0 else len(MARKS)
        return tier if tier < len(MARKS) else default

    def to_dict(self) -> dict[str, int]:
        """All words: ten times as fast to ask, and five times as large."""
        return {word.decode("ascii"): mark[0] - FIRST_MARK for word, mark in ENTRY.findall(self._text)}


# What answers with the tier of a word: for many texts a dictionary, where memory counts `Words`.
Tiers = dict[str, int] | Words


def pack(tiers: Mapping[str, int]) -> bytes:
    """Pack words with their tiers, as they are shipped: beginnings, the size of each part, the parts."""
    sizes = Counter(word[:LONG] for word in tiers for _ in range(len(word) + 2))
    parts: dict[str, list[str]] = {}
    for word in sorted(tiers):
        beginning = word[: LONG if sizes[word[:LONG]] >= LARGE else SHORT]
        parts.setdefault(beginning, []).append(f"\n{word}{chr(tiers[word] + FIRST_MARK)}")
    joined = {beginning: "".join(entries) for beginning, entries in parts.items()}
    lines = (" ".join(joined), " ".join(str(len(part)) for part in joined.values()), "".join(joined.values()))
    text = "\n".join(lines).encode("ascii")
    return len(text).to_bytes(SIZE_BYTES, "big") + compress(text, 9)
