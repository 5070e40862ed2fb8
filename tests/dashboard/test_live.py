"""Does the live page show each event as it is stored, and mark what was cleaned?"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from aboveboard.dashboard.live import LiveEvent, live_event
from tests.dashboard.conftest import send


def event(**changes: Any) -> LiveEvent:
    row = {
        "source": "trial", "install": "i", "message_id": "m", "part": 0, "kind": "track", "event": "pullImage",
        "page": "", "extension": "", "app": "Podman Desktop", "app_version": "1.29.1", "os": "Linux", "arch": "x64",
        "time": datetime(2026, 11, 23, tzinfo=UTC), "failed": False, "duration_ms": None, "properties": "{}",
        "cleaned": [],
    }  # fmt: skip
    return live_event(row | changes)


def test_nested_properties_are_shown_by_their_paths() -> None:
    properties = {"error": {"message": "x", "parts": ["a", 2]}, "empty": {}, "none": None, "success": True}
    shown = [(path, value) for path, value, _ in event(properties=json.dumps(properties)).properties]
    assert shown == [
        ("error.message", "x"),
        ("error.parts[0]", "a"),
        ("error.parts[1]", "2"),
        ("empty", "{}"),
        ("none", "null"),
        ("success", "true"),
    ]


@pytest.mark.parametrize(
    ("place", "marked"),
    [
        ("error.message", {"error.message"}),
        ("error", {"error.message", "error.code"}),
        ("command[]", {"command[0]", "command[1]"}),
        ("err", set()),
        ("", set()),
    ],
)
def test_a_value_is_marked_where_something_was_cleaned(place: str, marked: set[str]) -> None:
    properties = {"error": {"message": "<path>", "code": 3}, "command": ["a", "b"]}
    shown = event(properties=json.dumps(properties), cleaned=[f"{place}: <path>"]).properties
    assert {path for path, _, cleaned in shown if cleaned} == marked


def test_a_page_is_named_by_its_route_and_an_action_by_its_event() -> None:
    assert event(kind="page", event="page", page="/containers").name == "/containers"
    assert event().name == "pullImage"
    assert event(part=1).id != event().id


def test_very_many_properties_are_counted_beyond_a_hundred() -> None:
    found = event(properties=json.dumps({"items": list(range(150))}))
    assert (len(found.properties), found.more) == (100, 50)


def test_only_development_sources_are_shown_event_by_event(admin: TestClient) -> None:
    send(admin, "trial", "startup", comment="/home/erika/notes.txt")
    send(admin, "shop", "shutdown")
    page = admin.get("/live").text
    assert "startup" in page
    assert "shutdown" not in page
    assert "erika" not in page
    assert "<mark>" in page
    assert "Cleaned:" in page
    refused = admin.get("/live?source=shop")
    assert refused.status_code == 400
    assert "There is no development source" in refused.text


def test_a_paused_page_asks_for_nothing(admin: TestClient) -> None:
    assert "every 1s" in admin.get("/live").text
    assert 'http-equiv="refresh"' in admin.get("/live").text
    paused = admin.get("/live?paused=1").text
    assert "every 1s" not in paused
    assert 'http-equiv="refresh"' not in paused
