"""Does Explain name what was planted, in numbers that anybody can count, and nothing where there is nothing?"""

import random
from datetime import timedelta
from typing import Any

import pytest

from aboveboard.insights import explain
from tests.insights.conftest import NOON, Put, Store, sent

WINDOWS_ARM = {"os": "Windows", "arch": "arm64"}


def people(dice: random.Random, count: int) -> list[dict[str, Any]]:
    """Installs with a system, a version, a country and a podman each."""
    return [
        {
            "install": f"i{number}",
            "os": dice.choice(["Linux", "Windows", "Darwin"]),
            "arch": dice.choice(["x64", "arm64"]),
            "version": dice.choice(["1.0.0", "1.1.0"]),
            "country": dice.choice(["DE", "FR", "US"]),
            "podman": dice.choice(["5.2.0", "5.4.0"]),
            "containers": dice.choice([0, 4, 60]),
        }
        for number in range(count)
    ]


def said(person: dict[str, Any], failed: bool, **properties: Any) -> list[dict[str, Any]]:
    """What one install sends: its provider, and one attempt."""
    who = {name: person[name] for name in ("install", "os", "arch", "version", "country")}
    provider = sent("providers", engine="podman", containers=person["containers"], **who)
    provider["properties"]["version"] = person["podman"]
    if failed:
        properties["error"] = {"message": "connection refused"}
    return [provider, sent("container.start", **who, **properties)]


def put(store: Store, decide: Any, count: int = 900, seed: int = 1) -> Put:
    """People of whom each fails with the probability that is decided for it."""
    dice = random.Random(seed)
    events = []
    for person in people(dice, count):
        properties = {"engine": dice.choice(["podman", "docker"])}
        failed = dice.random() < decide(person | properties)
        events += said(person, failed, **properties)
    return store.put(events)


def test_a_planted_pair_comes_first_with_counts_that_add_up(store: Store) -> None:
    planted = put(store, lambda person: 0.7 if WINDOWS_ARM.items() <= person.items() else 0.1)
    rows = planted.ask(explain.ask, event="container.start")
    assert rows[0]["attributes"] == WINDOWS_ARM
    assert rows[0]["implied_by"] is None
    assert {tuple(row["implied_by"].items()) for row in rows[1:]} <= {tuple(WINDOWS_ARM.items())}
    tried = [event for event in planted.events if event.event == "container.start"]
    having = [event for event in tried if (event.os, event.arch) == ("Windows", "arm64")]
    failing, failing_with = (sum(event.failed for event in events) for events in (tried, having))
    assert (rows[0]["failing_installs"], rows[0]["installs"]) == (failing_with, len(having))
    without = (failing - failing_with) / (len(tried) - len(having))
    assert rows[0]["relative_risk"] == pytest.approx(failing_with / len(having) / without)
    assert rows[0]["low"] < rows[0]["relative_risk"] < rows[0]["high"]
    assert rows[0]["share_of_failures"] == pytest.approx(failing_with / failing)
    sentence = rows[0]["sentence"]
    assert sentence.startswith(
        f"container.start fails {rows[0]['relative_risk']:.1f} × as often on Windows arm64"
    )
    assert sentence.endswith("other candidates fell within noise.")


@pytest.mark.parametrize(
    ("attributes", "key"),
    [
        ({"version": "1.1.0"}, ("version", "1.1.0")),
        ({"country": "FR"}, ("country", "FR")),
        ({"provider:podman": "5.4.0"}, ("podman", "5.4.0")),
        ({"containers": "51–100"}, ("containers", 60)),
        ({"property:engine": "docker"}, ("engine", "docker")),
    ],
)
def test_every_kind_of_attribute_can_be_the_cause(
    store: Store, attributes: dict[str, str], key: tuple[str, Any]
) -> None:
    planted = put(store, lambda person: 0.6 if person[key[0]] == key[1] else 0.08)
    rows = planted.ask(explain.ask, event="container.start")
    assert [row["attributes"] for row in rows if row["implied_by"] is None] == [attributes]


def test_no_cause_no_row(store: Store) -> None:
    assert put(store, lambda person: 0.2).ask(explain.ask, event="container.start") == []
    found = explain.explain(store.client, put(store, lambda person: 0.0).filters(event="container.start"))
    assert "failed with none of 900 installs" in found.headline


def test_nothing_at_all_is_no_error(store: Store) -> None:
    assert store.put([]).ask(explain.ask) == []
    assert store.put([]).ask(explain.ask, event="container.start") == []


def test_without_an_event_the_one_that_fails_most_is_explained(store: Store) -> None:
    planted = put(store, lambda person: 0.6 if person["os"] == "Linux" else 0.05)
    rows = planted.ask(explain.ask)
    assert rows[0]["event"] == "container.start"
    assert rows[0]["attributes"] == {"os": "Linux"}


def test_retries_and_cancelled_attempts_change_nothing(store: Store) -> None:
    dice = random.Random(5)
    events = []
    for person in people(dice, 400):
        events += said(person, dice.random() < (0.6 if person["os"] == "Linux" else 0.05))
        events.append(sent("container.start", person["install"], os="Darwin", outcome="cancelled"))
    once, twice = store.put(events), store.put(events, twice=True)
    rows = [put.ask(explain.ask, event="container.start") for put in (once, twice)]
    assert rows[0] == rows[1] != []
    assert rows[0][0]["installs"] == sum(person["os"] == "Linux" for person in people(random.Random(5), 400))


def test_who_uses_it_longer_fails_more_and_that_is_no_cause(store: Store) -> None:
    # All of version 1.1.0 have had it for a day, those of 1.0.0 for three weeks; each day fails alike.
    dice = random.Random(3)
    events = []
    for number in range(600):
        new = number % 2 == 0
        for day in range(1 if new else 20):
            failed = {"error": {"message": "x"}} if dice.random() < 0.05 else {}
            who = {"install": f"i{number}", "version": "1.1.0" if new else "1.0.0"}
            events.append(sent("pull", at=NOON - timedelta(days=day), **who, **failed))
    assert store.put(events).ask(explain.ask, event="pull") == []


def test_a_new_version_that_fails_is_seen_on_its_first_day(store: Store) -> None:
    dice = random.Random(4)
    events = []
    for number in range(900):
        for day in range(10):
            new = number % 3 == 0 and day == 0
            failed = {"error": {"message": "x"}} if dice.random() < (0.25 if new else 0.03) else {}
            version = "1.1.0" if new else "1.0.0"
            events.append(
                sent("pull", f"i{number}", at=NOON - timedelta(days=day), version=version, **failed)
            )
    rows = store.put(events).ask(explain.ask, event="pull")
    assert rows[0]["attributes"] == {"version": "1.1.0"}
    assert rows[0]["relative_risk"] > 4


def test_what_the_same_installs_have_is_told_beside_it(store: Store) -> None:
    dice = random.Random(6)
    events = []
    for number in range(600):
        new = number % 3 == 0
        failed = {"error": {"message": "x"}} if dice.random() < (0.5 if new else 0.05) else {}
        version = "1.1.0" if new else "1.0.0"
        events.append(
            sent(
                "activateExtension",
                f"i{number}",
                version=version,
                extensionId="podman-desktop.kind",
                extensionVersion=version,
            )
        )
        events.append(sent("pull", f"i{number}", version=version, **failed))
    (row,) = store.put(events).ask(explain.ask, event="pull")
    assert row["attributes"] == {"version": "1.1.0"}
    assert row["same_installs"] == [{"extension:podman-desktop.kind": "1.1.0"}]


def test_one_reason_has_its_own_causes(store: Store) -> None:
    dice = random.Random(8)
    events = []
    for person in people(dice, 900):
        text = ""
        if person["os"] == "Linux" and dice.random() < 0.5:
            text = "permission denied"
        elif person["country"] == "FR" and dice.random() < 0.6:
            text = "connection refused"
        who = {name: person[name] for name in ("install", "os", "arch", "version", "country")}
        events.append(sent("pull", **who, **({"error": {"message": text}} if text else {})))
    planted = store.put(events)
    reasons = {event.error_text: event.fingerprint for event in planted.events if event.failed}
    for text, attributes in (
        ("permission denied", {"os": "Linux"}),
        ("connection refused", {"country": "FR"}),
    ):
        rows = planted.ask(explain.ask, event="pull", reason=reasons[text])
        assert rows[0]["attributes"] == attributes
        assert planted.ask(explain.ask, reason=reasons[text])[0]["event"] == "pull"
