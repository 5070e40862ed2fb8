"""Is each protocol answered over real HTTP the way its clients understand, with the write key where they put it?"""

import base64
import gzip
import http.client
import json
import uuid
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from aboveboard.collector.http import INGEST
from tests.collector.test_otlp import NOON, export, protobuf, record
from tests.conftest import Server

Answer = tuple[int, str, bytes]


def ask(server: Server, path: str, body: Any = b"", method: str = "POST", **headers: str) -> Answer:
    """Status, content type and body; names of headers are written with `_`."""
    host = server.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request(method, path, data, {name.replace("_", "-"): text for name, text in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.headers.get("content-type", ""), answer.read()
    connection.close()
    return found


def count(server: Server, event: str) -> int:
    return sum(
        row["events"] for row in server.api("actions", **{"from": "2020-01-01"}) if row["event"] == event
    )


def track(event: str) -> dict[str, Any]:
    return {"type": "track", "event": event, "messageId": str(uuid.uuid4()), "anonymousId": "a"}


JSON, PROTOBUF = "application/json", "application/x-protobuf"


@pytest.mark.parametrize("path", [*INGEST, *(f"{path}/" for path in INGEST)])
@pytest.mark.parametrize("method", ["POST", "GET", "HEAD", "PUT", "OPTIONS"])
def test_no_address_of_events_ever_sends_a_client_elsewhere(server: Server, path: str, method: str) -> None:
    status, _, _ = ask(server, path, method=method)
    assert status in {"POST": {200, 400}, "OPTIONS": {204}}.get(method, {405})


def test_segments_bearer_is_no_write_key_and_that_of_the_body_serves(server: Server) -> None:
    body = {"batch": [track("bearer.start")], "writeKey": server.write_key}
    assert ask(server, "/v1/batch", body, authorization="Bearer of-oauth")[0] == 200
    assert count(server, "bearer.start") == 1


@pytest.mark.parametrize("header", ["bearer", "basic", "x-write-key"])
def test_the_write_key_of_an_export_stands_in_any_header_that_exporters_can_send(
    server: Server, header: str
) -> None:
    basic = base64.b64encode(f"{server.write_key}:".encode()).decode()
    headers = {
        "bearer": {"authorization": f"Bearer {server.write_key}"},
        "basic": {"authorization": f"Basic {basic}"},
        "x-write-key": {"x_write_key": server.write_key},
    }
    body = export(record("key.start", {"log.record.uid": header}))
    assert ask(server, "/v1/logs", body, content_type=JSON, **headers[header]) == (200, JSON, b"{}")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", PROTOBUF])
def test_an_export_is_answered_in_its_own_encoding_and_counted_once_when_it_comes_again(
    server: Server, content_type: str
) -> None:
    event = f"export.{'protobuf' if content_type == PROTOBUF else 'start'}"
    sent = export(
        *(record(event, {"durationMs": 5}, timeUnixNano=str(NOON + n)) for n in (0, 0, 1)), record("")
    )
    body = gzip.compress(protobuf(sent) if content_type == PROTOBUF else sent)
    headers = {"content_type": content_type, "content_encoding": "gzip", "x_write_key": server.write_key}
    for _ in range(2):
        status, kind, answer = ask(server, "/v1/logs", body, **headers)
        assert (status, kind) == (200, content_type.partition(";")[0])
        if kind == PROTOBUF:
            assert ExportLogsServiceResponse.FromString(answer).partial_success.rejected_log_records == 1
        else:
            assert json.loads(answer)["partialSuccess"]["rejectedLogRecords"] == "1"
    assert count(server, event) == 3


@pytest.mark.parametrize("content_type", [JSON, PROTOBUF])
def test_a_refused_export_gets_a_status_that_says_why(server: Server, content_type: str) -> None:
    status, kind, answer = ask(server, "/v1/logs", content_type=content_type, x_write_key="wrong")
    assert (status, kind) == (400, content_type)
    # The message is the second field of a google.rpc.Status.
    text = answer[2:].decode() if content_type == PROTOBUF else json.loads(answer or b"{}")["message"]
    assert text.endswith(".")
    assert "JSON" in text or "write key" in text


def test_posthogs_browser_client_says_gzip_in_the_query_only(server: Server) -> None:
    event = {"event": "gzip.start", "uuid": str(uuid.uuid4()), "properties": {"token": server.write_key}}
    body = gzip.compress(json.dumps([event]).encode())
    answer = ask(server, "/i/v0/e/?compression=gzip-js&ver=1.2", body, content_type="text/plain")
    assert answer == (200, JSON, b'{"status": 1}')
    assert count(server, "gzip.start") == 1


@pytest.mark.parametrize("path", ["/flags/?v=2", "/decide/?v=3"])
def test_posthogs_flags_are_none_and_no_error(server: Server, path: str) -> None:
    status, _, answer = ask(server, path, {"api_key": "k", "distinct_id": "maria"})
    flags = json.loads(answer)
    assert (status, flags["flags"], flags["errorsWhileComputingFlags"]) == (200, {}, False)


@pytest.mark.parametrize("path", ["/api/v0/event", "/api/v0/events"])
def test_aptabases_key_is_the_app_key_and_nobody_is_counted(server: Server, path: str) -> None:
    event: Any = {"eventName": "app.start", "sessionId": path, "timestamp": "2026-11-23T10:00:00Z"}
    for _ in range(2):
        answer = ask(server, path, [event] if path.endswith("s") else event, app_key=server.write_key)
        assert answer == (200, JSON, b"{}")
    (row,) = [row for row in server.api("actions", **{"from": "2020-01-01"}) if row["event"] == "app.start"]
    assert (row["events"], row["installs"]) == (1 if path == "/api/v0/event" else 2, 0)


def test_an_encoding_that_is_not_known_is_refused_by_name(server: Server) -> None:
    status, _, answer = ask(server, "/v1/batch", b"\x00", content_encoding="br")
    error = json.loads(answer)["error"]
    assert (status, error["reason"]) == (400, "unknown encoding")
    assert "'br'" in error["message"]


@pytest.mark.parametrize("value", [b"1e999", b'"\x80"', b"[" * 990 + b"]" * 990, b"[" * 970 + b"]" * 970])
def test_a_context_that_cannot_be_read_harms_nobody(server: Server, value: bytes) -> None:
    message = b'{"type": "track", "event": "odd.start", "context": {"app": {"name": ' + value + b"}}}"
    body = b'{"batch": [' + message + b'], "writeKey": "' + server.write_key.encode() + b'"}'
    assert ask(server, "/v1/batch", body)[0] in (200, 400)
    assert ask(server, "/v1/batch", {"batch": [track("after.odd")], "writeKey": server.write_key})[0] == 200
