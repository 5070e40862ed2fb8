"""Do equal failures get one fingerprint whatever a machine knew, and different failures different ones?"""

import re

import pytest

from aboveboard.privacy import Cleaner, fingerprint


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
