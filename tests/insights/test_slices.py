"""Do numbers that are kept in slices of bits add up as plain ones do?"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.insights.slices import Slices

SIZE = 40
SOME = st.lists(st.booleans(), min_size=SIZE, max_size=SIZE)


@given(st.lists(st.tuples(SOME, st.none() | st.integers(0, 3000)), max_size=12), SOME, st.integers(1, 40))
def test_slices_hold_and_count_what_was_added_and_put(
    changes: list[tuple[list[bool], int | None]], among: list[bool], most: int
) -> None:
    slices, plain = Slices(np.zeros(SIZE // 8, np.uint8)), np.zeros(SIZE, np.int64)
    for some, number in changes:
        bits, chosen = np.packbits(some, bitorder="little"), np.array(some)
        if number is None:
            slices.add(bits)
            plain[chosen] += 1
        else:
            slices.put(bits, number)
            plain[chosen] = number
    places = np.arange(SIZE)[::-1]
    assert slices.at(places).tolist() == plain[places].tolist()
    told = slices.counts(np.packbits(among, bitorder="little"), most)
    assert told.tolist() == np.bincount(np.minimum(plain[among], most), minlength=most + 1).tolist()
