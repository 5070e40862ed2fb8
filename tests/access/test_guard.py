"""Is whoever guesses at tokens locked out, for as long as is said, and is no address kept?"""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.access.guard import LOCKED_SECONDS, TRIES, WITHIN_SECONDS, Guard

HERE, THERE = "192.0.2.7", "192.0.2.8"


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def guard(clock: Clock) -> Guard:
    return Guard(clock)


def test_the_tenth_wrong_token_locks_out_for_a_quarter_of_an_hour(guard: Guard, clock: Clock) -> None:
    assert [guard.wrong(HERE) for _ in range(TRIES)] == [False] * (TRIES - 1) + [True]
    assert guard.locked(HERE) == LOCKED_SECONDS
    clock.now += LOCKED_SECONDS - 1
    assert guard.locked(HERE) == 1
    clock.now += 1
    assert guard.locked(HERE) == 0


def test_nobody_else_is_locked_out(guard: Guard) -> None:
    for _ in range(TRIES):
        guard.wrong(HERE)
    assert guard.locked(THERE) == 0


def test_after_the_time_one_more_wrong_token_does_not_lock_out_at_once(guard: Guard, clock: Clock) -> None:
    for _ in range(TRIES):
        guard.wrong(HERE)
    clock.now += LOCKED_SECONDS
    assert not guard.wrong(HERE)
    assert guard.locked(HERE) == 0


def test_slow_mistakes_lock_nobody_out(guard: Guard, clock: Clock) -> None:
    for _ in range(5 * TRIES):
        guard.wrong(HERE)
        assert guard.locked(HERE) == 0
        clock.now += WITHIN_SECONDS / (TRIES - 1) + 1


@given(st.lists(st.floats(0, 600), max_size=60))
def test_a_client_is_locked_out_exactly_where_ten_wrong_tokens_fall_within_five_minutes(
    pauses: list[float],
) -> None:
    clock = Clock()
    guard, moments = Guard(clock), []
    for pause in pauses:
        clock.now += pause
        if guard.locked(HERE):
            continue  # what is not looked at is not counted
        moments.append(clock.now)
        last = moments[-TRIES:]
        assert guard.wrong(HERE) == (len(last) == TRIES and last[-1] - last[0] <= WITHIN_SECONDS)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.70", False),
        ("testclient", "", False),
    ],
)
def test_addresses_of_one_network_are_one_client(guard: Guard, one: str, other: str, same: bool) -> None:
    for _ in range(TRIES):
        guard.wrong(one)
    assert bool(guard.locked(other)) == same


def test_no_address_is_kept_nor_what_it_could_be_found_by() -> None:
    one, other = Guard(), Guard()
    one.wrong(HERE)
    other.wrong(HERE)
    assert HERE.encode() not in pickle.dumps(vars(one) | {"_clock": None})
    assert vars(one)["_tries"].keys() != vars(other)["_tries"].keys()


def test_memory_is_bounded_and_the_oldest_are_forgotten(clock: Clock) -> None:
    guard = Guard(clock, most=100)
    for number in range(1000):
        guard.wrong(f"10.0.{number // 250}.{number % 250}")
    assert len(guard) == 100
    clock.now += LOCKED_SECONDS
    guard.wrong(HERE)
    assert len(guard) == 1
