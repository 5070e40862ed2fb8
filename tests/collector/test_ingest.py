"""Does a request over real HTTP become rows, once, and does a bad one get a reason that helps?"""

import base64
import gzip
import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import Server


def track(event: str, **more: object) -> dict[str, object]:
    made = {"type": "track", "event": event, "messageId": str(uuid.uuid4()), "anonymousId": "a1"}
    return made | {"timestamp": at(-3)} | more


def at(days: float) -> str:
    """A moment so many days from now, as clients write it."""
    return (datetime.now(UTC) + timedelta(days=days)).isoformat(timespec="milliseconds")


def rows(server: Server, event: str) -> list[dict[str, object]]:
    return [row for row in server.api("actions", **{"from": "2020-01-01"}) if row["event"] == event]


def test_the_write_key_stands_in_the_body_or_is_the_basic_user(server: Server) -> None:
    basic = base64.b64encode(f"{server.write_key}:".encode()).decode()
    in_header = {"Authorization": f"Basic {basic}"}
    assert server.post("/v1/batch", {"batch": [track("by.header")]}, in_header) == (
        200,
        {"success": True, "accepted": 1},
    )
    assert server.post("/v1/track", track("by.body") | {"writeKey": server.write_key})[0] == 200
    assert rows(server, "by.header")[0]["events"] == 1
    assert rows(server, "by.body")[0]["events"] == 1


def test_gzip_is_unpacked(server: Server) -> None:
    body = gzip.compress(json.dumps({"batch": [track("zipped")], "writeKey": server.write_key}).encode())
    assert server.post("/v1/batch", body, {"Content-Encoding": "gzip"})[0] == 200
    assert rows(server, "zipped")[0]["events"] == 1


def test_the_same_message_again_is_counted_once_and_its_first_content_stays(server: Server) -> None:
    first = track("again", properties={"duration": 10})
    again = first | {"properties": {"duration": 99}}
    for message, sent_at in (
        (first, at(-3)),
        (again, at(-2.9)),
        (again, at(0)),
    ):
        body = {"batch": [message, message], "sentAt": sent_at, "writeKey": server.write_key}
        assert server.post("/v1/batch", body)[0] == 200
    found = rows(server, "again")
    assert [(row["events"], row["p50_ms"]) for row in found] == [(1, 10.0)]


def test_aggregated_events_are_opened_up_and_counted_once(server: Server) -> None:
    parts = [{"durationMs": 1, "success": True}, {"durationMs": 3, "success": False}]
    message = track(
        "lists", properties={"aggregated": parts, "common.extensionName": "podman-desktop.podman"}
    )
    for _ in range(2):
        assert (
            server.post("/v1/batch", {"batch": [message], "writeKey": server.write_key})[1]["accepted"] == 2
        )
    (row,) = rows(server, "lists")
    assert (row["events"], row["failures"], row["p50_ms"], row["extension"]) == (
        2,
        1,
        2.0,
        "podman-desktop.podman",
    )


def test_installs_are_counted_and_an_event_without_an_id_is_none(server: Server) -> None:
    batch = [track("who", anonymousId=person) for person in ("a", "b", "b")]
    nobody = track("who")
    del nobody["anonymousId"]
    server.post("/v1/batch", {"batch": [*batch, nobody], "writeKey": server.write_key})
    (row,) = rows(server, "who")
    assert (row["events"], row["installs"]) == (4, 2)


def test_page_and_identify_have_addresses_of_their_own(server: Server) -> None:
    key = {"writeKey": server.write_key, "anonymousId": "a"}
    assert server.post("/v1/page", {"name": "/containers", "messageId": "p1"} | key)[0] == 200
    assert server.post("/v1/identify", {"traits": {"os_name": "Linux"}, "messageId": "i1"} | key)[0] == 200
    assert server.post("/v1/p", {"name": "/containers", "messageId": "p1"} | key)[0] == 200


def test_requests_at_the_same_time_are_all_answered_and_all_kept(server: Server) -> None:
    def send(number: int) -> int:
        batch = [track("together", anonymousId=str(number)) for _ in range(10)]
        return server.post("/v1/batch", {"batch": batch, "writeKey": server.write_key})[0]

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(send, range(64))) == {200}
    (row,) = rows(server, "together")
    assert (row["events"], row["installs"]) == (640, 64)


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (b"{", {}, "broken JSON"),
        (b'{"batch": []}', {}, "no write key"),
        (b'{"batch": [], "writeKey": "wrong"}', {}, "unknown write key"),
        (b"no gzip", {"Content-Encoding": "gzip"}, "broken gzip"),
        (gzip.compress(b'{"batch": []}', mtime=0)[:-4], {"Content-Encoding": "gzip"}, "broken gzip"),
        (gzip.compress(b" " * 20_000_000, mtime=0), {"Content-Encoding": "gzip"}, "too large"),
        (b" " * 600_000, {}, "too large"),
    ],
)
def test_a_bad_request_gets_400_and_the_reason(
    server: Server, body: bytes, headers: dict[str, str], reason: str
) -> None:
    status, answer = server.post("/v1/batch", body, headers)
    assert status == 400
    assert answer["success"] is False
    assert answer["error"]["reason"] == reason
    assert answer["error"]["message"].endswith(".")


def test_a_bad_request_does_not_harm_those_that_wait_with_it(server: Server) -> None:
    def send(number: int) -> int:
        good = {"batch": [track("beside.bad")], "writeKey": server.write_key}
        return server.post("/v1/batch", b"{broken" if number % 2 else good)[0]

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(send, range(40))) == [200] * 20 + [400] * 20
    assert rows(server, "beside.bad")[0]["events"] == 20


def test_the_text_of_an_error_is_cleaned_before_it_is_stored(server: Server) -> None:
    error = {"message": "open /home/mariasecret/kind.yaml: permission denied", "code": "EACCES"}
    server.post(
        "/v1/batch", {"batch": [track("leak", properties={"error": error})], "writeKey": server.write_key}
    )
    (row,) = rows(server, "leak")
    (reason,) = row["reasons"]  # type: ignore[misc]
    assert "mariasecret" not in json.dumps(row)
    assert "permission denied" in reason["text"]
    assert reason["code"] == "EACCES"


def test_a_browser_may_ask_whether_it_may_send(server: Server) -> None:
    import urllib.request

    request = urllib.request.Request(f"{server.url}/v1/batch", method="OPTIONS")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
