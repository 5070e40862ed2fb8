"""Do numbers come in the order that `argsort` says, equal ones as they stood, however large they are?"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.insights.causes.ordering import ordered

_NUMBERS = st.sampled_from([3, 2**20, 2**32, 2**57, 2**63 - 1]).flatmap(
    lambda most: st.lists(st.integers(-2 if most == 3 else 0, most), max_size=60)
)

_NEARLY = st.tuples(
    st.lists(st.integers(0, 2**40), min_size=20, max_size=60), st.lists(st.integers(0, 18), max_size=5)
)


def check(numbers: list[int]) -> None:
    given_ones = np.array(numbers, np.int64)
    keys, places = ordered(given_ones)
    assert keys.tolist() == sorted(numbers)
    assert places.tolist() == np.argsort(given_ones, kind="stable").tolist()


@given(_NUMBERS)
def test_numbers_stand_in_their_order(numbers: list[int]) -> None:
    check(numbers)


@given(_NEARLY)
def test_numbers_that_nearly_stand_in_order_do_so_too(made: tuple[list[int], list[int]]) -> None:
    numbers = sorted(made[0])
    for place in made[1]:
        numbers[place], numbers[place + 1] = numbers[place + 1], numbers[place]
    check(numbers)
