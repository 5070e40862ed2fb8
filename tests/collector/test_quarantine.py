"""Is an event that cannot be taken kept apart, cleaned, with its reason, and every drop counted?"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aboveboard.access import Source, Sources
from aboveboard.collector.admit import Admission, Admitted
from aboveboard.collector.protocols.segment import decode_batch
from aboveboard.store import QUARANTINE, connect, insert, migrate
from tests.collector.test_segment import batch

KEY = "k"
NOW = round(datetime(2026, 11, 23, tzinfo=UTC).timestamp() * 1e6)
DEVELOPMENT = Source(name="d", write_keys=(KEY,), install_key="00" * 32, kind="development", policy="cleaned")
SECRET = "/home/mariasecret/notes.txt"


def admitted(*messages: object, source: Source = DEVELOPMENT) -> Admitted:
    return Admission(Sources([source]), Path()).admit(decode_batch(batch(*messages)), KEY, NOW)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"type": "track"}, "event without a name"),
        ({"type": "dance", "event": "e"}, "unknown type"),
        ({"type": "track", "event": "e", "timestamp": "yesterday"}, "time cannot be read"),
        ({"type": "track", "event": "e", "timestamp": "2026-10-01T00:00:00Z"}, "too late"),
        ({"type": "track", "event": "e", "properties": {"big": "x" * 40_000}}, "event too large"),
    ],
)
def test_what_is_refused_for_its_form_is_kept_cleaned_with_its_reason(
    message: dict[str, object], reason: str
) -> None:
    message["messageId"] = "maria secret 1"
    message["anonymousId"] = "someone"
    message["properties"] = {"error": f"open {SECRET}"} | dict(message.get("properties", {}))  # type: ignore[call-overload]
    found = admitted(message)
    (kept,) = found.quarantined
    assert found.events == []
    assert (kept.reason, kept.message_id) == (reason, DEVELOPMENT.message("maria secret 1"))
    assert kept.install == DEVELOPMENT.install("someone")
    assert "mariasecret" not in repr(kept)
    assert "maria secret" not in repr(kept)
    assert [key[3] for key in found.drops] == [reason]


def test_what_is_no_object_at_all_is_counted() -> None:
    found = admitted(17, {"type": "track", "event": "good"})
    assert [event.event for event in found.events] == ["good"]
    assert [(key[3], count) for key, count in found.drops.items()] == [("event is no object", 1)]


def test_a_source_of_policy_declared_without_a_catalog_keeps_nothing_and_counts_it() -> None:
    declared = Source(name="p", write_keys=(KEY,), install_key="00" * 32)
    found = admitted({"type": "track", "event": "e"}, source=declared)
    assert found.events == []
    assert [key[3] for key in found.drops] == ["undeclared event"]


def test_a_retry_is_one_row_of_the_quarantine(tmp_path: Path) -> None:
    client = connect(f"chdb://{tmp_path / 'store'}")
    migrate(client)
    for _ in range(2):
        found = admitted({"type": "track", "messageId": "m1"})
        insert(client, [kept.row() for kept in found.quarantined], "quarantine", QUARANTINE)
    rows = client.query("SELECT reason FROM quarantine FINAL").result_rows
    assert [tuple(row) for row in rows] == [("event without a name",)]
