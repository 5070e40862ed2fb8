"""What becomes of an app's telemetry when its files are removed or damaged under it? It begins anew, and says so."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aboveboard.client.boundary import TROUBLES, attempt
from aboveboard.client.crash import Run
from aboveboard.client.recorder import LONGEST_QUEUE
from tests.client.collector import answering, success
from tests.client.conftest import Bench


def remove(data: Path) -> None:
    shutil.rmtree(data)


def empty(data: Path) -> None:
    with (data / "spool.db").open("r+b") as file:
        file.truncate(0)


def overwrite(data: Path) -> None:
    """Put noise over every page but the first, which a start would look at."""
    with (data / "spool.db").open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


@pytest.mark.parametrize("fault", [remove, empty, overwrite])
def test_events_after_a_fault_arrive_and_nothing_spins(bench: Bench, fault: Callable[[Path], None]) -> None:
    bench.collector.answer = answering(503)
    telemetry = bench.telemetry(lifecycle=True)
    for number in range(300):
        telemetry.log_usage("tick", {"number": number})
    assert not telemetry.flush(3)
    for log in (bench.data / "spool.db-wal", bench.data / "spool.db"):
        assert log.exists()
    telemetry._engine.open_spool().database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    troubles, spent = TROUBLES.count, time.process_time()
    fault(bench.data)
    bench.collector.answer = success

    def arrived() -> bool:
        telemetry.log_usage("tick", {"number": 999})
        telemetry.flush(1)
        return any(event["properties"]["number"] == 999 for event in bench.collector.named("tick"))

    assert bench.collector.wait(arrived, 10)
    time.sleep(1.5)
    assert TROUBLES.count - troubles <= 3
    assert time.process_time() - spent < 1.5
    status = telemetry.status()
    assert status is not None
    if fault is overwrite:
        assert status.dropped.get("damaged file")


def test_the_file_of_a_run_comes_back_where_somebody_removed_it(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "runs"
    run = Run(folder, bench.host)
    run.begin()
    shutil.rmtree(folder.parent)
    run.still_alive()
    assert len(list(folder.iterdir())) == 1
    assert Run(folder, bench.host).begin() == [], "it is held, so it is no crash"
    shutil.rmtree(folder.parent)
    run.end()


def test_errors_before_an_apps_telemetry_are_none_of_its_own(bench: Bench) -> None:
    def fail() -> None:
        raise LookupError("the app's")

    attempt(fail, None)
    telemetry = bench.telemetry()
    assert telemetry.status().problem == ""  # type: ignore[union-attr]
    attempt(fail, None)
    problem = telemetry.status().problem  # type: ignore[union-attr]
    assert problem == "1 errors of ours were caught, the last: LookupError in code of the app"
    telemetry.export(bench.home / "no" / "such" / "folder")
    problem = telemetry.status().problem  # type: ignore[union-attr]
    assert problem.startswith("2 errors of ours were caught, the last: FileNotFoundError at client.journal:")


def test_what_is_too_much_is_counted_and_never_silent(bench: Bench) -> None:
    """Another process writes all the time: the queue in memory fills, and every event either arrives or is counted."""
    telemetry = bench.telemetry()
    telemetry.log_usage("tick", {"number": 0})
    assert telemetry.flush(10)
    other = telemetry._engine.open_spool()
    other.database.execute("BEGIN IMMEDIATE")
    logged = LONGEST_QUEUE + 2_000
    for number in range(1, logged):
        telemetry.log_usage("tick", {"number": number})
    other.database.execute("ROLLBACK")
    other.close()
    assert bench.collector.wait(lambda: telemetry.flush(5), 60)
    status = telemetry.status()
    assert status is not None
    counted = sum(status.dropped.values())
    assert counted > 0
    assert "queue full" in status.dropped
    numbers = {event["properties"]["number"] for event in bench.collector.named("tick")}
    assert len(numbers) + counted == logged
