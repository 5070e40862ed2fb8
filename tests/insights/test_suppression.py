"""Can a hidden cell be had from those that are seen, by taking any answers from each other?"""

from itertools import combinations, product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.insights.suppression import OPEN, Cell, named, visible

SMALL = 5

# An event says of an install where it was in use: one install may say several things.
FACTS = st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz"), st.sampled_from("pq"))
EVENTS = st.lists(
    st.tuples(FACTS, st.integers(1, 14)).map(lambda drawn: (drawn[0], drawn[1])), min_size=1, max_size=14
)


def members(drawn: list[tuple[tuple[str, ...], int]]) -> dict[Cell, set[tuple[int, tuple[str, ...]]]]:
    """Every cell of the table with its events: (install, what it said). Groups share some of their installs."""
    found: dict[Cell, set[tuple[int, tuple[str, ...]]]] = {}
    for place, (facts, count) in enumerate(drawn):
        for install in range(place % 3 * 7, place % 3 * 7 + count):
            for kept in product((True, False), repeat=len(facts)):
                cell = tuple(fact if keep else OPEN for fact, keep in zip(facts, kept, strict=True))
                found.setdefault(cell, set()).add((install, facts))
    return found


def installs(events: set[tuple[int, tuple[str, ...]]]) -> int:
    return len({install for install, _ in events})


@settings(max_examples=150)
@given(EVENTS)
def test_no_two_cells_that_are_seen_differ_by_a_hidden_one(drawn: list[tuple[tuple[str, ...], int]]) -> None:
    table = members(drawn)
    seen = visible({cell: installs(events) for cell, events in table.items()}, SMALL)
    for one, two in combinations(seen, 2):
        for more, less in ((one, two), (two, one)):
            if table[less] < table[more] and within(less, more):
                assert installs(table[more] - table[less]) >= SMALL


@settings(max_examples=150)
@given(EVENTS)
def test_a_total_without_its_seen_parts_is_no_hidden_cell(drawn: list[tuple[tuple[str, ...], int]]) -> None:
    table = members(drawn)
    seen = visible({cell: installs(events) for cell, events in table.items()}, SMALL)
    for total in seen:
        for place in (place for place, value in enumerate(total) if value is OPEN):
            parts = [cell for cell in seen if within(cell, total) and len(differing(cell, total)) == 1]
            parts = [cell for cell in parts if cell[place] is not OPEN]
            rest = table[total].difference(*(table[cell] for cell in parts)) if parts else set()
            assert not rest or installs(rest) >= SMALL


@settings(max_examples=150)
@given(EVENTS)
def test_no_sum_of_any_number_of_answers_is_a_hidden_cell(drawn: list[tuple[tuple[str, ...], int]]) -> None:
    """Each cell is a vector over the finest cells; a hidden one must lie outside of what the seen ones span."""
    table = members(drawn)
    seen = visible({cell: installs(events) for cell, events in table.items()}, SMALL)
    if not seen:
        return
    finest = sorted(cell for cell in table if OPEN not in cell)  # type: ignore[type-var]
    known = np.array([[float(within(atom, cell)) for atom in finest] for cell in sorted(seen, key=str)])
    rank = np.linalg.matrix_rank(known)
    for cell, events in table.items():
        if installs(events) < SMALL:
            wanted = np.array([float(within(atom, cell)) for atom in finest])
            assert np.linalg.matrix_rank(np.vstack([known, wanted])) > rank, (cell, installs(events))


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 12)))
def test_of_one_attribute_no_hidden_value_is_alone(counts: dict[str, int]) -> None:
    shown = named(counts, SMALL)
    hidden = [count for value, count in counts.items() if value not in shown]
    assert all(counts[value] >= SMALL for value in shown)
    assert not shown or not hidden or (len(hidden) > 1 and max(hidden) >= SMALL)


def within(part: Cell, total: Cell) -> bool:
    return all(value is OPEN or value == known for known, value in zip(part, total, strict=True))


def differing(one: Cell, two: Cell) -> list[int]:
    return [place for place, (left, right) in enumerate(zip(one, two, strict=True)) if left != right]
