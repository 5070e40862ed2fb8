"""Is a write key admitted, refused with a reason, and an anonymous id turned into nothing one could join?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.access import Source, Sources
from aboveboard.errors import RequestRefused

ONE = Source(name="one", write_keys=("a",), revoked_keys=("old",), install_key="00" * 32)
TWO = Source(name="two", write_keys=("b", "c"), install_key="11" * 32, kind="development")


@pytest.mark.parametrize(
    ("key", "reason"), [("", "no write key"), ("x", "unknown write key"), ("old", "revoked write key")]
)
def test_a_key_that_is_no_key_is_refused_with_400_and_its_reason(key: str, reason: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        Sources([ONE, TWO]).admit(key)
    assert (refused.value.status, refused.value.reason) == (400, reason)


def test_each_key_of_a_source_is_admitted() -> None:
    assert Sources([ONE, TWO]).admit("c") is TWO


def test_development_is_left_out_unless_there_is_nothing_else() -> None:
    assert Sources([ONE, TWO]).answering() == ["one"]
    assert Sources([TWO]).answering() == ["two"]


@given(st.text(min_size=1))
def test_an_install_is_the_same_within_a_source_and_another_elsewhere(anonymous_id: str) -> None:
    assert ONE.install(anonymous_id) == ONE.install(anonymous_id)
    assert ONE.install(anonymous_id) != TWO.install(anonymous_id)
    assert len(ONE.install(anonymous_id)) == 16


def test_an_event_without_an_id_is_no_install() -> None:
    assert ONE.install("") == ""


def test_the_hash_is_keyed_blake2b() -> None:
    # Known answer: hashlib.blake2b(b"a", key=bytes(32), digest_size=8, person=b"install")
    assert ONE.install("a") == "2f29ec467c00cab0"
