"""Which rows does a request become, by the rules of the source whose write key it carries?"""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.access import Source, Sources
from aboveboard.collector.cleaning import SourceCleaning
from aboveboard.collector.clock import DAY, repaired
from aboveboard.collector.content import Content, Contents
from aboveboard.collector.context import Facts, context
from aboveboard.collector.event import Batch, Event, Message, Quarantined
from aboveboard.collector.remember import Remembered
from aboveboard.errors import RequestRefused
from aboveboard.store.erasure import Tombstones

__all__ = ["Admission", "Admitted"]

_VERSIONS = 2**63
_MOST_EVENTS = 10_000
"""The most events that one request may become: `aggregated` makes a thousand of a line."""
_REMEMBERED_INSTALLS = 4 * 1024 * 1024


class Admitted(msgspec.Struct):
    """What one request adds: its events, what goes to the quarantine, and counts of what was left out.

    A count's key is (day in days since 1970, event, path, reason), names cleaned.
    """

    source: Source
    events: list[Event]
    quarantined: list[Quarantined]
    drops: Counter[tuple[int, str, str, str]]


class _Rules:
    """One source with what its policy makes of texts and contents."""

    def __init__(self, source: Source, folder: Path) -> None:
        self.source = source
        self.cleaning = SourceCleaning(source, folder)
        self.contents = Contents(self.cleaning)
        # An install sends many events, and its hash costs as much as all else that is done for one of them.
        self.install: Callable[[str], str] = Remembered(
            source.install, lambda sent, hashed: 250 + len(sent), _REMEMBERED_INSTALLS
        )


class Admission:
    """The rules of every source, ready to be applied; `folder` is where catalogs' relative paths start.

    `tombstones` are the installs that were erased: what they sent before is not taken again.
    """

    def __init__(self, sources: Sources, folder: Path, tombstones: Tombstones | None = None) -> None:
        self.tombstones = Tombstones() if tombstones is None else tombstones
        self._sources = sources
        self._rules = {source.name: _Rules(source, folder) for source in sources}

    def admit(self, batch: Batch, write_key: str, received: int) -> Admitted:
        """Turn a batch into rows; `write_key` is the header's, which goes before the body's.

        `received` is in microseconds since 1970. Raises RequestRefused for a key that belongs to no source.
        """
        source = self._source(batch, write_key)
        request = _Request(batch, self._rules[source.name], received, self.tombstones)
        for message in batch.messages:
            request.take(message)
        for refusal in batch.refusals:
            request.refuse(refusal.reason, refusal.message)
        return request.admitted

    def _source(self, batch: Batch, write_key: str) -> Source:
        if not batch.source:
            return self._sources.admit(write_key or batch.write_key)
        source = self._sources.get(batch.source)
        if source is None:
            message = f"There is no source {batch.source!r} any more. Put it back into the settings."
            raise RequestRefused(400, "unknown source", message)
        return source


class _Request:
    """One batch on its way through the rules of its source."""

    def __init__(self, batch: Batch, rules: _Rules, received: int, tombstones: Tombstones) -> None:
        self.tombstones = tombstones
        self.batch = batch
        self.rules = rules
        self.received = received
        self.today = datetime.fromtimestamp(received / 1e6, UTC).date()
        self.day = received // (DAY * 1000)
        self.admitted = Admitted(rules.source, [], [], Counter())

    def take(self, message: Message) -> None:
        """Add the events of a message, or put it into quarantine where it comes too late."""
        if self._erased(message):
            self._drop("erased")
            return
        now = self.received // 1000
        time = repaired(message.timestamp, self.batch.sent_at, message.received or now)
        if now - time > self.rules.source.window_days * DAY and not self.batch.source:
            self.refuse("too late", message)
            return
        if len(self.admitted.events) >= _MOST_EVENTS:
            self.refuse("too many events", message)
            return
        # Without a message id a retry cannot be told from a new event.
        message.message_id = self._id(message)
        contents, drops = self.rules.contents.of(
            message.event, message.properties, self.batch.catalog, self.today
        )
        if drops:
            self.admitted.drops.update((self.day, *drop) for drop in drops)
        for content in contents:
            self.admitted.events.append(self._event(message, content, time))

    def refuse(self, reason: str, message: Message | None) -> None:
        """Put what can be read of a message into quarantine, cleaned, and count it."""
        erased = message is not None and self._erased(message)
        self._drop("erased" if erased else reason)
        if message is None or erased:
            return
        source = self.rules.source
        made = Quarantined(
            source=source.name,
            install=self._install(message),
            message_id=self._id(message),
            version=_VERSIONS - self.received,
            received=self.received,
            reason=reason,
            kind=message.kind if message.kind.isalpha() else "",
            event=self.rules.cleaning.name(message.event),
            client_time=message.timestamp or 0,
            content=_json(self.rules.cleaning.clean(message.properties)),
            context=_json(self._facts(message)._asdict()),
        )
        self.admitted.quarantined.append(made)

    def _facts(self, message: Message) -> Facts:
        facts = context(message.context)
        return (
            facts._replace(country=self.batch.country) if self.batch.country and not facts.country else facts
        )

    def _install(self, message: Message) -> str:
        return message.install or self.rules.install(message.anonymous_id)

    def _id(self, message: Message) -> str:
        return self.rules.source.message(message.message_id) if message.message_id else uuid.uuid4().hex

    def _drop(self, reason: str) -> None:
        self.admitted.drops[self.day, "", "", reason] += 1

    def _erased(self, message: Message) -> bool:
        """Whether a message is of an install's time before it was erased; without a time it may be."""
        if not self.tombstones:
            return False
        source = self.rules.source
        before = self.tombstones.erased_before(source.name, self._install(message))
        if before is None:
            return False
        if message.timestamp is None:
            return True
        # A body sent again as it was has its old time, one packed again its old age: either gives it away.
        time = repaired(message.timestamp, self.batch.sent_at, self.received // 1000)
        return min(message.timestamp, time) < before

    def _event(self, message: Message, content: Content, time: int) -> Event:
        how = content.how
        # In the order of the columns, since naming forty fields costs twice as much as filling them.
        return Event(
            self.rules.source.name,
            self._install(message),
            message.message_id,
            content.part,
            _VERSIONS - self.received,
            message.timestamp or 0,
            time,
            self.received,
            message.kind,
            content.event,
            self.rules.cleaning.page(message.page) if message.page else "",
            content.level,
            content.extension,
            content.extension_version,
            *self._facts(message),
            how.failed,
            how.name,
            how.duration_ms,
            content.weight,
            how.error_type,
            how.error_code,
            how.status_code,
            how.exit_code,
            how.error_text,
            content.fingerprint,
            content.properties,
            content.cleaned,
            message.size,
            self.batch.notice,
            self.batch.catalog,
        )


def _json(value: Mapping[str, Any]) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
