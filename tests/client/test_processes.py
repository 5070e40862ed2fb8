"""Do forks, spawned processes, threads, event loops and sub-interpreters lose or double anything?"""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.client.apps import ROOT, environment
from tests.client.conftest import Bench

HEAD = """
import asyncio, multiprocessing, os, sys, threading, time
from tests.client.apps import make
OPTIONS = {"endpoint": sys.argv[1]}
"""


def numbers(bench: Bench) -> list[int]:
    """The numbers of the ticks, each message once: an upload that the end of a process cut off is sent again."""
    arrived = {event["messageId"]: event["properties"]["number"] for event in bench.collector.named("tick")}
    return list(arrived.values())


def run(bench: Bench, code: str, python: str = sys.executable) -> str:
    """Run a program with consent given, then send what it left; return what it printed."""
    bench.telemetry().close()
    script = bench.home / "program.py"
    script.write_text(HEAD + textwrap.dedent(code))
    # From 3.12 on Python itself warns whoever forks beside threads, and we have some.
    quiet = ["-X", "faulthandler", "-W", "ignore:This process:DeprecationWarning"]
    done = subprocess.run(
        [python, *quiet, str(script), bench.collector.url],
        env=environment(bench.home), cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    last = bench.telemetry(accept=False)
    assert last.flush(60)  # thousands of events, on a machine that others use too
    return done.stdout


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="no fork on this system")
def test_a_fork_loses_and_doubles_nothing(bench: Bench) -> None:
    run(bench, """
        telemetry = make(OPTIONS)
        for number in range(50):
            telemetry.log_usage("tick", {"number": number})
        children = []
        for child in range(1, 4):
            pid = os.fork()
            if not pid:
                for number in range(50):
                    telemetry.log_usage("tick", {"number": child * 1000 + number})
                sys.exit(0)
            children.append(pid)
        for number in range(50, 100):
            telemetry.log_usage("tick", {"number": number})
        for pid in children:
            os.waitpid(pid, 0)
    """)  # fmt: skip
    expected = [*range(100), *(child * 1000 + number for child in (1, 2, 3) for number in range(50))]
    assert sorted(numbers(bench)) == sorted(expected)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_multiprocessing_lose_and_double_nothing(bench: Bench, method: str) -> None:
    if sys.platform == "win32" and method != "spawn":
        pytest.skip("not on this system")
    run(bench, f"""
        telemetry = make(OPTIONS) if __name__ == "__main__" else None

        def work(first):
            mine = telemetry or make(OPTIONS)
            for number in range(20):
                mine.log_usage("tick", {{"number": first + number}})

        if __name__ == "__main__":
            telemetry.log_usage("tick", {{"number": 0}})
            context = multiprocessing.get_context("{method}")
            workers = [context.Process(target=work, args=(1000 * number,)) for number in (1, 2, 3)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
                assert worker.exitcode == 0
            telemetry.log_usage("tick", {{"number": 1}})
    """)  # fmt: skip
    expected = [0, 1, *(first + number for first in (1000, 2000, 3000) for number in range(20))]
    assert sorted(numbers(bench)) == expected


def test_a_fork_in_the_middle_of_everything_does_not_hang(bench: Bench) -> None:
    run(bench, """
        telemetry = make(OPTIONS)
        stop = threading.Event()
        def chatter():
            while not stop.is_set():
                telemetry.log_usage("thing.done", {"note": "connection refused by the server"})
                telemetry.sensitive("apollo-" + str(int(time.time())))
                telemetry.consent.state
                time.sleep(0.0005)
        threads = [threading.Thread(target=chatter) for _ in range(3)]
        for thread in threads:
            thread.start()
        for child in range(20):
            time.sleep(0.01)
            pid = os.fork()
            if not pid:
                telemetry.log_usage("tick", {"number": child})
                telemetry.log_usage("thing.done", {"note": "connection refused"})
                sys.exit(0)
            os.waitpid(pid, 0)
        stop.set()
        for thread in threads:
            thread.join()
    """)  # fmt: skip
    assert sorted(numbers(bench)) == list(range(20))


def test_threads_lose_and_double_nothing(bench: Bench) -> None:
    run(bench, """
        telemetry = make(OPTIONS)
        def work(first):
            for number in range(200):
                telemetry.log_usage("tick", {"number": first + number})
        threads = [threading.Thread(target=work, args=(1000 * n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    """)  # fmt: skip
    assert sorted(numbers(bench)) == [1000 * n + number for n in range(8) for number in range(200)]


def test_an_event_loop_is_never_blocked(bench: Bench) -> None:
    printed = run(bench, """
        async def main():
            telemetry = make(OPTIONS)
            longest = 0.0
            for number in range(500):
                began = time.perf_counter()
                telemetry.log_usage("tick", {"number": number})
                longest = max(longest, time.perf_counter() - began)
                await asyncio.sleep(0)
            print(longest)
        asyncio.run(main())
    """)  # fmt: skip
    assert float(printed) < 0.1
    assert sorted(numbers(bench)) == list(range(500))


def test_events_logged_while_python_ends_are_kept(bench: Bench) -> None:
    run(bench, """
        import atexit
        telemetry = make(OPTIONS)
        telemetry.log_usage("tick", {"number": 1})
        # Registered after ours, so it runs before.
        atexit.register(lambda: telemetry.log_usage("tick", {"number": 2}))
    """)  # fmt: skip
    assert numbers(bench) == [1, 2]


def test_a_first_event_logged_while_python_ends_is_kept(bench: Bench) -> None:
    """From 3.12 on no thread can be started any more at that moment."""
    run(bench, """
        import atexit
        def late():
            telemetry = make(OPTIONS)
            telemetry.log_usage("tick", {"number": 1})
            telemetry.close()
        atexit.register(late)
    """)  # fmt: skip
    assert numbers(bench) == [1]


def interpreters() -> list[str]:
    """Every CPython that we support and that is on this machine."""
    found = {sys.executable: sys.version_info[:2]}
    places = [Path.home() / ".pyenv/versions", Path("/usr/bin"), Path("/usr/local/bin")]
    names = [
        path
        for place in places
        for path in [*place.glob("3.1[123]*/bin/python3.1[123]"), *place.glob("python3.1[123]")]
    ]
    for path in names:
        version = tuple(int(part) for part in path.name.removeprefix("python").split("."))
        if version not in found.values():
            found[str(path)] = version  # type: ignore[assignment]
    return list(found)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_every_supported_python_runs_the_client(bench: Bench, version: str) -> None:
    found = [path for path in interpreters() if f"python{version}" in Path(path).resolve().name]
    if not found:
        pytest.skip(f"CPython {version} is not on this machine")
    bench.telemetry().close()
    program = bench.home / "program.py"
    program.write_text(HEAD + SMOKE)
    done = subprocess.run(
        [found[0], str(program), bench.collector.url],
        env={**environment(bench.home), "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[0] == version
    assert bench.telemetry(accept=False).flush(10)
    assert sorted(numbers(bench)) == [*range(20), 100, 200]
    [good, bad] = bench.collector.named("thing.done")
    assert (good["properties"]["success"], bad["properties"]["success"]) == (True, False)


SMOKE = """
def work(number):
    telemetry.log_usage("tick", {"number": number})

telemetry = make(OPTIONS)
for number in range(20):
    telemetry.log_usage("tick", {"number": number})
with telemetry.action("thing.done", engine="podman"):
    pass
try:
    with telemetry.action("thing.done"):
        raise ValueError("not found")
except ValueError:
    pass
assert telemetry.flush(10)
if hasattr(os, "fork"):
    process = multiprocessing.get_context("fork").Process(target=work, args=(100,))
    process.start()
    process.join()
telemetry.log_usage("tick", {"number": 200})
print("%d.%d" % sys.version_info[:2], telemetry.status().state)
telemetry.close()
"""


def test_a_sub_interpreter_logs_too(bench: Bench) -> None:
    newer = [path for path in interpreters() if "3.13" in Path(path).resolve().name]
    if not newer:
        pytest.skip("CPython 3.13, whose sub-interpreters can be used, is not on this machine")
    bench.telemetry().close()
    inner = f"""
import sys
sys.path[:0] = {[str(ROOT), str(ROOT / "src")]!r}
from tests.client.apps import make
telemetry = make({{"endpoint": {bench.collector.url!r}}})
telemetry.log_usage("tick", {{"number": 1}})
telemetry.close()
"""
    outer = f"""
import _interpreters
sub = _interpreters.create()
problem = _interpreters.run_string(sub, {inner!r})
assert problem is None, problem
_interpreters.destroy(sub)
"""
    done = subprocess.run(
        [newer[0], "-c", outer], env=environment(bench.home), cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert bench.telemetry(accept=False).flush(10)
    assert numbers(bench) == [1]
