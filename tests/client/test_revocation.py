"""Is off off? In every process, within a second, with the queue emptied and the deletion confirmed."""

import json
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from aboveboard import Telemetry
from tests.client.apps import ROOT, command, environment
from tests.client.collector import answering, success
from tests.client.conftest import Bench


def queued(telemetry: Telemetry) -> int:
    """How many events wait."""
    status = telemetry.status()
    assert status is not None
    return status.waiting


def decline_unheard(bench: Bench) -> None:
    """Say no after something was sent, to a collector that is not well just then."""
    telemetry = bench.telemetry()
    telemetry.log_usage("tick", {"number": 1})
    assert telemetry.flush(5)
    bench.collector.answer = answering(503)
    telemetry.consent.decline()
    assert bench.collector.wait(lambda: bench.collector.erasures)
    telemetry.close()
    bench.collector.answer = success


def test_every_process_stops_within_a_second(bench: Bench) -> None:
    mine = bench.telemetry()
    mine.log_usage("tick", {"number": 1})
    assert mine.flush(5)
    others = [
        subprocess.Popen(
            command("wait", endpoint=bench.collector.url, first=1000 * number),
            env=environment(bench.home),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(1, 3)
    ]
    assert [other.stdout.readline().strip() for other in others if other.stdout] == ["accepted", "accepted"]
    time.sleep(0.3)
    declined = time.time()
    mine.consent.decline()
    seen = [float(other.stdout.readline()) for other in others if other.stdout]
    assert max(seen) - declined < 1.0
    # What the others still had in memory or wrote at that very moment is gone too.
    time.sleep(0.6)
    assert queued(mine) == 0
    before = len(bench.collector.batches)
    for other in others:
        other.communicate("end\n")
    assert len(bench.collector.batches) == before


def test_a_hand_edited_no_counts_as_well(bench: Bench) -> None:
    telemetry = bench.telemetry()
    telemetry.log_usage("tick", {"number": 1})
    assert telemetry.flush(5)
    settings = json.loads(bench.settings.read_text())
    bench.settings.write_text(json.dumps({**settings, "telemetry.enabled": False}))
    assert bench.collector.wait(lambda: bench.collector.erasures, 2)
    assert telemetry.consent.state == "declined"


def test_the_queue_is_emptied_and_an_own_id_removed(bench: Bench) -> None:
    bench.collector.answer = answering(503)
    telemetry = bench.telemetry(preset=None)
    telemetry.log_usage("tick", {"number": 1})
    telemetry.flush(2)
    assert queued(telemetry) == 1
    folder = bench.home / ".local/share/demo-app/telemetry"
    assert (folder / "anonymousId").exists()
    telemetry.consent.decline()
    assert queued(telemetry) == 0
    assert not (folder / "anonymousId").exists()
    left = b"".join(path.read_bytes() for path in folder.glob("spool.db*"))
    assert b'"tick"' not in left, "deleted rows must not linger in free pages or in the log"


def test_a_shared_id_stays_and_the_app_uses_its_own_from_then_on(bench: Bench) -> None:
    telemetry = bench.telemetry()
    telemetry.log_usage("tick", {"number": 1})
    assert telemetry.flush(5)
    shared = (bench.home / ".redhat/anonymousId").read_text()
    telemetry.consent.decline()
    assert telemetry.flush(5)
    assert (bench.home / ".redhat/anonymousId").read_text() == shared
    telemetry.consent.accept()
    telemetry.log_usage("tick", {"number": 2})
    assert telemetry.flush(5)
    first, second = (event["anonymousId"] for event in bench.collector.named("tick"))
    assert first == shared
    assert second != shared
    assert (bench.data / "anonymousId").read_text() == second


def test_the_deletion_is_asked_for_until_it_is_confirmed_and_the_receipt_is_kept(bench: Bench) -> None:
    telemetry = bench.telemetry()
    telemetry.log_usage("tick", {"number": 1})
    assert telemetry.flush(5)
    identity = bench.collector.named("tick")[0]["anonymousId"]
    bench.collector.answer = answering(503)
    telemetry.consent.decline()
    assert bench.collector.wait(lambda: bench.collector.erasures)
    assert not telemetry.flush(1)
    assert telemetry.receipts()[0].receipt is None
    telemetry.close()
    bench.collector.answer = success
    again = bench.telemetry(accept=False)
    assert again.flush(5)
    request = bench.collector.erasures[-1].body
    assert request["anonymousId"] == identity
    assert request["writeKey"] == "wk-test"
    [kept] = again.receipts()
    assert kept.receipt == {"deletionId": request["deletionId"], "rows": 3}
    assert kept.anonymous_id == ""
    assert len({erasure.body["deletionId"] for erasure in bench.collector.erasures}) == 1


def test_a_deletion_waits_while_the_environment_says_off(bench: Bench) -> None:
    decline_unheard(bench)
    opened = bench.collector.opened
    off = bench.telemetry(accept=False, host=bench.on(environ={"DO_NOT_TRACK": "1"}))
    assert not off.flush(1)
    off.close()
    assert bench.collector.opened == opened
    on = bench.telemetry(accept=False)
    assert on.flush(5)
    assert on.receipts()[0].receipt


def test_a_deletion_waits_while_the_administrator_says_off(bench: Bench) -> None:
    decline_unheard(bench)
    folder = bench.host.root / "usr/share/podman-desktop"
    folder.mkdir(parents=True)
    (folder / "locked.json").write_text('{"locked": ["telemetry.enabled"]}')
    (folder / "default-settings.json").write_text('{"telemetry.enabled": false}')
    opened = bench.collector.opened
    off = bench.telemetry(accept=False)
    assert off.consent.state == "off"
    assert not off.flush(1)
    off.close()
    assert bench.collector.opened == opened
    (folder / "locked.json").unlink()
    on = bench.telemetry(accept=False)
    assert on.flush(5)
    assert on.receipts()[0].receipt


def test_who_never_sent_anything_asks_for_no_deletion(bench: Bench) -> None:
    telemetry = bench.telemetry(endpoint="http://127.0.0.1:9")
    telemetry.consent.decline()
    telemetry.close()
    assert telemetry.receipts() == ()


def test_an_upload_under_way_is_aborted(bench: Bench) -> None:
    broken: list[float] = []

    def slowly(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        if handler.path == "/v1/erase":
            return success(handler, body)
        handler.connection.settimeout(10)
        # The client sends nothing more; it hangs up, and whether the stream ends or is reset first is a race.
        with suppress(ConnectionResetError):
            assert handler.connection.recv(1) == b""
        broken.append(time.monotonic())
        raise ConnectionAbortedError("there is nobody to answer any more")

    bench.collector.answer = slowly
    telemetry = bench.telemetry()
    telemetry.log_usage("tick", {"number": 1})
    telemetry.flush(0.3)
    assert bench.collector.wait(lambda: bench.collector.batches)
    telemetry.consent.decline()
    # Well before the answer would be given up; on a busy machine a second by the clock says nothing.
    assert bench.collector.wait(lambda: broken, 5)
    assert bench.collector.wait(lambda: bench.collector.erasures, 10)


def test_what_a_dying_process_wrote_after_the_no_is_not_sent_after_the_next_yes(bench: Bench) -> None:
    bench.collector.answer = answering(503)
    telemetry = bench.telemetry()
    telemetry.log_usage("tick", {"number": 1})
    telemetry.flush(1)
    telemetry.close()
    late = bench.home / "late.db"
    shutil.copy(bench.data / "spool.db", late)
    second = bench.telemetry(accept=False)
    second.consent.decline()
    second.close()
    for name in ("spool.db-wal", "spool.db-shm"):
        (bench.data / name).unlink(missing_ok=True)
    shutil.copy(late, bench.data / "spool.db")
    bench.collector.answer = success
    third = bench.telemetry()
    third.log_usage("tick", {"number": 2})
    assert third.flush(5)
    assert [event["properties"]["number"] for event in bench.collector.named("tick")[-1:]] == [2]
    assert len(bench.collector.batches[-1].body["batch"]) == 1


def test_forget_deletes_everything_and_goes_on_under_a_new_id(bench: Bench) -> None:
    telemetry = bench.telemetry(preset=None)
    telemetry.log_usage("thing.done", {"machine": "apollo"})
    assert telemetry.flush(5)
    telemetry.forget()
    assert list(telemetry.journal()) == []
    assert telemetry.flush(5)
    assert bench.collector.erasures[0].body["anonymousId"] == bench.collector.events[0]["anonymousId"]
    telemetry.log_usage("thing.done", {"machine": "apollo"})
    assert telemetry.flush(5)
    first, second = bench.collector.named("thing.done")
    assert first["anonymousId"] != second["anonymousId"]
    assert first["properties"]["machine"] != second["properties"]["machine"], "the key for hashes is new too"


def test_the_state_is_live_in_a_logger_and_listeners_hear_of_it(bench: Bench) -> None:
    telemetry = bench.telemetry()
    logger = telemetry.logger("podman", version="1.0.0", publisher="podman-desktop")
    heard: list[bool] = []
    stop = logger.on_did_change(lambda changed: heard.append(changed.is_usage_enabled))
    assert logger.is_usage_enabled
    assert logger.is_errors_enabled
    telemetry.consent.accept(level="error")
    assert not logger.is_usage_enabled
    assert logger.is_errors_enabled
    telemetry.consent.decline()
    assert not logger.is_errors_enabled
    assert heard == [False, False]
    assert stop is not None
    stop()
    telemetry.consent.accept()
    assert heard == [False, False]


def test_no_thread_is_left_after_a_no_and_a_yes_brings_them_back(bench: Bench) -> None:
    def threads() -> list[str]:
        return [thread.name for thread in threading.enumerate() if thread.name.startswith("aboveboard")]

    telemetry = bench.telemetry()
    for number in range(3):
        telemetry.log_usage("tick", {"number": number})
        assert telemetry.flush(5)
        assert threads()
        telemetry.consent.decline()
        assert bench.collector.wait(lambda: not threads(), 2)
        telemetry.consent.accept()
    telemetry.log_usage("tick", {"number": 3})
    assert telemetry.flush(5)
    assert [event["properties"]["number"] for event in bench.collector.named("tick")] == [0, 1, 2, 3]


def test_yes_and_no_in_quick_turns_lose_nothing_that_was_agreed_to(bench: Bench) -> None:
    telemetry = bench.telemetry()
    for number in range(30):
        telemetry.consent.decline()
        telemetry.log_usage("tick", {"number": -1})
        telemetry.consent.accept()
        telemetry.log_usage("tick", {"number": number})
        assert telemetry.flush(5)
    assert [event["properties"]["number"] for event in bench.collector.named("tick")] == list(range(30))


def waiting_usage(bench: Bench, **changes: Any) -> Telemetry:
    """Telemetry of which three events of usage and an error wait, because the collector was away."""
    bench.collector.answer = answering(503)
    telemetry = bench.telemetry(**changes)
    for number in range(3):
        telemetry.log_usage("tick", {"number": number})
    telemetry.log_error(ValueError("no"))
    telemetry.flush(1)
    assert queued(telemetry) == 4
    bench.collector.requests.clear()
    bench.collector.answer = success
    return telemetry


def sent_names(bench: Bench) -> list[str]:
    """The names of all events that came in."""
    return [event["event"] for event in bench.collector.events]


def dropped(telemetry: Telemetry) -> dict[str, int]:
    """How many events were not sent, by reason."""
    status = telemetry.status()
    assert status is not None
    return status.dropped


def test_after_lowering_the_level_what_waits_above_it_is_not_sent(bench: Bench) -> None:
    telemetry = waiting_usage(bench)
    assert telemetry.consent.accept("error")
    assert queued(telemetry) == 1, "it is gone at once, not only when the next request is made"
    assert telemetry.flush(5)
    assert sent_names(bench) == ["error"]
    assert bench.collector.batches[-1].body["context"]["aboveboard"]["level"] == "error"
    assert dropped(telemetry)["above the level"] == 3


def test_a_level_lowered_by_hand_while_the_app_was_closed_holds_back_what_waits(bench: Bench) -> None:
    waiting_usage(bench).close()
    settings = json.loads(bench.settings.read_text())
    bench.settings.write_text(json.dumps({**settings, "telemetry.level": "error"}))
    again = bench.telemetry(accept=False)
    assert again.flush(5)
    assert sent_names(bench) == ["error"]
    assert dropped(again)["above the level"] == 3


def test_a_ceiling_of_the_administrator_holds_back_what_waits(bench: Bench) -> None:
    waiting_usage(bench, preset=None).close()
    folder = bench.host.root / "etc/demo-app"
    folder.mkdir(parents=True)
    (folder / "default-settings.json").write_text('{"telemetry.level": "crash"}')
    (folder / "locked.json").write_text('{"locked": ["telemetry.level"]}')
    again = bench.telemetry(accept=False, preset=None)
    assert again.consent.level == "crash"
    assert again.flush(5)
    assert sent_names(bench) == []
    assert dropped(again)["above the level"] == 4


def test_a_level_lowered_between_two_requests_holds_for_the_second(bench: Bench) -> None:
    bench.collector.answer = answering(503)
    telemetry = bench.telemetry()
    for number in range(250):
        telemetry.log_usage("tick", {"number": number})
    telemetry.flush(1)
    bench.collector.requests.clear()

    def lowering(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        settings = json.loads(bench.settings.read_text())
        bench.settings.write_text(json.dumps({**settings, "telemetry.level": "error"}))
        return success(handler, body)

    bench.collector.answer = lowering
    telemetry.flush(5)
    assert len(bench.collector.batches) == 1
    assert dropped(telemetry)["above the level"] >= 150


def declining_in_vain(bench: Bench) -> Telemetry:
    """Telemetry with events that wait and settings that can be read but not written.

    The name of the file behind the link is so long that no temporary file beside it can be made: that fails
    for every account, as a full disk does.
    """
    telemetry = waiting_usage(bench)
    target = bench.settings.with_name("s" * 250)
    bench.settings.rename(target)
    bench.settings.symlink_to(target)
    assert telemetry.consent.state == "accepted"
    return telemetry


def test_a_no_that_cannot_be_written_is_off_here_at_once_and_the_caller_is_told(bench: Bench) -> None:
    telemetry = declining_in_vain(bench)
    assert telemetry.consent.decline() is False
    assert telemetry.consent.state == "declined"
    assert queued(telemetry) == 0
    telemetry.log_usage("tick", {"number": 9})
    telemetry.flush(3)
    assert sent_names(bench) == []
    status = telemetry.status()
    assert status is not None
    assert "the answer could not be written" in status.problem
    assert '"telemetry.enabled": true' in bench.settings.read_text()


def test_after_a_no_that_could_not_be_written_a_yes_that_can_be_counts_again(bench: Bench) -> None:
    telemetry = declining_in_vain(bench)
    assert telemetry.consent.decline() is False
    assert telemetry.consent.accept() is False
    assert telemetry.consent.state == "declined"
    bench.settings.unlink()
    assert telemetry.consent.state == "declined"
    assert telemetry.consent.accept() is True
    assert telemetry.consent.state == "accepted"
    status = telemetry.status()
    assert status is not None
    assert "could not be written" not in status.problem
    telemetry.log_usage("tick", {"number": 9})
    assert telemetry.flush(5)
    assert sent_names(bench) == ["tick"]


@pytest.mark.parametrize("fault", ["garbage", "gone", "a folder"])
def test_a_damaged_spool_does_not_forget_that_a_deletion_is_due(bench: Bench, fault: str) -> None:
    first = bench.telemetry()
    first.log_usage("tick", {"number": 1})
    assert first.flush(5)
    first.close()
    for path in bench.data.glob("spool.db*"):
        path.unlink()
    if fault == "garbage":
        (bench.data / "spool.db").write_bytes(b"this is no database" * 1000)
    if fault == "a folder":
        (bench.data / "spool.db").mkdir()
    second = bench.telemetry(accept=False)
    assert second.consent.decline()
    assert bench.collector.wait(lambda: bench.collector.erasures)
    assert bench.collector.erasures[0].body["anonymousId"] == bench.collector.events[0]["anonymousId"]
    assert not (bench.data / "uploaded").exists()
    assert bench.collector.wait(lambda: second.receipts() and second.receipts()[0].receipt)


def test_a_no_that_the_settings_cannot_hold_is_heard_by_every_process_and_the_next_run(bench: Bench) -> None:
    first, second = bench.telemetry(), bench.telemetry(accept=False)
    second.log_usage("tick", {"number": 1})
    assert second.flush(5)
    kept = bench.settings.read_text()
    bench.settings.write_text(kept.replace("{", "{ broken", 1))
    assert not first.consent.decline()
    bench.settings.write_text(kept)  # an old yes comes back, as from a file that could not be written
    assert first.consent.state == "declined"
    assert bench.collector.wait(lambda: second.consent.state == "declined", 1.0)
    assert bench.collector.wait(lambda: bench.collector.erasures)
    later = bench.telemetry(accept=False)
    status = later.status(explain=True)
    assert status is not None
    assert status.state == "declined"
    assert any("declined says no" in source.detail for source in status.sources)
    assert later.consent.accept()
    assert {each.consent.state for each in (first, second, later)} == {"accepted"}
    assert not (bench.data / "declined").exists()
