"""What does the client log by itself, and what does an extension get? Starts, ends, crashes, exceptions, senders."""

import asyncio
import plistlib
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from aboveboard.client.context import distribution, short_version
from aboveboard.client.region import parse_locale, read_mac, read_variables
from tests.client.apps import ROOT, command, environment
from tests.client.conftest import EXTENSION_CATALOG, Bench
from tests.client.test_processes import HEAD


def run(bench: Bench, code: str) -> "subprocess.CompletedProcess[str]":
    """Run a program that has consent, with the client's own events and hooks."""
    bench.telemetry().close()
    script = bench.home / "program.py"
    script.write_text(HEAD + 'OPTIONS["lifecycle"] = True\n' + textwrap.dedent(code))
    return subprocess.run(
        [sys.executable, str(script), bench.collector.url],
        env=environment(bench.home), cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def sent(bench: Bench) -> list[dict[str, Any]]:
    """Everything that waited, sent by a client that logs nothing itself."""
    assert bench.telemetry(accept=False).flush(5)
    return bench.collector.events


def test_start_and_end_are_logged_with_the_runs_length(bench: Bench) -> None:
    assert run(bench, "telemetry = make(OPTIONS)\ntime.sleep(0.3)").returncode == 0
    start, end = sent(bench)
    assert (start["event"], end["event"]) == ("startup", "shutdown")
    assert 0.2 < end["properties"]["uptime_s"] < 10


def test_a_killed_run_is_a_crash_at_the_next_start(bench: Bench) -> None:
    bench.telemetry().close()
    process = subprocess.Popen(
        command("tick", endpoint=bench.collector.url, first=0),
        env=environment(bench.home), cwd=ROOT, stdout=subprocess.PIPE,
    )  # fmt: skip
    time.sleep(0.8)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    telemetry = bench.telemetry(accept=False)
    assert bench.collector.wait(lambda: telemetry.flush(2) and bench.collector.named("crash"), 5)
    assert len(bench.collector.named("crash")) == 1
    telemetry.close()
    assert bench.telemetry(accept=False).flush(5)
    assert len(bench.collector.named("crash")) == 1, "a crash is told once"


def test_runs_at_the_same_time_are_no_crashes(bench: Bench) -> None:
    first = bench.telemetry()
    first.log_usage("tick", {"number": 1})
    assert first.flush(5)
    second = bench.telemetry(accept=False)
    second.log_usage("tick", {"number": 2})
    assert second.flush(5)
    second.close()
    first.close()
    assert bench.telemetry(accept=False).flush(5)
    assert bench.collector.named("crash") == []


def test_an_unhandled_exception_of_the_main_thread_is_a_crash_and_still_printed(bench: Bench) -> None:
    done = run(bench, "telemetry = make(OPTIONS)\nraise ConnectionError('connection refused')")
    assert done.returncode == 1
    assert "ConnectionError: connection refused" in done.stderr
    [crash] = [event for event in sent(bench) if event["event"] == "crash"]
    assert crash["properties"]["error"]["type"] == "ConnectionError"


def test_an_unhandled_exception_of_a_thread_is_an_error(bench: Bench) -> None:
    run(bench, """
        telemetry = make(OPTIONS)
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
    """)  # fmt: skip
    [error] = [event for event in sent(bench) if event["event"] == "error"]
    assert error["properties"]["error"]["type"] == "ZeroDivisionError"


def test_a_ctrl_c_is_no_crash(bench: Bench) -> None:
    run(bench, "telemetry = make(OPTIONS)\nraise KeyboardInterrupt")
    assert [event["event"] for event in sent(bench)] == ["startup", "shutdown"]


def test_an_exception_that_a_loop_reports_is_an_error(bench: Bench) -> None:
    telemetry = bench.telemetry()

    async def forget_a_task() -> None:
        loop = asyncio.get_running_loop()
        heard: list[Any] = []
        loop.set_exception_handler(lambda _, context: heard.append(context))
        telemetry.watch_loop(loop)
        loop.call_soon(lambda: 1 / 0)
        await asyncio.sleep(0.01)
        assert len(heard) == 1, "the app's own handler is still called"

    asyncio.run(forget_a_task())
    assert telemetry.flush(5)
    [error] = bench.collector.named("error")
    assert error["properties"]["error"]["type"] == "ZeroDivisionError"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_exception_is_attributed_to_the_extension_whose_module_raised_it(bench: Bench) -> None:
    telemetry = bench.telemetry(exceptions=True)
    telemetry.logger(
        "podman",
        version="1.0.0",
        publisher="podman-desktop",
        catalog=EXTENSION_CATALOG,
        modules=("podman_ext",),
    )
    telemetry.consent.accept()
    space: dict[str, Any] = {"__name__": "podman_ext.machines"}
    exec("def start():\n    raise ValueError('not found')", space)
    before, threading.excepthook = threading.excepthook, threading.excepthook
    thread = threading.Thread(target=space["start"])
    thread.start()
    thread.join()
    assert threading.excepthook is before
    assert telemetry.flush(5)
    [error] = bench.collector.named("podman-desktop.podman.error")
    assert error["properties"]["sourceError"]["type"] == "ValueError"
    assert error["properties"]["common.extensionName"] == "podman-desktop.podman"


def test_closing_puts_the_hooks_back(bench: Bench) -> None:
    before = (sys.excepthook, threading.excepthook)
    telemetry = bench.telemetry(exceptions=True)
    assert (sys.excepthook, threading.excepthook) != before
    telemetry.close()
    assert (sys.excepthook, threading.excepthook) == before


def test_extensions_and_providers(bench: Bench) -> None:
    class Podman:
        def describe(self) -> Mapping[str, Any]:
            return {
                "engine": "podman",
                "containers": 3,
                "images": 2,
                "pods": 0,
                "volumes": 1,
                "names": ["secret"],
            }

    class Broken:
        def describe(self) -> Mapping[str, Any]:
            raise OSError("no socket")

    telemetry = bench.telemetry()
    telemetry.extensions(
        {"redhat.lightspeed": "1.0.0", "podman-desktop.podman": "1.29.1", "ann.private": "1"}
    )
    telemetry.providers(Broken(), Podman())
    assert telemetry.flush(5)
    [extensions] = bench.collector.named("extensions")
    found = extensions["properties"]["installed"]
    assert {"id": "podman-desktop.podman", "version": "1.29.1"} in found
    assert "ann" not in str(found)
    [providers] = bench.collector.named("providers")
    expected = {"engine": "podman", "containers": 3, "images": 2, "pods": 0, "volumes": 1}
    assert providers["properties"] == expected


def test_an_extension_logs_under_its_id_with_its_version(bench: Bench) -> None:
    telemetry = bench.telemetry()
    logger = telemetry.logger(
        "podman", version="1.29.1", publisher="podman-desktop", catalog=EXTENSION_CATALOG
    )
    telemetry.consent.accept()
    with logger.action("machine.start", engine="podman"):
        pass
    logger.log_error(ValueError("not found"))
    assert telemetry.flush(5)
    start, error = bench.collector.events
    assert start["event"] == "podman-desktop.podman.machine.start"
    assert start["properties"]["common.extensionName"] == "podman-desktop.podman"
    assert start["properties"]["common.extensionVersion"] == "1.29.1"
    assert error["event"] == "podman-desktop.podman.error"
    assert error["properties"]["sourceError"]["type"] == "ValueError"


def test_a_custom_sender_gets_only_what_passed_consent_and_cleaning(bench: Bench) -> None:
    got: list[tuple[str, dict[str, Any]]] = []

    def sender(name: str, properties: dict[str, Any]) -> None:
        got.append((name, dict(properties)))
        properties["machine"] = "changed by the extension"
        raise RuntimeError("a sender may be broken")

    telemetry = bench.telemetry(accept=False)
    logger = telemetry.logger(sender=sender)
    logger.log_usage("thing.done", {"machine": "zenobia", "engine": "podman", "undeclared": 1})
    time.sleep(0.1)
    assert got == []
    telemetry.consent.accept()
    logger.log_usage("never.declared", {"x": 1})
    assert telemetry.flush(5)
    assert bench.collector.wait(lambda: got)
    [(name, properties)] = got
    assert name == "thing.done"
    assert set(properties) == {"machine", "engine"}
    assert "zenobia" not in str(properties)
    assert bench.collector.events[0]["properties"] == properties
    telemetry.consent.decline()
    logger.log_usage("thing.done", {"engine": "podman"})
    time.sleep(0.2)
    assert len(got) == 1


def test_a_slow_sender_holds_nobody_up(bench: Bench) -> None:
    telemetry = bench.telemetry()
    logger = telemetry.logger(sender=lambda name, properties: time.sleep(5))
    for number in range(10):
        logger.log_usage("tick", {"number": number})
    assert telemetry.flush(3)
    assert len(bench.collector.named("tick")) == 10


def test_a_no_takes_back_what_waits_for_a_slow_sender(bench: Bench) -> None:
    taken: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    def slow(name: str, properties: dict[str, Any]) -> None:
        taken.append(name)
        begun.set()
        go_on.wait(20)

    telemetry = bench.telemetry()
    logger = telemetry.logger("podman", publisher="podman-desktop", catalog=EXTENSION_CATALOG, sender=slow)
    for _ in range(5):
        logger.log_usage("machine.start")
    assert begun.wait(10)
    telemetry.flush(5)
    telemetry.consent.decline()
    go_on.set()
    time.sleep(0.3)
    assert len(taken) == 1


def test_the_context_names_no_machine_and_no_person(bench: Bench) -> None:
    telemetry = bench.telemetry(
        host=bench.on(environ={"LANG": "de_AT.UTF-8", "USER": "zenobia", "TZ": "Europe/Vienna"})
    )
    telemetry.log_usage("tick", {"number": 1})
    assert telemetry.flush(5)
    context = bench.collector.events[0]["context"]
    assert set(context) == {"app", "os", "locale", "timezone", "library", "location"}
    assert set(context["os"]) <= {"name", "version", "arch", "distribution"}
    assert (context["locale"], context["location"], context["timezone"]) == (
        "de-AT", {"country": "AT"}, "Europe/Vienna",
    )  # fmt: skip
    import platform

    assert platform.node() not in str(context)
    assert "zenobia" not in str(bench.collector.batches[0].body)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LANG": "en_US.UTF-8"}, ("en-US", "US")),
        ({"LANG": "sr_RS@latin"}, ("sr-RS", "RS")),
        ({"LANG": "C"}, ("", "")),
        ({"LANG": "C.UTF-8"}, ("", "")),
        ({"LANG": "eo"}, ("eo", "")),
        ({"LC_ALL": "fr_CA", "LANG": "en_US"}, ("fr-CA", "CA")),
        ({"LANG": "/home/ann/x"}, ("", "")),
    ],
)
def test_country_and_language_come_from_the_region(
    environ: dict[str, str], expected: tuple[str, str]
) -> None:
    assert read_variables(environ) == expected


def test_the_region_of_a_mac_is_read_from_its_settings(bench: Bench) -> None:
    path = bench.home / "Library/Preferences/.GlobalPreferences.plist"
    path.parent.mkdir(parents=True)
    path.write_bytes(
        plistlib.dumps({"AppleLocale": "en_DE", "AppleLanguages": ["en-DE"]}, fmt=plistlib.FMT_BINARY)
    )
    assert read_mac(path) == ("en-DE", "DE")
    telemetry = bench.telemetry(host=bench.on(platform="darwin", environ={}))
    telemetry.log_usage("tick", {"number": 1})
    assert telemetry.flush(5)
    assert bench.collector.events[0]["context"]["location"] == {"country": "DE"}
    path.write_bytes(b"broken")
    assert read_mac(path) == ("", "")


def test_a_script_between_language_and_country_is_left_out() -> None:
    assert parse_locale("sr-Latn-RS") == ("sr-RS", "RS")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("6.1.0-13-amd64", "6.1.0"), ("5.15.0-ann-custom+", "5.15.0"), ("10.0.19045", "10.0.19045"), ("x", "")],
)
def test_the_kernels_suffix_stays(text: str, expected: str) -> None:
    assert short_version(text) == expected


def test_the_distribution_is_read_from_os_release(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('NAME="Debian of Ann"\nID=debian\nVERSION_ID="12"\n')
    assert distribution(tmp_path) == "debian 12"
    assert distribution(tmp_path / "none") == ""


def test_a_broken_catalog_of_an_extension_costs_that_extension_only(bench: Bench, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("this is [no TOML")
    telemetry = bench.telemetry(accept=False)
    telemetry.logger("podman", publisher="podman-desktop", catalog=broken)
    telemetry.consent.accept()
    telemetry.log_usage("tick", {"number": 1})
    assert telemetry.flush(5)
    assert len(bench.collector.named("tick")) == 1
    status = telemetry.status()
    assert status is not None
    assert "podman-desktop.podman" in status.problem
