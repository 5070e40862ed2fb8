"""Does the small form of the vocabulary say the same as the fast one?"""

from hypothesis import given
from hypothesis import strategies as st

from aboveboard.privacy import Cleaner
from aboveboard.privacy.vocabulary import shipped
from aboveboard.privacy.words import Words, pack

FAST = shipped().tiers
SMALL = shipped(small=True).tiers
WORDS = sorted(FAST.to_dict() if isinstance(FAST, Words) else FAST)  # type: ignore[call-overload]
NONE = 9


def test_every_word_has_the_same_tier_in_both_forms() -> None:
    assert len(WORDS) > 30_000
    assert all(SMALL.get(word, NONE) == FAST.get(word, NONE) for word in WORDS)


def test_what_nearly_is_a_word_has_the_same_tier_in_both_forms() -> None:
    for word in WORDS[::7]:
        for near in (
            word[:-1],
            word + "s",
            word + "\1",
            word + "\n",
            "\n" + word,
            word[1:],
            word[:3],
            word[:1],
        ):
            assert SMALL.get(near, NONE) == FAST.get(near, NONE), near


@given(st.text(max_size=12))
def test_any_text_has_the_same_tier_in_both_forms(text: str) -> None:
    assert SMALL.get(text, NONE) == FAST.get(text, NONE)


@given(st.dictionaries(st.from_regex(r"[a-z0-9_-]{1,8}", fullmatch=True), st.integers(0, 4), min_size=1))
def test_whatever_is_packed_is_found_again(tiers: dict[str, int]) -> None:
    words = Words(pack(tiers))
    assert words.to_dict() == tiers
    assert {word: words.get(word) for word in tiers} == tiers


def test_a_small_cleaner_cleans_the_same() -> None:
    text = "cannot remove container phoenix at /srv/zeta: preinitialized userauth, Karl said 'no such image'"
    assert Cleaner(["karl"], small=True).clean(text) == Cleaner(["karl"]).clean(text)
