"""Does the questionnaire answer what the catalog knows, and leave the rest to people?"""

from aboveboard.governance.diff import diff
from aboveboard.governance.review import questionnaire

from .conftest import reading_of

EVENT = (
    'b\naction = true\n[events.b.properties]\nhost = { type = "name", kind = "host", description = "Which." }'
)


def test_known_answers_are_filled_in_and_others_left_blank() -> None:
    from datetime import date

    new = reading_of("a", EVENT)
    assert new.catalog is not None
    found = diff(reading_of("a").catalog, new, date(2026, 6, 1))
    text = questionnaire(new.catalog, ["b"], found)
    for answer in (
        "It happened.",
        "How often?",
        "us",
        "https://example.org/1",
        "until 2027-01-01",
        "- new: the event",
    ):
        assert answer in text
    assert "`host` is a name that people gave: hashed" in text
    assert "`error` is an error" in text, "what every action has is part of it"
    assert text.count("to be answered by") == 3
    assert "## a\n" not in text


def test_nothing_new_is_nothing_to_review() -> None:
    catalog = reading_of("a").catalog
    assert catalog is not None
    assert "nothing to review" in questionnaire(catalog, [])
