"""Are only the allowed facts about a machine kept, in their form?"""

import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aboveboard.collector.context import CONTEXT, context

json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def test_podman_desktops_context_is_understood() -> None:
    sent = {
        "ip": "0.0.0.0",
        "app": {"name": "Podman Desktop", "version": "1.29.1"},
        "os": {"name": "Mac", "version": "24.6.0", "arch": "arm64"},
        "locale": "de-DE",
        "location": {"country": "DE"},
        "timezone": "Europe/Berlin",
        "library": {"name": "@segment/analytics-node", "version": "3.1.0"},
    }
    found = context(sent)._asdict()
    assert found["app"] == "Podman Desktop"
    assert found["arch"] == "arm64"
    assert found["country"] == "DE"
    assert found["library"] == "@segment/analytics-node"
    assert "0.0.0.0" not in found.values()


def test_a_kernel_suffix_that_names_a_machine_is_cut() -> None:
    assert context({"os": {"version": "6.1.0-18-amd64 (alice@buildhost)"}}).os_version == "6.1.0-18-amd64"


def test_names_of_people_and_machines_are_not_kept() -> None:
    sent = {
        "device": {"name": "alices-laptop"}, "traits": {"email": "a@b.c"}, "userAgent": "x", "ip": "10.1.2.3",
        "location": {"city": "Bonn", "country": "Germany"}, "locale": "/home/alice", "timezone": "alice's place",
    }  # fmt: skip
    assert set(context(sent)) == {""}


@given(st.dictionaries(st.text(max_size=8), json_like, max_size=5))
def test_any_context_gives_every_column_a_short_string(sent: dict[str, object]) -> None:
    found = context(sent)._asdict()
    assert found.keys() == CONTEXT.keys()
    assert all(isinstance(value, str) and len(value) <= 120 for value in found.values())


@given(
    st.sampled_from([path for paths, _ in CONTEXT.values() for path in paths]),
    st.text("aA1-._/+ ", max_size=30),
)
def test_no_fact_takes_long_to_read_however_it_is_written(path: str, piece: str) -> None:
    hostile = "v1" + piece * 100 + "\n"
    sent: Any = hostile
    for key in reversed(path.split(".")):
        sent = {key: sent}
    started = time.process_time()
    context(sent)
    assert time.process_time() - started < 0.1
