"""What may be sent of an event, and what is said about the rest?"""

import json
from collections.abc import Callable
from datetime import date

import pytest

from aboveboard.catalog import (
    LEVELS,
    REASONS,
    Catalog,
    Drop,
    Safety,
    Verdict,
    check,
    covers,
    how_to_declare,
    parse,
)
from tests.catalog.conftest import EVERY_TYPE, TODAY

Checked = Callable[..., Verdict]


def reasons(verdict: Verdict) -> dict[str, str]:
    return {drop.path: drop.reason for drop in verdict.drops}


def test_an_undeclared_event_is_not_sent(checked: Checked) -> None:
    verdict = checked(event="thing.never_declared", flag=True)
    assert verdict.event is None
    assert verdict.properties == {}
    assert [drop.reason for drop in verdict.drops] == ["undeclared event"]


def test_an_undeclared_property_is_left_out_and_the_rest_is_sent(checked: Checked) -> None:
    verdict = checked(flag=True, count_of_files=3)
    assert verdict.properties == {"flag": True}
    assert [drop.reason for drop in verdict.drops] == ["undeclared property"]


def test_a_property_that_is_a_name_does_not_leave_in_the_notes(checked: Checked) -> None:
    verdict = checked(**{"alice@acme.com": 1, "Zbigniew's machine": 2, "mашина": 3})
    assert verdict.properties == {}
    for secret in ("alice", "acme", "zbigniew", "mашина"):
        assert secret not in str(verdict).lower()


@pytest.mark.parametrize(
    ("today", "sent"), [(date(2026, 11, 22), True), (TODAY, False), (date(2030, 1, 1), False)]
)
def test_from_the_day_it_expires_an_event_is_not_sent(checked: Checked, today: date, sent: bool) -> None:
    verdict = checked(event="thing.old", today=today)
    assert (verdict.event == "thing.old") is sent
    assert reasons(verdict) == ({} if sent else {"thing.old": "expired event"})


def test_every_action_can_say_how_it_went(checked: Checked) -> None:
    given = {"success": False, "duration_ms": 12.5, "error": {"code": "EPERM"}, "outcome": "failure"}
    assert checked(**given).properties == given


def test_what_is_no_action_has_only_an_error_at_level_error(checked: Checked) -> None:
    verdict = checked(event="thing.broke", error="permission denied", sourceError="failed", success=True)
    assert verdict.level == "error"
    assert verdict.properties == {
        "error": {"message": "permission denied"},
        "sourceError": {"message": "failed"},
    }
    assert list(reasons(verdict).values()) == ["undeclared property"]


def test_absent_values_are_absent(checked: Checked) -> None:
    """`log_usage(event, {...}, error=None)` is how an action says that nothing went wrong."""
    assert checked(error=None, flag=None, success=True) == Verdict("thing.done", "usage", {"success": True})


def test_built_in_properties_need_no_declaration(catalog: Catalog, client_safety: Safety) -> None:
    merged = catalog.with_extension("acme.kind", parse(EVERY_TYPE, "x"))
    given = {
        "common.extensionName": "acme.kind",
        "common.extensionVersion": "1.2.0",
        "common.weight": 20,
        "app_name": "Demo App",
        "app_version": "1.29.1",
    }
    verdict = check(merged, "acme.kind.thing.done", given, today=TODAY, safety=client_safety)
    assert verdict.properties == given
    assert verdict.drops == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("common.extensionName", "alice.private"),
        ("common.extensionName", 3),
        ("common.extensionVersion", "alice"),
        ("common.weight", 0.5),
        ("common.weight", "many"),
        ("app_name", "Alice's App"),
        ("app_version", "alice"),
    ],
)
def test_built_in_properties_hide_nothing(checked: Checked, name: str, value: object) -> None:
    verdict = checked(**{name: value})
    assert verdict.properties == {}
    assert list(reasons(verdict)) == [name]


class TestAggregated:
    def test_each_entry_is_checked_as_the_event(self, checked: Checked) -> None:
        entries = [
            {"count": 1},
            {"count": "alice"},
            {"count": 3, "engine": "podman"},
            "alice",
            {"success": True},
        ]
        verdict = checked(aggregated=entries)
        assert verdict.properties == {
            "aggregated": [{"count": 1}, {}, {"count": 3, "engine": "podman"}, {}, {"success": True}]
        }
        assert "alice" not in str(verdict)

    def test_the_rollup_of_a_day_passes_whole(self, checked: Checked) -> None:
        rollup = {
            "aggregated": [
                {"common.weight": 40, "success": False},
                {"common.weight": 2.5, "duration_ms": 90.5},
            ],
            "common.count": 44,
            "common.ok": 3,
            "common.failed": 40,
            "common.suppressed": 43,
        }
        verdict = checked(event="thing.broke", **rollup)
        assert verdict.properties == rollup
        assert verdict.drops == ()

    def test_entries_are_not_aggregates_themselves(self, checked: Checked) -> None:
        entry: dict[str, object] = {"count": 1}
        entry["aggregated"] = [entry]
        assert checked(**entry).properties == {"count": 1, "aggregated": [{"count": 1}]}

    def test_the_first_entries_are_kept_as_far_as_there_is_room(self, checked: Checked) -> None:
        verdict = checked(aggregated=[{"count": n, "engine": "podman"} for n in range(10_000)])
        kept = verdict.properties["aggregated"]
        assert isinstance(kept, list)
        assert kept[:2] == [{"count": 0, "engine": "podman"}, {"count": 1, "engine": "podman"}]
        assert 100 < len(kept) <= 1000
        assert reasons(verdict) == {"aggregated": "too large"}
        assert len(json.dumps(verdict.properties)) <= 32 * 1024


def test_levels_include_those_below(catalog: Catalog) -> None:
    sent = {agreed: [level for level in LEVELS if covers(agreed, level)] for agreed in (*LEVELS, "nonsense")}
    assert sent == {
        "off": [],
        "crash": ["crash"],
        "error": ["crash", "error"],
        "usage": ["crash", "error", "usage"],
        "nonsense": [],
    }


def test_a_developer_reads_what_to_do(catalog: Catalog, checked: Checked) -> None:
    def line(verdict: Verdict, event: str = "thing.done") -> str:
        return how_to_declare(catalog, event, verdict.drops[0])

    assert "`aboveboard catalog declare telemetry.toml thing.done files`" in line(checked(files=3))
    assert "`aboveboard catalog declare telemetry.toml thing.made`" in line(
        checked(event="thing.made"), "thing.made"
    )
    assert "`values` of engine" in line(checked(engine="lima"))
    assert "expires" in line(checked(event="thing.old"), "thing.old")
    for reason in REASONS:
        text = how_to_declare(catalog, "thing.done", Drop("count", reason))
        assert "\n" not in text
        assert reason in text
