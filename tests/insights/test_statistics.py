"""Are the statistics those of the books, and never more certain than they may be?"""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, hypergeom
from scipy.stats.contingency import relative_risk as plain_relative_risk

from aboveboard.insights.statistics import (
    Comparison,
    benjamini_hochberg,
    chance,
    chance_and_strength,
    excess_of,
    relative_risk,
)


def table(*strata: tuple[int, int, int, int]) -> Comparison:
    """Rows of failing, installs, failing without, installs without."""
    return Comparison(*(np.array(column, float)[:, None] for column in zip(*strata, strict=True)))


GROUPS = st.tuples(st.integers(1, 60), st.integers(0, 60), st.integers(1, 400), st.integers(0, 400)).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1], drawn[2], drawn[2] + drawn[3])
)


@given(GROUPS)
def test_one_stratum_gives_the_plain_relative_risk_and_its_interval(group: tuple[int, int, int, int]) -> None:
    found, expected = relative_risk(table(group)), plain_relative_risk(*group)
    interval = expected.confidence_interval(0.95)
    assert found.ratio[0] == pytest.approx(expected.relative_risk)
    if group[0] < group[1] or group[2] < group[3]:
        assert (found.low[0], found.high[0]) == (pytest.approx(interval.low), pytest.approx(interval.high))


def test_strata_take_a_confounder_away() -> None:
    # Fails three times as often in the second stratum, whatever else is so; the plain ratio would say 2.
    confounded = table((10, 100, 90, 900), (270, 900, 30, 100))
    assert relative_risk(table((280, 1000, 120, 1000))).ratio[0] == pytest.approx(2.33, abs=0.01)
    assert relative_risk(confounded).ratio[0] == pytest.approx(1.0)
    assert chance(confounded)[0] > 0.4


def test_a_known_stratified_risk() -> None:
    # Rothman, Modern Epidemiology: the risk of Mantel and Haenszel is a weighted mean of 3 and 3.
    found = relative_risk(table((6, 20, 10, 100), (30, 50, 20, 100)))
    assert found.ratio[0] == pytest.approx(3.0)
    assert found.low[0] == pytest.approx(2.04, abs=0.05)


def test_where_nobody_fails_without_the_ratio_stays_finite() -> None:
    found = relative_risk(table((10, 20, 0, 200)))
    assert np.isfinite(found.ratio[0])
    assert found.low[0] > 1


def test_strata_that_compare_nothing_say_nothing() -> None:
    found = relative_risk(table((5, 10, 0, 0), (0, 0, 3, 30)))
    assert (found.ratio[0], found.low[0]) == (1.0, 0.0)
    assert chance(table((5, 10, 0, 0), (0, 0, 3, 30)))[0] == 1.0


@given(GROUPS)
def test_chance_is_never_said_to_be_less_than_it_is(group: tuple[int, int, int, int]) -> None:
    a, n1, c, n0 = group
    assume(a >= n1 * (a + c) / (n1 + n0) + 1)
    exact = hypergeom.sf(a - 1, n1 + n0, a + c, n1)
    assert chance(table(group))[0] >= exact * (1 - 1e-9)


def test_chance_is_close_where_few_have_the_attribute() -> None:
    exact = hypergeom.sf(11, 5000, 200, 100)
    assert chance(table((12, 100, 188, 4900)))[0] == pytest.approx(exact, rel=0.25)


@given(st.lists(st.floats(0, 1), max_size=60))
def test_the_false_discovery_rate_is_that_of_scipy(chances: list[float]) -> None:
    found = benjamini_hochberg(np.array(chances), 0.05)
    expected = false_discovery_control(np.array(chances)) <= 0.05 if chances else np.zeros(0, bool)
    near = np.isclose(false_discovery_control(np.array(chances)), 0.05) if chances else expected
    assert ((found == expected) | near).all()


def test_two_risks_of_apart_groups_are_compared() -> None:
    low, found = excess_of(
        relative_risk(table((60, 100, 100, 1000))), relative_risk(table((50, 500, 50, 500)))
    )
    assert low[0] > 3
    assert found[0] < 1e-6
    assert chance_and_strength(table((60, 100, 100, 1000)))[1][0] > 5
