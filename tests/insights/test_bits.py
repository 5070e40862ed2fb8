"""Do the bits that are read hold the numbers that the engine put into a bitmap, however it keeps them?"""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aboveboard.insights.bits import how_many, read
from tests.insights.conftest import Store

RUNS = st.tuples(st.integers(0, 400_000), st.integers(0, 9_000), st.integers(1, 3))
"""Ranges with steps: lists, arrays, whole containers and runs, and several of each."""


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sets=st.lists(st.lists(RUNS, max_size=3), min_size=1, max_size=3))
@pytest.mark.parametrize("kind", ["groupBitmapState(toUInt32", "groupUniqArrayState(toUInt64"])
def test_bits_hold_the_numbers_of_a_bitmap(
    store: Store, kind: str, sets: list[list[tuple[int, int, int]]]
) -> None:
    wanted = [{n for first, size, step in each for n in range(first, first + size, step)} for each in sets]
    parts = [
        f"SELECT toInt64({place}) AS place, arrayJoin(range({first}, {first + size}, {step})) AS n"
        for place, each in enumerate(sets)
        for first, size, step in each
    ] or ["SELECT toInt64(0) AS place, 1 AS n WHERE 0"]
    rows = store.client.raw_query(
        f"SELECT place, {kind}(n)) FROM ({' UNION ALL '.join(parts)}) GROUP BY place", fmt="RowBinary"
    )
    found = read(rows, keys=1, lists="UniqArray" in kind)
    assert {place for (place,) in found.keys} == {place for place, each in enumerate(wanted) if each}
    for (place,), (bits,) in zip(found.keys, found.bits, strict=True):
        assert set(found.named(bits).tolist()) == wanted[place]
        assert how_many(bits) == len(wanted[place])
        for _, (others,) in zip(found.keys, found.bits, strict=True):
            assert how_many(bits & others) == len(set(found.named(others).tolist()) & wanted[place])


def test_what_is_no_bitmap_is_told() -> None:
    strange = np.array([5], "<i8").tobytes() + b"\x01\x04\x00\x00\x00\x00"
    with pytest.raises(ValueError, match="begins with 0, and 12346 or 12347 is expected"):
        read(strange, keys=1)
