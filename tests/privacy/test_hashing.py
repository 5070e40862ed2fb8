"""Are hashes those of RFC 7693, bound to key and purpose, and told from everything else?"""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.privacy import Hasher, is_hashed

KEY = bytes(range(32))
# Made once with the reference `b2sum`-compatible BLAKE2b of hashlib and kept here: a change breaks stored data.
ANSWERS = {
    ("alice", "container"): "h:f378c31ecd8d8462",
    ("alice", "image"): "h:9caa75f422b69f41",
    ("", "container"): "h:e315bce2283398e9",
    ("müller", "a purpose longer than sixteen bytes"): "h:67de60eb17bc0ad9",
}


@pytest.mark.parametrize(("value", "purpose"), ANSWERS)
def test_known_answers(value: str, purpose: str) -> None:
    assert Hasher(KEY).hash(value, purpose) == ANSWERS[value, purpose]


def test_the_algorithm_is_keyed_blake2b_with_the_purpose_as_personalisation() -> None:
    expected = hashlib.blake2b(b"alice", digest_size=8, key=KEY, person=b"container").hexdigest()
    assert Hasher(KEY).hash("alice", "container") == "h:" + expected


@given(value=st.text(), purpose=st.text(), key=st.binary(min_size=32, max_size=32))
def test_every_hash_is_recognised_and_no_value_is_in_it(value: str, purpose: str, key: bytes) -> None:
    hashed = Hasher(key).hash(value, purpose)
    assert is_hashed(hashed)
    assert Hasher(key).hash(value, purpose) == hashed


def test_another_key_or_purpose_gives_another_hash() -> None:
    hashes = {Hasher(key).hash("alice", purpose) for key in (KEY, KEY[::-1]) for purpose in ("a", "b")}
    assert len(hashes) == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "h:",
        "alice",
        "h:0123456789ABCDEF",
        "h:0123456789abcde",
        "h:0123456789abcdef0",
        "x:0123456789abcdef",
        "h:0123456789abcdeg",
    ],
)
def test_nothing_else_is_taken_for_a_hash(text: str) -> None:
    assert not is_hashed(text)


def test_a_short_key_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        Hasher(b"short")


def test_the_key_is_not_shown() -> None:
    assert KEY.hex() not in repr(Hasher(KEY))
    assert repr(KEY) not in repr(Hasher(KEY))
