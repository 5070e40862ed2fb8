"""Does an export of OpenTelemetry logs become the same events in JSON and in protobuf, and nobody's name with them?"""

import base64
import json
import math
from typing import Any

import pytest
from google.protobuf.json_format import Parse
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)

from aboveboard.collector.context import context
from aboveboard.collector.event import Batch, Message
from aboveboard.collector.protocols.otlp import (
    answer_json,
    answer_protobuf,
    decode_json,
    decode_protobuf,
    refusal_json,
    refusal_protobuf,
)
from aboveboard.collector.protocols.wire import MAX_EVENT, MAX_EVENTS, Answer
from aboveboard.errors import RequestRefused
from tests.collector.fuzz import bodies, survives

NOON = 1_795_435_200_000_000_000
INSTALLATION = "6f1b3d54-8f0e-4f0b-9a63-1c1f2b7f6a11"


def value(given: Any) -> dict[str, Any]:
    """An AnyValue in the JSON of OTLP."""
    if isinstance(given, bool):
        return {"boolValue": given}
    if isinstance(given, int):
        return {"intValue": str(given)}
    if isinstance(given, float):
        return {"doubleValue": given if math.isfinite(given) else "Infinity" if given > 0 else "-Infinity"}
    if isinstance(given, bytes):
        return {"bytesValue": base64.b64encode(given).decode()}
    if isinstance(given, list):
        return {"arrayValue": {"values": [value(item) for item in given]}}
    if isinstance(given, dict):
        return {"kvlistValue": {"values": pairs(given)}}
    return {"stringValue": given}


def pairs(given: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value(item)} for key, item in given.items()]


def record(name: str = "pull", attributes: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    made = {"timeUnixNano": str(NOON), "eventName": name, "attributes": pairs(attributes or {})}
    return made | more


def export(*records: Any, resource: dict[str, Any] | None = None) -> bytes:
    logs = {"resource": {"attributes": pairs(resource or {})}, "scopeLogs": [{"logRecords": records}]}
    return json.dumps({"resourceLogs": [logs]}).encode()


def protobuf(body: bytes) -> bytes:
    return Parse(body, ExportLogsServiceRequest(), ignore_unknown_fields=True).SerializeToString()


def decoded(*records: Any, resource: dict[str, Any] | None = None) -> Batch:
    """The batch of an export, after asserting that protobuf says the same but for the sizes."""
    body = export(*records, resource=resource)
    found, same = decode_json(body), decode_protobuf(protobuf(body))
    assert [unsized(message) for message in found.messages] == [unsized(message) for message in same.messages]
    assert [refusal.reason for refusal in found.refusals] == [refusal.reason for refusal in same.refusals]
    return found


def unsized(message: Message) -> tuple[Any, ...]:
    ids = (message.event, message.message_id, message.anonymous_id, message.timestamp)
    return (*ids, repr(message.properties), message.context)


def test_a_record_becomes_an_event_with_its_attributes_body_and_severity() -> None:
    attributes = {"count": 3, "ratio": 0.5, "ok": True, "tags": ["a", 1], "nested": {"deep": {"x": 2**60}}}
    (message,) = decoded(record("pull", attributes, body=value("done"), severityNumber=9)).messages
    assert (message.kind, message.event, message.timestamp) == ("track", "pull", NOON // 1_000_000)
    assert message.properties == attributes | {"body": "done", "severity": "info"}


def test_the_name_may_stand_in_the_older_attribute_and_a_record_without_one_is_refused() -> None:
    older = record("", {"event.name": "pull"})
    found = decoded(older, record(""))
    assert [(message.event, message.properties) for message in found.messages] == [("pull", {})]
    assert [refusal.reason for refusal in found.refusals] == ["event without a name"]


def test_the_resource_tells_app_and_machine_and_nothing_else() -> None:
    resource = {
        "service.name": "podman-desktop", "service.version": "1.29.1", "os.type": "darwin", "os.version": "15.1",
        "host.arch": "arm64", "telemetry.sdk.name": "opentelemetry", "telemetry.sdk.language": "python",
        "telemetry.sdk.version": "1.45.2", "host.name": "maria-mac", "process.owner": "maria",
        "service.instance.id": INSTALLATION, "process.command_line": "podman run maria",
    }  # fmt: skip
    (message,) = decoded(record(), resource=resource).messages
    facts = {column: text for column, text in context(message.context)._asdict().items() if text}
    assert facts == {
        "app": "podman-desktop", "app_version": "1.29.1", "os": "macOS", "os_version": "15.1", "arch": "arm64",
        "library": "opentelemetry-python", "library_version": "1.45.2",
    }  # fmt: skip
    assert "maria" not in repr(message)


def test_only_the_id_of_the_installation_counts_installs() -> None:
    others = {"service.instance.id": "a", "session.id": "b", "user.id": "c", "device.id": "d", "host.id": "e"}
    nobody, by_record = record("nobody", others), record("somebody", {"app.installation.id": "of the record"})
    found = decoded(nobody, by_record, resource=others)
    assert [message.anonymous_id for message in found.messages] == ["", "of the record"]
    assert [message.properties for message in found.messages] == [{}, {}]
    (message,) = decoded(record(), resource={"app.installation.id": INSTALLATION}).messages
    assert message.anonymous_id == INSTALLATION


def test_an_exception_is_the_error_of_its_event_without_its_stack() -> None:
    attributes = {"exception.type": "OSError", "exception.message": "no /home/maria"}
    attributes |= {"exception.stacktrace": "maria.py"}
    (message,) = decoded(record("start", attributes, severityNumber=17)).messages
    assert message.properties == {
        "severity": "error",
        "error": {"type": "OSError", "message": "no /home/maria"},
    }
    (message,) = decoded(record("start", {"error.type": "timeout"})).messages
    assert message.properties == {"error": {"type": "timeout"}}


def test_a_retry_repeats_the_id_and_another_event_does_not() -> None:
    def ids(*records: dict[str, Any]) -> list[str]:
        return [message.message_id for message in decoded(*records).messages]

    twins = [record(), record(), record("other"), record(timeUnixNano=str(NOON + 1))]
    first = ids(*twins)
    assert ids(*twins) == first
    assert len(set(first)) == 4
    assert ids(record("pull", {"log.record.uid": "01JD"})) == ["01JD"]
    assert ids(record(timeUnixNano="0")) == [""]


def test_no_value_goes_into_a_derived_id() -> None:
    ids = {decoded(record("pull", {"name": name})).messages[0].message_id for name in ("maria", "josef")}
    assert len(ids) == 1


def test_the_observed_time_serves_where_there_is_no_other_and_an_impossible_one_is_refused() -> None:
    observed = record(timeUnixNano="0", observedTimeUnixNano=str(NOON))
    assert decoded(observed).messages[0].timestamp == NOON // 1_000_000
    assert decoded(record(timeUnixNano=str(2**64 - 1))).refusals[0].reason == "time cannot be read"
    assert decode_json(export(record(timeUnixNano="noon"))).refusals[0].reason == "time cannot be read"


def test_json_takes_numbers_for_integers_ignores_what_it_does_not_know_and_keeps_bytes_as_bytes() -> None:
    odd = (
        {"key": "n", "value": {"intValue": 7}},
        {"key": "d", "value": {"doubleValue": "NaN"}},
        {"key": "none"},
    )
    attributes = [*odd, {"key": "b", "value": value(b"\xff")}]
    sent = record(timeUnixNano=NOON, flags=1, fresh={"x": [1]}) | {"attributes": attributes}
    (message,) = decode_json(export(sent)).messages
    assert message.timestamp == NOON // 1_000_000
    assert repr(message.properties) == r"{'n': 7, 'd': nan, 'none': None, 'b': b'\xff'}"


def test_one_odd_record_refuses_itself_and_not_its_batch() -> None:
    large = record("large", {"text": "x" * MAX_EVENT})
    found = decode_json(export(17, {"attributes": 1}, large, record("good")))
    assert [message.event for message in found.messages] == ["good"]
    reasons = [refusal.reason for refusal in found.refusals]
    assert reasons == ["event is no log record", "event is no log record", "event too large"]


@pytest.mark.parametrize("nesting", [20, 90, 150])
def test_nesting_is_cut_and_harms_nothing(nesting: int) -> None:
    deep: dict[str, Any] = {"stringValue": "x"}
    for _ in range(nesting):
        deep = {"arrayValue": {"values": [deep]}}
    body = export(record("good"), record("deep") | {"attributes": [{"key": "x", "value": deep}]})
    assert [message.event for message in decode_json(body).messages] == ["good", "deep"]


@pytest.mark.parametrize(
    ("body", "reason"), [(b"\xff", "broken protobuf"), (b"\x0a\x05abc", "broken protobuf")]
)
def test_what_is_no_protobuf_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(RequestRefused) as refused:
        decode_protobuf(body)
    assert (refused.value.status, refused.value.reason) == (400, reason)


def test_too_many_records_are_refused_with_their_number() -> None:
    body = export(*[record()] * (MAX_EVENTS + 1))
    for decode, sent in ((decode_json, body), (decode_protobuf, protobuf(body))):
        with pytest.raises(RequestRefused, match="2501 events"):
            decode(sent)


def test_an_answer_says_what_was_refused_and_only_then() -> None:
    assert answer_json(Answer(2, {})) == b"{}"
    assert answer_protobuf(Answer(2, {})) == b""
    said = Answer(2, {"event without a name": 2, "too late": 1})
    partial = json.loads(answer_json(said))["partialSuccess"]
    assert partial["rejectedLogRecords"] == "3"
    assert "event without a name: 2, too late: 1" in partial["errorMessage"]
    same = ExportLogsServiceResponse.FromString(answer_protobuf(said)).partial_success
    assert (same.rejected_log_records, same.error_message) == (3, partial["errorMessage"])


def test_a_refusal_is_a_status_in_the_encoding_of_the_request() -> None:
    from google.rpc.status_pb2 import Status

    refusal = RequestRefused(400, "reason", "What happened.")
    assert json.loads(refusal_json(refusal)) == {"message": "What happened."}
    assert Status.FromString(refusal_protobuf(refusal)).message == "What happened."


_WHOLE = export(
    record(
        "pull",
        {"count": 3, "tags": ["a", 1.5], "nested": {"x": True}, "raw": b"\x00"},
        body=value({"a": "b"}),
    ),
    record(
        "start",
        {"exception.message": "no", "log.record.uid": "u"},
        severityNumber=17,
        observedTimeUnixNano="1",
    ),
    resource={"service.name": "podman", "os.type": "linux", "app.installation.id": INSTALLATION},
)


@given(bodies(_WHOLE))
def test_no_body_of_json_raises_anything_but_a_refusal(body: bytes) -> None:
    survives(decode_json, body)


@given(bodies(protobuf(_WHOLE), text=False))
def test_no_body_of_protobuf_raises_anything_but_a_refusal(body: bytes) -> None:
    survives(decode_protobuf, body)


values = st.recursive(
    st.text() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.binary() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(values)
def test_every_value_is_read_as_it_was_sent(sent: Any) -> None:
    (message,) = decode_json(export(record("e", {"sent": sent}))).messages
    assert message.properties == {"sent": sent}
    (message,) = decode_protobuf(protobuf(export(record("e", {"sent": sent})))).messages
    assert message.properties == {"sent": sent}
