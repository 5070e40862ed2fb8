"""Which rows does a request become, by the rules of the source whose write key it carries?"""

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.access import Source, Sources
from aboveboard.collector.cleaning import Kept, SourceCleaning
from aboveboard.collector.clock import client_day, repaired
from aboveboard.collector.context import context
from aboveboard.collector.event import Batch, Event, Message
from aboveboard.collector.outcome import outcome
from aboveboard.privacy import fingerprint

__all__ = ["Admission", "Admitted"]

_VERSIONS = 2**63
_MOST_PARTS = 1000


class Admitted(msgspec.Struct):
    """What one request adds: the source, its events, and how many parts were dropped, by reason."""

    source: Source
    events: list[Event]
    drops: Counter[str]


class Admission:
    """The rules of every source, ready to be applied; `folder` is where catalogs' relative paths start."""

    def __init__(self, sources: Sources, folder: Path) -> None:
        self._sources = sources
        self._cleaning = {source.name: SourceCleaning(source, folder) for source in sources}

    def admit(self, batch: Batch, write_key: str, received: int) -> Admitted:
        """Turn a batch into events; `write_key` is the header's, which goes before the body's.

        `received` is in microseconds since 1970. Raises RequestRefused for a key that belongs to no source.
        """
        source = self._sources.admit(write_key or batch.write_key)
        admitted = Admitted(source, [], Counter(refusal.reason for refusal in batch.refusals))
        for message in batch.messages:
            admitted.events += self._events(source, batch, message, received, admitted.drops)
        return admitted

    def _events(
        self, source: Source, batch: Batch, message: Message, received: int, drops: Counter[str]
    ) -> Iterator[Event]:
        cleaning = self._cleaning[source.name]
        today = datetime.fromtimestamp(received / 1e6, UTC).date()
        # Without a message id a retry cannot be told from a new event.
        message_id = message.message_id or uuid.uuid4().hex
        facts = context(message.context)
        for part, properties in enumerate(_opened(message.properties)):
            kept = cleaning.keep(message.event, properties, batch.catalog, today)
            drops.update(reason for _, reason in kept.drops)
            if kept.event is not None:
                moment = (message.timestamp, batch.sent_at, received)
                page = cleaning.page(message.page)
                yield _event(source, message, batch, kept, facts, moment, (message_id, part, page))


def _opened(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """`{"aggregated": [{…}, …]}` is many events in one message: each part with what the parts share."""
    parts = properties.get("aggregated")
    if not isinstance(parts, list) or not parts:
        return [properties]
    shared = {key: value for key, value in properties.items() if key != "aggregated"}
    return [shared | part for part in parts[:_MOST_PARTS] if isinstance(part, dict)]


def _event(
    source: Source,
    message: Message,
    batch: Batch,
    kept: Kept,
    facts: dict[str, str],
    moment: tuple[int | None, int | None, int],
    identity: tuple[str, int, str],
) -> Event:
    timestamp, sent_at, received = moment
    message_id, part, page = identity
    event = str(kept.event)
    how = outcome(event, kept.properties)
    code = how.error_code or str(how.status_code or how.exit_code or "")
    return Event(
        source=source.name,
        install=source.install(message.anonymous_id),
        message_id=message_id,
        part=part,
        version=_VERSIONS - received,
        client_time=client_day(timestamp, received // 1000),
        time=repaired(timestamp, sent_at, received // 1000),
        received=received,
        kind=message.kind,
        event=event,
        page=page,
        level=kept.level,
        extension=_common(kept.properties, "extensionName"),
        extension_version=_common(kept.properties, "extensionVersion"),
        **facts,
        failed=how.failed,
        outcome=how.name,
        duration_ms=how.duration_ms,
        weight=_weight(kept.properties),
        error_type=how.error_type,
        error_code=how.error_code,
        status_code=how.status_code,
        exit_code=how.exit_code,
        error_text=how.error_text,
        fingerprint=fingerprint(how.error_type, code, how.error_text) if how.failed else "",
        properties=msgspec.json.encode(kept.properties, order="sorted").decode(),
        cleaned=kept.cleaned,
        bytes=message.size,
        notice=batch.notice,
        catalog=batch.catalog,
    )


def _common(properties: Mapping[str, Any], name: str) -> str:
    nested = properties.get("common")
    value = properties.get(f"common.{name}", nested.get(name) if isinstance(nested, Mapping) else None)
    return value[:128] if isinstance(value, str) else ""


def _weight(properties: Mapping[str, Any]) -> float:
    value = properties.get("common.weight", 1)
    return float(value) if isinstance(value, int | float) and 1 <= value <= 1e6 else 1.0
