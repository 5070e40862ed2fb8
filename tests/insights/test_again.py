"""Is an answer given again only while what it was made of stays as it is?"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aboveboard.insights import QUESTIONS
from aboveboard.insights.again import Answers
from aboveboard.insights.filters import Filters
from aboveboard.store.erasure import erase
from aboveboard.store.rollups import Builder
from tests.insights.conftest import Put, Store, sent
from tests.insights.test_rollups import midnight


class Asked:
    """The question `actions` of one source, and how often it was really asked."""

    def __init__(self, put: Put, answers: Answers) -> None:
        self.put, self.answers, self.times = put, answers, 0
        filters = put.filters()
        self.filters = replace(filters, since=midnight(filters.since), until=midnight(filters.until))

    def again(self, question: str = "actions", **changed: Any) -> list[dict[str, Any]]:
        filters = replace(self.filters, **changed)
        return self.answers.take(self.put.store.client, question, filters, self._ask)

    def _ask(self, client: Any, filters: Filters) -> list[dict[str, Any]]:
        self.times += 1
        return QUESTIONS["actions"](client, filters)


@pytest.fixture
def asked(store: Store) -> Asked:
    put = store.put([sent("pull", "a"), sent("push", "b")])
    return Asked(put, Answers())


def test_the_same_answer_is_made_once_and_nobody_can_change_it(asked: Asked) -> None:
    first = asked.again()
    expected = [dict(row) for row in first]
    first[0]["event"] = "changed"
    first.clear()
    assert asked.again() == expected
    assert asked.times == 1


def test_other_filters_have_answers_of_their_own(asked: Asked) -> None:
    both, one = asked.again(), asked.again(equal={"event": "push"})
    assert [len(both), len(one)] == [2, 1]
    assert [asked.again(), asked.again(equal={"event": "push"})] == [both, one]
    assert asked.times == 2


def test_an_event_a_count_and_an_erasure_make_it_anew(asked: Asked) -> None:
    asked.again()
    asked.put.more([sent("pull", "c")])
    assert {row["event"]: row["installs"] for row in asked.again()} == {"pull": 2, "push": 1}
    Builder(asked.put.store.client).refresh()
    asked.again()
    assert asked.times == 3
    erase(asked.put.store.client, [(asked.put.name, asked.put.events[-1].install)])
    assert {row["event"]: row["installs"] for row in asked.again()} == {"pull": 1, "push": 1}


def test_nothing_is_kept_while_a_deletion_is_under_way(asked: Asked) -> None:
    client = asked.put.store.client
    client.command("SYSTEM STOP MERGES events")
    try:
        client.command("ALTER TABLE events DELETE WHERE event = 'nothing' SETTINGS mutations_sync = 0")
        asked.again()
        asked.again()
    finally:
        client.command("SYSTEM START MERGES events")
    assert asked.times == 2


def test_parts_of_days_and_what_is_beyond_events_are_asked_anew(asked: Asked) -> None:
    for _ in range(2):
        asked.again(until=asked.filters.until - timedelta(hours=1))
        asked.again("quality")
    assert asked.times == 4


def test_what_was_not_wanted_for_longest_makes_room(asked: Asked) -> None:
    asked.answers = Answers(most_bytes=1)
    assert asked.again() == asked.again()
    assert asked.times == 2
