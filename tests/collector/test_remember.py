"""Is what is remembered right, and bounded in bytes whatever is asked?"""

from hypothesis import given
from hypothesis import strategies as st

from aboveboard.collector.remember import Remembered

MOST = 1000


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 300))))
def test_every_answer_is_right_and_what_is_kept_never_weighs_too_much(
    questions: list[tuple[int, int]],
) -> None:
    remembered = Remembered(lambda question: "x" * question[1], lambda _, answer: len(answer), MOST)
    for question in questions:
        assert remembered(question) == "x" * question[1]
        assert sum(map(len, remembered._known.values())) <= MOST


def test_the_same_question_is_worked_out_once() -> None:
    asked: list[str] = []
    remembered = Remembered(lambda text: asked.append(text) or text.upper(), lambda *_: 1, MOST)
    assert [remembered("a"), remembered("a"), remembered("b")] == ["A", "A", "B"]
    assert asked == ["a", "b"]
