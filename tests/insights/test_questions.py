"""Does every question count what a plain loop over the same events counts?"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aboveboard.insights import QUESTIONS
from aboveboard.insights.disclosure import disclosed
from aboveboard.insights.overview import changed
from aboveboard.insights.versions import order
from aboveboard.store import DROPS, insert
from tests.insights import naive
from tests.insights.conftest import NOON, Put, Store, sent

STEPS = ("startup", "pull", "shutdown")


def in_place(place: tuple[str, str]) -> dict[str, Any]:
    return dict(zip(("os", "country"), place, strict=True))


INSTALLS = st.sampled_from(["", "a", "b", "c", "d"])
TIMES = st.integers(0, 20 * 86_400).map(lambda seconds: NOON - timedelta(seconds=seconds))
NEAR = st.integers(0, 4000).map(lambda seconds: NOON - timedelta(seconds=seconds))
VERSIONS = st.sampled_from(["", "1.0.0", "1.1.0", "1.2.0"])
PLACES = st.sampled_from([("Linux", "DE"), ("Linux", "DE"), ("Linux", "FR"), ("Windows", "DE")])
RESULTS = st.sampled_from(
    [
        {},
        {"error": {"message": "connection refused", "statusCode": 500}},
        {"error": {"message": "permission denied"}},
        {"success": False},
        {"outcome": "cancelled"},
        {"outcome": "timeout"},
    ]
)
EXTENSION = {"common.extensionName": "podman-desktop.kind", "common.extensionVersion": "0.3.0"}
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "durationMs": st.integers(0, 5000),
        "common.weight": st.sampled_from([1, 2, 10, 2.5]),
        "aggregated": st.just([{"durationMs": 1}, {"success": False}]),
    },
)
NAMED = st.tuples(
    st.sampled_from([*STEPS, "build"]), PROPERTIES, RESULTS, st.sampled_from([{}, EXTENSION])
).map(lambda drawn: (drawn[0], {**drawn[1], **drawn[2], **drawn[3]}))
TOLD = st.one_of(
    st.fixed_dictionaries(
        {
            "engine": st.sampled_from(["podman", "docker"]),
            "version": st.sampled_from(["5.2.0", "5.4.0"]),
            "containers": st.integers(0, 30),
        }
    ).map(lambda said: ("providers", said)),
    st.sampled_from(["1.0.0", "1.1.0"]).map(
        lambda version: (
            "activateExtension",
            {"extensionId": "podman-desktop.compose", "extensionVersion": version},
        )
    ),
    st.integers(0, 30).map(lambda total: ("listContainers", {"total": total})),
    st.just(("extensions", {"installed": [{"id": "podman-desktop.kind", "version": "0.3.0"}]})),
)
TRACKS = st.tuples(st.one_of(NAMED, TOLD), INSTALLS, st.one_of(TIMES, NEAR), VERSIONS, PLACES).map(
    lambda drawn: sent(
        drawn[0][0], drawn[1], at=drawn[2], version=drawn[3], properties=drawn[0][1], **in_place(drawn[4])
    )
)
PAGES = st.tuples(st.sampled_from(["/", "/containers", "/images"]), INSTALLS, NEAR, VERSIONS, PLACES).map(
    lambda drawn: sent(drawn[0], drawn[1], at=drawn[2], version=drawn[3], kind="page", **in_place(drawn[4]))
)
EVENTS = st.lists(st.one_of(TRACKS, TRACKS, PAGES), max_size=40)

COUNTED: dict[str, Callable[..., naive.Rows]] = {
    "actions": naive.actions,
    "action": lambda events: naive.action(events, "pull"),
    "error": naive.error,
    "overview": naive.overview,
    "errors": naive.errors,
    "environment": naive.environment,
    "pages": naive.pages,
    "extensions": naive.extensions,
    "providers": naive.providers,
    "retention": naive.retention,
    "volume": naive.volume,
    "quality": naive.quality,
    "releases": naive.releases,
    "funnel": lambda events: naive.funnel(events, STEPS) if events else [],
}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent_events=EVENTS, twice=st.booleans())
def test_every_question_counts_what_a_plain_loop_counts(
    store: Store, sent_events: list[dict[str, Any]], twice: bool
) -> None:
    put = store.put(sent_events, twice=twice)
    for question, count in COUNTED.items():
        compare(put, question, count(put.events))


def compare(put: Put, question: str, expected: naive.Rows) -> None:
    # What the plain loop does not count (words, rules, what is left out) is not compared here.
    wanted = set(expected[0]) if expected else set()
    filters = put.filters(event="pull") if question == "action" else put.filters()
    found = QUESTIONS[question](put.store.client, replace(filters, steps=STEPS))
    if question == "funnel" and not put.events:
        assert [row["installs"] for row in found] == [0, 0, 0]
        return
    if question == "environment":
        found = [row for row in found if row["attribute"] in naive.ATTRIBUTES]
    if question == "quality":
        found = [row for row in found if row["kind"] == "library"]
    assert comparable(found, wanted) == comparable(expected, wanted), question


def comparable(rows: naive.Rows, wanted: set[str]) -> list[str]:
    """Rows in any order, numbers as near as floats come."""
    return sorted(json.dumps({name: plain(row[name]) for name in sorted(wanted)}) for row in rows)


def plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {name: plain(each) for name, each in sorted(value.items())}
    return value if value is None or isinstance(value, int | str) else str(value)


def test_every_question_answers_where_there_is_nothing(store: Store) -> None:
    put = store.put([])
    for question, ask in QUESTIONS.items():
        assert ask(store.client, put.filters()) == [], question


@pytest.fixture(scope="module")
def of_extensions(store: Store) -> Put:
    return store.put(
        [
            sent("pull", install, version=version, properties=EXTENSION)
            for install in "ab"
            for version in ("1.0.0", "1.1.0")
        ]
    )


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize(
    "equal", [{"version": "1.0.0"}, {"extension": "podman-desktop.kind"}, {"event": "pull"}]
)
def test_every_question_takes_every_filter(of_extensions: Put, question: str, equal: dict[str, str]) -> None:
    rows = QUESTIONS[question](of_extensions.store.client, of_extensions.filters(**equal))
    if question == "volume":
        assert rows[0]["events"] == (2 if "version" in equal else 4)


def test_a_text_is_shown_once_five_installs_have_sent_it(store: Store) -> None:
    def failures(count: int) -> list[dict[str, Any]]:
        return [
            sent("pull", f"i{number}", error={"message": "connection refused"}) for number in range(count)
        ]

    texts = [
        store.put(failures(count), development=development).ask(QUESTIONS["errors"])[0]["text"]
        for count, development in ((4, False), (5, False), (1, True))
    ]
    assert texts == ["", "connection refused", "connection refused"]


@pytest.mark.parametrize("question", ["errors", "actions"])
def test_a_number_that_one_install_has_sent_is_shown_in_development_alone(
    store: Store, question: str
) -> None:
    numbers = (48151, 11, 2222, 80, 7)
    failures = [
        sent("bind", f"i{number}", properties={"error": {"message": f"could not bind port {number}"}})
        for number in numbers
    ]

    def texts(put: Put) -> list[str]:
        found = put.ask(QUESTIONS[question])
        return [row["text"] for row in (found if question == "errors" else found[0]["reasons"])]

    assert texts(store.put(failures, development=False)) == ["could not bind port *"]
    (text,) = texts(store.put(failures))
    assert text in {f"could not bind port {number}" for number in numbers}


def test_only_failures_that_are_new_since_a_version_are_told(store: Store) -> None:
    broken = [
        sent("pull", f"a{n}", version="1.9.0", error={"message": "connection refused"}) for n in range(2)
    ]
    late = NOON + timedelta(hours=1)
    again = [sent("pull", "b", at=late, version="1.10.0", error={"message": "connection refused"})]
    new = [sent("pull", "c", version="1.10.0", error={"message": "permission denied"})]
    put = store.put(broken + again + new)
    filters = put.filters()
    found = QUESTIONS["errors"](store.client, replace(filters, new_since="1.10.0"))
    assert [row["text"] for row in found] == ["permission denied"]


def test_a_release_that_breaks_an_action_is_told_and_one_that_mends_it(store: Store) -> None:
    events = []
    for version, failing in (("1.0.0", 2), ("1.1.0", 30), ("1.2.0", 1)):
        for number in range(60):
            error = {"error": {"message": "x"}} if number < failing else {}
            events.append(sent("pull", f"{version}-{number}", version=version, **error))
            events.append(sent("build", f"{version}-{number}", version=version))
    newest, broken, oldest = store.put(events).ask(QUESTIONS["releases"])
    assert [each["event"] for each in broken["worse"]] == ["pull"]
    assert broken["worse"][0]["relative_risk"] == pytest.approx(15.0)
    assert [each["event"] for each in newest["better"]] == ["pull"]
    assert (oldest["worse"], oldest["better"], newest["worse"], broken["better"]) == ([], [], [], [])


def test_versions_are_ordered_by_their_numbers() -> None:
    versions = ["1.10.0", "1.9.0", "1.10.0-rc1", "v1.2", "2.0"]
    assert sorted(versions, key=order) == ["v1.2", "1.9.0", "1.10.0-rc1", "1.10.0", "2.0"]


@given(st.lists(st.integers(0), min_size=1), st.lists(st.integers(0), min_size=1), st.integers(0, 3))
def test_numbers_of_versions_are_ordered_as_numbers(one: list[int], other: list[int], zeros: int) -> None:
    here, there = (".".join("0" * zeros + str(number) for number in numbers) for numbers in (one, other))
    assert (order(here) < order(there)) == (one < other)
    assert (order(here) == order(there)) == (one == other)


def test_a_version_of_thousands_of_digits_has_its_place() -> None:
    assert order("2.0") < order("1" * 5000) < order("2" * 5000) < order("1" * 5001)


def test_a_failure_that_is_new_is_told_however_many_are_old(store: Store) -> None:
    events = [
        sent("pull", f"i{number}", error={"message": "connection refused", "statusCode": code})
        for number, code in product(range(6), range(501))
    ]
    new = [sent("pull", f"n{n}", version="2.0.0", error={"message": "permission denied"}) for n in range(5)]
    put = store.put(events + new, development=False)
    filters = replace(put.filters(), new_since="2.0.0")
    assert len({row["fingerprint"] for row in put.ask(QUESTIONS["errors"])}) == 500
    assert [row["text"] for row in QUESTIONS["errors"](store.client, filters)] == ["permission denied"]
    viewer = disclosed(store.client, "errors", filters, [put.name], 5)
    assert [(row["first_version"], row["installs"]) for row in viewer.rows] == [("2.0.0", 5)]


def test_what_has_changed_is_said_in_words() -> None:
    before = {"installs": 100, "new": 0, "unclean_ends": 4, "success_rate": 0.981}
    now = {"installs": 112, "new": 3, "unclean_ends": 2, "success_rate": 0.97}
    said = changed(before, now)
    assert said.startswith(
        "12% more installs (100 → 112), 3 new installs after none, 50% fewer unclean ends (4 → 2)"
    )
    assert said.endswith("success down from 98.1% to 97.0%")
    assert changed(now, now) == ""


@pytest.mark.parametrize(("to", "counted"), [({}, 7), ({"hours": 1}, 107)])
def test_what_was_left_out_is_counted_until_the_end_of_the_span(
    store: Store, to: dict[str, int], counted: int
) -> None:
    put = store.put([])
    last = NOON.date()
    drops = [(put.name, last, 7), (put.name, last + timedelta(days=1), 100)]
    rows = [(source, day, "pull", "size", "wrong type", count) for source, day, count in drops]
    insert(store.client, rows, "drops", DROPS)
    until = NOON.replace(hour=0) + timedelta(days=1, **to)
    (row,) = QUESTIONS["quality"](store.client, replace(put.filters(), until=until))
    assert (row["kind"], row["events"]) == ("left out", counted)


def test_a_rule_is_suggested_where_an_event_takes_much_and_says_little(store: Store) -> None:
    events = [sent("listContainers", "a", total=3) for _ in range(40)] + [sent("startup", "a")]
    listed, started = store.put(events).ask(QUESTIONS["volume"])
    assert listed["rule"] == '{"event": "listContainers", "frequency": "dailyPerInstance"}'
    assert listed["saving"] == pytest.approx(listed["share"] * 39 / 40)
    assert (started["rule"], started["saving"]) == ("", 0.0)
