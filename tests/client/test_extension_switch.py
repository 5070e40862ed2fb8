"""Can a person switch off one extension? Everywhere within a second, with what waits of it, and never the other way."""

import json
import subprocess
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard import Telemetry
from aboveboard.client import levels
from aboveboard.client.answer import Answer, Offer, most_careful, read_answer, switched_off, switching
from aboveboard.client.consent import decide
from aboveboard.client.files import replace_file
from aboveboard.client.managed import Managed
from tests.client.apps import ROOT, command, environment
from tests.client.collector import answering, success
from tests.client.conftest import EXTENSION_CATALOG, Bench

KIND = "podman-desktop.podman"


def logger_of(telemetry: Telemetry, **more: Any) -> Any:
    return telemetry.logger(
        "podman", version="1.29.1", publisher="podman-desktop", catalog=EXTENSION_CATALOG, **more
    )


def test_its_events_stop_and_those_of_the_app_go_on(bench: Bench) -> None:
    bench.collector.answer = answering(503)
    telemetry = bench.telemetry()
    taken: list[str] = []
    logger = logger_of(telemetry, sender=lambda name, properties: taken.append(name))
    heard: list[bool] = []
    logger.on_did_change(lambda changed: heard.append(changed.is_usage_enabled))
    log_one(logger)
    telemetry.log_usage("tick", {"number": 1})
    assert not telemetry.flush(2)
    assert taken
    settings = json.loads(bench.settings.read_text())
    replace_file(bench.settings, json.dumps({"editor.tabSize": 3, **settings}).encode())

    assert telemetry.consent.refuse_extension(KIND)
    assert heard == [False]
    assert not logger.is_usage_enabled
    assert not logger.is_errors_enabled
    log_one(logger)
    telemetry.log_usage("tick", {"number": 2})
    bench.collector.answer = success
    bench.collector.requests.clear()
    assert telemetry.flush(5)
    assert {event["event"] for event in bench.collector.events} == {"tick"}
    status = telemetry.status()
    assert status is not None
    assert (status.state, status.extensions_off) == ("accepted", (KIND,))
    assert f"extensions {KIND}" in str(status)
    assert status.dropped["extension off"] == 2
    kept = json.loads(bench.settings.read_text())
    assert kept == {"editor.tabSize": 3, **settings, "telemetry.extensions": {KIND: False}}

    assert telemetry.consent.allow_extension(KIND)
    assert heard == [False, True]
    log_one(logger)
    assert telemetry.flush(5)
    assert bench.collector.events[-1]["event"].startswith(KIND)


def log_one(logger: Any) -> None:
    logger.log_usage("machine.start", {"engine": "podman"})
    logger.log_error(ValueError("odd"))


def test_a_switch_only_lowers(bench: Bench) -> None:
    telemetry = bench.telemetry(accept=False)
    logger = logger_of(telemetry)
    assert telemetry.consent.allow_extension(KIND)
    assert telemetry.consent.state == "undecided"
    telemetry.consent.decline()
    assert telemetry.consent.allow_extension(KIND)
    assert telemetry.consent.state == "declined"
    assert not logger.is_usage_enabled
    telemetry.consent.accept(level="error")
    assert (logger.is_usage_enabled, logger.is_errors_enabled) == (False, True)


def test_what_waited_undecided_is_neither_shown_nor_kept(bench: Bench) -> None:
    telemetry = bench.telemetry(accept=False)
    logger = logger_of(telemetry)
    log_one(logger)
    telemetry.log_usage("tick", {"number": 1})
    assert len(telemetry.preview()) > 1
    telemetry.consent.refuse_extension(KIND)
    assert [event["event"] for event in telemetry.preview()] == ["tick"]
    telemetry.consent.accept()
    assert telemetry.flush(5)
    assert {event["event"] for event in bench.collector.events} == {"tick"}


def test_another_process_follows_within_a_second(bench: Bench) -> None:
    mine = bench.telemetry()
    other = subprocess.Popen(
        command("extension", endpoint=bench.collector.url),
        env=environment(bench.home),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline().strip() == "True"
    refused = time.time()
    assert mine.consent.refuse_extension(KIND)
    seen = float(other.stdout.readline())
    other.communicate("end\n")
    assert seen - refused < 1.0


def test_while_something_says_off_only_a_no_is_written(bench: Bench) -> None:
    bench.telemetry().close()
    before = bench.settings.read_text()
    off = bench.telemetry(accept=False, host=bench.on(environ={"DO_NOT_TRACK": "1"}))
    assert not off.consent.allow_extension(KIND)
    assert bench.settings.read_text() == before
    assert off.consent.refuse_extension(KIND)
    assert bench.telemetry(accept=False).consent.extensions_off == (KIND,)


def test_where_the_settings_cannot_be_written_it_holds_in_this_process(bench: Bench) -> None:
    telemetry = bench.telemetry()
    logger = logger_of(telemetry)
    bench.settings.unlink()
    bench.settings.mkdir()
    assert not telemetry.consent.refuse_extension(KIND)
    assert not logger.is_usage_enabled
    bench.settings.rmdir()
    telemetry.consent.accept()
    assert not logger.is_usage_enabled


@pytest.mark.parametrize(
    ("value", "off"),
    [
        (None, set()),
        (True, set()),
        ({"a.b": True}, set()),
        ({"a.b": False, "c.d": True}, {"a.b"}),
        ({"a.b": "off", "c.d": None}, {"a.b", "c.d"}),
        (["a.b"], {"a.b"}),
        (False, {"*"}),
        ("none", {"*"}),
        (0, {"*"}),
    ],
)
def test_any_no_is_a_no(value: object, off: set[str]) -> None:
    assert switched_off(value) == off


IDS = st.sampled_from(["a.b", "c.d", "e.f", "*"])
VALUES = st.one_of(
    st.none(), st.booleans(), st.text(max_size=3), st.lists(IDS), st.dictionaries(IDS, st.booleans())
)


@given(VALUES, VALUES)
def test_of_a_key_that_is_there_twice_every_no_counts(first: object, second: object) -> None:
    both = most_careful([("telemetry.extensions", first), ("telemetry.extensions", second)])
    assert switched_off(both["telemetry.extensions"]) == switched_off(first) | switched_off(second)


@given(VALUES, st.sampled_from(["a.b", "c.d"]), st.booleans())
def test_switching_one_leaves_the_others(value: object, extension: str, on: bool) -> None:
    def allowed(settings: dict[str, object]) -> dict[str, bool]:
        answer = read_answer(settings)
        decision = decide(
            (), Managed(levels.USAGE, ""), Answer("yes", extensions_off=answer.extensions_off), Offer()
        )
        return {known: decision.allows(known) for known in ("a.b", "c.d", "e.f")}

    before = {"telemetry.extensions": value}
    after = switching(before, extension, on, ["a.b", "c.d", "e.f"])
    assert allowed(after) == {**allowed(before), extension: on}
    assert allowed(after)[extension] is on
