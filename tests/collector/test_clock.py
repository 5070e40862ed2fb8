"""Is the time of an event right where clocks are wrong?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.collector.clock import DAY, milliseconds, repaired

NOW = 1_795_000_000_000
moments = st.none() | st.integers(0, 4_102_444_799_999)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-02T00:00:00Z", DAY),
        ("1970-01-02T01:00:00.250+01:00", DAY + 250),
        ("1970-01-02", DAY),
        (1_795_000_000, NOW),
        (float(NOW), NOW),
    ],
)
def test_timestamps_of_every_usual_form_are_read(text: object, expected: int) -> None:
    assert milliseconds(text) == expected


@given(st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.lists(st.integers()))
def test_no_value_breaks_the_reading_of_a_timestamp(value: object) -> None:
    found = milliseconds(value)
    assert found is None or 0 <= found < 4_102_444_800_000


def test_a_clock_that_is_an_hour_ahead_cancels_out() -> None:
    hour = 3_600_000
    assert repaired(NOW + hour - 5000, NOW + hour, NOW) == NOW - 5000


@given(moments, moments)
def test_no_event_is_ever_later_than_its_arrival(timestamp: int | None, sent_at: int | None) -> None:
    assert repaired(timestamp, sent_at, NOW) <= NOW
