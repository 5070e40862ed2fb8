"""Do the clients of others, pointed here, arrive as their owners would expect, and without anybody's name?

Each sends the same four events to a source of its own: `container.start` three times, `container.stop` once with
an error that names a home folder.
"""

import asyncio
import json
import logging
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aboveboard.access.settings import FILE_NAME, add_source
from aboveboard.access.sources import new_source
from tests.conftest import Server, start_server, stop_server

CLIENTS = Path(__file__).parent / "clients"
INSTALLATION = "6f1b3d54-8f0e-4f0b-9a63-1c1f2b7f6a11"
MESSAGE = "open /home/mariasecret/.config/kind.yaml: permission denied"
STARTS: list[tuple[str, dict[str, Any]]] = [("container.start", {"durationMs": ms}) for ms in (10, 20, 60)]
EVENTS = [*STARTS, ("container.stop", {"durationMs": 5, "error": MESSAGE})]

Errors = list[str]


def key(name: str) -> str:
    """The write key of a client's source, in the form that Aptabase's client insists on."""
    return f"A-SH-{name.replace('-', '')}"


def segment_python(server: Server, write_key: str) -> Errors:
    from segment.analytics.client import Client

    errors: Errors = []
    client = Client(
        write_key, host=server.url, gzip=True, on_error=lambda error, _: errors.append(str(error))
    )
    for name, properties in EVENTS:
        client.track(anonymous_id=INSTALLATION, event=name, properties=properties)
    client.identify(
        user_id="mariasecret", anonymous_id=INSTALLATION, traits={"email": "mariasecret@example.org"}
    )
    client.page(anonymous_id=INSTALLATION, name="/containers")
    client.shutdown()
    return errors


def posthog_python(server: Server, write_key: str) -> Errors:
    from posthog import Posthog

    errors: Errors = []
    client = Posthog(
        write_key, host=server.url, gzip=True, on_error=lambda error, _: errors.append(str(error))
    )
    for name, properties in EVENTS:
        client.capture(name, distinct_id=INSTALLATION, properties=properties)
    client.capture("image.list")
    client.capture_exception(TypeError("cannot read /home/mariasecret/kind.yaml"), distinct_id=INSTALLATION)
    client.set(distinct_id=INSTALLATION, properties={"email": "mariasecret@example.org"})
    client.get_all_flags(INSTALLATION)
    client.shutdown()
    return errors


def otlp(server: Server, write_key: str, *, compressed: bool, header: str) -> Errors:
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.sdk._logs import LoggerProvider
    from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
    from opentelemetry.sdk.resources import Resource

    about = {"service.name": "podman-desktop", "service.version": "1.29.1", "host.name": "mariasecret"}
    provider = LoggerProvider(Resource.create(about | {"app.installation.id": INSTALLATION}))
    exporter = OTLPLogExporter(
        f"{server.url}/v1/logs",
        headers={header: write_key if header == "x-write-key" else f"Bearer {write_key}"},
        compression=Compression.Gzip if compressed else Compression.NoCompression,
    )
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = provider.get_logger("tests")
    for name, properties in STARTS:
        logger.emit(event_name=name, attributes=properties, body="done")
    logger.emit(event_name="container.stop", attributes={"durationMs": 5}, exception=PermissionError(MESSAGE))
    provider.shutdown()
    return []


def otlp_protobuf(server: Server, write_key: str) -> Errors:
    return otlp(server, write_key, compressed=False, header="x-write-key")


def otlp_gzip(server: Server, write_key: str) -> Errors:
    return otlp(server, write_key, compressed=True, header="authorization")


def aptabase(server: Server, write_key: str) -> Errors:
    from aptabase import Aptabase

    async def send() -> None:
        async with Aptabase(write_key, app_version="1.2", base_url=server.url) as client:
            for name, properties in EVENTS:
                await client.track(name, properties)

    asyncio.run(send())
    return []


def node(kind: str) -> Callable[[Server, str], Errors]:
    def send(server: Server, write_key: str) -> Errors:
        command = ["node", "send.js", kind, server.url, write_key, INSTALLATION]
        events = json.dumps(EVENTS)
        done = subprocess.run(command, input=events, cwd=CLIENTS, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        errors: Errors = json.loads(done.stdout)
        return errors

    return send


SENDERS: dict[str, Callable[[Server, str], Errors]] = {
    "analytics-node": node("segment"),
    "analytics-python": segment_python,
    "posthog-node": node("posthog"),
    "posthog-python": posthog_python,
    "otlp-protobuf": otlp_protobuf,
    "otlp-gzip": otlp_gzip,
    "aptabase-python": aptabase,
}
INSTALLS = dict.fromkeys(SENDERS, 1) | {"aptabase-python": 0}


class Complaints(logging.Handler):
    """Everything that is logged as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: Errors = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def heard(send: Callable[[Server, str], Errors], server: Server, write_key: str) -> Errors:
    """What a client reported, and what it logged, while it was sending."""
    logged = Complaints()
    logging.getLogger().addHandler(logged)
    try:
        return send(server, write_key) + logged.messages
    finally:
        logging.getLogger().removeHandler(logged)


@pytest.fixture(scope="module")
def complaints() -> dict[str, Errors]:
    """What each client reported or logged while it was sending."""
    return {}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, complaints: dict[str, Errors]) -> Iterator[Server]:
    """A server with a source for each client, to which each has sent its events."""
    data = tmp_path_factory.mktemp("clients") / "data"
    data.mkdir()
    for name in SENDERS:
        add_source(
            data / FILE_NAME, new_source(name, kind="development", policy="cleaned", write_key=key(name))
        )
    running = start_server(data)
    for name, send in SENDERS.items():
        complaints[name] = heard(send, running, key(name))
    yield running
    stop_server(running)


@pytest.mark.parametrize("name", SENDERS)
def test_a_client_of_somebody_else_arrives_whole_and_clean(
    server: Server, name: str, complaints: dict[str, Errors]
) -> None:
    assert complaints[name] == []
    rows = {row["event"]: row for row in server.api("actions", source=name)}
    start, stop = rows["container.start"], rows["container.stop"]
    assert (start["events"], start["failures"], start["p50_ms"]) == (3, 0, 20)
    assert (stop["events"], stop["failures"], stop["p50_ms"]) == (1, 1, 5)
    assert start["installs"] == INSTALLS[name]
    (reason,) = stop["reasons"]
    assert "permission denied" in reason["text"]
    assert "mariasecret" not in json.dumps(rows)


@pytest.mark.parametrize("name", ["posthog-node", "posthog-python"])
def test_posthogs_own_exception_is_a_failure_and_an_event_without_an_id_no_install(
    server: Server, name: str
) -> None:
    rows = {row["event"]: row for row in server.api("actions", source=name)}
    assert set(rows) == {"container.start", "container.stop", "exception", "image.list"}
    assert (rows["exception"]["failures"], rows["exception"]["reasons"][0]["type"]) == (1, "TypeError")
    assert (rows["image.list"]["events"], rows["image.list"]["installs"]) == (1, 0)


@pytest.mark.parametrize("name", ["analytics-node", "analytics-python"])
def test_segments_page_is_an_event_and_identify_is_none(server: Server, name: str) -> None:
    rows = {row["event"]: row["events"] for row in server.api("actions", source=name)}
    assert rows == {"container.start": 3, "container.stop": 1, "page": 1}


def test_the_facts_of_the_sdk_name_the_app_and_nobody(server: Server) -> None:
    for name in ("otlp-protobuf", "otlp-gzip"):
        (row,) = server.api("actions", source=name, event="container.stop", version="1.29.1")
        assert row["reasons"][0]["type"] == "PermissionError"


# OpenTelemetry logs the same complaint only once a minute: one of its two is enough.
@pytest.mark.parametrize("name", [name for name in SENDERS if name != "otlp-gzip"])
def test_a_client_with_a_wrong_key_is_told_and_gives_up(server: Server, name: str) -> None:
    assert heard(SENDERS[name], server, "A-SH-wrong") != []
