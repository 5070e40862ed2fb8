"""Does Explain say of counted days what a plain loop says of the events, whatever comes late or is erased?"""

import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from aboveboard.collector.event import Event
from aboveboard.insights import explain
from aboveboard.insights.filters import Filters
from aboveboard.store import insert
from aboveboard.store.erasure import erase
from aboveboard.store.rollups import Builder, states
from aboveboard.store.rollups.numbers import number_installs
from aboveboard.store.rollups.states import number_states
from tests.insights.conftest import NOON, Put, Store, sent
from tests.insights.naive_explain import Answer
from tests.insights.naive_explain import explain as naive_explain
from tests.insights.test_rollups import DAYS, FILTERED, midnight

COMPARED = (
    "attributes", "failing_installs", "installs", "failing_without", "installs_without", "share_of_failures",
    "implied_by",
)  # fmt: skip
TEXTS = ("connection refused", "permission denied")


def crowd(dice: random.Random, installs: int, first: int = 0) -> list[dict[str, Any]]:
    """What some installs do on a few days, with one or two causes that make `pull` fail."""
    causes = dice.sample(
        [
            {"os": "Windows"},
            {"arch": "arm64"},
            {"os": "Windows", "arch": "arm64"},
            {"version": "1.10.0"},
            {"podman": "5.4.0"},
            {"engine": "docker"},
            {"layers": 30},
            {"containers": 40},
        ],
        dice.choice([1, 1, 2]),
    )
    found = []
    for number in range(first, first + installs):
        who = {
            "install": f"i{number}",
            "os": dice.choice(["Linux", "Windows"]),
            "arch": dice.choice(["x64", "arm64"]),
            "country": dice.choice(["DE", "FR"]),
        }
        # What comes with a system follows from what the system causes.
        likely = 0.8 if who["os"] == "Windows" else 0.2
        has = {
            "podman": "5.4.0" if dice.random() < likely else dice.choice(["", "5.2.0"]),
            "containers": dice.choice([0, 3, 40]),
        }
        for ago in sorted(dice.sample(DAYS, dice.choice([1, 2, 3])), reverse=True):
            version = "1.9.0" if ago > dice.choice([0, 1, 5]) else "1.10.0"
            at = NOON - timedelta(days=ago, minutes=dice.randrange(600))
            found += on_a_day(dice, who | {"version": version, "at": at}, has, causes)
    return found


def on_a_day(
    dice: random.Random, who: dict[str, Any], has: dict[str, Any], causes: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """A start that tells what there is, and some attempts."""
    found = [sent("listContainers", total=has["containers"], **who)]
    if dice.random() < 0.7:
        told = {"engine": "podman"} | ({"version": has["podman"]} if has["podman"] else {})
        found.append(sent("providers", properties=told, **who))
    if dice.random() < 0.3:
        extension = {
            "extensionId": "podman-desktop.kind",
            "extensionVersion": dice.choice(["0.9.0", "0.10.0"]),
        }
        found.append(sent("activateExtension", properties=extension, **who))
    for _ in range(dice.choice([0, 1, 1, 2])):
        given = {"engine": dice.choice(["podman", "docker"]), "layers": dice.choice([2, 30])}
        if dice.random() < 0.1:
            given.pop("layers")
        having = {**who, **has, **given}
        failing = any(cause.items() <= having.items() for cause in causes)
        if dice.random() < (0.7 if failing else 0.06):
            given |= {"error": {"message": dice.choice(TEXTS)}}
        elif dice.random() < 0.05:
            given |= {"outcome": "cancelled"}
        found.append(sent("pull", properties=given, **who))
    return found


def check(put: Put, events: Sequence[Event], **equal: str) -> Callable[[], None]:
    """Return what compares Explain with the plain loop over the events that filters let through."""
    filters = put.filters(days=39, **equal)
    whole = replace(filters, since=midnight(filters.since), until=midnight(filters.until))
    asked = {"event": "pull"} | equal
    kept = [
        event
        for event in events
        if all(FILTERED[name](event, value) for name, value in equal.items() if name in FILTERED)
    ]
    expected = naive_explain(kept, "pull", equal.get("reason", ""), every=events)
    return lambda: compare(put, replace(whole, equal=asked), expected)


def compare(put: Put, filters: Filters, expected: Answer) -> None:
    found = explain.explain(put.store.client, filters)
    assert (found.findings.tested, found.findings.failing, found.findings.installs) == expected[1:]
    assert comparable(explain.rows(found)) == comparable(expected.rows)


def comparable(rows: Sequence[dict[str, Any]]) -> list[Any]:
    """Rows in any order, numbers as near as sums of floats come."""
    return sorted(
        (
            sorted(row["attributes"].items()),
            repr({name: row[name] for name in COMPARED}),
            [f"{row[name]:.7g}" for name in ("relative_risk", "low", "high")],
            sorted(repr(same) for same in row["same_installs"]),
        )
        for row in rows
    )


def follow(store: Store, seed: int, installs: int) -> None:
    """Compare before days are counted and after; with late events, copies, and an erasure."""
    dice = random.Random(seed)
    builder = Builder(store.client)
    put = store.put(crowd(dice, installs))
    builder.refresh()
    check(put, put.events)()
    reasons = sorted({event.fingerprint for event in put.events if event.failed})
    for equal in ({"os": "Windows"}, {"version": "1.10.0"}, {"reason": reasons[0]}):
        check(put, put.events, **equal)()
    # Late events of installs that were there and of new ones, and copies: some days are counted, some are read.
    late = crowd(dice, installs // 4, first=installs - installs // 8)
    put.more([event for event in late if event["at"] < NOON - timedelta(days=1)])
    insert(store.client, [event.row() for event in put.events[::3]])
    check(put, put.events)()
    gone = [(put.name, install) for install in {event.install for event in put.events[:40]}]
    erase(store.client, gone)
    erased = check(put, [event for event in put.events if (put.name, event.install) not in gone])
    erased()
    builder.refresh()
    erased()


def test_explain_says_what_a_plain_loop_says(store: Store) -> None:
    seed = secrets.randbelow(10**6)
    print("seed", seed)
    follow(store, seed, 60)


def test_a_state_has_no_number_before_its_install(store: Store) -> None:
    """Both get theirs one after the other, and events come in between."""
    put = store.put([sent("pull", "a")])
    numbered = "SELECT number > 0 FROM rollup_stated WHERE source = {source:String}"
    circles = list(states(store.client))
    found = []
    for number in (number_states, number_installs, number_states):
        number(store.client, circles)
        found.append(store.client.query(numbered, parameters={"source": put.name}).result_rows)
    assert found == [[], [], [(1,)]]


@pytest.mark.soak
def test_explain_says_what_a_plain_loop_says_of_many_stores(store: Store) -> None:
    for _ in range(20):
        seed = secrets.randbelow(10**6)
        print("seed", seed)
        follow(store, seed, 150)
