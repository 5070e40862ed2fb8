"""Do counted days say what the events say: after late events, copies, replays, erasures, and whatever is deleted?"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from aboveboard.collector.event import Event
from aboveboard.insights import QUESTIONS
from aboveboard.insights.filters import Filters
from aboveboard.store import insert
from aboveboard.store.erasure import erase
from aboveboard.store.rollups import Builder
from tests.insights import naive
from tests.insights.conftest import NOON, Put, Store, sent
from tests.insights.test_questions import COUNTED, EVENTS, STEPS, comparable

DAYS = (0, 8, 9, 10)
"""How many days ago events happen here: each is a partition, each is counted many times, and two make a week."""

HOUR_MS, DAY_MS = 3_600_000, 86_400_000

FILTERED: dict[str, Callable[[Event, str], bool]] = {
    "version": lambda event, value: event.app_version == value,
    "event": lambda event, value: event.event == value,
    "extension": lambda event, value: event.extension == value,
    "os": lambda event, value: event.os == value,
    "country": lambda event, value: event.country == value,
}
CHOSEN = [
    {},
    {"version": "1.1.0"},
    {"event": "pull"},
    {"extension": "podman-desktop.kind"},
    {"os": "Linux"},
    {"country": "DE", "version": "1.0.0"},
]


def on_few_days(events: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same events, crowded into DAYS."""
    moved = []
    for event in events:
        ago = (NOON - event["at"]).days
        moved.append(event | {"at": event["at"] + timedelta(days=ago - DAYS[ago % len(DAYS)])})
    return moved


def check(put: Put, events: Sequence[Event], equal: dict[str, str], only: str = "") -> None:
    """Compare every question with the plain loop over the events that filters let through."""
    filters = replace(put.filters(days=39, **equal), steps=STEPS)
    whole_days = Filters(
        **{**vars(filters), "since": midnight(filters.since), "until": midnight(filters.until)}
    )
    kept = [event for event in events if all(FILTERED[name](event, value) for name, value in equal.items())]
    for question, count in COUNTED.items():
        if (only and question != only) or (question == "action" and equal.get("event", "pull") != "pull"):
            continue
        expected = count(events, kept.__contains__) if question in BEYOND else count(kept)
        asked = whole_days
        if question == "action":
            asked = replace(whole_days, equal={**equal, "event": "pull"})
        found = QUESTIONS[question](put.store.client, asked)
        if question == "quality":
            found = [row for row in found if row["kind"] == "library"]
        if question == "environment":
            found = [row for row in found if row["attribute"] in naive.ATTRIBUTES]
        if question == "funnel" and not kept:
            continue
        wanted = set(expected[0]) if expected else set()
        assert comparable(found, wanted) == comparable(expected, wanted), question


BEYOND = {"overview", "retention", "pages"}
"""What looks at more than the filters let through."""


def midnight(moment: Any) -> Any:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


GIVEN = given(early=EVENTS, late=EVENTS, equal=st.sampled_from(CHOSEN))
SLOWLY = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@settings(max_examples=4, **SLOWLY)
@GIVEN
def test_counts_follow_the_events(
    store: Store, early: list[dict[str, Any]], late: list[dict[str, Any]], equal: dict[str, str]
) -> None:
    follow(store, early, late, equal)


@pytest.mark.soak
@settings(max_examples=40, **SLOWLY)
@GIVEN
def test_counts_follow_the_events_of_many_stores(
    store: Store, early: list[dict[str, Any]], late: list[dict[str, Any]], equal: dict[str, str]
) -> None:
    follow(store, early, late, equal)


def follow(
    store: Store, early: list[dict[str, Any]], late: list[dict[str, Any]], equal: dict[str, str]
) -> None:
    """Compare after late events and copies, and after an erasure; before days are counted again and after."""
    builder = Builder(store.client)
    put = store.put(on_few_days(early))
    builder.refresh()
    # Late events, and copies of the first ones: some days are counted, some are read.
    put.more(on_few_days(late))
    insert(store.client, [event.row() for event in put.events[::2]])
    check(put, put.events, equal)
    builder.refresh()
    check(put, put.events, equal)
    known = [event.install for event in put.events if event.install]
    if known:
        erase(store.client, [(put.name, known[0])])
        left = [event for event in put.events if event.install != known[0]]
        check(put, left, equal)
        builder.refresh()
        check(put, left, equal)


@settings(max_examples=2, **SLOWLY)
@given(sent_events=EVENTS, wrong=st.lists(st.booleans(), min_size=40, max_size=40))
def test_days_that_are_counted_in_two_parts_agree_on_first_and_last_versions(
    store: Store, sent_events: list[dict[str, Any]], wrong: list[bool]
) -> None:
    told = [event for event in on_few_days(sent_events) if event["event"] not in ("startup", "shutdown")]
    compare_in_two_parts(store, told, [-DAY_MS * behind for behind in wrong])


@settings(max_examples=2, **SLOWLY)
@given(
    sent_events=EVENTS,
    wrong=st.lists(st.sampled_from([-7 * HOUR_MS, 0, HOUR_MS // 6, 5 * HOUR_MS]), min_size=8),
)
def test_runs_that_are_counted_in_two_parts_end_as_their_events_say(
    store: Store, sent_events: list[dict[str, Any]], wrong: list[int]
) -> None:
    """An install's clock is wrong by the same all the time, and midnight by it is another moment."""
    told = on_few_days(sent_events)
    installs = sorted({event["install"] for event in told})
    ahead = {install: wrong[place % len(wrong)] for place, install in enumerate(installs)}
    compare_in_two_parts(store, told, [ahead[event["install"]] for event in told])


def test_a_run_over_midnight_by_a_clock_that_is_ahead_has_ended(store: Store) -> None:
    days = midnight(NOON)
    told = [
        sent(event, "a", at=days + timedelta(hours=hour))
        for event, hour in (("startup", 23.7), ("shutdown", 23.9), ("startup", 33.0), ("shutdown", 34.0))
    ]
    compare_in_two_parts(store, told, [HOUR_MS // 4] * 4)


def test_an_install_whose_day_was_counted_in_two_parts_has_one_first_and_one_last_version(
    store: Store,
) -> None:
    used = [
        ("a", 9, "1.0.0", True), ("a", 10, "1.1.0", False), ("a", 11, "1.0.0", True),
        ("b", 9, "1.1.0", False), ("b", 10, "1.0.0", True), ("b", 11, "1.2.0", False),
        ("c", 9, "1.2.0", True), ("c", 11, "1.1.0", False), ("c", 13, "1.0.0", False),
    ]  # fmt: skip
    told = [
        sent("pull", install, at=midnight(NOON) + timedelta(days=day, hours=hour), version=version)
        for day in (0, 1)
        for install, hour, version, _ in used
    ]
    compare_in_two_parts(store, told, [-DAY_MS * behind for *_, behind in used] * 2)


def compare_in_two_parts(store: Store, told: list[dict[str, Any]], wrong: list[int]) -> None:
    """A clock that is wrong, by so many milliseconds, puts events of the same day into another partition."""
    name = f"s{uuid.uuid4().hex}"
    events = [
        structs.replace(event, source=name, client_time=event.client_time + ahead)
        for event, ahead in zip(store.put(told).events, wrong, strict=False)
    ]
    insert(store.client, [event.row() for event in events])
    put = Put(store, name, events, [name])
    for _ in range(2):
        for question in ("retention", "releases", "overview", "actions", "errors", "environment"):
            check(put, put.events, {}, only=question)
        Builder(store.client).refresh()
