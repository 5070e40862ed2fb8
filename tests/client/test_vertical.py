"""Does an event travel from a call in the app to the collector, and does an answer stop or start that?"""

import json

import pytest

from tests.client.conftest import Bench


def test_an_accepted_event_arrives_once_with_its_context(bench: Bench) -> None:
    telemetry = bench.telemetry()
    telemetry.logger().log_usage("thing.done", {"engine": "podman", "count": 3})
    assert telemetry.flush(5)
    [event] = bench.collector.named("thing.done")
    assert event["properties"] == {"engine": "podman", "count": 3}
    assert event["type"] == "track"
    assert event["context"]["app"] == {"name": "demo-app", "version": "1.2.3"}
    assert event["context"]["location"] == {"country": "GB"}
    assert event["anonymousId"] == (bench.home / ".redhat/anonymousId").read_text()
    [batch] = bench.collector.batches
    assert batch.headers["Content-Encoding"] == "gzip"
    assert batch.body["writeKey"] == "wk-test"
    about = batch.body["context"]["aboveboard"]
    assert about["notice"] == 1
    assert about["level"] == "usage"
    assert len(about["catalog"]) == 16


def test_an_answer_is_kept_in_the_presets_settings(bench: Bench) -> None:
    telemetry = bench.telemetry(accept=False)
    assert telemetry.consent.state == "undecided"
    assert bench.files() == []
    assert telemetry.consent.accept(level="error")
    kept = json.loads(bench.settings.read_text())
    assert kept["telemetry.enabled"] is True
    assert kept["telemetry.check"] is True
    assert kept["telemetry.level"] == "error"
    assert kept["telemetry.notice"]["version"] == 1
    assert telemetry.consent.state == "accepted"


def test_a_decline_leaves_no_file_but_the_settings(bench: Bench) -> None:
    telemetry = bench.telemetry(accept=False)
    telemetry.log_usage("tick", {"number": 1})
    assert telemetry.consent.decline()
    telemetry.log_usage("tick", {"number": 2})
    telemetry.close()
    assert bench.files() == [str(bench.settings.relative_to(bench.home))]
    assert bench.collector.opened == 0


def test_an_action_says_whether_it_worked_and_how_long_it_took(bench: Bench) -> None:
    telemetry = bench.telemetry()
    logger = telemetry.logger()
    with logger.action("thing.done", engine="podman") as action:
        action.set(count=4)
    with pytest.raises(ZeroDivisionError), logger.action("thing.done"):
        raise ZeroDivisionError("division by zero")
    assert telemetry.flush(5)
    good, bad = bench.collector.named("thing.done")
    assert good["properties"]["success"] is True
    assert good["properties"]["count"] == 4
    assert good["properties"]["duration_ms"] >= 0
    assert bad["properties"]["success"] is False
    assert bad["properties"]["error"]["type"] == "ZeroDivisionError"


def test_a_page_and_an_error_arrive(bench: Bench) -> None:
    telemetry = bench.telemetry()
    telemetry.page("/containers")
    telemetry.log_error(OSError(2, "No such file or directory"))
    assert telemetry.flush(5)
    [page] = [event for event in bench.collector.events if event["type"] == "page"]
    assert page["name"] == "/containers"
    [error] = bench.collector.named("error")
    assert error["properties"]["error"]["type"] == "FileNotFoundError"


def test_what_was_logged_before_the_answer_is_sent_after_a_yes(bench: Bench) -> None:
    telemetry = bench.telemetry(accept=False)
    telemetry.log_usage("tick", {"number": 7})
    [waiting] = telemetry.preview()
    assert waiting["properties"] == {"number": 7}
    assert bench.files() == []
    telemetry.consent.accept()
    assert telemetry.flush(5)
    [sent] = bench.collector.named("tick")
    assert sent["timestamp"] == waiting["timestamp"]


def test_undeclared_events_stay_and_are_counted(bench: Bench) -> None:
    telemetry = bench.telemetry()
    telemetry.log_usage("never.declared", {"secret": "x"})
    telemetry.log_usage("tick", {"number": 1, "secret": "x"})
    assert telemetry.flush(5)
    assert [event["properties"] for event in bench.collector.events] == [{"number": 1}]
    status = telemetry.status()
    assert status is not None
    assert status.dropped == {"undeclared event": 1}
    [tick] = [entry for entry in telemetry.journal() if entry.name == "tick"]
    assert [(done, reason) for _, done, reason in tick.notes] == [("dropped", "undeclared property")]


def test_without_a_catalog_nothing_is_sent_and_status_says_so(bench: Bench) -> None:
    telemetry = bench.telemetry(catalog=None)
    telemetry.log_usage("tick", {"number": 1})
    telemetry.flush(1)
    assert bench.collector.opened == 0
    status = telemetry.status()
    assert status is not None
    assert "no catalog" in status.problem
