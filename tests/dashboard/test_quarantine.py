"""Is everything that could not be taken shown with its reason, and taken after all when an admin says so, once?"""

import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from aboveboard.access.audit import FILE_NAME, Entry, read
from tests.dashboard.conftest import ADMIN, KEYS, VIEWER, sign_in, text_of

LATE = "2026-01-01T00:00:00Z"
REFUSED: dict[str, dict[str, Any]] = {
    "too late": {"event": "late", "timestamp": LATE},
    "time cannot be read": {"event": "untimed", "timestamp": "yesterday"},
    "event without a name": {"properties": {"durationMs": 5}},
    "event too large": {"event": "large", "properties": {"big": "x" * 40_000, "count": 3}},
    "unknown type": {"type": "jump", "event": "jumped"},
}


def batch(client: TestClient, *messages: dict[str, Any], source: str = "trial") -> None:
    """Send messages of one install each, as a client would that cannot do better."""
    shared = {"type": "track", "context": {"app": {"name": "Podman Desktop", "version": "1.29.1"}}}
    made = [
        shared | {"messageId": str(uuid.uuid4()), "anonymousId": str(uuid.uuid4())} | message
        for message in messages
    ]
    answer = client.post("/v1/batch", json={"batch": made, "writeKey": KEYS[source]})
    assert answer.status_code == 200


def events(client: TestClient, name: str, source: str = "trial") -> list[dict[str, Any]]:
    params = {"source": source, "event": name, "from": "2020-01-01", "to": "2090-01-01"}
    answer = client.get("/api/v1/actions", params=params, headers={"authorization": f"Bearer {ADMIN}"})
    rows: list[dict[str, Any]] = answer.json()["rows"]
    return rows


def page(client: TestClient, reason: str = "", source: str = "trial") -> str:
    answer = client.get("/quarantine", params={"source": source, "reason": reason})
    assert answer.status_code == 200
    return answer.text


def forms(text: str) -> list[dict[str, str]]:
    """The fields of every replay form of a page, that of the whole reason first."""
    found = re.findall(r'<form class="replay".*?</form>', text, re.DOTALL)
    return [dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)) for form in found]


def submit(client: TestClient, fields: dict[str, str]) -> str:
    """Send a form as the browser does and return the text of the page it leads to."""
    answer = client.post("/quarantine/replay", data=fields)
    assert answer.status_code == 200
    assert answer.request.method == "GET"
    return text_of(answer.text)


def waiting(client: TestClient, reason: str, source: str = "trial") -> int:
    text = page(client, reason, source).replace("\n", "")
    found = re.search(rf">{reason}</a></th>\s*<td[^>]*>([\d,]+)<", text)
    return int(found[1].replace(",", "")) if found else 0


def noted(folder: Path, action: str) -> list[Entry]:
    return [entry for entry in read(folder / FILE_NAME) if entry.action == action]


@pytest.mark.parametrize("reason", REFUSED)
def test_an_event_is_shown_with_its_reason_and_its_client_and_cleaned(admin: TestClient, reason: str) -> None:
    seeded = {"note": "/home/mariasecret/plans"} | REFUSED[reason].get("properties", {})
    batch(admin, REFUSED[reason] | {"properties": seeded})
    text = page(admin, reason)
    assert reason in text
    assert "mariasecret" not in text
    assert "Podman Desktop 1.29.1" in text
    submit(sign_in(admin), forms(page(admin, reason))[0] | {"name": "named"})


@pytest.mark.parametrize("reason", REFUSED)
def test_one_replay_takes_one_event_and_a_second_one_changes_nothing(
    admin: TestClient, folder: Path, reason: str
) -> None:
    name = f"{reason.replace(' ', '.')}.one"
    message = REFUSED[reason] | ({"event": name} if reason != "event without a name" else {})
    if reason == "unknown type":
        message["type"] = name = "dance"
    batch(admin, message, message)
    whole, first, second = forms(page(admin, reason))
    assert "one" not in whole
    fields = first | {"name": name}
    assert "1 event was taken" in submit(admin, fields)
    assert waiting(admin, reason) == 1
    assert "0 events were taken" in submit(admin, fields)
    (row,) = events(admin, name)
    assert (row["events"], row["installs"]) == (1, 1)
    entry = noted(folder, "replay")[-1]
    assert (entry.actor, entry.detail["reason"], entry.detail["one"]) == (
        "the admin",
        reason,
        first["one"],
    )
    assert "1 event was taken" in submit(admin, second | {"name": name})
    assert waiting(admin, reason) == 0
    (row,) = events(admin, name)
    assert (row["events"], row["installs"]) == (2, 2)


def test_an_event_that_a_client_sends_again_after_its_replay_counts_once(admin: TestClient) -> None:
    message = {"event": "again", "timestamp": LATE, "messageId": "m-again", "anonymousId": "i-again"}
    for _ in range(2):
        batch(admin, message)
        submit(admin, forms(page(admin, "too late"))[0])
    assert waiting(admin, "too late") == 0
    assert events(admin, "again")[0]["events"] == 1


def test_a_replayed_event_belongs_to_its_install_and_its_day(admin: TestClient) -> None:
    batch(admin, {"event": "placed", "timestamp": LATE, "anonymousId": "i-placed"})
    submit(admin, forms(page(admin, "too late"))[0])
    batch(admin, {"event": "placed", "anonymousId": "i-placed"})
    assert (events(admin, "placed")[0]["events"], events(admin, "placed")[0]["installs"]) == (2, 1)
    params = {"source": "trial", "event": "placed", "from": "2026-01-01", "to": "2026-01-01"}
    rows = admin.get("/api/v1/actions", params=params, headers={"authorization": f"Bearer {ADMIN}"}).json()[
        "rows"
    ]
    assert [row["events"] for row in rows] == [1]
    gone = {"writeKey": KEYS["trial"], "anonymousId": "i-placed", "deletionId": str(uuid.uuid4())}
    assert admin.post("/v1/erase", json=gone).status_code == 200
    assert events(admin, "placed") == []


def test_all_of_a_reason_are_taken_at_once_with_hostile_ids_too(admin: TestClient) -> None:
    ids = [
        "'); DROP TABLE events",
        "\\",
        "%(identities)s",
        "{all:Bool}",
        "ä" * 200,
        '"><script>',
        "two\nlines",
    ]
    batch(admin, *({"event": "many", "timestamp": LATE, "messageId": name} for name in ids))
    batch(admin, *({"event": "many", "timestamp": LATE} for _ in range(1200)))
    assert waiting(admin, "too late") == 1200 + len(ids)
    said = submit(admin, forms(page(admin, "too late"))[0])
    assert f"{1200 + len(ids):,} events were taken" in said
    assert waiting(admin, "too late") == 0
    assert events(admin, "many")[0]["events"] == 1200 + len(ids)


def test_what_has_no_name_waits_until_it_is_given_one(admin: TestClient) -> None:
    batch(admin, REFUSED["event without a name"], REFUSED["event without a name"])
    whole = forms(page(admin, "event without a name"))[0]
    assert "2 stayed: no name." in submit(admin, whole)
    assert "2 events were taken" in submit(admin, whole | {"name": " given.name "})
    assert events(admin, "given.name")[0]["events"] == 2


def test_a_form_from_elsewhere_changes_nothing(admin: TestClient) -> None:
    batch(admin, {"event": "forged", "timestamp": LATE})
    fields = forms(page(admin, "too late"))[0]
    for secret in ("", "guess"):
        assert admin.post("/quarantine/replay", data=fields | {"form": secret}).status_code == 403
    sign_in(admin)
    assert admin.post("/quarantine/replay", data=fields).status_code == 403
    assert waiting(admin, "too late") == 1
    submit(admin, forms(page(admin, "too late"))[0])


def test_only_an_admin_replays(client: TestClient) -> None:
    batch(client, {"event": "kept", "timestamp": LATE})
    fields = forms(page(sign_in(client), "too late"))[0]
    client.cookies.clear()
    assert client.post("/quarantine/replay", data=fields).status_code == 401
    sign_in(client, VIEWER)
    assert client.post("/quarantine/replay", data=fields).status_code == 403
    assert client.get("/quarantine/replay").status_code == 405
    assert waiting(sign_in(client), "too late") == 1
    submit(client, forms(page(client, "too late"))[0])


def test_in_production_a_text_appears_once_five_installs_have_sent_it(admin: TestClient) -> None:
    def message(text: str, number: int) -> dict[str, Any]:
        return {
            "event": "worded", "timestamp": LATE, "anonymousId": f"w{number}",
            "properties": {"error": {"message": text}, "count": 3},
        }  # fmt: skip

    batch(admin, *(message("connection refused", number) for number in range(5)), source="shop")
    batch(admin, *(message("no such container", number) for number in range(4)), source="shop")
    batch(admin, message("no such container", 0), source="shop")
    text = text_of(page(admin, "too late", "shop"))
    assert "connection refused" in text
    assert "no such container" not in text
    assert "text appears once 5 installs have sent it" in text
    assert "count 3" in text
    submit(admin, forms(page(admin, "too late", "shop"))[0])


def test_what_was_left_out_is_counted_by_event_path_and_reason(admin: TestClient) -> None:
    batch(admin, {"event": "deep", "properties": {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}})
    admin.post("/v1/batch", json={"batch": [17], "writeKey": KEYS["trial"]})
    text = text_of(page(admin).replace("<wbr>", ""))
    assert re.search(r"deep a\.b\.c\.d\.e too deep 1", text)
    assert re.search(r"– the whole event event is no object 1", text)


def test_a_source_that_is_not_there_is_said(admin: TestClient) -> None:
    answer = admin.get("/quarantine?source=none")
    assert answer.status_code == 400
    assert "There is no source" in answer.text


def test_an_empty_quarantine_says_so(admin: TestClient) -> None:
    assert "Nothing in quarantine" in page(admin, source="shop")
