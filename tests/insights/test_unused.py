"""Is what nobody used for 90 days told, and is a look at everything no use?"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from aboveboard.insights.filters import Filters
from aboveboard.insights.unused import DAYS, ask, used_by
from aboveboard.store.uses import Uses
from tests.insights.conftest import NOON, Put, Store, sent

NOW = NOON + timedelta(days=11)
TODAY = NOW.date()


@pytest.fixture(scope="module")
def put(store: Store) -> Put:
    return store.put([sent("pull", "a"), sent("pull", "b"), sent("push", "a")])


def candidates(put: Put, *pairs: tuple[str, str]) -> list[tuple[str, str]]:
    declared = [(put.name, event, name) for event, name in pairs]
    return [
        (row["event"], row["property"])
        for row in ask(put.store.client, replace(put.filters(), declared=declared), lambda: NOW)
    ]


def use(put: Put, day: date, *used: tuple[str, str]) -> None:
    Uses().note(put.store.client, day, "explain", used)


def test_what_was_used_is_no_candidate_until_ninety_days_later(put: Put) -> None:
    assert candidates(put, ("pull", ""), ("push", "")) == [("pull", ""), ("push", "")]
    use(put, TODAY - timedelta(days=DAYS + 1), ("pull", ""))
    assert candidates(put, ("pull", "")) == [("pull", "")]
    use(put, TODAY - timedelta(days=DAYS), ("pull", ""))
    assert candidates(put, ("pull", ""), ("push", "")) == [("push", "")]


@pytest.mark.parametrize(("ago", "unused"), [(DAYS - 1, False), (DAYS, True)])
def test_days_to_come_are_none_of_the_ninety_in_which_nobody_used_it(
    put: Put, ago: int, unused: bool
) -> None:
    now = NOON - timedelta(days=2)  # the span ends 13 days later
    use(put, now.date() - timedelta(days=ago), (f"used {ago} days ago", ""))
    declared = [(put.name, f"used {ago} days ago", "")]
    rows = ask(put.store.client, replace(put.filters(), declared=declared), lambda: now)
    assert bool(rows) == unused


def test_a_property_is_told_only_of_an_event_that_is_used(put: Put) -> None:
    pairs = [("build", ""), ("build", "engine"), ("build", "count")]
    assert candidates(put, *pairs) == [("build", "")]
    use(put, TODAY, ("build", ""), ("build", "engine"))
    assert candidates(put, *pairs) == [("build", "count")]


def test_a_row_says_when_it_was_used_last_and_how_much_there_is_of_it(put: Put) -> None:
    use(put, TODAY - timedelta(days=200), ("push", ""))
    filters = replace(put.filters(), declared=[(put.name, "push", "")])
    (row,) = ask(put.store.client, filters, lambda: NOW)
    assert (row["last_used"], row["used_by"], row["events"]) == (TODAY - timedelta(days=200), "explain", 1)
    assert row["noted_since"] <= row["last_used"]


def filters(steps: tuple[str, ...] = (), **equal: str) -> Filters:
    return Filters(["s"], NOON, NOON + timedelta(days=1), equal, steps=steps)


@pytest.mark.parametrize(
    ("question", "looked", "found", "export", "used"),
    [
        ("actions", filters(), [{"event": "pull"}], False, set()),
        ("actions", filters(), [{"event": "pull"}], True, {("pull", "")}),
        ("actions", filters(event="pull"), [], False, {("pull", "")}),
        ("funnel", filters(steps=("pull", "push")), [], False, {("pull", ""), ("push", "")}),
        ("unused", filters(), [{"event": "pull"}], True, set()),
        (
            "explain",
            filters(),
            [{"event": "pull", "attributes": {"os": "Linux", "property:engine": "podman"}}],
            False,
            {("pull", ""), ("pull", "engine")},
        ),
    ],
)
def test_what_counts_as_a_use(
    question: str, looked: Filters, found: list[dict[str, Any]], export: bool, used: set[Any]
) -> None:
    assert used_by(question, looked, found, export=export) == used


def test_a_use_is_written_once_a_day(store: Store) -> None:
    uses = Uses()
    for _ in range(3):
        uses.note(store.client, TODAY, "actions", [("once", "")])
    count = store.client.query("SELECT count() FROM uses WHERE event = 'once'").result_rows[0][0]
    assert count == 1
