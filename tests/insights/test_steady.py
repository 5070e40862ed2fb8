"""Is an answer whole although somebody is erased while it is asked?"""

from collections.abc import Iterator
from typing import Any

import pytest

from aboveboard.insights import QUESTIONS
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look
from aboveboard.insights.steady import steady
from aboveboard.store.erasure import erase
from aboveboard.store.rollups import Builder, held, standing
from tests.insights.conftest import Store, sent

_INSTALLS = "SELECT groupBitmapMerge(installs) AS found FROM {counted} AS events WHERE {where}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = Store(tmp_path_factory.mktemp("steady"))
    yield made
    made.client.close()


def test_a_page_under_way_tells_of_those_who_stay(store: Store) -> None:
    put = store.put([sent("pull", install) for install in "abcdefghi"])
    Builder(store.client).refresh()
    with held(standing(store.client)):
        assert [row["installs"] for row in put.ask(QUESTIONS["actions"])] == [9]
        erase(store.client, [(put.name, put.events[0].install)])
        assert [row["installs"] for row in put.ask(QUESTIONS["actions"])] == [8]


def test_an_answer_is_asked_again_where_what_it_reads_went_between_two_statements(store: Store) -> None:
    put = store.put([sent("pull", install) for install in "abcdefghi"])
    Builder(store.client).refresh()
    waiting, seen = [put.events[0].install], []

    def ask(client: Any, filters: Filters) -> int:
        look = Look(client, filters)
        if waiting:
            erase(client, [(put.name, waiting.pop())])
        seen.append(look.rows(_INSTALLS)[0]["found"])
        return int(seen[-1])

    assert steady(ask)(store.client, put.filters()) == 8
    assert seen == [0, 8]
