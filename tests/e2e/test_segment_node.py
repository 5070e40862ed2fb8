"""Does every event of Podman Desktop, sent by the client that it really uses, arrive once and show on the page?"""

import json
import os
import subprocess
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.conftest import Server, start_server, stop_server
from tests.e2e.browser import Visit, chromium

NODE = Path(__file__).parent / "node"
EVENTS = json.loads((Path(__file__).parent.parent / "data/podman_desktop_events.json").read_text("utf-8"))
PICTURE = Path(__file__).parents[2] / "docs/pictures/actions.png"
CLIENTS = {"3.1.0": "analytics-node-310", "3.0.0": "analytics-node-300"}
DURATIONS = {"duration", "durationMs", "durationSeconds"}
ANONYMOUS_ID = "2f1f0a52-93f4-4b5e-9d3c-0f5f6a1f7c11"

# The facts that Podman Desktop puts beside each event (packages/main/src/plugin/telemetry/telemetry.ts).
APP = {"name": "Podman Desktop", "version": "1.29.1"}
CONTEXT = {
    "ip": "0.0.0.0",
    "app": APP,
    "os": {"name": "Linux", "version": "6.12.9", "arch": "x64"},
    "locale": "en-US",
    "location": {"country": "DE"},
    "timezone": "Europe/Berlin",
}


def wire_name(entry: dict[str, Any]) -> str:
    name: str = entry.get("wire_name") or entry["event"]
    return name


def message(entry: dict[str, Any], message_id: str) -> dict[str, Any]:
    """One entry as a call of Segment's client, the way Podman Desktop makes it."""
    properties = {name: field["example"] for name, field in entry["properties"].items()}
    params = {"anonymousId": ANONYMOUS_ID, "messageId": message_id, "context": CONTEXT}
    if entry["api"] == "page":
        return {"call": "page", "params": params | {"name": properties["name"]}}
    common = {"app_name": APP["name"], "app_version": APP["version"]}
    if entry["emitter"] not in ("core", "renderer"):
        common |= {"common.extensionName": entry["emitter"], "common.extensionVersion": APP["version"]}
    return {
        "call": "track",
        "params": params | {"event": wire_name(entry), "properties": common | properties},
    }


def messages() -> list[dict[str, Any]]:
    """Every entry, what the app sends before the first of them, and a list of many calls in one event."""
    person = {"anonymousId": ANONYMOUS_ID, "messageId": str(uuid.uuid4()), "traits": {"os_name": "Linux"}}
    many = {"aggregated": [{"durationMs": 12, "success": True}, {"durationMs": 40, "success": False}]}
    aggregated = {"event": "listImages.aggregated", "properties": many, "context": CONTEXT}
    return [
        {"call": "identify", "params": person},
        *(message(entry, str(uuid.uuid4())) for entry in EVENTS),
        {
            "call": "track",
            "params": {"anonymousId": ANONYMOUS_ID, "messageId": str(uuid.uuid4()), **aggregated},
        },
    ]


EXPECTED = Counter(wire_name(entry) for entry in EVENTS) + Counter({"listImages.aggregated": 2})


def send(server: Server, package: str, sent: list[dict[str, Any]]) -> dict[str, Any]:
    command = ["node", "send.js", package, server.url, server.write_key]
    done = subprocess.run(
        command, input=json.dumps(sent), cwd=NODE, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture(scope="module", params=CLIENTS)
def received(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that was sent everything, and then the whole run again with the same message ids."""
    server = start_server(tmp_path_factory.mktemp("segment") / "data")
    sent = messages()
    for _ in range(2):
        report = send(server, CLIENTS[request.param], sent)
        assert report["errors"] == []
        assert report["requests"] >= len(sent) / 50
    yield server
    stop_server(server)


def test_the_installed_clients_are_the_versions_that_the_names_say() -> None:
    for version, package in CLIENTS.items():
        manifest = json.loads((NODE / "node_modules" / package / "package.json").read_text())
        assert (manifest["name"], manifest["version"]) == ("@segment/analytics-node", version)


def test_every_event_is_there_exactly_once(received: Server) -> None:
    assert len(EVENTS) == 193
    assert {row["event"]: row["events"] for row in received.api("actions")} == EXPECTED
    assert received.stored() == EXPECTED.total()


def test_durations_failures_and_extensions_are_understood(received: Server) -> None:
    rows = {row["event"]: row for row in received.api("actions")}
    failing = {wire_name(entry) for entry in EVENTS if entry["properties"].get("error", {}).get("example")}
    assert {name for name in failing if not rows[name]["failures"]} == set()
    timed = {wire_name(entry) for entry in EVENTS if entry["properties"].keys() & DURATIONS}
    assert {name for name in timed if rows[name]["p50_ms"] is None} == set()
    assert rows["listImages.aggregated"]["success_rate"] == 0.5
    ours = received.api("actions", extension="redhat.bootc")
    assert {row["event"] for row in ours} == {
        wire_name(entry) for entry in EVENTS if entry["emitter"] == "redhat.bootc"
    }


def test_the_page_shows_every_one_of_them_without_a_complaint(received: Server) -> None:
    with chromium() as browser:
        visit = Visit(browser, received.url, received.admin_token)
        shown = visit.page.locator("table.rows tbody th").all_text_contents()
        assert Counter(text.strip() for text in shown) == Counter(list(EXPECTED))
        assert visit.accessibility() == []
        visit.open("/actions?extension=redhat.bootc", scheme="dark")
        assert visit.page.locator("table.rows tbody tr").count() == 11
        assert visit.complaints == []
        visit.close()


ERRORS: tuple[dict[str, Any], ...] = (
    {"message": "no such container", "statusCode": 404},
    {"message": "connect ECONNREFUSED 127.0.0.1:2376", "code": "ECONNREFUSED"},
    {"message": "no space left on device", "statusCode": 500},
    {"message": "the container is in use by a pod", "statusCode": 409},
    {"message": "unable to start container: exit status 125", "name": "Error", "exitCode": 125},
)


def population(random: Random, installs: int) -> list[dict[str, Any]]:
    """What a small crowd does: popular and rare actions, each with its own habit of failing and of taking long."""
    sent = []
    for entry in EVENTS:
        timed = bool(entry["properties"].keys() & DURATIONS)
        popularity, slowness = random.random() ** (1 if timed else 3), random.uniform(0.2, 3)
        failing, reason = random.random() ** 4 * (0.4 if timed else 0.05), random.randrange(len(ERRORS))
        for number in range(installs):
            failed = random.random() < failing
            if random.random() < popularity and (failed or not wire_name(entry).endswith(".error")):
                error = ERRORS[reason if random.random() < 0.8 else reason - 1] if failed else None
                sent.append(
                    habit(entry, f"install-{number}", error, slowness * random.lognormvariate(0, 0.8))
                )
    return sent


def habit(
    entry: dict[str, Any], install: str, error: dict[str, Any] | None, slowness: float
) -> dict[str, Any]:
    made = message(entry, str(uuid.uuid4()))
    made["params"]["anonymousId"] = install
    properties = made["params"].get("properties", {})
    for name in properties.keys() & DURATIONS:
        properties[name] *= slowness
    for name in properties.keys() & {"success", "successful"}:
        properties[name] = error is None
    for name in ("error", "errorMessage"):
        properties.pop(name, None)
    if error is not None:
        properties["error"] = error
    return made


@pytest.mark.skipif(
    "ABOVEBOARD_PICTURES" not in os.environ, reason="ABOVEBOARD_PICTURES=1 makes the picture anew"
)
def test_the_picture_of_the_readme(tmp_path: Path) -> None:
    server = start_server(tmp_path / "data")
    assert send(server, CLIENTS["3.1.0"], population(Random(1129), 120))["errors"] == []
    with chromium() as browser:
        visit = Visit(browser, server.url, server.admin_token, device_scale_factor=1.5)
        visit.page.screenshot(path=PICTURE)
        visit.close()
    stop_server(server)
    assert 20_000 < PICTURE.stat().st_size < 300_000
