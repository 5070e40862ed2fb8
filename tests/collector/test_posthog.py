"""Does a request of PostHog's SDKs become events without what they add about the person?"""

import json
from typing import Any

import pytest
from hypothesis import given

from aboveboard.collector.context import context
from aboveboard.collector.event import Message
from aboveboard.collector.protocols.posthog import decode
from aboveboard.collector.protocols.wire import MAX_EVENT, MAX_EVENTS
from aboveboard.errors import RequestRefused
from tests.collector.fuzz import bodies, survives

DEVICE = "0193a0c4-8f0e-7f0b-9a63-1c1f2b7f6a11"
PERSON = "6f1b3d54-8f0e-4f0b-9a63-1c1f2b7f6a22"


def event(name: str = "pull", properties: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    made = {"event": name, "distinct_id": DEVICE, "uuid": PERSON, "timestamp": "2026-11-23T10:00:00.250Z"}
    return made | {"properties": properties or {}} | more


def single(name: str = "pull", properties: dict[str, Any] | None = None, **more: Any) -> Message:
    (message,) = decode(json.dumps(event(name, properties, **more) | {"api_key": "k"}).encode()).messages
    return message


def test_a_batch_of_the_server_sdks_keeps_key_ids_and_times() -> None:
    body = {"api_key": "k", "batch": [event(), event("push")], "sent_at": "2026-11-23T10:00:05Z"}
    found = decode(json.dumps(body).encode())
    message = found.messages[0]
    assert (found.write_key, len(found.messages)) == ("k", 2)
    assert (message.event, message.message_id, message.anonymous_id) == ("pull", PERSON, DEVICE)
    assert found.sent_at is not None
    assert found.sent_at - (message.timestamp or 0) == 4750


@pytest.mark.parametrize(
    "body",
    [
        event() | {"api_key": "k"},
        event() | {"token": "k"},
        [event(properties={"token": "k"})],
        {"batch": [event(properties={"token": "k"})]},
    ],
)
def test_one_event_and_the_list_of_the_browser_carry_their_key_where_theirs_is(body: Any) -> None:
    found = decode(json.dumps(body).encode())
    assert (found.write_key, [message.event for message in found.messages]) == ("k", ["pull"])
    assert found.messages[0].properties == {}


@pytest.mark.parametrize(
    ("distinct_id", "properties", "found"),
    [
        (DEVICE, {}, DEVICE),
        ("maria@example.org", {}, ""),
        (17, {}, ""),
        (PERSON, {"$device_id": DEVICE}, DEVICE),
        (PERSON, {"$is_identified": True}, ""),
        (PERSON, {"$user_id": PERSON}, ""),
        (PERSON, {"$process_person_profile": False}, ""),
        (PERSON, {"$process_person_profile": False, "$device_id": DEVICE}, DEVICE),
    ],
)
def test_only_an_id_that_is_an_installs_is_taken(
    distinct_id: object, properties: dict[str, Any], found: str
) -> None:
    assert single(properties=properties, distinct_id=distinct_id).anonymous_id == found


def test_what_the_sdk_says_of_the_app_and_the_system_is_context_and_of_the_person_nothing() -> None:
    secret = {"$set": {"email": "maria"}, "$set_once": {"n": "maria"}, "$groups": {"company": "maria"}, "$ip": "maria",
              "$geoip_city_name": "maria", "$current_url": "maria", "$session_id": "maria"}  # fmt: skip
    said = {"$lib": "posthog-python", "$lib_version": "7.91.1", "$os": "Linux", "$app_version": "1.2"}
    message = single(
        properties=secret | said | {"count": 3, "distinct_id": "maria"}, **{"$set": {"name": "maria"}}
    )
    assert message.properties == {"count": 3}
    assert {column: text for column, text in context(message.context)._asdict().items() if text} == {
        "library": "posthog-python", "library_version": "7.91.1", "os": "Linux", "app_version": "1.2",
    }  # fmt: skip
    assert "maria" not in repr(message)


@pytest.mark.parametrize(
    ("name", "properties", "kind", "found", "page"),
    [
        ("$pageview", {"$pathname": "/containers"}, "page", "page", "/containers"),
        ("$screen", {"$screen_name": "Images"}, "screen", "screen", "Images"),
        ("$identify", {"name": "maria"}, "identify", "identify", ""),
        ("$autocapture", {}, "track", "autocapture", ""),
    ],
)
def test_their_own_events_have_their_kinds(
    name: str, properties: dict[str, Any], kind: str, found: str, page: str
) -> None:
    message = single(name, properties)
    assert (message.kind, message.event, message.page, message.properties) == (kind, found, page, {})


def test_an_exception_is_the_error_of_its_event() -> None:
    listed = [{"type": "OSError", "value": "no /home/maria", "stacktrace": {"frames": []}}, {"type": "Cause"}]
    message = single("$exception", {"$exception_list": listed})
    assert message.event == "exception"
    assert message.properties == {"error": {"type": "OSError", "message": "no /home/maria"}}


def test_one_odd_event_refuses_itself_and_not_its_batch() -> None:
    odd = [17, event(""), event(timestamp="yesterday"), event(properties={"text": "x" * MAX_EVENT})]
    found = decode(json.dumps({"api_key": "k", "batch": [*odd, event("good")]}).encode())
    assert [message.event for message in found.messages] == ["good"]
    reasons = [refusal.reason for refusal in found.refusals]
    assert reasons == ["event is no object", "event without a name", "time cannot be read", "event too large"]


@pytest.mark.parametrize("body", [b"", b"17", b'{"batch": 1}', b"data=eyJ9", b'{"batch": [' + b"[" * 100_000])
def test_what_is_no_request_is_refused_with_400(body: bytes) -> None:
    with pytest.raises(RequestRefused) as refused:
        decode(body)
    assert (refused.value.status, refused.value.reason) == (400, "broken JSON")


def test_too_many_events_are_refused_with_their_number() -> None:
    for body in ([{}] * (MAX_EVENTS + 1), {"batch": [{}] * (MAX_EVENTS + 1)}):
        with pytest.raises(RequestRefused, match="2501 events"):
            decode(json.dumps(body).encode())


_ERROR = {"$exception_list": [{"type": "E", "value": "no"}]}
_EVENT = event(properties={"count": 3, "$lib": "web", "$device_id": DEVICE} | _ERROR)
_EVENTS = [_EVENT, event("$pageview", {"$pathname": "/"})]
_BATCH = json.dumps({"api_key": "k", "batch": _EVENTS, "sent_at": "2026-11-23"}).encode()


@given(bodies(_BATCH, json.dumps(_EVENT | {"api_key": "k"}).encode(), json.dumps([_EVENT]).encode()))
def test_no_body_raises_anything_but_a_refusal(body: bytes) -> None:
    survives(decode, body)
