"""Do errors that are logged, or that nobody caught, become events without what was filled in?"""

import asyncio
import logging
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from aboveboard import Telemetry
from aboveboard.catalog.lint import lint_file
from aboveboard.integrations.logging import CATALOG, MOST_A_MINUTE, TelemetryHandler, watch_errors
from tests.client.conftest import Bench, Clock

NAME = "tests.integrations.of_logging"


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """A logger of its own, without handlers afterwards."""
    made = logging.getLogger(NAME)
    made.propagate = False
    yield made
    made.handlers.clear()


def make(bench: Bench, **more: Any) -> Telemetry:
    return bench.telemetry(catalog=None, accept=False, **more)


def errors(bench: Bench, telemetry: Telemetry) -> list[dict[str, Any]]:
    assert telemetry.flush()
    return [event["properties"] for event in bench.collector.named("error")]


def test_records_become_events_without_what_was_filled_in(bench: Bench, logger: logging.Logger) -> None:
    telemetry = make(bench)
    watch_errors(telemetry, NAME)
    telemetry.consent.accept()
    logger.warning("not this")
    logger.error("cannot read %s", "phoenix-ledger")
    logger.critical("the disk is full")
    try:
        Path("/home/phoenix/ledger.yaml").read_text()
    except OSError:
        logger.exception("cannot read %s", "phoenix-ledger")
    first, second, third = errors(bench, telemetry)
    assert first == {"logged": "ERROR", "error": {"message": "cannot read %s"}}
    assert second == {"logged": "CRITICAL", "error": {"message": "the disk is full"}}
    assert third["error"]["type"] == "FileNotFoundError"
    assert third["error"]["errno"] == 2
    raw = b"".join(request.raw for request in bench.collector.requests)
    assert b"phoenix" not in str(bench.collector.events).encode() + raw


def test_a_record_that_cannot_be_read_stops_nothing(bench: Bench, logger: logging.Logger) -> None:
    telemetry = make(bench)
    handler = watch_errors(telemetry, NAME)
    telemetry.consent.accept()
    logger.error(object())
    handler.handle(logger.makeRecord(NAME, logging.ERROR, "x.py", 1, "%d of %s", ("wrong",), None))
    logger.error("no exception", exc_info=True)
    assert [event["error"]["message"] for event in errors(bench, telemetry)] == [
        "<object>",
        "%d of %s",
        "no exception",
    ]


def test_a_flood_is_counted_and_not_sent(bench: Bench, logger: logging.Logger) -> None:
    clock = Clock(0.0)
    telemetry = make(bench)
    watch_errors(telemetry, NAME + ".unused")
    logger.addHandler(TelemetryHandler(telemetry, clock=clock))
    telemetry.consent.accept()
    for _ in range(MOST_A_MINUTE + 40):
        logger.error("again")
    clock.now = 61.0
    logger.error("later")
    sent = errors(bench, telemetry)
    logging.getLogger(NAME + ".unused").handlers.clear()
    assert len(sent) == MOST_A_MINUTE + 1
    assert sent[-1]["common.suppressed"] == 40
    assert "common.suppressed" not in sent[0]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_nobody_caught_in_threads_and_loops_arrives(bench: Bench, logger: logging.Logger) -> None:
    telemetry = make(bench, exceptions=True)
    loop = asyncio.new_event_loop()
    watch_errors(telemetry, NAME, loop=loop)
    telemetry.consent.accept()
    before = threading.excepthook

    def fail() -> None:
        raise ValueError("in a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    loop.call_soon(lambda: (_ for _ in ()).throw(KeyError("in a loop")))
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()
    sent = errors(bench, telemetry)
    telemetry.close()
    assert threading.excepthook is not before
    assert {(event["thread"], event["error"]["type"], event["unhandled"]) for event in sent} == {
        ("thread", "ValueError", True),
        ("asyncio", "KeyError", True),
    }


def test_an_answer_of_the_level_crash_sends_no_errors(bench: Bench, logger: logging.Logger) -> None:
    telemetry = make(bench)
    watch_errors(telemetry, NAME)
    telemetry.consent.accept(level="crash")
    logger.error("no")
    telemetry.flush()
    assert bench.collector.events == []


def test_the_catalog_of_the_integration_has_no_flaws() -> None:
    assert lint_file(CATALOG, date(2026, 11, 25)) == []
