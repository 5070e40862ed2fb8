"""Does a request of Segment's API become the right messages, and a broken one a clear refusal?"""

import json
from functools import partial

import pytest
from hypothesis import given

from aboveboard.collector.protocols.segment import MAX_EVENT, MAX_EVENTS, decode_batch, decode_single
from aboveboard.errors import RequestRefused
from tests.collector.fuzz import bodies, survives


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


def test_a_single_event_that_is_too_large_is_refused_with_400_as_segment_does() -> None:
    with pytest.raises(RequestRefused) as refused:
        decode_single(
            json.dumps({"event": "e", "properties": {"text": "x" * MAX_EVENT}}).encode(), kind="track"
        )
    assert (refused.value.status, refused.value.reason) == (400, "event too large")


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


@pytest.mark.parametrize("kind", ["identify", "group", "alias"])
def test_who_somebody_is_is_never_read(kind: str) -> None:
    sent = {
        "userId": "maria",
        "previousId": "maria",
        "groupId": "maria",
        "anonymousId": "a",
        "messageId": "m",
    }
    found = decode_single(json.dumps(sent).encode(), kind=kind)
    assert "maria" not in repr(found)
    assert found.messages[0].event == kind


_WHOLE = batch(
    {
        "type": "track",
        "event": "pull",
        "messageId": "m",
        "anonymousId": "a",
        "timestamp": "2026-11-23T10:00:00Z",
        "properties": {
            "durationMs": 12.5,
            "error": {"message": "open /home/maria/x", "code": 1},
            "list": [1, None],
        },
        "context": {"app": {"name": "podman", "version": "1.2"}, "os": {"name": "Linux"}, "locale": "de"},
    },
    {"type": "page", "name": "/containers", "properties": {"name": "x"}},
    sentAt="2026-11-23T10:00:05Z",
    context={"aboveboard": {"notice": 1, "catalog": "00ff"}, "timezone": "Europe/Berlin"},
)
_ONE = json.dumps(json.loads(_WHOLE)["batch"][0] | {"writeKey": "k", "sentAt": 1763892000}).encode()


@given(bodies(_WHOLE))
def test_no_body_of_a_batch_raises_anything_but_a_refusal(body: bytes) -> None:
    survives(decode_batch, body)


@given(bodies(_ONE))
def test_no_body_of_a_single_call_raises_anything_but_a_refusal(body: bytes) -> None:
    survives(partial(decode_single, kind="track"), body)


@pytest.mark.parametrize("number", ["1e999", "-" + "9" * 5000, "[" * 5000])
def test_what_python_cannot_hold_harms_one_message(number: str) -> None:
    odd = b'{"type": "track", "event": "odd", "properties": {"n": ' + number.encode() + b"}}"
    body = b'{"batch": [' + odd + b', {"type": "track", "event": "good"}]}'
    if number.startswith("["):
        with pytest.raises(RequestRefused, match="JSON"):
            decode_batch(body)
    else:
        found = decode_batch(body)
        assert [message.event for message in found.messages] == ["good"]
        assert [refusal.reason for refusal in found.refusals] == ["event is no object"]


def test_half_an_emoji_costs_neither_the_batch_nor_its_message() -> None:
    # What JSON.stringify makes of "ab😀".slice(0, 3); the second text is a backslash before the letters `ud83d`.
    half, whole, letters = r'"ab\ud83d"', r'"\ud83d\ude00"', r'"\\ud83d"'
    one = f'{{"type": "track", "event": "e", "properties": {{"half": {half}, "whole": {whole}, "letters": {letters}}}}}'
    found = decode_batch(f'{{"batch": [{one}]}}'.encode())
    assert found.messages[0].properties == {"half": "ab\ufffd", "whole": "😀", "letters": "\\ud83d"}
