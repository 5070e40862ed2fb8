"""Do equal failures get one fingerprint whatever a machine knew, and different failures different ones?"""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.privacy import Cleaner, fingerprint
from aboveboard.privacy.folding import shared


def test_it_is_16_hex_digits() -> None:
    assert re.fullmatch("[0-9a-f]{16}", fingerprint("Error", "125", "no such container <name>"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("no such container <name>", "no such container <word>"),
        ("open <path>/podman.sock: denied", "open <path>: denied"),
        ("session for <name> <word> ended", "session for <name> ended"),
        ("line 12 of 40", "line 7 of 4000"),
        ("https://<host>/v2/ refused", "https://<host>:5000/v2/<path> refused"),
    ],
)
def test_what_machines_know_differently_makes_no_difference(one: str, other: str) -> None:
    assert fingerprint("Error", "1", one) == fingerprint("Error", "1", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Error", "1", "refused"), ("Error", "2", "refused")),
        (("Error", "1", "refused"), ("TypeError", "1", "refused")),
        (("Error", "", "HTTP 404"), ("Error", "", "HTTP 500")),
        (("a", "b", ""), ("a\0b", "", "")),
        (("Error", "1", "no such container <name>"), ("Error", "1", "no such volume <name>")),
    ],
)
def test_different_failures_differ(one: tuple[str, str, str], other: tuple[str, str, str]) -> None:
    assert fingerprint(*one) != fingerprint(*other)


def test_two_machines_group_one_failure() -> None:
    knows = Cleaner(["phoenix"]).clean("cannot remove container phoenix: image is in use")
    knows_not = Cleaner().clean("cannot remove container zubrowka: image is in use")
    assert fingerprint("Error", "2", knows) == fingerprint("Error", "2", knows_not)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("could not bind port 48151", "could not bind port *"),
        ("open <path>/podman.sock: denied after 2.5 s", "open * denied after * s"),
        ("no such container <name> <word>", "no such container *"),
        ("HTTP 404 at line 12", "HTTP 404 at line *"),
        ("connection refused", "connection refused"),
    ],
)
def test_what_is_shared_has_no_number_and_no_name_of_one_machine(text: str, told: str) -> None:
    assert shared(text) == told


NUMBERS = st.sampled_from(["0", "7", "11", "2222", "48151", "2.5", "404", "404.5"])
PLACES = st.sampled_from(["<name>", "<path>/a.sock", "x<word>7", "<name> <word>", "*"])
WORDS = st.sampled_from(["port", "refused:", "v2", "0x7f", "500", "-", "*", "a.b"])


@given(st.data(), st.lists(st.sampled_from("nwp"), max_size=8), st.sampled_from([" ", "=", ""]))
def test_every_text_of_one_fingerprint_is_shown_alike(
    data: st.DataObject, parts: list[str], between: str
) -> None:
    words = [data.draw(WORDS) if part == "w" else "" for part in parts]
    one, other = (
        between.join(
            word or data.draw(NUMBERS if part == "n" else PLACES)
            for word, part in zip(words, parts, strict=True)
        )
        for _ in range(2)
    )
    if fingerprint("", "", one) == fingerprint("", "", other):
        assert shared(one) == shared(other)
