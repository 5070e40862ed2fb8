"""Does a request of Aptabase's SDKs become events that count nobody?"""

import json
from typing import Any

import pytest
from hypothesis import given

from aboveboard.collector.context import context
from aboveboard.collector.protocols.aptabase import decode_batch, decode_single
from aboveboard.collector.protocols.wire import MAX_EVENT, MAX_EVENTS
from aboveboard.errors import RequestRefused
from tests.collector.fuzz import bodies, survives


def event(name: str = "pull", **more: Any) -> dict[str, Any]:
    system = {
        "isDebug": False, "locale": "en-US", "osName": "macOS", "osVersion": "15.1", "deviceModel": "maria-mac",
        "appVersion": "1.2", "appBuildNumber": "7", "sdkVersion": "aptabase-swift@0.3.4",
    }  # fmt: skip
    made = {"timestamp": "2026-11-23T10:00:00.250Z", "sessionId": "179543520012345678", "eventName": name}
    return made | {"systemProps": system, "props": {"count": 3}} | more


def sent(*events: object) -> bytes:
    return json.dumps(events).encode()


def test_an_event_keeps_its_properties_and_counts_no_install() -> None:
    (message,) = decode_batch(sent(event())).messages
    assert (message.kind, message.event, message.properties) == ("track", "pull", {"count": 3})
    assert message.anonymous_id == ""
    facts = {column: text for column, text in context(message.context)._asdict().items() if text}
    assert facts == {
        "os": "macOS", "os_version": "15.1", "app_version": "1.2", "locale": "en-US",
        "library": "aptabase-swift", "library_version": "0.3.4",
    }  # fmt: skip
    assert decode_single(json.dumps(event()).encode()).messages == decode_batch(sent(event())).messages


def test_a_retry_repeats_the_id_and_another_event_does_not() -> None:
    different = [
        event(),
        event(),
        event("push"),
        event(sessionId=2),
        event(timestamp="2026-11-23T10:00:00.251Z"),
    ]
    first = [message.message_id for message in decode_batch(sent(*different)).messages]
    again = [message.message_id for message in decode_batch(sent(*different)).messages]
    assert again == first
    assert len(set(first)) == 5
    assert decode_batch(sent(event(sessionId=None))).messages[0].message_id == ""


def test_one_odd_event_refuses_itself_and_not_its_batch() -> None:
    odd = [17, event(""), event(timestamp="yesterday"), event(props={"text": "x" * MAX_EVENT})]
    found = decode_batch(sent(*odd, event("good")))
    assert [message.event for message in found.messages] == ["good"]
    reasons = [refusal.reason for refusal in found.refusals]
    assert reasons == ["event is no object", "event without a name", "time cannot be read", "event too large"]


@pytest.mark.parametrize("body", [b"", b"17", b'{"eventName": "e"}', b"[" * 100_000])
def test_what_is_no_list_is_refused_with_400(body: bytes) -> None:
    with pytest.raises(RequestRefused) as refused:
        decode_batch(body)
    assert (refused.value.status, refused.value.reason) == (400, "broken JSON")


def test_too_many_events_are_refused_with_their_number() -> None:
    with pytest.raises(RequestRefused, match="2501 events"):
        decode_batch(sent(*[{}] * (MAX_EVENTS + 1)))


@given(bodies(sent(event(), event("push", props=None, systemProps=None))))
def test_no_body_of_a_batch_raises_anything_but_a_refusal(body: bytes) -> None:
    survives(decode_batch, body)


@given(bodies(json.dumps(event()).encode()))
def test_no_body_of_a_single_event_raises_anything_but_a_refusal(body: bytes) -> None:
    survives(decode_single, body)
