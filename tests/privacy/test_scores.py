"""Does the cleaner reach its numbers on messages of 300 shapes, and on the half of them kept aside while tuning?"""

from functools import cache
from pathlib import Path

import pytest

from tests.privacy.corpora.generate import corpus, is_held_out, shapes
from tests.privacy.scoring import Record, Score, score

CORPORA = Path(__file__).parent / "corpora"
FILES = tuple(sorted(CORPORA.glob("*shapes.txt")))
STYLES = ("invented", "people", "words")


@cache
def records(style: str, half: str, bare: bool) -> list[Record]:
    found = [record for file in FILES for record in corpus(file, style, half, each=3, seed=7)]
    return [record for record in found if (record["category"] == "bare") == bare]


@cache
def measured(style: str, half: str) -> Score:
    return score(records(style, half, bare=False))


def test_there_are_shapes_enough_on_both_sides() -> None:
    templates = [(template, file) for file in FILES for _, template, _ in shapes(file)]
    assert len(set(templates)) >= 600
    assert sum(is_held_out(*one) for one in templates) >= 200


@pytest.mark.parametrize("half", ["tune", "held"])
@pytest.mark.parametrize("style", STYLES)
def test_nothing_leaks(style: str, half: str) -> None:
    result = measured(style, half)
    assert result.leak <= (0.5 if style == "words" else 0.2), result.failures


@pytest.mark.parametrize("half", ["tune", "held"])
@pytest.mark.parametrize("style", STYLES)
def test_the_useful_parts_stay_and_messages_group(style: str, half: str) -> None:
    result = measured(style, half)
    lost = [failure for failure in result.failures if failure[3]]
    assert result.keep >= 95, lost
    assert result.group_recall >= 96
    assert result.group_precision >= 99.5


@pytest.mark.parametrize("style", STYLES)
def test_few_unregistered_names_pass_in_bare_prose(style: str) -> None:
    assert score(records(style, "all", bare=True)).leak <= 8
