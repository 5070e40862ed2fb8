"""Does a request of Segment's API become the right messages, and a broken one a clear refusal?"""

import json

import pytest

from aboveboard.collector.protocols.segment import MAX_EVENT, MAX_EVENTS, decode_batch, decode_single
from aboveboard.errors import RequestRefused


def batch(*messages: object, **shared: object) -> bytes:
    return json.dumps({"batch": messages, "writeKey": "k"} | shared).encode()


def test_a_batch_keeps_each_message_with_its_ids_and_times() -> None:
    sent = {
        "type": "track",
        "event": "pull",
        "messageId": "m",
        "anonymousId": "a",
        "timestamp": "2026-11-23T10:00:00Z",
    }
    found = decode_batch(batch(sent, sentAt="2026-11-23T10:00:05.500Z"))
    message = found.messages[0]
    assert (message.event, message.message_id, message.anonymous_id) == ("pull", "m", "a")
    assert found.sent_at is not None
    assert found.sent_at - (message.timestamp or 0) == 5500


def test_what_a_batch_shares_reaches_each_message_and_its_own_goes_before() -> None:
    shared = {"app": {"name": "shared"}, "locale": "de"}
    found = decode_batch(batch({"type": "track", "event": "e", "context": {"locale": "fr"}}, context=shared))
    assert found.messages[0].context == {"app": {"name": "shared"}, "locale": "fr"}


def test_one_odd_message_refuses_itself_and_not_its_batch() -> None:
    good = {"type": "track", "event": "good"}
    odd = [17, {"type": "track"}, {"type": "dance", "event": "e"}, {"type": "track", "event": ["list"]}]
    large = {"type": "track", "event": "large", "properties": {"text": "x" * MAX_EVENT}}
    found = decode_batch(batch(good, *odd, large, good))
    assert [message.event for message in found.messages] == ["good", "good"]
    assert [refusal.reason for refusal in found.refusals] == [
        "event is no object", "event without a name", "unknown type", "event without a name", "event too large",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"batch": 1}', b"\xff\xfe", b'{"batch": [' + b"[" * 100_000]
)
def test_what_is_no_batch_is_refused_with_400(body: bytes) -> None:
    with pytest.raises(RequestRefused) as refused:
        decode_batch(body)
    assert refused.value.status == 400
    assert refused.value.reason == "broken JSON"


def test_too_many_events_are_refused_with_their_number() -> None:
    with pytest.raises(RequestRefused, match="2501 events"):
        decode_batch(batch(*[{}] * (MAX_EVENTS + 1)))


def test_a_page_is_named_by_its_name_or_its_property() -> None:
    by_name = decode_single(b'{"name": "/containers"}', kind="page").messages[0]
    by_property = decode_single(b'{"properties": {"name": "/images"}}', kind="page").messages[0]
    assert (by_name.event, by_name.page) == ("page", "/containers")
    assert by_property.page == "/images"


def test_traits_are_what_identify_has_for_properties() -> None:
    message = decode_single(b'{"traits": {"os_name": "Linux"}}', kind="identify").messages[0]
    assert (message.kind, message.properties) == ("identify", {"os_name": "Linux"})
