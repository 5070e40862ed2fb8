"""The faults of the app that this client's model is: each was read in its source, and each is a test here.

The list stands in the design under "Where its model falls short, and this must not".
"""

import asyncio
import json
import time

import pytest

from tests.client.conftest import Bench, Clock
from tests.client.test_delivery import numbers
from tests.client.test_lifecycle import run, sent


def test_switching_off_in_mid_run_works_without_a_restart(bench: Bench) -> None:
    telemetry = bench.telemetry()
    telemetry.log_usage("tick", {"number": 1})
    assert telemetry.flush(5)
    telemetry.consent.decline()
    telemetry.log_usage("tick", {"number": 2})
    telemetry.flush(5)
    assert numbers(bench) == [1]


def test_a_decline_leaves_no_events_piling_up_in_memory(bench: Bench) -> None:
    telemetry = bench.telemetry(accept=False)
    for number in range(50):
        telemetry.log_usage("tick", {"number": number})
    telemetry.consent.decline()
    for number in range(50):
        telemetry.log_usage("tick", {"number": number})
    assert telemetry.preview() == ()
    telemetry.consent.accept()
    assert telemetry.flush(5)
    assert numbers(bench) == []


def test_a_pre_ticked_box_and_a_skipped_prompt_are_no_yes(bench: Bench) -> None:
    bench.settings.parent.mkdir(parents=True)
    for pre_ticked in ({"telemetry.enabled": True}, {"telemetry.check": True}):
        bench.settings.write_text(json.dumps(pre_ticked))
        assert bench.telemetry(accept=False).consent.state == "undecided"
    assert bench.collector.opened == 0


def test_what_a_logger_promises_to_clean_is_cleaned(bench: Bench) -> None:
    telemetry = bench.telemetry()
    telemetry.sensitive("zenobia-laptop")
    telemetry.log_usage(
        "thing.done", {"note": "cannot reach zenobia-laptop at 10.1.2.3, see /home/zenobia/log.txt"}
    )
    telemetry.log_error(OSError("no such file: /home/zenobia/private/key.pem"))
    assert telemetry.flush(5)
    sent_text = json.dumps([batch.body["batch"] for batch in bench.collector.batches])
    for secret in ("zenobia", "10.1.2.3", "private", "key.pem"):
        assert secret not in sent_text
    journal = "".join(str(entry) for entry in telemetry.journal())
    assert "zenobia" not in journal, "the journal never holds an original that was replaced"
    assert "replaced by" in journal


def test_a_custom_sender_does_not_bypass_consent(bench: Bench) -> None:
    got: list[str] = []
    telemetry = bench.telemetry(accept=False)
    logger = telemetry.logger(sender=lambda name, properties: got.append(name))
    logger.log_usage("tick", {"number": 1})
    telemetry.consent.decline()
    logger.log_usage("tick", {"number": 2})
    time.sleep(0.1)
    assert got == []


def test_an_event_leaves_when_its_action_is_done_so_failures_are_failures(bench: Bench) -> None:
    telemetry = bench.telemetry()
    logger = telemetry.logger()

    @logger.action("thing.done", engine="podman")
    async def pull() -> None:
        await asyncio.sleep(0.05)
        assert bench.collector.named("thing.done") == []
        assert [entry for entry in telemetry.journal() if entry.name == "thing.done"] == []
        raise ConnectionError("connection refused")

    with pytest.raises(ConnectionError):
        asyncio.run(pull())
    assert telemetry.flush(5)
    [event] = bench.collector.named("thing.done")
    assert event["properties"]["success"] is False
    assert event["properties"]["outcome"] == "failure"


def test_every_action_carries_its_duration(bench: Bench) -> None:
    telemetry = bench.telemetry()
    with telemetry.action("thing.done"):
        time.sleep(0.05)
    assert telemetry.flush(5)
    assert 50 <= bench.collector.events[0]["properties"]["duration_ms"] < 1000


def test_the_shutdown_event_is_not_lost(bench: Bench) -> None:
    run(bench, "telemetry = make(OPTIONS)")
    assert sent(bench)[-1]["event"] == "shutdown"


def test_hashes_are_keyed_so_that_no_dictionary_undoes_them(bench: Bench, tmp_path: object) -> None:
    hashes = set()
    for home in ("one", "two"):
        folder = bench.home / home
        folder.mkdir()
        telemetry = bench.telemetry(host=bench.on(home=folder))
        telemetry.log_usage("thing.done", {"machine": "podman-machine-default"})
        assert telemetry.flush(5)
        key = (folder / ".local/share/containers/podman-desktop/telemetry/hash.key").read_bytes()
        assert len(key) == 32
        assert key.hex() not in json.dumps(bench.collector.batches[-1].body)
        hashes.add(bench.collector.events[-1]["properties"]["machine"])
    assert len(hashes) == 2


def test_daily_limits_survive_a_restart_and_keep_the_counts_they_suppress(bench: Bench) -> None:
    clock = Clock()
    rules = [{"event": "tick", "frequency": "dailyPerInstance"}]
    for start in range(3):
        telemetry = bench.telemetry(host=bench.on(clock=clock), rules=rules)
        for number in range(4):
            telemetry.log_usage("tick", {"number": start * 10 + number})
        telemetry.close()
        clock.now += 60
    clock.now += 24 * 3600
    last = bench.telemetry(host=bench.on(clock=clock), rules=rules)
    assert bench.collector.wait(lambda: last.flush(1) and len(bench.collector.named("tick")) == 2, 5)
    first, rollup = bench.collector.named("tick")
    assert first["properties"]["number"] == 0
    assert rollup["properties"]["aggregated"] == [{"common.weight": 11}]
