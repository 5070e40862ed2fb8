"""Do rules, budgets and aggregates take away what they should, keep their counts, and never add anything?"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.client.budget import Budget
from aboveboard.client.daily import (
    NO_DURATION,
    Day,
    bucket,
    day_from_json,
    day_to_json,
    middle,
    rollup,
    suppress,
)
from aboveboard.client.rules import Ruling, draw, load_rules, read_rules, ruling
from tests.client.collector import success
from tests.client.conftest import EXTENSION_CATALOG, Bench, Clock
from tests.client.test_delivery import log, numbers

DAY = 24 * 3600


def rules(*entries: dict[str, Any]) -> Any:
    """Rules from the entries of a rules file."""
    found, problems = read_rules({"rules": list(entries)})
    assert problems == ()
    return found


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("list.*", "listContainers", True),
        ("list.*", "deleteList.x", False),
        ("list", "listContainers", False),
        ("list", "list", True),
        ("shellInContainer.error", "shellInContainer.error", True),
        ("a|b", "b", True),
        ("a|b", "ab", False),
        ("podman*", "podman.machine.start", True),
        (r"a\.b", "axb", False),
    ],
)
def test_patterns_match_whole_names(pattern: str, name: str, matches: bool) -> None:
    assert ruling(rules({"event": pattern, "disabled": True}), name).disabled is matches


@pytest.mark.parametrize(
    "entry",
    [
        {}, {"event": 7}, {"event": "(a*)*"}, {"event": "[a]"}, {"event": "a{2}"}, {"event": "*" * 9}, "list", None,
        {"event": "a", "ratio": 2}, {"event": "a", "ratio": "1"}, {"event": "a", "ratio": True},
        {"event": "a", "frequency": "hourly"}, {"event": "a", "aggregate": "yes"}, {"event": "x" * 500},
    ],
)  # fmt: skip
def test_an_entry_that_is_no_rule_is_said_and_left_out(entry: Any) -> None:
    found, problems = read_rules([entry, {"event": "good", "disabled": True}])
    assert len(problems) == 1
    assert [rule.pattern.pattern for rule in found] == ["(?:good)"]


def test_podman_desktops_own_rules_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.json"
    path.write_text('{"rules": [{"event": "list.*", "frequency": "dailyPerInstance"}]}')
    found, problems = load_rules(path)
    assert problems == ()
    assert ruling(found, "listPods") == Ruling(daily=True)
    assert load_rules(tmp_path / "missing.json")[1]


ENTRIES = st.fixed_dictionaries(
    {"event": st.sampled_from(["a", "a.*", ".*", "a.b", "b"])},
    optional={
        "disabled": st.booleans(),
        "ratio": st.floats(0, 1),
        "frequency": st.just("dailyPerInstance"),
        "aggregate": st.booleans(),
    },
)


@given(st.lists(ENTRIES, max_size=5), st.lists(ENTRIES, max_size=5), st.sampled_from(["a", "a.b", "b", "c"]))
def test_more_rules_only_ever_reduce(first: list[Any], more: list[Any], event: str) -> None:
    before, after = ruling(rules(*first), event), ruling(rules(*first, *more), event)
    assert after.disabled >= before.disabled
    assert after.ratio <= before.ratio
    assert after.daily >= before.daily
    assert (after.aggregate is not None) >= (before.aggregate is not None)


@given(st.uuids(), st.floats(0, 1), st.floats(0, 1))
def test_the_same_installs_stay_in_when_a_ratio_is_lowered(install: Any, one: float, other: float) -> None:
    low, high = sorted((one, other))
    if draw(str(install)) < low:
        assert draw(str(install)) < high


def test_a_disabled_event_is_not_sent_and_counted(bench: Bench) -> None:
    telemetry = bench.telemetry(rules=[{"event": "tick", "disabled": True}])
    log(telemetry, 3)
    assert telemetry.flush(5)
    assert bench.collector.events == []
    status = telemetry.status()
    assert status is not None
    assert status.dropped == {"rule": 3}


def test_a_sampled_event_carries_its_weight(bench: Bench) -> None:
    identity = next(name for name in (f"{n:032x}" for n in range(99)) if draw(uuid(name)) < 0.25)
    (bench.home / ".redhat").mkdir()
    (bench.home / ".redhat/anonymousId").write_text(uuid(identity))
    telemetry = bench.telemetry(rules=[{"event": "tick", "ratio": 0.25}])
    log(telemetry, 2)
    assert telemetry.flush(5)
    assert [event["properties"]["common.weight"] for event in bench.collector.named("tick")] == [4.0, 4.0]


def uuid(text: str) -> str:
    """The text of a UUID from 32 hex digits."""
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def test_rules_of_the_collector_are_taken_up_and_survive_a_restart(bench: Bench) -> None:
    def with_rules(handler: Any, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        status, headers, content = success(handler, body)
        rules = [{"event": "tick", "disabled": True}]
        return status, headers, json.dumps({**json.loads(content), "rules": rules}).encode()

    bench.collector.answer = with_rules
    telemetry = bench.telemetry()
    log(telemetry, 1)
    assert telemetry.flush(5)
    log(telemetry, 1, first=1)
    assert telemetry.flush(5)
    telemetry.close()
    again = bench.telemetry(accept=False)
    log(again, 1, first=2)
    assert again.flush(5)
    assert numbers(bench) == [0]


def test_rules_of_the_collector_cannot_switch_on_what_the_app_switched_off(bench: Bench) -> None:
    def with_rules(handler: Any, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        rules = [{"event": "tick", "disabled": False, "ratio": 1.0}]
        return 200, {}, json.dumps({"success": True, "rules": rules}).encode()

    bench.collector.answer = with_rules
    telemetry = bench.telemetry(rules=[{"event": "tick", "disabled": True}])
    telemetry.page("/containers")
    assert telemetry.flush(5)
    log(telemetry, 1)
    assert telemetry.flush(5)
    assert numbers(bench) == []


def act(telemetry: Any, clock: Clock, fail: bool = False, seconds: float = 0.0) -> None:
    """One action of a given duration, on a clock that the test holds."""
    with telemetry.action("thing.done", engine="podman") as action:
        clock.now += seconds
        if fail:
            action.fail("connection refused")


def test_of_a_day_the_first_event_goes_at_once_and_the_rest_as_one_rollup(bench: Bench) -> None:
    clock = Clock(1_800_000_000.0 - 1_800_000_000.0 % DAY + 3600)
    host = bench.on(clock=clock, monotonic=clock)
    daily = [{"event": "thing.done", "frequency": "dailyPerInstance"}]
    telemetry = bench.telemetry(host=host, rules=daily)
    act(telemetry, clock, seconds=0.1)
    assert telemetry.flush(5)
    assert len(bench.collector.named("thing.done")) == 1
    for _ in range(3):
        act(telemetry, clock, seconds=0.1)
    act(telemetry, clock, seconds=2.2)
    act(telemetry, clock, fail=True, seconds=0.1)
    telemetry.close()
    # The counts survive a restart, and the restarted app sends no second first event.
    again = bench.telemetry(host=host, rules=daily)
    act(again, clock, seconds=0.1)
    assert again.flush(5)
    assert len(bench.collector.named("thing.done")) == 1
    clock.now += DAY
    act(again, clock, seconds=0.1)
    assert again.flush(5)
    first, rolled, next_day = bench.collector.named("thing.done")
    assert "aggregated" not in first["properties"]
    assert "aggregated" not in next_day["properties"]
    properties = rolled["properties"]
    assert properties["common.suppressed"] == 6
    assert properties["common.count"] == 7
    assert (properties["common.ok"], properties["common.failed"]) == (5, 1)
    by = {
        (part["success"], round(part["duration_ms"], -2)): part["common.weight"]
        for part in properties["aggregated"]
    }
    assert by == {(True, 100.0): 4, (True, 2400.0): 1, (False, 100.0): 1}
    assert rolled["timestamp"] < next_day["timestamp"]


def test_a_rollup_of_yesterday_leaves_at_the_next_start(bench: Bench) -> None:
    clock = Clock()
    host = bench.on(clock=clock)
    daily = [{"event": "tick", "frequency": "dailyPerInstance"}]
    telemetry = bench.telemetry(host=host, rules=daily)
    log(telemetry, 5)
    telemetry.close()
    clock.now += 2 * DAY
    again = bench.telemetry(accept=False, host=host, rules=daily)
    assert bench.collector.wait(lambda: again.flush(1) and len(bench.collector.named("tick")) == 2, 5)
    rolled = bench.collector.named("tick")[1]["properties"]
    assert rolled["common.suppressed"] == 4
    assert rolled["aggregated"] == [{"common.weight": 4}]


def test_a_clock_that_jumps_back_sends_no_second_first_event(bench: Bench) -> None:
    clock = Clock()
    host = bench.on(clock=clock)
    telemetry = bench.telemetry(host=host, rules=[{"event": "tick", "frequency": "dailyPerInstance"}])
    log(telemetry, 1)
    clock.now -= 3 * DAY
    log(telemetry, 2, first=1)
    assert telemetry.flush(5)
    assert numbers(bench) == [0]


PARTS = st.fixed_dictionaries(
    {}, optional={"success": st.booleans(), "duration_ms": st.floats(0, 1e9), "error": st.just({})}
)


@given(st.lists(PARTS, min_size=1, max_size=30), st.integers(0, 30))
def test_rollups_of_two_halves_add_up_to_the_rollup_of_the_whole(events: list[Any], at: int) -> None:
    def totals(chosen: list[Any]) -> dict[tuple[Any, ...], float]:
        day = Day("2026-11-23")
        for event in chosen:
            day = day_from_json(json.loads(json.dumps(day_to_json(suppress(day, event, 1.0)))))
        found: dict[tuple[Any, ...], float] = {}
        for part in rollup(day)["aggregated"]:
            found[part.get("success"), part.get("duration_ms")] = part["common.weight"]
        return found

    halves = [totals(events[:at]), totals(events[at:])]
    keys = {key for half in halves for key in half}
    assert {key: sum(half.get(key, 0) for half in halves) for key in keys} == totals(events)


@given(st.floats(1, 1e9))
def test_a_duration_read_from_its_bucket_is_off_by_a_fifth_at_most(duration: float) -> None:
    assert 0.8 < middle(bucket(duration)) / duration < 1.25
    assert bucket("x") == bucket(None) == bucket(True) == NO_DURATION


def test_aggregates_are_sent_as_one_and_flushed_at_the_end(bench: Bench) -> None:
    telemetry = bench.telemetry(rules=[{"event": "tick", "aggregate": {"seconds": 60, "events": 10}}])
    log(telemetry, 23)
    telemetry.close()
    assert bench.telemetry(accept=False).flush(5)
    parts = [event["properties"]["aggregated"] for event in bench.collector.named("tick")]
    assert [len(part) for part in parts] == [10, 10, 3]
    assert [entry["number"] for part in parts for entry in part] == list(range(23))


def test_an_aggregate_leaves_when_its_window_is_over(bench: Bench) -> None:
    telemetry = bench.telemetry(rules=[{"event": "tick", "aggregate": {"seconds": 0.1}}])
    log(telemetry, 3)
    assert bench.collector.wait(lambda: telemetry.flush(1) and bench.collector.named("tick"), 6)


def test_an_extension_over_its_budget_is_counted_and_reported_as_one_event(bench: Bench) -> None:
    telemetry = bench.telemetry(budget=Budget(minute=5, day=100))
    logger = telemetry.logger(
        "podman", version="1.0.0", publisher="podman-desktop", catalog=EXTENSION_CATALOG
    )
    telemetry.consent.accept()
    for _ in range(12):
        logger.log_usage("machine.start", {"engine": "podman"})
    log(telemetry, 3)
    telemetry.flush(5)
    telemetry.close()
    assert bench.telemetry(accept=False).flush(5)
    assert len(bench.collector.named("podman-desktop.podman.machine.start")) == 5
    assert len(numbers(bench)) == 3, "the app itself has no budget"
    [report] = bench.collector.named("dropped")
    assert report["properties"] == {"reason": "budget", "count": 7}


def test_the_budget_of_a_day_survives_a_restart(bench: Bench) -> None:
    for number in range(2):
        telemetry = bench.telemetry(accept=number == 0, budget=Budget(minute=100, day=8))
        logger = telemetry.logger(
            "podman", version="1.0.0", publisher="podman-desktop", catalog=EXTENSION_CATALOG
        )
        telemetry.consent.accept()
        for _ in range(6):
            logger.log_usage("machine.start")
        assert telemetry.flush(5)
        telemetry.close()
    assert len(bench.collector.named("podman-desktop.podman.machine.start")) == 8
