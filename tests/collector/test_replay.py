"""Does a replayed event say the same about its client, its time and its install as if it had been taken at once?"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aboveboard.access import Source, Sources
from aboveboard.collector.admit import Admission, Admitted
from aboveboard.collector.context import CONTEXT
from aboveboard.collector.event import Event, Quarantined
from aboveboard.collector.protocols.segment import decode_batch
from aboveboard.collector.replay import Waiting, replay
from aboveboard.errors import RequestRefused
from aboveboard.store.erasure import Erasure, Tombstones
from tests.collector.test_segment import batch

KEY = "k"
DAY = 86_400_000
NOW = round(datetime(2026, 11, 23, tzinfo=UTC).timestamp() * 1000)
CONTEXTS: dict[str, Any] = {
    "app": {"name": "Podman Desktop", "version": "1.29.1"},
    "os": {"name": "Linux", "version": "6.8.0", "arch": "x64", "distribution": "Fedora"},
    "location": {"country": "DE"},
    "locale": "de-DE",
    "timezone": "Europe/Berlin",
    "library": {"name": "analytics-node", "version": "3.0.0"},
}
CLEANED = Source(name="c", write_keys=(KEY,), install_key="00" * 32, policy="cleaned")
DECLARED = Source(name="d", write_keys=(KEY,), install_key="00" * 32)


def sent(days_ago: int = 0, source: Source = CLEANED, **fields: Any) -> Admitted:
    """Admit one message, as it comes from a client."""
    stamp = datetime.fromtimestamp((NOW - days_ago * DAY) / 1000, UTC).isoformat()
    message = {
        "type": "track", "event": "start", "messageId": "m", "anonymousId": "someone", "timestamp": stamp,
        "context": CONTEXTS, "properties": {"durationMs": 40, "error": {"message": "open /home/maria/x"}},
    }  # fmt: skip
    return Admission(Sources([source]), Path()).admit(decode_batch(batch(message | fields)), KEY, NOW * 1000)


def rows(admitted: Admitted) -> list[Waiting]:
    """What the store gives back of what was put into quarantine."""
    return [_row(kept) for kept in admitted.quarantined]


def _row(kept: Quarantined) -> Waiting:
    return Waiting(
        identity="", source=kept.source, install=kept.install, message_id=kept.message_id, received=kept.received,
        client_time=kept.client_time, kind=kept.kind, event=kept.event, content=kept.content, context=kept.context,
    )  # fmt: skip


def replayed(
    waiting: Sequence[Waiting], source: Source = CLEANED, name: str = "", tombstones: Tombstones | None = None
) -> Admitted:
    """Admit rows of the quarantine an hour later; no header brings a write key."""
    admission = Admission(Sources([source]), Path(), tombstones)
    return admission.admit(replay(waiting, source.name, name), "", (NOW + DAY // 24) * 1000)


def identity(event: Event) -> tuple[object, ...]:
    return (event.source, event.install, event.message_id, event.part, event.client_time)


def test_a_late_event_is_taken_as_it_would_have_been_in_time() -> None:
    (event,) = replayed(rows(sent(days_ago=60))).events
    (fresh,) = sent().events
    assert event.time == event.client_time == NOW - 60 * DAY
    same = (
        *CONTEXT,
        "install",
        "message_id",
        "event",
        "kind",
        "duration_ms",
        "failed",
        "error_text",
        "fingerprint",
    )
    for name in same:
        assert getattr(event, name) == getattr(fresh, name), name
    assert event.properties == fresh.properties
    assert all(getattr(event, name) for name in CONTEXT)


def test_a_second_replay_is_the_same_row_of_the_store() -> None:
    waiting = rows(sent(days_ago=60))
    assert identity(replayed(waiting).events[0]) == identity(replayed(waiting).events[0])


def test_without_a_readable_time_it_happened_when_it_was_received() -> None:
    (event,) = replayed(rows(sent(timestamp="yesterday"))).events
    assert event.time == NOW
    assert event.client_time == 0  # as at a retry, so that both are one row


@pytest.mark.parametrize("name", ["", "container.start"])
def test_what_has_no_name_is_an_event_only_with_one(name: str) -> None:
    found = replayed(rows(sent(event="")), name=name)
    assert [event.event for event in found.events] == ([name] if name else [])


def test_what_no_catalog_declares_is_not_taken_on_a_replay_either() -> None:
    found = replayed(rows(sent(60, DECLARED)), DECLARED)
    assert found.events == []
    assert [key[3] for key in found.drops] == ["undeclared event"]


def test_what_was_erased_meanwhile_does_not_come_back() -> None:
    waiting = rows(sent(days_ago=60))
    erased = Erasure(CLEANED.name, CLEANED.install("someone"), "x", 3, "install", NOW, NOW, {})
    found = replayed(waiting, tombstones=Tombstones([erased]))
    assert found.events == []
    assert [key[3] for key in found.drops] == ["erased"]


def test_a_source_that_is_gone_takes_nothing() -> None:
    admission = Admission(Sources([DECLARED]), Path())
    with pytest.raises(RequestRefused, match="no source 'c' any more"):
        admission.admit(replay(rows(sent(days_ago=60)), "c"), "", NOW * 1000)


def test_no_client_can_name_a_source_or_an_install_itself() -> None:
    body = batch(
        {"type": "track", "event": "e", "install": "1" * 16, "source": "c"}, source="c", writeKey="none"
    )
    with pytest.raises(RequestRefused, match="No source has this write key"):
        Admission(Sources([CLEANED]), Path()).admit(decode_batch(body), "", NOW * 1000)
