"""What does each address of the collector take and answer, in OpenAPI 3.1?

It is made of the table that the server itself goes by (INGEST): an address that is not described here cannot be
added there. What a protocol takes is described as its clients ought to send it; a batch with one odd event in it is
accepted all the same, without that event.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from aboveboard.collector.body import MAX_BODY
from aboveboard.collector.http import INGEST, Protocol
from aboveboard.collector.protocols import aptabase, otlp, posthog, segment
from aboveboard.collector.protocols.wire import MAX_EVENT, MAX_EVENTS
from aboveboard.collector.receipts import Receipt

__all__ = ["JSON", "RECEIPT", "SCHEMES", "answers", "body", "paths", "refusal"]

JSON = "application/json"

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_PROTOBUF = "application/x-protobuf"
_ERROR: Schema = {
    "type": "object",
    "properties": {"reason": _TEXT, "message": _TEXT},
    "required": ["reason", "message"],
}
_REFUSED: Schema = {
    "type": "object",
    "properties": {"success": {"const": False}, "error": _ERROR},
    "required": ["success", "error"],
}
_ID: Schema = {"type": ["string", "integer"], "description": "A random id of the install."}
_TIME: Schema = {"type": "string", "format": "date-time"}

RECEIPT: Schema = msgspec.json.schema_components([Receipt])[1]["Receipt"]
"""What proves an erasure."""

SCHEMES: Mapping[str, Schema] = {
    "writeKey": {"type": "http", "scheme": "basic", "description": "The write key as user, no password."},
}
"""The security schemes of the collector."""


def _object(properties: Schema, *required: str) -> Schema:
    return {"type": "object", "properties": properties} | ({"required": list(required)} if required else {})


_EVENT = _object(
    {
        "event": _TEXT | {"description": "The name of what happened; `track` only."},
        "name": _TEXT | {"description": "The route; `page` and `screen` only."},
        "messageId": _TEXT | {"description": "The same for each retry, so that it counts once."},
        "anonymousId": _ID,
        "timestamp": _TIME,
        "sentAt": _TIME,
        "writeKey": _TEXT,
        "properties": {"type": "object"},
        "traits": {"type": "object"},
        "context": {"type": "object"},
    }
)
_SEGMENT = {
    "batch": _object(
        {
            "batch": {
                "type": "array",
                "maxItems": MAX_EVENTS,
                "items": _EVENT
                | {"properties": {"type": {"enum": [*segment.KINDS]}, **_EVENT["properties"]}},
            },
            "sentAt": _TIME,
            "writeKey": _TEXT,
            "context": {"type": "object"},
        },
        "batch",
    ),
    "answer": _object({"success": {"const": True}, "accepted": {"type": "integer"}}, "success", "accepted"),
}
_LOGS = _object(
    {
        "resourceLogs": {
            "type": "array",
            "description": "As in opentelemetry-proto, `collector/logs/v1/logs_service.proto`.",
            "items": {"type": "object"},
        }
    }
)
_CAPTURE = _object(
    {
        "api_key": _TEXT,
        "sent_at": _TIME,
        "batch": {"type": "array", "maxItems": MAX_EVENTS, "items": {"type": "object"}},
        "event": _TEXT,
        "distinct_id": _TEXT,
        "uuid": _TEXT,
        "timestamp": _TIME,
        "properties": {"type": "object"},
    }
)
_APTABASE = _object(
    {
        "eventName": _TEXT,
        "timestamp": _TIME,
        "sessionId": _TEXT,
        "systemProps": {"type": "object"},
        "props": {"type": "object"},
    }
)
_BODIES: Mapping[Callable[..., Any], Schema] = {
    segment.decode_batch: _SEGMENT["batch"],
    segment.decode_single: _EVENT,
    otlp.decode_json: _LOGS,
    posthog.decode: {
        "anyOf": [_CAPTURE, {"type": "array", "maxItems": MAX_EVENTS, "items": {"type": "object"}}]
    },
    aptabase.decode_single: _APTABASE,
    aptabase.decode_batch: {"type": "array", "maxItems": MAX_EVENTS, "items": _APTABASE},
}
"""What each decoder reads."""

_ANSWERS: Mapping[Callable[..., Any], tuple[str, Schema, Schema]] = {
    segment.answer: ("Segment", _SEGMENT["answer"], _REFUSED),
    posthog.answer: ("PostHog", {"type": "object"}, _REFUSED),
    aptabase.answer: ("Aptabase", {"type": "object"}, _REFUSED),
    otlp.answer_json: (
        "OpenTelemetry logs",
        _object({"partialSuccess": _object({"rejectedLogRecords": _TEXT, "errorMessage": _TEXT})}),
        _object({"message": _TEXT}, "message"),
    ),
}
"""How each protocol is called, and how it says yes and no."""

_REFUSALS = {
    "400": f"The body is no such request, is larger than {MAX_BODY} bytes, or its write key is not in use.",
    "408": "The body did not arrive in time.",
    "503": "The store does not take it now; the same again later counts once.",
}


def paths() -> dict[str, Schema]:
    """Return every path of the collector with its operations."""
    found = {path: {"post": _ingest(path, protocol)} for path, protocol in INGEST.items()}
    return found | {
        "/v1/erase": {"post": _right("Delete everything about an install.", "deletionId", receipt=True)},
        "/v1/access": {"post": _right("Return every row about an install.")},
        "/healthz": {"get": _state("Is the process alive?", {"200": "It is."})},
        "/readyz": {
            "get": _state("Does the store take events?", {"200": "It does.", "503": "Not at the moment."})
        },
    }


def answers(schemas: Mapping[str, tuple[str, Schema]], content_type: str = JSON) -> Schema:
    """Return responses in OpenAPI's form for status → (description, schema)."""
    return {
        status: {"description": said, "content": {content_type: {"schema": schema}}}
        for status, (said, schema) in schemas.items()
    }


def refusal(statuses: Mapping[str, str], schema: Schema = _REFUSED) -> Schema:
    """Return the responses that refuse, all of one shape; by default the collector's."""
    return answers({status: (said, schema) for status, said in statuses.items()})


def body(schema: Schema) -> Schema:
    """Return a JSON body that must be there."""
    return {"required": True, "content": {JSON: {"schema": schema}}}


def _ingest(path: str, protocol: Protocol) -> Schema:
    decode = protocol.decode
    single = decode.keywords.get("kind", "") if isinstance(decode, partial) else ""
    name, yes, no = _ANSWERS[protocol.answer]
    taken = body(_BODIES[decode.func if isinstance(decode, partial) else decode])
    responses = answers({"200": ("The events are on disk.", yes)}) | refusal(_REFUSALS, no)
    if protocol.answer is otlp.answer_json:
        _and_protobuf(taken, responses)
    return {
        "tags": [name],
        "summary": f"Take {'one ' + single if single else 'events'} in the format of {name}.",
        "description": f"At most {MAX_BODY} bytes, before and after gzip; {MAX_EVENT} an event.",
        "operationId": f"take{path.replace('/', '-')}",
        "security": [{"writeKey": []}, {}],
        "requestBody": taken,
        "responses": responses,
    }


def _and_protobuf(taken: Schema, responses: Schema) -> None:
    binary = {"schema": {"type": "string", "format": "binary"}}
    for described in (taken, *responses.values()):
        described["content"] = described["content"] | {_PROTOBUF: binary}


def _right(summary: str, *fields: str, receipt: bool = False) -> Schema:
    deletion = {"deletionId": {"type": "string", "format": "uuid", "description": "The same for each retry."}}
    asked = _object(
        {"writeKey": _TEXT, "anonymousId": _ID, **(deletion if fields else {})},
        "writeKey",
        "anonymousId",
        *fields,
    )
    said = {"success": {"const": True}} | (
        {"receipt": RECEIPT} if receipt else {"tables": {"type": "object"}}
    )
    return {
        "tags": ["A person's rights"],
        "summary": summary,
        "description": "Knowing the anonymous id is the proof. A revoked write key still names its source.",
        "requestBody": body(asked),
        "responses": answers({"200": ("Done.", _object(said, *said))}) | refusal(_REFUSALS),
    }


def _state(summary: str, statuses: Mapping[str, str]) -> Schema:
    schema = _object({"status": _TEXT}, "status")
    return {
        "tags": ["Health"],
        "summary": summary,
        "responses": answers({status: (said, schema) for status, said in statuses.items()}),
    }
