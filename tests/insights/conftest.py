"""What do the tests of questions share? A real embedded store, and a source of its own for each test."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aboveboard.access import Sources
from aboveboard.access.sources import new_source
from aboveboard.collector.admit import Admission
from aboveboard.collector.event import Batch, Event, Message
from aboveboard.insights.filters import Filters
from aboveboard.store import connect, insert, migrate
from tests.conftest import tables_made

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""When the events of the tests happen, unless they say otherwise: a Friday."""


class Store:
    """One engine for a file of tests; whatever is put into it goes through the rules of a source."""

    def __init__(self, folder: Path) -> None:
        self.client = connect(f"chdb://{tables_made(folder)}")
        self.folder = folder
        migrate(self.client)

    def put(
        self, sent: Sequence[Mapping[str, Any]], *, development: bool = True, twice: bool = False
    ) -> "Put":
        """Store what a source of its own gets; `twice` sends it all again, as a retry does."""
        name = f"s{uuid.uuid4().hex}"
        put = Put(self, name, [], [name] if development else [])
        put.more(sent, twice=twice)
        return put


class Put:
    """The events of one source, as they are stored, and the filters that look at them."""

    def __init__(self, store: Store, name: str, events: list[Event], open_sources: list[str]) -> None:
        self.store, self.name, self.events, self.open_sources = store, name, events, open_sources

    def more(self, sent: Sequence[Mapping[str, Any]], *, twice: bool = False) -> None:
        """Store more events of the same source."""
        kind = "development" if self.open_sources else "production"
        source = new_source(self.name, kind=kind, policy="cleaned", write_key=self.name)
        admission = Admission(Sources([source]), self.store.folder)
        before = len(self.events)
        messages = [_message(before + number, event) for number, event in enumerate(sent)]
        for late in range(2 if twice else 1):
            received = int((NOON + timedelta(days=12, seconds=late)).timestamp() * 1_000_000)
            admitted = admission.admit(Batch(self.name, None, messages, []), self.name, received)
            insert(self.store.client, [event.row() for event in admitted.events])
            if not late:
                self.events += admitted.events

    def filters(self, days: int = 40, **equal: str) -> Filters:
        """Filters that let through everything of the days around NOON."""
        return Filters(
            [self.name], NOON - timedelta(days=days), NOON + timedelta(days=11), equal, self.open_sources
        )

    def ask(self, question: Any, **equal: str) -> list[dict[str, Any]]:
        """The rows of a question."""
        rows: list[dict[str, Any]] = question(self.store.client, self.filters(**equal))
        return rows


def sent(
    event: str,
    install: str,
    *,
    at: datetime = NOON,
    kind: str = "track",
    version: str = "1.0.0",
    os: str = "Linux",
    arch: str = "x64",
    country: str = "DE",
    properties: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One message, as a client would say it; properties by name, or in a mapping where names collide."""
    facts: dict[str, Any] = {
        "app": {"name": "app", "version": version},
        "os": {"name": os, "version": "1.2"},
        "device": {"arch": arch},
        "location": {"country": country},
    }
    return {
        "kind": kind,
        "event": event,
        "install": install,
        "at": at,
        "properties": {**(properties or {}), **more},
        "context": facts,
    }


def _message(number: int, event: Mapping[str, Any]) -> Message:
    page = event["kind"] == "page"
    return Message(
        kind=event["kind"],
        event="page" if page else event["event"],
        page=event["event"] if page else "",
        message_id=f"m{number}",
        anonymous_id=event["install"],
        timestamp=int(event["at"].timestamp() * 1000),
        properties=event["properties"],
        context=event["context"],
        size=100 + number % 7,
    )


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """An engine for the tests of one file."""
    opened = Store(tmp_path_factory.mktemp("insights"))
    yield opened
    opened.client.close()
