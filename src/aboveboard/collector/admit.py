"""Which rows does a request become, by the rules of the source whose write key it carries?"""

import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.access import Source, Sources
from aboveboard.collector.cleaning import Kept, SourceCleaning
from aboveboard.collector.clock import DAY, client_day, repaired
from aboveboard.collector.context import context
from aboveboard.collector.event import Batch, Event, Message, Quarantined
from aboveboard.collector.outcome import outcome
from aboveboard.privacy import fingerprint

__all__ = ["Admission", "Admitted"]

_VERSIONS = 2**63
_MOST_PARTS = 1000


class Admitted(msgspec.Struct):
    """What one request adds: its events, what goes to the quarantine, and counts of what was left out.

    A count's key is (day in days since 1970, event, path, reason), names cleaned.
    """

    source: Source
    events: list[Event]
    quarantined: list[Quarantined]
    drops: Counter[tuple[int, str, str, str]]


class Admission:
    """The rules of every source, ready to be applied; `folder` is where catalogs' relative paths start."""

    def __init__(self, sources: Sources, folder: Path) -> None:
        self._sources = sources
        self._cleaning = {source.name: SourceCleaning(source, folder) for source in sources}

    def admit(self, batch: Batch, write_key: str, received: int) -> Admitted:
        """Turn a batch into rows; `write_key` is the header's, which goes before the body's.

        `received` is in microseconds since 1970. Raises RequestRefused for a key that belongs to no source.
        """
        source = self._sources.admit(write_key or batch.write_key)
        request = _Request(batch, self._cleaning[source.name], received)
        for message in batch.messages:
            request.take(message)
        for refusal in batch.refusals:
            request.refuse(refusal.reason, refusal.message)
        return request.admitted


class _Request:
    """One batch on its way through the rules of its source."""

    def __init__(self, batch: Batch, cleaning: SourceCleaning, received: int) -> None:
        self.batch = batch
        self.cleaning = cleaning
        self.received = received
        self.today = datetime.fromtimestamp(received / 1e6, UTC).date()
        self.admitted = Admitted(cleaning.source, [], [], Counter())

    def take(self, message: Message) -> None:
        """Add the events of a message, or put it into quarantine where it comes too late."""
        now = self.received // 1000
        time = repaired(message.timestamp, self.batch.sent_at, now)
        if now - time > self.cleaning.source.window_days * DAY:
            self.refuse("too late", message)
            return
        # Without a message id a retry cannot be told from a new event.
        message.message_id = message.message_id or uuid.uuid4().hex
        facts = context(message.context)
        for part, properties in enumerate(_opened(message.properties)):
            kept = self.cleaning.keep(message.event, properties, self.batch.catalog, self.today)
            for path, reason in kept.drops:
                self._count(kept.event or self.cleaning.name(message.event), path, reason)
            if kept.event is not None:
                self.admitted.events.append(self._event(message, kept, facts, time, part))

    def refuse(self, reason: str, message: Message | None) -> None:
        """Put what can be read of a message into quarantine, cleaned, and count it."""
        self._count("", "", reason)
        if message is None:
            return
        source = self.cleaning.source
        made = Quarantined(
            source=source.name,
            install=source.install(message.anonymous_id),
            message_id=message.message_id or uuid.uuid4().hex,
            version=_VERSIONS - self.received,
            received=self.received,
            reason=reason,
            kind=message.kind if message.kind.isalpha() else "",
            event=self.cleaning.name(message.event),
            client_time=message.timestamp or 0,
            content=_json(self.cleaning.clean(message.properties)),
            context=_json(context(message.context)),
        )
        self.admitted.quarantined.append(made)

    def _count(self, event: str, path: str, reason: str) -> None:
        self.admitted.drops[self.received // (DAY * 1000), event, path, reason] += 1

    def _event(self, message: Message, kept: Kept, facts: dict[str, str], time: int, part: int) -> Event:
        source, event = self.cleaning.source, str(kept.event)
        how = outcome(event, kept.properties)
        code = how.error_code or str(how.status_code or how.exit_code or "")
        return Event(
            source=source.name,
            install=source.install(message.anonymous_id),
            message_id=message.message_id,
            part=part,
            version=_VERSIONS - self.received,
            client_time=client_day(message.timestamp, self.received // 1000),
            time=time,
            received=self.received,
            kind=message.kind,
            event=event,
            page=self.cleaning.page(message.page) if message.page else "",
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
            properties=_json(kept.properties),
            cleaned=kept.cleaned,
            bytes=message.size,
            notice=self.batch.notice,
            catalog=self.batch.catalog,
        )


def _opened(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """`{"aggregated": [{…}, …]}` is many events in one message: each part with what the parts share."""
    parts = properties.get("aggregated")
    if not isinstance(parts, list) or not parts:
        return [properties]
    shared = {key: value for key, value in properties.items() if key != "aggregated"}
    return [shared | part for part in parts[:_MOST_PARTS] if isinstance(part, dict)]


def _json(value: Mapping[str, Any]) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _common(properties: Mapping[str, Any], name: str) -> str:
    nested = properties.get("common")
    value = properties.get(f"common.{name}", nested.get(name) if isinstance(nested, Mapping) else None)
    return value[:128] if isinstance(value, str) else ""


def _weight(properties: Mapping[str, Any]) -> float:
    value = properties.get("common.weight", 1)
    return float(value) if isinstance(value, int | float) and 1 <= value <= 1e6 else 1.0
