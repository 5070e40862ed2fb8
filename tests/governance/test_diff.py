"""Is every way in which more is collected seen, and does it need an issue of its own?"""

import json
from datetime import date

import pytest

from aboveboard.governance.changes import FORMATS
from aboveboard.governance.diff import KINDS, Change, diff

from .conftest import reading_of

TODAY = date(2026, 6, 1)
OTHER = "https://example.org/2"


def changes(old: str, new: str, **head: str) -> list[Change]:
    return diff(reading_of(old).catalog, reading_of(new, **head), TODAY)


def kinds(found: list[Change]) -> set[str]:
    return {each.kind for each in found}


def prop(text: str) -> str:
    return f"a\n[events.a.properties.p]\n{text}"


MORE = {
    "a property": ("a", prop('type = "bool"'), "new"),
    "a weaker type": (prop('type = "bool"'), prop('type = "text"'), "loosened"),
    "a value": (prop('type = "enum"\nvalues = ["x"]'), prop('type = "enum"\nvalues = ["x", "y"]'), "loosened"),
    "a bucket": (prop('type = "bucket"\nedges = [1, 9]'), prop('type = "bucket"\nedges = [1, 5, 9]'), "loosened"),
    "a member": (
        prop('type = "map"\nfields.x = { type = "bool" }'),
        prop('type = "map"\nfields.x = { type = "bool" }\nfields.y = { type = "bool" }'),
        "loosened",
    ),
    "open keys": (
        prop('type = "map"\nof = { type = "bool" }\nkeys = ["x"]'),
        prop('type = "map"\nof = { type = "bool" }'), "loosened",
    ),
    "items of a weaker type": (
        prop('type = "list"\nof = { type = "bool" }'), prop('type = "list"\nof = { type = "text" }'), "loosened",
    ),
    "an action": ("a", "a\naction = true", "loosened"),
}  # fmt: skip


@pytest.mark.parametrize("what", MORE)
def test_more_is_growth_and_less_is_not(what: str) -> None:
    old, new, kind = MORE[what]
    grown = changes(old, new)
    assert [each.kind for each in grown] == [kind]
    assert grown[0].unreviewed, "the issue of before was about what was there before"
    back = changes(new, old)
    assert kinds(back) <= {"tightened", "removed"}
    assert not any(each.unreviewed for each in back)


@pytest.mark.parametrize("what", MORE)
def test_an_issue_of_its_own_makes_growth_agreed(what: str) -> None:
    old, new, kind = MORE[what]
    grown = changes(old, new, issue=OTHER)
    assert kinds(grown) == {kind, "reworded"}
    assert not any(each.unreviewed for each in grown)


def test_a_longer_time_and_more_people_are_growth() -> None:
    longer = changes("a", "a", expires="2027-06-01")
    wider = changes("a", "a", level="crash")
    assert [each.kind for each in longer + wider] == ["loosened", "loosened"]
    assert [each.kind for each in diff(reading_of("a", level="crash").catalog, reading_of("a"), TODAY)] == [
        "tightened"
    ]


def test_a_new_event_needs_any_issue() -> None:
    agreed = diff(reading_of("a").catalog, reading_of("a", "b"), TODAY)
    alone = diff(reading_of("a").catalog, reading_of("a", "b", issue=""), TODAY)
    assert [(each.kind, each.event, each.unreviewed) for each in agreed] == [("new", "b", False)]
    assert ("new", "b", True) in [(each.kind, each.event, each.unreviewed) for each in alone]


def test_the_same_catalog_has_no_changes_and_no_catalog_is_all_new() -> None:
    assert changes("a", "a") == []
    assert [each.kind for each in diff(None, reading_of("a"), TODAY)] == ["new"]
    assert [each.kind for each in diff(reading_of("a").catalog, None, TODAY, "gone.toml")] == ["removed"]


def test_what_has_expired_is_said() -> None:
    assert "expired" in kinds(diff(reading_of("a").catalog, reading_of("a", expires="2026-05-31"), TODAY))


def every_kind() -> list[Change]:
    old = reading_of("gone", "shut", 'b\n[events.b.properties.p]\ntype = "text"').catalog
    new = reading_of(
        "shut\naction = true", 'b\n[events.b.properties.p]\ntype = "bool"', "new|er", expires="2026-05-31"
    )
    return diff(old, new, TODAY)


def test_every_form_says_every_change() -> None:
    found = every_kind()
    assert kinds(found) == set(KINDS) - {"reworded"}
    for form in ("text", "github"):
        assert len(FORMATS[form](found).splitlines()) == len(found)
    told = json.loads(FORMATS["json"](found))
    assert [row["event"] for row in told["changes"]] == [each.event for each in found]
    assert told["unreviewed"] is True
    comment = FORMATS["markdown"](found)
    assert all(f"### {word}" in comment for word in ("New", "Loosened", "Tightened", "Removed", "Expired"))
    assert "new\\|er" in comment
    assert "**not yet**" in comment
    assert "nothing" in FORMATS["markdown"]([])


def test_annotations_cannot_be_broken_out_of() -> None:
    hostile = Change("new", "a\n::error::x", "", "50%", "a,b:c", 3)
    text = FORMATS["github"]([hostile])
    assert len(text.splitlines()) == 1
    assert "file=a%2Cb%3Ac,line=3" in text
