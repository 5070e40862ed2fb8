"""What is one event, whichever protocol brought it?"""

from collections.abc import Mapping
from typing import Any

import msgspec

from aboveboard.store import COLUMNS, QUARANTINE

__all__ = ["Batch", "Event", "Message", "Quarantined", "Refusal"]


class Message(msgspec.Struct, gc=False):
    """One message as a client sent it, before anything is checked or cleaned.

    `timestamp` is the client's own clock in milliseconds since 1970, None where it sent none; `size` is in bytes.
    `context` is a Segment context, or the same as JSON text not yet read. `install` is the hash that stands for the
    anonymous id, where it is known and the id no longer is; `received` is when it came, in milliseconds, where that
    was before its batch.
    """

    kind: str
    event: str
    page: str
    message_id: str
    anonymous_id: str
    timestamp: int | None
    properties: Mapping[str, Any]
    context: Mapping[str, Any] | bytes
    size: int
    install: str = ""
    received: int = 0


class Refusal(msgspec.Struct, gc=False):
    """One message of a batch that cannot be an event, and why; the rest of its batch is not harmed.

    `message` is what could be read of it, for the quarantine; None where nothing could.
    """

    reason: str
    message: Message | None = None


class Batch(msgspec.Struct):
    """One request's messages with what they share; `sent_at` is in milliseconds since 1970.

    A batch that comes out of the quarantine names its `source` instead of a write key, and is never too late.
    `country` is for messages that name none.
    """

    write_key: str
    sent_at: int | None
    messages: list[Message]
    refusals: list[Refusal]
    notice: int = 0
    catalog: str = ""
    source: str = ""
    country: str = ""


class Event(msgspec.Struct, gc=False):
    """One row of the table `events`, its fields in the order of the table's columns.

    `client_time` and `time` are milliseconds, `received` microseconds since 1970, all UTC.
    """

    source: str
    install: str
    message_id: str
    part: int
    version: int
    client_time: int
    time: int
    received: int
    kind: str
    event: str
    page: str
    level: str
    extension: str
    extension_version: str
    app: str
    app_version: str
    os: str
    os_version: str
    distribution: str
    arch: str
    country: str
    locale: str
    timezone: str
    library: str
    library_version: str
    failed: bool
    outcome: str
    duration_ms: float | None
    weight: float
    error_type: str
    error_code: str
    status_code: int | None
    exit_code: int | None
    error_text: str
    fingerprint: str
    properties: str
    cleaned: list[str]
    bytes: int
    notice: int
    catalog: str

    def row(self) -> tuple[object, ...]:
        """Return the values in the order in which the store takes them."""
        return msgspec.structs.astuple(self)


class Quarantined(msgspec.Struct, gc=False):
    """One row of the table `quarantine`: an event that could not be taken, cleaned, with the reason.

    `content` holds its cleaned properties and `context` its allowed facts, both as JSON text.
    """

    source: str
    install: str
    message_id: str
    version: int
    received: int
    reason: str
    kind: str
    event: str
    client_time: int
    content: str
    context: str

    def row(self) -> tuple[object, ...]:
        """Return the values in the order in which the store takes them."""
        return msgspec.structs.astuple(self)


if Event.__struct_fields__ != COLUMNS or Quarantined.__struct_fields__ != QUARANTINE:
    raise AssertionError("the fields of a row and the columns of the store have come apart")
