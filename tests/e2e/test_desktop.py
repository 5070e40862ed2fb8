"""Does the desktop app keep every promise to a person at its window? Real app, Podman, collector, mouse and keys."""

import gzip
import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from aboveboard.integrations.podman import ContainerEngine
from tests.client.collector import Collector
from tests.conftest import Server, start_server, stop_server
from tests.e2e.podman import PodmanService, require_podman, running_service, write_image
from tests.e2e.registry import Registry, running_registry
from tests.e2e.screen import Desktop, require_screen, running_screen

EXAMPLE = Path(__file__).parents[2] / "examples" / "desktop"
HOME = Path(".local/share/containers/podman-desktop")
PICTURES = os.environ.get("ABOVEBOARD_PICTURES")


@dataclass
class Room:
    """A person's home, the screen before them, and between app and collector somebody who writes everything down."""

    folder: Path
    desktop: Desktop
    podman: PodmanService
    registry: Registry
    server: Server
    between: Collector
    version: str
    pictures: int = field(default=0)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def look(self, name: str) -> None:
        """Make a picture of this step, where somebody wants to look at them."""
        self.pictures += 1
        if PICTURES:
            time.sleep(0.4)
            self.desktop.picture(Path("pictures") / "desktop" / f"{self.pictures:02}-{name}.png")

    def settings(self) -> dict[str, Any]:
        path = self.home / HOME / "configuration" / "settings.json"
        found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def stored(self, anonymous_id: str) -> dict[str, dict[str, Any]]:
        """Return what the real collector has of an installation, by message id."""
        body = {"anonymousId": anonymous_id, "writeKey": self.server.write_key}
        _, answer = self.server.post("/v1/access", body)
        rows = answer["tables"]["events"]
        return {row["message_id"]: row for row in rows}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A collector as the app's makers run one: it knows the released lists, and keeps what they declare."""
    running = start_server(tmp_path / "data")
    settings = running.data / "aboveboard.toml"
    ids = {"podman": "podman", "image-checker": "image_checker", "heartbeat": "heartbeat"}
    extensions = {
        f"desktop.{name}": str(EXAMPLE / "extensions" / folder / "telemetry.toml")
        for name, folder in ids.items()
    }
    listed = ", ".join(f"{json.dumps(name)} = {json.dumps(path)}" for name, path in extensions.items())
    own = json.dumps(str(EXAMPLE / "telemetry.toml"))
    declared = f'policy = "declared"\ncatalogs = [{own}]\nextensions = {{ {listed} }}'
    settings.write_text(settings.read_text().replace('policy = "cleaned"', declared))
    os.kill(running.process.pid, signal.SIGHUP)
    time.sleep(0.5)
    yield running
    stop_server(running)


@pytest.fixture
def room(tmp_path: Path, server: Server) -> Iterator[Room]:
    """Somebody who never used the app; everything on this machine is theirs alone."""
    require_podman()
    require_screen()
    (tmp_path / "home").mkdir()
    between = Collector()
    between.answer = forwarding(server, between)
    between.start()
    with running_service() as podman, running_registry() as registry, running_screen(tmp_path) as display:
        # Its first answer makes its folders, and takes seconds.
        version = json.loads(ContainerEngine(podman.socket).request("GET", "/version"))["Version"]
        environ = {
            "HOME": str(tmp_path / "home"),
            "CONTAINER_HOST": podman.url,
            "DESKTOP_ENDPOINT": between.url,
            "DESKTOP_WRITE_KEY": server.write_key,
        }
        desktop = Desktop(display, tmp_path, environ)
        try:
            yield Room(tmp_path, desktop, podman, registry, server, between, version)
        finally:
            desktop.kill()
            between.stop()


def forwarding(server: Server, between: Collector) -> Any:
    """Return an answer that hands each request on to the real collector, byte for byte."""

    def answer(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        headers = {key: value for key, value in handler.headers.items() if key.lower() not in HOP}
        request = urllib.request.Request(
            f"{server.url}{handler.path}", data=between.requests[-1].raw, headers=headers
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as said:
                return said.status, {"Content-Type": "application/json"}, said.read()
        except urllib.error.HTTPError as error:
            return error.code, {"Content-Type": "application/json"}, error.read()

    return answer


HOP = ("host", "content-length", "connection")


def test_a_person_uses_the_app_and_everything_that_leaves_is_theirs_to_see(room: Room) -> None:
    desktop = room.desktop
    first_start(room)
    assert not list(room.home.rglob("*telemetry*")), "before the answer nothing is written"
    assert room.between.opened == 0
    desktop.click(name="consentYes")
    desktop.wait_until(lambda: room.settings().get("telemetry.enabled"), "the answer on disk")
    use_images(room)
    use_containers(room)
    use_the_rest(room)
    look_at_what_was_sent(room)
    switch_off_while_a_pull_runs(room)
    assert desktop.close() < 5


def first_start(room: Room) -> None:
    desktop = room.desktop
    desktop.start()
    desktop.wait_for(name="consentYes")
    room.look("question")
    desktop.click(kind="QTabBar", text="Your events so far")
    preview = desktop.text("consentPreview")
    assert '"event": "startup"' in preview
    assert '"name": "/"' in preview, "the page behind the question"
    assert str(room.home) not in preview
    room.look("preview")


def use_images(room: Room) -> None:
    desktop, registry = room.desktop, room.registry
    desktop.open("Images")
    desktop.wait_for(
        text="There are no images. Pull one from a registry, build one from a folder, or import a tar."
    )
    room.look("no-images")
    registry.bytes_per_second = 400_000
    fill(desktop, "Pull", registry.reference())
    desktop.wait_for(text=f"Pull {registry.reference()}")
    room.look("pull")
    desktop.wait_for(kind="QTableWidget", text=registry.reference())
    fill(desktop, "Pull", registry.reference("absent"))
    assert "manifest unknown" in desktop.wait_for(name="said")["text"]
    room.look("pull-failed")
    source = room.folder / "mercury"
    source.mkdir()
    (source / "Containerfile").write_text("FROM scratch\nCOPY hello /hello\n")
    (source / "hello").write_text("hello")
    fill(desktop, "Build", str(source), "localhost/saturn:v1")
    desktop.wait_for(kind="QTableWidget", text="localhost/saturn:v1")
    fill(desktop, "Import", str(write_image(room.folder / "venus.tar")), "localhost/venus:v1")
    desktop.wait_for(kind="QTableWidget", text="localhost/venus:v1")
    desktop.click(kind="QTableWidget", text="localhost/venus:v1")
    desktop.click(kind="QToolButton", text="Check image")
    desktop.wait_for(text="localhost/venus:v1: 3 findings, listed under Image checks.")
    room.look("images")
    desktop.key("Delete")
    desktop.wait_until(lambda: not desktop.find(text="localhost/venus:v1"), "the image removed by key")


def use_containers(room: Room) -> None:
    desktop = room.desktop
    desktop.open("Containers")
    fill(desktop, "Create", room.registry.reference(), "phoenix", "/etc/data")
    desktop.click(kind="QTableWidget", text="phoenix")
    desktop.click(kind="QToolButton", text="Start")
    said = desktop.wait_for(name="said")["text"]
    assert said.startswith("Start phoenix: "), "this machine refuses to start it, and that is said"
    room.look("start-failed")
    desktop.click(text="Dismiss")
    desktop.click(kind="QTableWidget", text="phoenix")
    desktop.click(kind="QToolButton", text="Stop")
    time.sleep(0.5)
    desktop.click(kind="QToolButton", text="Remove")
    desktop.wait_until(lambda: not desktop.find(kind="QTableWidget", text="phoenix"), "the container removed")


def use_the_rest(room: Room) -> None:
    desktop = room.desktop
    for page, name in (("Pods", "orion"), ("Volumes", "cassini")):
        desktop.open(page)
        fill(desktop, "Create", name)
        desktop.click(kind="QTableWidget", text=name)
        room.look(page.lower())
        desktop.click(kind="QToolButton", text="Remove")
        desktop.wait_until(
            lambda name=name: not desktop.find(kind="QTableWidget", text=name), f"{name} removed"
        )
    for page, shown in (("Image checks", "no-healthcheck"), ("Extensions", "desktop.heartbeat 0.1.0")):
        desktop.open(page)
        desktop.wait_for(text=shown)
        room.look(page.lower().replace(" ", "-"))
    desktop.open("Extensions")
    for _ in range(5):  # on a busy machine Podman may take longer than the five seconds it is given
        desktop.click(text="Connect again")
        if desktop.is_seen(name="said", text=f"Podman {room.version} answers."):
            break
    desktop.open("Dashboard")
    desktop.wait_until(lambda: desktop.text("engineLine").endswith("is running"), "the engine")
    room.look("dashboard")


def look_at_what_was_sent(room: Room) -> None:
    desktop = room.desktop
    desktop.open("Settings")
    desktop.wait_for(text="vfs")
    room.look("resources")
    desktop.click(kind="QTreeWidget", text="Telemetry")
    desktop.wait_until(
        lambda: desktop.text("telemetryState").startswith("On: usage data is sent"), "the state"
    )
    room.look("choice")
    desktop.wait_until(
        lambda: any("preferences/telemetry" in text(request) for request in bodies(room)),
        "the last page sent",
    )
    # What went over a budget is reported once a minute.
    desktop.wait_until(
        lambda: any(event.get("event") == "dropped" for event in room.between.events),
        "what the chatty extension lost",
        90.0,
    )
    desktop.click(kind="QTabBar", text="What was sent")
    desktop.click(name="journalKind")
    desktop.key("Home", "Down", "Down", "Return")
    desktop.wait_until(
        lambda: desktop.text("journalBody") in map(text, bodies(room)), "a body exactly as it left"
    )
    room.look("sent")
    shown, exported = desktop.text("journalBody"), export(room)
    requests = [entry for entry in exported if entry["what"] == "request"]
    assert shown in [request["body"] for request in requests]
    compare_with_the_collector(room, exported)
    desktop.click(kind="QTabBar", text="Extensions")
    desktop.click(kind="QTableWidget", text="desktop.heartbeat")
    desktop.key("space")
    off = {"desktop.heartbeat": False}
    desktop.wait_until(lambda: room.settings().get("telemetry.extensions") == off, "the extension's own no")
    room.look("sent-by-extensions")


def export(room: Room) -> list[dict[str, Any]]:
    """Have the journal written to a file, through the dialog for that."""
    desktop, path = room.desktop, room.folder / "out.jsonl"
    desktop.click(name="journalExport")
    desktop.wait_for(kind="QFileDialog", name="exportDialog")
    time.sleep(0.3)
    desktop.key("ctrl+a")
    desktop.type(str(path))
    desktop.key("Return")
    desktop.wait_until(path.exists, "the exported file")
    desktop.wait_until(lambda: desktop.find(name="telemetrySaid"), "that it was written")
    return [json.loads(line) for line in path.read_text().splitlines()]


def compare_with_the_collector(room: Room, exported: list[dict[str, Any]]) -> None:
    """The journal's bodies are what went over the wire, and what they hold is what the collector has."""
    wire = [text(request) for request in bodies(room)]
    sent = [entry["body"] for entry in exported if entry["what"] == "request" and entry["state"] == "sent"]
    assert sent
    assert [body for body in wire if body in sent] == sent, "byte for byte, in order"
    events = [event for body in sent for event in json.loads(body)["batch"]]
    (anonymous_id,) = {event["anonymousId"] for event in events}
    assert (room.home / ".redhat" / "anonymousId").read_text() == anonymous_id
    stored = room.stored(anonymous_id)
    assert {event["messageId"] for event in events} <= set(stored)
    for event in events:
        row = stored[event["messageId"]]
        assert json.loads(row["properties"]) == event["properties"], event
    check_promises(events)
    everything = "\n".join(wire)
    names = ["phoenix", "saturn", "venus", "mercury", "orion", "cassini", room.registry.address, "absent"]
    names.append(str(room.home))
    assert [name for name in names if name in everything] == []


def check_promises(events: list[dict[str, Any]]) -> None:
    """Everything that the preset promises was sent."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        by_name.setdefault(event.get("event") or "page", []).append(event["properties"])
    pages = {page["name"] for page in by_name["page"]}
    assert pages == {
        "/", "/containers", "/images", "/pods", "/volumes", "/extensions", "/contribs/:id", "/preferences",
        "/preferences/resources", "/preferences/telemetry",
    }  # fmt: skip
    worked = (
        "container.create",
        "container.stop",
        "container.remove",
        "image.pull",
        "image.build",
        "image.import",
    )
    worked += ("image.remove", "pod.create", "pod.remove", "volume.create", "volume.remove")
    for name in (*worked, "desktop.image-checker.image.check", "desktop.podman.engine.connect"):
        assert any(each["success"] for each in by_name[name]), (name, by_name[name])
        assert all(each["duration_ms"] > 0 for each in by_name[name])
    assert [pull["success"] for pull in by_name["image.pull"]] == [True, False]
    assert by_name["image.pull"][0]["duration_ms"] > 900, "the pull's own time, not that of starting it"
    (start,) = by_name["container.start"]
    assert (start["success"], start["error"]["statusCode"]) == (False, 500)
    assert by_name["startup"]
    lost = next(each for each in by_name["dropped"] if each.get("extension") == "desktop.heartbeat")
    assert lost["reason"] == "budget"
    assert lost["count"] > 0
    assert by_name["desktop.heartbeat.beat"], "its share arrives all the same"
    (installed,) = by_name["extensions"]
    assert [each["id"] for each in installed["installed"]] == [
        "desktop.heartbeat", "desktop.image-checker", "desktop.podman",
    ]  # fmt: skip
    for held in by_name["providers"]:
        assert set(held) == {"engine", "version", "containers", "images", "pods", "volumes"}
        assert held["engine"] == "podman"
    assert by_name["providers"][-1]["images"] == 2, "as many as there are by then"
    check = by_name["desktop.image-checker.image.check"][0]
    assert (check["common.extensionName"], check["findings"]) == ("desktop.image-checker", 3)
    context = events[0]["context"]
    assert {"os", "timezone"} <= set(context)


def switch_off_while_a_pull_runs(room: Room) -> None:
    """From the second of the no on nothing leaves but the request to delete, which brings its receipt."""
    desktop = room.desktop
    desktop.open("Images")
    room.registry.bytes_per_second = 60_000  # about seven seconds
    fill(desktop, "Pull", room.registry.reference("slow"))
    desktop.open("Settings")
    desktop.click(kind="QTabBar", text="Your choice")
    desktop.wait_for(text=f"Pull {room.registry.reference('slow')}")
    desktop.click(name="telemetrySwitch")
    off = time.monotonic()
    desktop.wait_until(
        lambda: desktop.text("telemetryState") == "Off: nothing is sent.", "that it is off", 2.0
    )
    room.look("off-while-pulling")
    assert desktop.find(text=f"Pull {room.registry.reference('slow')}"), "the pull is still under way"
    desktop.wait_until(
        lambda: not desktop.find(text=f"Pull {room.registry.reference('slow')}"), "the pull done"
    )
    for page in ("Images", "Pods", "Settings"):
        desktop.open(page)
    time.sleep(1.0)
    after = [request for request in room.between.requests if request.at > off + 1.0]
    assert {request.path for request in after} <= {"/v1/erase"}
    assert len(room.between.erasures) == 1
    desktop.click(kind="QTabBar", text="Deletion")
    desktop.wait_until(lambda: "confirmed" in str(desktop.find(kind="QListWidget")), "the receipt")
    desktop.wait_until(lambda: desktop.text("receiptText").startswith("{"), "what the receipt says", 30.0)
    receipt = json.loads(desktop.text("receiptText"))
    room.look("receipt")
    assert receipt["id"] == room.between.erasures[0].body["deletionId"]
    arrived = {event["messageId"] for event in room.between.events}
    assert receipt["counts"]["events"] == len(arrived), "each event that ever arrived, and no more"
    switched_off = room.settings()["telemetry.extensions"]
    assert switched_off == {"desktop.heartbeat": False}, "one answer leaves the other as it was"
    assert room.stored(room.between.erasures[0].body["anonymousId"]) == {}
    assert room.settings()["telemetry.enabled"] is False


def fill(desktop: Desktop, button: str, *texts: str) -> None:
    """Open the form behind a button, type into its fields, and send it off."""
    for _ in range(3):  # a line that comes up above the page moves the button away from under the mouse
        desktop.click(kind="QToolButton", text=button)
        if desktop.is_seen(kind="Form"):
            break
    desktop.wait_for(kind="Form")
    for number, text in enumerate(texts):
        if number:
            line = desktop.wait_until(lambda: desktop.find(kind="QLineEdit", window="form"), "the fields")[
                number
            ]
            desktop.press(line)
        desktop.key("ctrl+a")
        desktop.type(text)
    desktop.key("Return")
    desktop.wait_until(lambda: not desktop.find(kind="Form"), "the form closed")


def bodies(room: Room) -> list[Any]:
    return list(room.between.batches)


def text(request: Any) -> str:
    raw: bytes = request.raw
    return (gzip.decompress(raw) if request.headers.get("Content-Encoding") == "gzip" else raw).decode()
