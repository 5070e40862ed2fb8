"""Does a viewer's answer tell of no small group, whatever is asked, and does it tell all that it may?"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aboveboard.insights import QUESTIONS
from aboveboard.insights.disclosure import TOO_FEW, Answer, disclosed, on_grid
from aboveboard.insights.disclosure.answers import MOST_FILTERS, NONE_NEW, RULES
from aboveboard.insights.filters import FilterError
from aboveboard.insights.versions import order
from tests.insights.conftest import NOON, Put, Store, sent

SMALL = 5


def crowd(event: str, count: int, first: int = 0, **more: Any) -> list[dict[str, Any]]:
    return [sent(event, f"i{number}", **more) for number in range(first, first + count)]


def seen(put: Put, question: str, **equal: str) -> list[dict[str, Any]]:
    return disclosed(put.store.client, question, put.filters(**equal), [put.name], SMALL).rows


def test_every_question_has_its_rule() -> None:
    assert set(RULES) == set(QUESTIONS)


def test_counts_are_rounded_and_small_groups_stand_under_other(store: Store) -> None:
    put = store.put(
        [*crowd("pull", 23), *crowd("push", 9), *crowd("rare", 3), *crowd("login", 7)], development=False
    )
    rows = {row["event"]: row for row in seen(put, "actions")}
    assert set(rows) == {"pull", "push", "other"}
    assert (rows["pull"]["events"], rows["pull"]["installs"]) == (20, 20)
    assert (rows["push"]["events"], rows["push"]["installs"]) == (5, 5)
    # The smallest that could have been shown is there too: else the three installs would follow from the total.
    assert (rows["other"]["events"], rows["other"]["installs"]) == (10, None)


def test_what_stands_under_other_cannot_be_asked_for(store: Store) -> None:
    put = store.put([*crowd("pull", 23), *crowd("push", 9), *crowd("rare", 3)], development=False)
    answer = disclosed(store.client, "actions", put.filters(event="push"), [put.name], SMALL)
    assert (answer.rows, answer.note) == ([], TOO_FEW)


def test_a_failure_of_few_is_no_number_and_no_rate(store: Store) -> None:
    broken = crowd("pull", 3, first=30, error={"message": "connection refused"})
    (row,) = seen(store.put(crowd("pull", 23) + broken, development=False), "actions")
    assert (row["failures"], row["success_rate"], row["success_low"], row["reasons"]) == (
        None,
        None,
        None,
        [],
    )
    worse = crowd("pull", 12, first=30, error={"message": "connection refused"})
    (row,) = seen(store.put(crowd("pull", 23) + worse, development=False), "actions")
    assert (row["failures"], row["success_rate"]) == (10, pytest.approx(2 / 3))
    assert [(reason["failures"], reason["text"]) for reason in row["reasons"]] == [(10, "connection refused")]


def test_the_span_of_time_is_widened_to_whole_weeks(store: Store) -> None:
    asked = store.put([], development=False).filters(days=3)
    wide = on_grid(asked)
    assert (wide.since.weekday(), wide.until.weekday()) == (0, 0)
    assert (wide.since.hour, wide.until.hour) == (0, 0)
    assert asked.since - timedelta(days=7) < wide.since <= asked.since
    assert asked.until <= wide.until < asked.until + timedelta(days=7)
    assert on_grid(wide) == wide


def test_too_many_filters_are_refused_with_a_sentence(store: Store) -> None:
    put = store.put(crowd("pull", 9), development=False)
    equal = {"os": "Linux", "arch": "x64", "country": "DE", "version": "1.0.0"}
    with pytest.raises(FilterError, match=f"4 filters are combined here .* and {MOST_FILTERS} may be"):
        disclosed(store.client, "actions", put.filters(**equal), [put.name], SMALL)


def test_to_name_one_of_two_sources_is_a_filter_too(store: Store) -> None:
    large, small = (store.put(crowd("pull", count), development=False) for count in (20, 3))
    both = [large.name, small.name]
    assert disclosed(store.client, "actions", large.filters(), both, SMALL).note == TOO_FEW
    assert disclosed(store.client, "actions", large.filters(), [large.name], SMALL).rows


VERSIONS = ["1.0.0", "1.1.0-nightly.77", "1.1.0", "2.0.0"]
FAILURES = st.tuples(
    st.sampled_from(["connection refused", "permission denied", "file not found", "timeout expired"]),
    st.sampled_from(VERSIONS),
    st.integers(0, 3),
    st.integers(1, 12),
)


def failures(message: str, count: int, first: int = 0, **more: Any) -> list[dict[str, Any]]:
    return crowd("pull", count, first, error={"message": message}, **more)


def new_since(put: Put, version: str) -> Answer:
    filters = replace(put.filters(), new_since=version)
    return disclosed(put.store.client, "errors", filters, [put.name], SMALL)


def test_what_is_new_tells_of_no_version_that_a_row_hides(store: Store) -> None:
    alone = failures("permission denied", 1, 50, version="1.1.0-nightly.77", at=NOON - timedelta(hours=1))
    put = store.put([*alone, *failures("permission denied", 12, version="1.2.0")], development=False)
    assert [row["first_version"] for row in seen(put, "errors")] == [""]
    for version in ("1.0.0", "1.1.0-nightly.77", "1.1.0-nightly.78", "1.2.0"):
        answer = new_since(put, version)
        assert (answer.rows, answer.note) == ([], NONE_NEW.format(version=version))


def test_what_is_new_tells_no_sum_of_small_groups(store: Store) -> None:
    small = [
        *failures("file not found", 3, 20, version="1.0.0"),
        *failures("timeout expired", 3, 30, version="2.0.0"),
    ]
    large = [
        *failures("connection refused", 8, version="2.0.0"),
        *failures("permission denied", 9, version="2.0.0"),
    ]
    put = store.put(small + large, development=False)
    assert [row["installs"] for row in seen(put, "errors")] == [5, None]
    for version in ("1.0.0", "2.0.0", "3.0.0"):
        assert all(row["installs"] is not None for row in new_since(put, version).rows)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FAILURES, min_size=1, max_size=10))
def test_what_is_new_follows_from_rows_that_are_shown_without_asking(store: Store, drawn: list[Any]) -> None:
    """So no two answers differ by anything but rows that may be seen whole."""
    events = [
        event
        for place, (message, version, days, count) in enumerate(drawn)
        for event in failures(
            message, count, place % 2 * 8, version=version, at=NOON - timedelta(days=days, minutes=place)
        )
    ]
    put = store.put(events, development=False)
    shown = [row for row in seen(put, "errors") if row["installs"] is not None]
    for version in ("1.0.5", "1.1.0-nightly.78", "2.0.0"):
        expected = [row for row in shown if order(row["first_version"]) >= order(version)]
        assert new_since(put, version).rows == expected


def test_causes_are_told_from_rounded_numbers(store: Store) -> None:
    events = []
    for number in range(160):
        windows = number % 4 == 0
        error = {"error": {"message": "x"}} if number % 8 == 0 or number % 13 == 0 else {}
        events.append(sent("pull", f"i{number}", os="Windows" if windows else "Linux", properties=error))
    put = store.put(events, development=False)
    exact = put.ask(QUESTIONS["explain"])
    (row, *_) = seen(put, "explain")
    assert exact[0]["attributes"] == row["attributes"]
    for name in ("failing_installs", "installs", "failing_without", "installs_without"):
        assert row[name] % 5 == 0
    risk = (row["failing_installs"] / row["installs"]) / max(
        row["failing_without"] / row["installs_without"], 1e-9
    )
    assert row["relative_risk"] == pytest.approx(risk) or not row["failing_without"]
    assert f"{row['share_of_failures']:.0%}".replace("%", " %") in row["sentence"]


FACTS = st.tuples(
    st.sampled_from(["pull", "push", "build"]),
    st.sampled_from(["Linux", "Windows", "Mac"]),
    st.sampled_from(["1.0.0", "1.1.0"]),
    st.sampled_from([{}, {"error": {"message": "connection refused"}}]),
    st.integers(0, 20),
    st.integers(1, 12),
)
FILTERS = [
    {},
    {"os": "Linux"},
    {"os": "Mac"},
    {"version": "1.0.0"},
    {"event": "pull"},
    {"os": "Linux", "event": "pull"},
]


def table(drawn: list[Any]) -> Iterator[dict[str, Any]]:
    for place, (event, os, version, error, days, count) in enumerate(drawn):
        at = NOON - timedelta(days=days)
        for number in range(place % 2 * 8, place % 2 * 8 + count):
            yield sent(event, f"i{number}", at=at, os=os, version=version, properties=error)


def members(put: Put, **equal: str) -> set[Any]:
    column = {"os": "os", "version": "app_version", "event": "event"}
    return {
        (event.install, event.message_id)
        for event in put.events
        if all(getattr(event, column[name]) == value for name, value in equal.items())
    }


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FACTS, min_size=1, max_size=10))
def test_no_two_answers_differ_by_a_hidden_cell(store: Store, drawn: list[Any]) -> None:
    """Every pair of which one asks for part of the other, and every total less its seen parts."""
    put = store.put(list(table(drawn)), development=False)
    cells: list[tuple[dict[str, str], set[Any]]] = []
    for equal in FILTERS:
        whole = members(put, **equal)
        for question, key, column in (("actions", "event", "event"), ("environment", "value", "os")):
            rows = seen(put, question, **equal)
            if question == "environment":
                rows = [row for row in rows if row["attribute"] == "os"]
            if not rows or equal.get(column):
                continue
            shown = [{**equal, column: row[key]} for row in rows if row[key] != "other"]
            parts = [members(put, **part) for part in shown]
            assert all(people(part) >= SMALL for part in parts)
            rest = whole.difference(*parts) if parts else set()
            assert not rest or people(rest) >= SMALL
            cells += [(equal, whole), *zip(shown, parts, strict=True)]
    for (narrow, less), (wide, more) in permutations(cells, 2):
        if wide.items() <= narrow.items() and less < more:
            assert people(more - less) >= SMALL


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(FACTS, min_size=1, max_size=10), st.sampled_from(FILTERS))
def test_every_count_of_every_answer_is_rounded(
    store: Store, drawn: list[Any], equal: dict[str, str]
) -> None:
    put = store.put(list(table(drawn)), development=False)
    for question in QUESTIONS:
        for row in seen(put, question, **equal):
            for name, value in numbers(row):
                if name not in _NO_COUNTS:
                    assert value % 5 == 0, (question, name, value)
            json.dumps(row, default=str)


_NO_COUNTS = {"step", "tested", "status_code", "exit_code", "relative_risk", "low", "high", "a_day", "success_rate",
              "success_low", "success_high", "share", "share_of_failures", "of_previous", "saving", "p50_ms", "p95_ms",
              "p99_ms", "events_margin"}  # fmt: skip


def numbers(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from numbers(part, key if isinstance(key, str) else name)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from numbers(part, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def people(events: set[Any]) -> int:
    return len({install for install, _ in events})


@pytest.mark.parametrize(("one", "more"), list(product(range(30), range(1, 5))))
def test_two_rounded_numbers_never_tell_how_small_a_difference_is(one: int, more: int) -> None:
    """Where two answers differ in time, what lies between may be small: all sizes of it look alike."""
    if one < SMALL:
        return
    shown = one // 5 * 5, (one + more) // 5 * 5
    alike = {
        high - low
        for low in range(shown[0], shown[0] + 5)
        for high in range(shown[1], shown[1] + 5)
        if high >= low
    }
    assert {1, 2, 3, 4} <= alike
