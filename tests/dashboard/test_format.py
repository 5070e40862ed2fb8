"""Do numbers read the way a person writes them, and never better than they are?"""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.dashboard.format import ENGLISH, formats_for


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, "–"),
        (0, "0 ms"),
        (0.4237, "0.42 ms"),
        (12.0, "12 ms"),
        (23.5, "23.5 ms"),
        (153.2, "153 ms"),
        (999.4, "999 ms"),
        (999.6, "1 s"),
        (1534, "1.53 s"),
        (59_990, "60 s"),
        (60_000, "1 min"),
        (125_000, "2 min 5 s"),
        (3_600_000, "1 h"),
        (5_580_000, "1 h 33 min"),
        (360_000_000_000, "100,000 h"),
    ],
)
def test_a_duration_is_in_the_unit_that_a_person_would_choose(milliseconds: float | None, text: str) -> None:
    assert ENGLISH.duration(milliseconds) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (None, "–"),
        (0, "0%"),
        (1, "100%"),
        (0.5, "50.0%"),
        (0.9341, "93.4%"),
        (0.99999, ">99.9%"),
        (1e-6, "<0.1%"),
    ],
)
def test_a_share_is_in_percent(share: float | None, text: str) -> None:
    assert ENGLISH.share(share) == text


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_only_all_is_100_percent_and_only_none_is_0_percent(some: int, more: int) -> None:
    text = ENGLISH.share(some / (some + more))
    assert text not in ("100%", "100.0%", "0.0%")
    assert (text == "0%") == (some == 0)


def test_thousands_stand_apart_and_nouns_agree() -> None:
    assert ENGLISH.number(1234567) == "1,234,567"
    assert ENGLISH.count(1, "install", "installs") == "1 install"
    assert ENGLISH.count(1200, "install", "installs") == "1,200 installs"


def test_a_span_names_month_and_year_once_where_they_are_the_same() -> None:
    def day(*parts: int) -> datetime:
        return datetime(*parts, tzinfo=UTC)

    assert ENGLISH.days(day(2026, 11, 3), day(2026, 11, 3, 23)) == "3 Nov 2026"
    assert ENGLISH.days(day(2026, 11, 3), day(2026, 11, 23)) == "3 to 23 Nov 2026"
    assert ENGLISH.days(day(2026, 10, 24), day(2026, 11, 23)) == "24 Oct to 23 Nov 2026"
    assert ENGLISH.days(day(2025, 12, 31), day(2026, 1, 1)) == "31 Dec 2025 to 1 Jan 2026"


def test_whoever_asks_for_an_unknown_language_gets_english() -> None:
    assert formats_for("tlh, de;q=0.5").language == "en"
    assert formats_for("").language == "en"


@pytest.mark.parametrize(
    ("accepted", "number", "share"),
    [
        ("", "1,234.5", "12.3%"),
        ("de-DE,de;q=0.9,en;q=0.8", "1.234,5", "12,3\N{NO-BREAK SPACE}%"),
        ("fr;q=0.4, de;q=0.2", "1\N{NARROW NO-BREAK SPACE}234,5", "12,3\N{NARROW NO-BREAK SPACE}%"),
        ("ja, en;q=0.5, de;q=0.1", "1,234.5", "12.3%"),
        ("de;q=0", "1,234.5", "12.3%"),
        ("de;q=x", "1,234.5", "12.3%"),
    ],
)
def test_numbers_are_written_as_the_browser_prefers(accepted: str, number: str, share: str) -> None:
    formats = formats_for(accepted)
    assert (formats.number(1234.5, 1), formats.share(0.123)) == (number, share)
    assert formats.language == "en"
