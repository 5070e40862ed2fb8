"""Are the filters of an address read as they are meant, and refused where they are not?"""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.access import Sources
from aboveboard.access.sources import new_source
from aboveboard.insights.disclosure import on_grid
from aboveboard.insights.filters import MOST_STEPS, FilterError, Filters, filters_from

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
SOURCES = Sources([new_source("shop", kind="production", policy="cleaned", write_key="shop")])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2026, 11, 1))
ZONES = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def read(**query: str) -> Filters:
    return filters_from({name.rstrip("_"): value for name, value in query.items()}, SOURCES, NOW)


@given(MOMENTS, ZONES)
def test_a_moment_is_the_same_in_every_zone(moment: datetime, zone: timezone) -> None:
    there = moment.replace(tzinfo=UTC).astimezone(zone).isoformat()
    filters = read(from_=there)
    assert filters == read(from_=moment.isoformat())
    assert (filters.since.tzinfo, filters.until.tzinfo) == (UTC, UTC)


@given(MOMENTS, MOMENTS, ZONES, ZONES)
def test_no_zone_moves_the_grid_that_small_groups_are_told_on(
    since: datetime, until: datetime, one: timezone, other: timezone
) -> None:
    first, last = sorted([since.replace(tzinfo=one), until.replace(tzinfo=other)])
    if first == last:
        return
    wide = on_grid(read(from_=first.isoformat(), to=last.isoformat()))
    for edge in (wide.since, wide.until):
        in_utc = edge.astimezone(UTC)
        assert (in_utc.weekday(), f"{in_utc:%H:%M:%S.%f}") == (0, "00:00:00.000000")


@pytest.mark.parametrize("name", ["from_", "to"])
@pytest.mark.parametrize("text", ["20261120", "2026-W48", "2026-W47-5", "2026W475"])
def test_a_day_is_written_in_one_way(name: str, text: str) -> None:
    with pytest.raises(FilterError, match=f"is '{text}'. Write a day as in 2026-11-23, or a moment with its"):
        read(**{name: text})


def test_the_last_day_is_included_and_a_moment_is_the_end() -> None:
    assert read(to="2026-11-20").until == datetime(2026, 11, 21, tzinfo=UTC)
    assert read(to="2026-11-20T06:30").until == datetime(2026, 11, 20, 6, 30, tzinfo=UTC)


def test_a_step_too_many_is_refused_and_not_left_out() -> None:
    names = [f"step{number}" for number in range(1, MOST_STEPS + 2)]
    assert read(steps=",".join(names[:-1])).steps == names[:-1]
    with pytest.raises(FilterError, match="`steps` names 9 events"):
        read(steps=",".join(names))


def test_a_version_that_nobody_would_write_is_refused() -> None:
    assert read(new_since="1" * 100).new_since == "1" * 100
    with pytest.raises(FilterError, match="`new_since` has 5000 characters"):
        read(new_since="1" * 5000)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:00:00-23:00"])
def test_a_moment_beyond_all_years_is_refused(text: str) -> None:
    with pytest.raises(FilterError, match="Write a day, such as 2026-11-23"):
        read(from_=text)
