"""What does one client cost in one process? `python -m tests.bench.client_probe <client> <measurement> <url>`."""

import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CATALOG = Path(__file__).parent.parent / "client" / "telemetry.toml"
PROPERTIES: dict[str, Any] = {
    "engine": "podman",
    "count": 3,
    "number": 7,
    "flag": True,
    "note": "connection refused by the server",
}
EVENT = "thing.done"
BURST = 10_000
PAUSE = 0.01
AT_EASE = 300

Log = Callable[[], object]
Flush = Callable[[], object]


def aboveboard(url: str) -> tuple[Log, Flush]:
    """Ours: the event is checked against a catalog, cleaned, written to disk, and sent with gzip."""
    from aboveboard import Host, Telemetry

    home = Path(os.environ.get("PROBE_HOME") or tempfile.mkdtemp())
    host = Host(environ={"LANG": "en_GB.UTF-8"}, home=home, root=home / "root")
    telemetry = Telemetry(
        "demo-app", version="1.0.0", endpoint=url, write_key="k", catalog=CATALOG, lifecycle=False, host=host
    )
    telemetry.consent.accept()
    logger = telemetry.logger()
    return lambda: logger.log_usage(EVENT, PROPERTIES), lambda: telemetry.flush(60)


def segment(url: str) -> tuple[Log, Flush]:
    """segment-analytics-python, as its guide sets it up, with gzip as ours."""
    from segment.analytics import Client

    client = Client("k", host=url, gzip=True)
    return lambda: client.track(anonymous_id="a", event=EVENT, properties=PROPERTIES), client.flush


def posthog(url: str) -> tuple[Log, Flush]:
    """posthog, as its guide sets it up."""
    from posthog import Posthog

    client = Posthog("k", host=url)
    return lambda: client.capture(EVENT, distinct_id="a", properties=PROPERTIES), client.flush


def opentelemetry(url: str) -> tuple[Log, Flush]:
    """opentelemetry-sdk's logs, in batches to OTLP over HTTP."""
    from opentelemetry._logs import LogRecord
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor

    provider = LoggerProvider()
    provider.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter(endpoint=f"{url}/v1/logs")))
    logger = provider.get_logger("probe")

    def log() -> None:
        logger.emit(LogRecord(timestamp=time.time_ns(), body=EVENT, attributes=PROPERTIES))

    return log, provider.force_flush


def sentry(url: str) -> tuple[Log, Flush]:
    """sentry-sdk, one message an event."""
    import sentry_sdk

    sentry_sdk.init(dsn=url.replace("://", "://k@") + "/1")
    return (
        lambda: sentry_sdk.capture_event({"message": EVENT, "level": "info", "extra": PROPERTIES}),
        lambda: sentry_sdk.flush(60),
    )


CLIENTS = {
    "aboveboard": aboveboard,
    "segment": segment,
    "posthog": posthog,
    "opentelemetry": opentelemetry,
    "sentry": sentry,
}
IMPORTS = {
    "aboveboard": "from aboveboard import Telemetry",
    "segment": "from segment.analytics import Client",
    "posthog": "from posthog import Posthog",
    "opentelemetry": (
        "from opentelemetry.sdk._logs import LoggerProvider\n"
        "from opentelemetry.sdk._logs.export import BatchLogRecordProcessor\n"
        "from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter"
    ),
    "sentry": "import sentry_sdk",
}


def quantiles(log: Log, calls: int, pause: float) -> dict[str, float]:
    """Microseconds of a call: the median, the 99th percentile, and the longest."""
    times = []
    for _ in range(calls):
        began = time.perf_counter_ns()
        log()
        times.append(time.perf_counter_ns() - began)
        if pause:
            time.sleep(pause)
    times.sort()
    found = {"p50": times[calls // 2], "p99": times[calls * 99 // 100], "max": times[-1]}
    return {name: value / 1000 for name, value in found.items()}


def call(log: Log, flush: Flush) -> dict[str, Any]:
    """A burst, then a human pace."""
    log()
    flush()
    burst = quantiles(log, BURST, 0.0)
    flush()
    return {"burst": burst, "at ease": quantiles(log, AT_EASE, PAUSE)}


def burst(log: Log, flush: Flush) -> dict[str, Any]:
    """The burst alone, for counting what arrives."""
    for _ in range(BURST):
        log()
    flush()
    return {"logged": BURST}


def whole(log: Log, flush: Flush) -> dict[str, Any]:
    """CPU microseconds of an event, from the call to the answer, disk and network included."""
    for _ in range(200):
        log()
    flush()
    gc.collect()
    began, events = time.process_time(), 5_000
    for number in range(events):
        log()
        # Rivals drop when their queue is full; a pause now and then lets them keep up.
        if number % 500 == 499:
            flush()
    flush()
    return {"cpu_us": (time.process_time() - began) / events * 1e6}


def memory(log: Log, flush: Flush) -> dict[str, Any]:
    """Resident memory after a thousand events were sent, in MB."""
    for _ in range(1_000):
        log()
    flush()
    gc.collect()
    return {"rss_mb": resident()}


def leave(log: Log, flush: Flush) -> dict[str, Any]:
    """Twenty events over half a second, then the end; the parent measures until the process is gone."""
    for _ in range(20):
        log()
        time.sleep(0.025)
    return {"left_at": time.time()}


def resident() -> float:
    """Resident memory of this process in MB."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024


MEASUREMENTS = {"call": call, "burst": burst, "whole": whole, "memory": memory, "leave": leave}


def nothing(url: str) -> tuple[Log, Flush]:
    """The same program without a client."""
    return lambda: None, lambda: None


def be_an_app() -> None:
    """Load what an app has loaded anyway that speaks HTTPS itself, logs, and reads its command line."""
    import argparse
    import asyncio
    import dataclasses
    import http.client
    import logging
    import sqlite3
    import ssl
    import subprocess

    ssl.create_default_context()
    sqlite3.connect(":memory:").execute("CREATE TABLE a (b)")
    assert all((argparse, asyncio, dataclasses, http.client, logging, subprocess))


if __name__ == "__main__":
    if os.environ.get("PROBE_APP"):
        be_an_app()
    make = {"bare": nothing, **CLIENTS}[sys.argv[1]]
    print(json.dumps(MEASUREMENTS[sys.argv[2]](*make(sys.argv[3]))), flush=True)
