"""Can any bytes make the running server fail, hang or grow? Mutated bodies at every address, and raw sockets."""

import gzip
import http.client
import json
import resource
import socket
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aboveboard.collector.http import INGEST
from aboveboard.collector.limits import MAX_CONNECTIONS
from tests.collector.fuzz import bodies
from tests.collector.test_ingest import track
from tests.collector.test_otlp import export, protobuf, record
from tests.collector.test_serve import connect, memory
from tests.conftest import Server, start_server, stop_server

GROWTH = 100 * 1024
"""How many KiB the server's memory may grow during a run; the engine alone moves by half of that."""
ALLOWED = {200, 204, 400, 401, 404, 405, 408, 431, 501, 503}

ERROR = {"message": "open /home/maria/x: permission denied", "code": "EACCES", "statusCode": 500}
SEGMENT = track(
    "fuzz", properties={"durationMs": 3, "error": ERROR, "aggregated": [{"a": 1}, {"b": [2, {}]}]}
)
POSTHOG = {"event": "fuzz", "distinct_id": str(uuid.UUID(int=1)), "uuid": "u", "properties": {"error": ERROR}}
APTABASE = {"timestamp": "2026-11-23T10:00:00Z", "sessionId": "1", "eventName": "fuzz", "props": {"count": 3}}
EXPORT = export(
    record("fuzz", {"error": "open /home/maria", "n": 2, "list": [1, {"a": b"x"}]}), resource={"a": 1}
)

VALID = [
    json.dumps(
        {"batch": [SEGMENT, SEGMENT], "sentAt": "2026-11-23T10:00:00Z", "context": {"os": {"name": "x"}}}
    ).encode(),
    json.dumps(SEGMENT | {"context": {"app": {"version": "1"}}, "traits": {"a": 1}}).encode(),
    json.dumps({"batch": [POSTHOG], "sent_at": "2026-11-23T10:00:05Z"}).encode(),
    json.dumps([APTABASE, APTABASE]).encode(),
    EXPORT,
]
packed = st.sampled_from([lambda body: body, gzip.compress, lambda body: gzip.compress(body)[:-5]])
bodies_of_any = st.one_of(bodies(*VALID), bodies(protobuf(EXPORT), text=False))
odd = st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=40)
headers = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(["application/json", "application/x-protobuf", "text/plain", ""])
        | odd,
        "Content-Encoding": st.sampled_from(["gzip", "identity", "br", "gzip, gzip", ""]) | odd,
        "Authorization": st.sampled_from(["Basic", "Basic Og==", "Basic ////", "Bearer ", "Basic 4pyTOg=="])
        | odd,
        "Content-Range": odd,
        "Expect": st.sampled_from(["100-continue", "200-ok"]),
        "Upgrade": st.sampled_from(["websocket", "h2c", "TLS/1.0"]),
        "Connection": st.sampled_from(["close", "keep-alive", "Upgrade", "content-length"]),
        "X-Forwarded-For": odd,
    },
)
methods = st.sampled_from(["POST"] * 8 + ["GET", "OPTIONS", "PUT", "HEAD", "DELETE"])


def request(server: Server, method: str, path: str, body: bytes, sent: dict[str, str]) -> int:
    """The status of one request; it must come within ten seconds."""
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
    try:
        connection.request(
            method, path, body, {name: value.encode("latin-1") for name, value in sent.items()}
        )
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def fuzz(server: Server, examples: int) -> None:
    """Send so many hostile requests; all are answered, and with no failure."""

    @settings(
        max_examples=examples,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(sorted(INGEST)), methods, bodies_of_any, packed, headers, st.booleans())
    def send(path: str, method: str, body: bytes, pack: Any, sent: dict[str, str], known: bool) -> None:
        keys = {"X-Write-Key": server.write_key, "App-Key": server.write_key} if known else {}
        assert request(server, method, path, pack(body), keys | sent) in ALLOWED

    send()


def takes_events(server: Server) -> bool:
    """Whether an honest event is still taken, and counted."""
    event = f"good.{uuid.uuid4().hex[:8]}".translate(str.maketrans("0123456789", "ghijklmnop"))
    status, answer = server.post("/v1/batch", {"batch": [track(event)], "writeKey": server.write_key})
    stored = [
        row["events"] for row in server.api("actions", **{"from": "2020-01-01"}) if row["event"] == event
    ]
    return (status, answer.get("accepted"), stored) == (200, 1, [1])


def test_no_body_at_any_address_makes_the_server_fail_hang_or_grow(server: Server) -> None:
    fuzz(server, 50)
    before = memory(server)
    fuzz(server, 800)
    assert takes_events(server)
    assert memory(server) - before < GROWTH
    log = (server.data.parent / "data.stderr").read_text(encoding="utf-8")
    assert "Traceback" not in log


HEAD = b"POST /v1/track HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SOCKET = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
RAW = {
    "a chunk of no size": CHUNKED + b"zz\r\nabc\r\n",
    "a chunk larger than all numbers": CHUNKED + b"FFFFFFFFFFFFFFFFFFFF\r\nabc\r\n",
    "a chunk below zero": CHUNKED + b"-1\r\nabc\r\n",
    "a chunk that is longer than it says": CHUNKED + b"1\r\nabc\r\n0\r\n\r\n",
    "a length below zero": HEAD + b"Content-Length: -5\r\n\r\nabc",
    "a length that is no number": HEAD + b"Content-Length: 1e3\r\n\r\nabc",
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nabc",
    "a length and chunks": HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown transfer": HEAD + b"Transfer-Encoding: gzip\r\n\r\nabc",
    "a zero byte in a header": HEAD + b"X: a\x00b\r\nContent-Length: 0\r\n\r\n",
    "a header without a name": HEAD + b": a\r\n\r\n",
    "bytes of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tunnel": b"CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a whole address": b"GET http://example.org/v1/batch HTTP/1.1\r\nHost: x\r\n\r\n",
    "an address that is none": b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
    "odd bytes in the path": b"GET /%00%ff%/..%2f HTTP/1.1\r\nHost: x\r\n\r\n",
    "a raw byte in the path": b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "a long path": b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a websocket": b"GET /v1/batch HTTP/1.1\r\nHost: x\r\n" + SOCKET,
    "a websocket by POST": HEAD + SOCKET,
    "many headers": HEAD + b"A: b\r\n" * 5000 + b"Content-Length: 2\r\n\r\n{}",
}


def answers(client: socket.socket, count: int = 1) -> list[int]:
    """The statuses of the next answers, fewer where the server closes before; waits ten seconds for each."""
    statuses = []
    with client.makefile("rb") as stream:
        while len(statuses) < count:
            try:
                line = stream.readline()
            except ConnectionResetError:
                line = b""
            if not line:
                break
            statuses.append(int(line.split()[1]))
            length = 0
            while header := stream.readline().strip():
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            stream.read(length)
    return statuses


@pytest.mark.parametrize("kind", RAW)
def test_no_request_that_is_none_makes_the_server_fail_or_hang(server: Server, kind: str) -> None:
    with connect(server) as client:
        client.settimeout(10)
        client.sendall(RAW[kind])
        found = answers(client)
    assert set(found) <= ALLOWED | {403, 426}
    assert request(server, "OPTIONS", "/v1/batch", b"", {}) == 204


@settings(max_examples=150, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_bytes_on_a_connection_keep_the_server_from_the_next(server: Server, data: st.DataObject) -> None:
    head = data.draw(st.sampled_from([HEAD, CHUNKED, HEAD + b"Content-Length: 4\r\n\r\nabcd", *RAW.values()]))
    raw = bytearray(head[:2000])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(raw)))
        raw[place : place + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=6))
    with connect(server) as client:
        client.settimeout(0.02)
        client.sendall(bytes(raw))
        try:
            first = client.recv(12)
        except (TimeoutError, ConnectionResetError):
            first = b""  # It waits for the rest, or has hung up.
    assert not first.startswith(b"HTTP/1.1 50") or first == b"HTTP/1.1 503"
    assert request(server, "OPTIONS", "/v1/batch", b"", {}) == 204


def test_requests_sent_without_waiting_are_answered_in_their_order(server: Server) -> None:
    good = json.dumps(track("piped") | {"writeKey": server.write_key}).encode()
    one = HEAD + b"Content-Length: %d\r\n\r\n" % len(good) + good
    bad = HEAD + b"Content-Length: 1\r\n\r\n{"
    with connect(server) as client:
        client.settimeout(10)
        client.sendall((one + bad) * 50)
        assert answers(client, 100) == [200, 400] * 50
    (row,) = [row for row in server.api("actions", **{"from": "2020-01-01"}) if row["event"] == "piped"]
    assert row["events"] == 1


def cut_off(client: socket.socket, data: bytes, count: int, pause: float = 0.0) -> bool:
    """Whether a connection is closed before the same data was sent so many times."""
    client.settimeout(10)
    try:
        for _ in range(count):
            client.sendall(data)
            time.sleep(pause)
    except (BrokenPipeError, ConnectionResetError):
        return True
    return False


def test_trailers_without_end_are_cut_off(server: Server) -> None:
    before = memory(server)
    with connect(server) as client:
        client.sendall(CHUNKED + b"2\r\n{}\r\n0\r\n")
        assert cut_off(client, b"X: " + b"y" * 1000 + b"\r\n", count=100_000)
    assert memory(server) - before < GROWTH
    assert takes_events(server)


@pytest.mark.soak
def test_what_strangers_repeat_and_vary_does_not_fill_the_memory(server: Server) -> None:
    def batch(start: int) -> dict[str, Any]:
        parts = [{}] * 400
        messages = [
            track("lists", properties={"aggregated": parts, "n": number})
            for number in range(start, start + 25)
        ]
        return {"batch": messages, "writeKey": server.write_key}

    assert server.post("/v1/batch", batch(0))[0] == 200
    before = memory(server)
    for start in range(25, 525, 25):
        assert server.post("/v1/batch", batch(start)) == (200, {"success": True, "accepted": 10_000})
    assert memory(server) - before < 2 * GROWTH


def test_one_request_becomes_a_bounded_number_of_events_and_the_rest_is_said_to_be_dropped(
    server: Server,
) -> None:
    messages = [track("bomb", properties={"aggregated": [{}] * 1000, "n": number}) for number in range(40)]
    status, answer = server.post("/v1/batch", {"batch": messages, "writeKey": server.write_key})
    assert (status, answer["accepted"]) == (200, 10_000)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousands_of_hostile_requests_leave_no_trace(tmp_path: Path) -> None:
    server = start_server(tmp_path / "data")
    fuzz(server, 5_000)
    before = memory(server)
    fuzz(server, 30_000)
    assert takes_events(server)
    after = memory(server)
    print(f"30,000 hostile requests: {before} KiB before, {after} KiB after")
    assert after - before < GROWTH
    stop_server(server)


@pytest.mark.soak
def test_a_client_that_does_not_stop_is_cut_off(server: Server) -> None:
    with connect(server) as client:
        client.sendall(HEAD + b"Content-Length: 1000000000000\r\n\r\n" + b"x" * 600_000)
        assert answers(client) == [400]
        assert cut_off(client, b"x" * 10_000, count=2_000, pause=0.01)
    assert takes_events(server)


@pytest.mark.soak
def test_a_client_that_does_not_read_is_cut_off(server: Server) -> None:
    gets = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 1000
    with connect(server) as client:
        with pytest.raises(TimeoutError):
            cut_off(client, gets, count=10_000)
        time.sleep(35)
        assert cut_off(client, gets, count=100)
    assert takes_events(server)


def test_a_connection_too_many_is_told_to_come_again(server: Server) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * MAX_CONNECTIONS:
        pytest.skip("this machine does not allow so many open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * MAX_CONNECTIONS), hard))
    with ExitStack() as many:
        for _ in range(MAX_CONNECTIONS):
            many.enter_context(connect(server))
        last = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)
        last.request("POST", "/v1/track", b"{}")
        answer = last.getresponse()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
        assert json.load(answer)["error"]["reason"] == "busy"
        last.close()
    deadline = time.monotonic() + 10
    while request(server, "OPTIONS", "/v1/batch", b"", {}) != 204:
        assert time.monotonic() < deadline
    assert takes_events(server)
