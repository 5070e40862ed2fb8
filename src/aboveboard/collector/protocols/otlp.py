"""What does an export of OpenTelemetry logs over HTTP say, in JSON or in protobuf?

The format is OTLP 1.x (opentelemetry-proto, `collector/logs/v1/logs_service.proto`); the names of attributes are
those of OpenTelemetry's semantic conventions. Both encodings are read into objects of the same shape.
"""

import base64
import binascii
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from aboveboard.collector.event import Batch, Message, Refusal
from aboveboard.collector.protocols.wire import MALFORMED, Answer, add, bounded, mapping, read, text
from aboveboard.errors import RequestRefused

if TYPE_CHECKING:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
else:
    ExportLogsServiceResponse = Any

__all__ = [
    "answer_json",
    "answer_protobuf",
    "decode_json",
    "decode_protobuf",
    "refusal_json",
    "refusal_protobuf",
]

_DEPTH = 16
_DECIMAL = re.compile(r"-?[0-9]{1,20}")
_SEVERITIES = ("trace", "debug", "info", "warn", "error", "fatal")
_OS = {"linux": "Linux", "darwin": "macOS", "windows": "Windows"}

_TAKEN = frozenset(
    (
        "event.name",
        "log.record.uid",
        "app.installation.id",
        "exception.type",
        "exception.message",
        "error.type",
    )
)
"""Attributes that become a field of the message instead of a property."""
_NEVER = frozenset(
    [
        "client.address",
        "client.port",
        "device.id",
        "enduser.id",
        "enduser.pseudo.id",
        "exception.stacktrace",
        "host.id",
        "host.ip",
        "host.mac",
        "host.name",
        "network.local.address",
        "network.peer.address",
        "process.command",
        "process.command_args",
        "process.command_line",
        "process.executable.path",
        "process.owner",
        "process.working_directory",
        "service.instance.id",
        "session.id",
        "session.previous_id",
        "source.address",
        "user.email",
        "user.full_name",
        "user.hash",
        "user.id",
        "user.name",
        "user.roles",
    ]
)
"""Attributes that name a machine, a person or a session, or hold a person's own words."""


class _Pair(msgspec.Struct):
    key: str = ""
    value: Any = None


class _Record(msgspec.Struct, rename="camel"):
    time_unix_nano: Any = None
    observed_time_unix_nano: Any = None
    severity_number: Any = None
    body: Any = None
    attributes: list[_Pair] | None = None
    event_name: Any = None


class _Scope(msgspec.Struct, rename="camel"):
    log_records: list[msgspec.Raw] | None = None


class _Resource(msgspec.Struct):
    attributes: list[_Pair] | None = None


class _ResourceLogs(msgspec.Struct, rename="camel"):
    resource: _Resource | None = None
    scope_logs: list[_Scope] | None = None


class _Request(msgspec.Struct, rename="camel"):
    resource_logs: list[_ResourceLogs] | None = None


_request = msgspec.json.Decoder(_Request)
_record = msgspec.json.Decoder(_Record)


def decode_json(body: bytes) -> Batch:
    """Read an ExportLogsServiceRequest as JSON; raises RequestRefused when it is not one.

    One odd record refuses itself and not its batch. Unknown fields are ignored, as the protocol asks.
    """
    request, reader = read(_request, body), _Reader(_plain_json)
    for logs in request.resource_logs or ():
        reader.resource(logs.resource)
        for scope in logs.scope_logs or ():
            for raw in scope.log_records or ():
                try:
                    reader.record(_record.decode(raw), len(bytes(raw)))
                except MALFORMED:
                    reader.batch.refusals.append(Refusal("event is no log record"))
    return reader.finished()


def decode_protobuf(body: bytes) -> Batch:
    """Read an ExportLogsServiceRequest as protobuf; raises RequestRefused when it is not one."""
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    try:
        request = ExportLogsServiceRequest.FromString(body)
    except DecodeError as error:
        message = "The body is not an ExportLogsServiceRequest in protobuf."
        raise RequestRefused(400, "broken protobuf", message) from error
    reader = _Reader(_plain_protobuf)
    for logs in request.resource_logs:
        reader.resource(logs.resource)
        for scope in logs.scope_logs:
            for record in scope.log_records:
                reader.record(record, record.ByteSize())
    return reader.finished()


class _Reader:
    """Turns the records of one request into messages; `plain` reads a value of the request's encoding."""

    def __init__(self, plain: Callable[[Any], Any]) -> None:
        self.batch = Batch("", None, [], [])
        self._plain = plain
        self._seen: Counter[bytes] = Counter()
        self._context: dict[str, Any] = {}
        self._installation = ""

    def resource(self, resource: Any) -> None:
        """Take what is said of the app and the machine for the records that follow."""
        facts = self._attributes(resource.attributes if resource is not None else ())
        self._context = _context(facts)
        self._installation = text(facts.get("app.installation.id"))

    def record(self, record: Any, size: int) -> None:
        """Add one record to the batch."""
        attributes = self._attributes(record.attributes)
        name = text(record.event_name) or text(attributes.get("event.name"))
        times = (_nanoseconds(record.time_unix_nano), _nanoseconds(record.observed_time_unix_nano))
        moment = times[0] or times[1]
        message = Message(
            kind="track",
            event=name,
            page="",
            message_id=text(attributes.get("log.record.uid")) or self._derived_id(name, times),
            anonymous_id=text(attributes.get("app.installation.id")) or self._installation,
            timestamp=moment // 1_000_000 if 0 < moment < 2**62 else None,
            properties=_properties(attributes, self._plain(record.body), record.severity_number),
            context=self._context,
            size=size,
        )
        add(self.batch, message, timestamp=moment or None)

    def finished(self) -> Batch:
        """Return the batch; raises RequestRefused where it has too many records."""
        bounded(len(self.batch.messages) + len(self.batch.refusals))
        return self.batch

    def _attributes(self, pairs: Iterable[Any] | None) -> dict[str, Any]:
        return {pair.key: self._plain(pair.value) for pair in pairs or ()}

    def _derived_id(self, name: str, times: tuple[int, int]) -> str:
        """Make an id that a retry of the same export repeats: of the times, the name, and which one it is of several.

        No value goes into it: the hash of a name that few bear would tell it to everybody who can guess.
        """
        if not any(times):
            return ""
        digest = hashlib.blake2b(repr((times, name)).encode(), digest_size=12, person=b"otlp").digest()
        self._seen[digest] += 1
        return f"otlp-{digest.hex()}-{self._seen[digest]}"


def _context(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return as a Segment context what a resource says; the names of hosts, people and processes are left out."""
    system, language = text(facts.get("os.type")), text(facts.get("telemetry.sdk.language"))
    library = text(facts.get("telemetry.sdk.name"))
    return {
        "app": {"name": facts.get("service.name"), "version": facts.get("service.version")},
        "os": {
            "name": _OS.get(system, system),
            "version": facts.get("os.version"),
            "arch": facts.get("host.arch"),
        },
        "library": {
            "name": f"{library}-{language}" if library and language else library,
            "version": facts.get("telemetry.sdk.version"),
        },
    }


def _properties(attributes: Mapping[str, Any], body: Any, severity: Any) -> dict[str, Any]:
    kept = {key: value for key, value in attributes.items() if key not in _TAKEN and key not in _NEVER}
    if body is not None:
        kept.setdefault("body", body)
    if type(severity) is int and 1 <= severity <= 24:
        kept.setdefault("severity", _SEVERITIES[(severity - 1) // 4])
    kind = text(attributes.get("exception.type")) or text(attributes.get("error.type"))
    said = attributes.get("exception.message")
    if kind or said:
        kept.setdefault("error", {"type": kind} | ({"message": said} if said else {}))
    return kept


def _nanoseconds(value: Any) -> int:
    """Return a time in nanoseconds since 1970, 0 where none is said, -1 where it cannot be read."""
    if value is None or value == "":
        return 0
    found = _integer(value)
    return -1 if found is None else found


def _integer(value: Any) -> int | None:
    """JSON carries 64-bit integers as texts, and tolerates numbers."""
    if type(value) is str and _DECIMAL.fullmatch(value):
        return int(value)
    return value if type(value) is int else None


def _plain_json(value: Any, depth: int = _DEPTH) -> Any:
    """Return what an AnyValue of JSON holds; None for none, and for what is nested too deep to be an event's."""
    for kind, inner in mapping(value).items():
        if kind in {"stringValue", "boolValue"}:
            return inner
        if kind == "intValue":
            return _integer(inner)
        if kind == "doubleValue":
            return _double(inner)
        if kind == "bytesValue":
            return _bytes(inner)
        if kind in {"arrayValue", "kvlistValue"}:
            return _nested_json(kind, mapping(inner).get("values"), depth)
    return None


def _nested_json(kind: str, values: Any, depth: int) -> Any:
    if not isinstance(values, list) or not depth:
        return None
    if kind == "arrayValue":
        return [_plain_json(value, depth - 1) for value in values]
    pairs = (mapping(pair) for pair in values)
    return {text(pair.get("key")): _plain_json(pair.get("value"), depth - 1) for pair in pairs}


def _double(value: Any) -> float | None:
    if type(value) in (int, float):
        return float(value)
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else None


def _bytes(value: Any) -> bytes | None:
    """Bytes stay bytes: no rule can clean them, so they are dropped and counted like any wrong type."""
    try:
        return base64.b64decode(value) if isinstance(value, str) else None
    except (binascii.Error, ValueError):
        return None


def _plain_protobuf(value: Any, depth: int = _DEPTH) -> Any:
    """Return what an AnyValue of protobuf holds, like `_plain_json`."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_plain_protobuf(item, depth - 1) for item in value.array_value.values] if depth else None
    if kind == "kvlist_value":
        pairs = value.kvlist_value.values
        return {pair.key: _plain_protobuf(pair.value, depth - 1) for pair in pairs} if depth else None
    return getattr(value, kind) if kind else None


def answer_json(said: Answer) -> bytes:
    """Return an ExportLogsServiceResponse as JSON; with `partialSuccess` a client does not send again."""
    if not said.refused:
        return b"{}"
    partial = {"rejectedLogRecords": str(sum(said.refused.values())), "errorMessage": _reasons(said)}
    return msgspec.json.encode({"partialSuccess": partial})


def answer_protobuf(said: Answer) -> bytes:
    """Return an ExportLogsServiceResponse as protobuf."""
    response = _response()
    if said.refused:
        response.partial_success.rejected_log_records = sum(said.refused.values())
        response.partial_success.error_message = _reasons(said)
    return bytes(response.SerializeToString())


def refusal_json(refusal: RequestRefused) -> bytes:
    """Return the google.rpc.Status that the protocol asks for with every 4xx and 5xx, as JSON."""
    return msgspec.json.encode({"message": str(refusal)})


def refusal_protobuf(refusal: RequestRefused) -> bytes:
    """Return the google.rpc.Status as protobuf."""
    partial = _response().partial_success
    # A Status has its message in field 2, as this one has: the bytes are the same.
    partial.error_message = str(refusal)
    return bytes(partial.SerializeToString())


def _reasons(said: Answer) -> str:
    counts = ", ".join(f"{reason}: {count}" for reason, count in sorted(said.refused.items()))
    return f"Some log records were not kept and need not be sent again ({counts})."


def _response() -> "ExportLogsServiceResponse":
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

    return ExportLogsServiceResponse()
