"""What does leaving the app cost, and who sends the rest? Nothing that is felt, and a process of its own."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.client.apps import CATALOG, ROOT, command, environment
from tests.client.conftest import Bench
from tests.client.test_delivery import listening
from tests.client.test_processes import numbers

EXIT_SECONDS = 0.05
# Ten times for a machine that others use too; waiting for a network would take seconds. `make bench` measures.
SLOW_MACHINE = 10.0


def leave(bench: Bench, endpoint: str, **options: object) -> float:
    """Run an app that logs and ends, and return the seconds that its end took."""
    done = subprocess.run(
        command("leave", endpoint=endpoint, **options),
        env=environment(bench.home),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert done.stderr == ""
    return float(done.stdout)


@pytest.mark.parametrize("collector_is", ["down", "hanging", "refusing"])
def test_leaving_is_not_delayed_by_the_collector(bench: Bench, collector_is: str) -> None:
    bench.telemetry().close()
    with listening(None) as (hanging, _), listening(b"HTTP/1.1 503 No\r\n\r\n") as (refusing, _):
        ports = {"down": 9, "hanging": hanging, "refusing": refusing}
        endpoint = f"http://127.0.0.1:{ports[collector_is]}"
        times = [leave(bench, endpoint, linger=1.2 if collector_is == "hanging" else 0.3) for _ in range(3)]
    # The best of three: other work on a shared machine is not the client's.
    assert min(times) <= EXIT_SECONDS * SLOW_MACHINE, times


def test_what_was_not_sent_is_sent_by_the_next_start(bench: Bench) -> None:
    bench.telemetry().close()
    leave(bench, bench.collector.url, linger=0.1)
    assert bench.collector.batches == []
    assert bench.telemetry(accept=False).flush(5)
    assert sorted(numbers(bench)) == [*range(20), 999]


def test_a_detached_process_sends_the_rest(bench: Bench) -> None:
    bench.telemetry().close()
    leave(bench, bench.collector.url, linger=0.1, detach=True)
    assert bench.collector.wait(lambda: numbers(bench), 10)
    assert sorted(numbers(bench)) == [*range(20), 999]
    status = bench.telemetry(accept=False).status()
    assert status is not None
    assert bench.collector.wait(lambda: bench.made[-1].status().sent == 21)  # type: ignore[union-attr]


def test_a_detached_process_starts_at_most_every_few_minutes(bench: Bench) -> None:
    bench.telemetry().close()
    leave(bench, bench.collector.url, linger=0.1, detach=True)
    assert bench.collector.wait(lambda: numbers(bench), 10)
    leave(bench, bench.collector.url, linger=0.1, detach=True)
    time.sleep(1.0)
    assert len(numbers(bench)) == 21


def test_a_detached_process_asks_for_consent_again(bench: Bench) -> None:
    telemetry = bench.telemetry(endpoint="http://127.0.0.1:9")
    telemetry.log_usage("tick", {"number": 1})
    telemetry.close()
    kept = json.loads(bench.settings.read_text())
    bench.settings.write_text(json.dumps({**kept, "telemetry.enabled": False}))
    run_detached(bench, bench.collector.url)
    assert bench.collector.opened == 0


def test_a_detached_process_cuts_off_its_request_when_the_consent_goes(bench: Bench) -> None:
    telemetry = bench.telemetry(endpoint="http://127.0.0.1:9")
    telemetry.log_usage("tick", {"number": 1})
    telemetry.close()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        running = threading.Thread(target=run_detached, args=(bench, url))
        running.start()
        peer, _ = server.accept()
        with peer:
            assert peer.recv(65_536)
            kept = json.loads(bench.settings.read_text())
            bench.settings.write_text(json.dumps({**kept, "telemetry.enabled": False}))
            began = time.monotonic()
            running.join(10)
            assert time.monotonic() - began < 3


def test_an_app_that_ends_imports_nothing_that_sends(bench: Bench) -> None:
    """The process of its own is told where to send; in the app that ends, this would take most of the time."""
    bench.telemetry().close()
    program = bench.home / "program.py"
    # Registered first, so it runs last.
    program.write_text(
        "import atexit, sys\n"
        "sends = {'aboveboard.client.sender', 'aboveboard.client.outbox', 'dataclasses', 'http.client'}\n"
        "atexit.register(lambda: print(sorted(sends & set(sys.modules))))\n"
        "from tests.client.apps import make\n"
        "telemetry = make({'endpoint': sys.argv[1], 'detach': True})\n"
        "telemetry.log_usage('tick', {'number': 1})\n"
    )
    done = subprocess.run(
        [sys.executable, str(program), bench.collector.url],
        env=environment(bench.home), cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
    assert bench.collector.wait(lambda: bench.collector.named("tick"), 20), (
        "the process of its own was started"
    )


def test_the_folder_of_the_app_cannot_put_its_modules_into_the_detached_process(
    bench: Bench, tmp_path: Path
) -> None:
    trap = tmp_path / "trap"
    trap.mkdir()
    for name in ("json", "sqlite3", "aboveboard", "ssl"):
        (trap / f"{name}.py").write_text("open('/dev/stderr', 'w').write('trapped')\nraise SystemExit(9)\n")
    telemetry = bench.telemetry(endpoint="http://127.0.0.1:9")
    telemetry.log_usage("tick", {"number": 1})
    telemetry.close()
    done = run_detached(bench, bench.collector.url, folder=trap, PYTHONPATH=str(trap))
    assert (done.returncode, done.stderr) == (0, b"")
    assert numbers(bench) == [1]


def run_detached(
    bench: Bench, url: str, folder: Path | None = None, **variables: str
) -> "subprocess.CompletedProcess[bytes]":
    """Run the detached sender as the app would, and wait for it."""
    from aboveboard.catalog import load
    from aboveboard.client import detached
    from aboveboard.client.answer import Offer
    from aboveboard.client.detach import Order
    from aboveboard.client.target import Target

    digest = load(CATALOG).digest
    order = Order(
        "demo-app", "podman-desktop", Target(url, "wk-test"), Offer(1, digest, "usage", ""),
        str(bench.home), "/", "linux", os.getuid(),
    )  # fmt: skip
    return subprocess.run(
        [sys.executable, "-I", str(Path(detached.__file__).resolve())],
        input=order.to_json().encode(),
        env={**environment(bench.home), **variables},
        cwd=folder or bench.home,
        capture_output=True,
        check=False,
        timeout=30,
    )


def test_a_frozen_app_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    from aboveboard.client.waiting import can_detach

    assert can_detach()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert not can_detach()
    monkeypatch.delattr(sys, "frozen")
    monkeypatch.setattr(sys, "executable", "/opt/app/bin/app")
    assert not can_detach()


def test_a_burst_of_10_000_before_the_end_is_kept(bench: Bench) -> None:
    telemetry = bench.telemetry()
    for number in range(10_000):
        telemetry.log_usage("tick", {"number": number})
    assert telemetry.flush(60)
    assert sorted(numbers(bench)) == list(range(10_000))


def test_a_deletion_that_was_not_asked_for_is_not_put_off_by_the_pause(bench: Bench) -> None:
    from aboveboard.client.spool import Spool
    from aboveboard.client.waiting import PAUSE_SECONDS, may_detach

    spool = Spool(bench.data / "spool.db")
    assert may_detach(spool, 1000.0)
    assert not may_detach(spool, 1001.0)
    assert may_detach(spool, 1002.0, ["first"])
    assert not may_detach(spool, 1003.0, ["first"])
    assert may_detach(spool, 1004.0, ["first", "second"])
    assert not may_detach(spool, 1005.0, ["first", "second"])
    assert may_detach(spool, 1004.0 + PAUSE_SECONDS, ["first", "second"])
    spool.close()


def test_no_process_is_started_for_a_collector_that_was_not_reached_just_now(bench: Bench) -> None:
    from aboveboard.client.spool import Spool
    from aboveboard.client.waiting import PAUSE_SECONDS, may_detach

    spool = Spool(bench.data / "spool.db")
    spool.put("not_before", "2000")
    assert not may_detach(spool, 1000.0)
    assert may_detach(spool, 1001.0, ["a deletion"])
    assert may_detach(spool, 2001.0 + PAUSE_SECONDS)
    spool.close()


def test_a_second_no_within_minutes_is_passed_on_by_the_detached_process(bench: Bench) -> None:
    bench.telemetry().close()
    for number in range(2):
        turn = command("turn_off", endpoint=bench.collector.url, number=number)
        subprocess.run(turn, env=environment(bench.home), cwd=ROOT, check=True, timeout=60)
        assert bench.collector.wait(lambda: len(bench.collector.erasures) > number, 10), number  # noqa: B023


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at the process through /proc")
def test_the_detached_process_lets_go_of_the_apps_folder_and_files(bench: Bench, tmp_path: Path) -> None:
    from aboveboard.client.detach import Order, detach
    from aboveboard.client.target import Target

    telemetry = bench.telemetry(endpoint="http://127.0.0.1:9")
    telemetry.log_usage("tick", {"number": 1})
    telemetry.close()
    with socket.create_server(("127.0.0.1", 0)) as server, (tmp_path / "held").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        target = Target(f"http://127.0.0.1:{server.getsockname()[1]}", "wk-test")
        offer = telemetry._engine.declared.offer()
        order = Order("demo-app", "podman-desktop", target, offer, str(bench.home), "/", "linux", os.getuid())
        process = detach(order, environment(bench.home))
        server.settimeout(20)
        peer, _ = server.accept()
        with peer:
            links = [os.readlink(link) for link in Path(f"/proc/{process}/fd").iterdir()]
            assert str(tmp_path / "held") not in links
            assert os.readlink(f"/proc/{process}/cwd") == "/"
            assert os.getsid(process) == process
            assert os.getpriority(os.PRIO_PROCESS, process) >= 10
    os.waitpid(process, 0)
