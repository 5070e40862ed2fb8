"""Can a person read every byte, and where do the files lie on each system?"""

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from aboveboard import Host
from aboveboard.client.places import find_places
from aboveboard.client.retention import trim
from aboveboard.client.spool import Spool
from tests.client.collector import answering, success
from tests.client.conftest import Bench
from tests.client.test_delivery import log


def test_the_journal_says_what_was_sent_what_waits_and_what_was_changed(bench: Bench) -> None:
    telemetry = bench.telemetry()
    telemetry.log_usage(
        "thing.done", {"note": "cannot open /home/zenobia/x", "engine": "secret-engine", "extra": 1}
    )
    assert telemetry.flush(5)
    bench.collector.answer = answering(503)
    log(telemetry, 1)
    telemetry.flush(1)
    events = [entry for entry in telemetry.journal() if entry.what == "event"]
    assert [(entry.name, entry.state) for entry in events] == [("thing.done", "sent"), ("tick", "queued")]
    assert events[0].content == bench.collector.events[0]
    notes = {path: (done, reason) for path, done, reason in events[0].notes}
    assert notes["engine"] == ("dropped", "unlisted enum value")
    assert notes["note"][0].startswith("replaced by <")
    assert ("dropped", "undeclared property") in notes.values()
    assert "secret-engine" not in str(events)
    telemetry.close()
    kept = b"".join(path.read_bytes() for path in bench.data.rglob("*") if path.is_file())
    assert b"thing.done" in kept
    assert [name for name in (b"zenobia", b"secret-engine") if name in kept] == []


def test_export_writes_it_all_as_json_lines(bench: Bench, tmp_path: Path) -> None:
    telemetry = bench.telemetry()
    log(telemetry, 3)
    assert telemetry.flush(5)
    path = tmp_path / "journal.jsonl"
    assert telemetry.export(path) == 4
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["what"] for line in lines] == ["event", "event", "event", "request"]
    assert json.loads(lines[-1]["body"])["batch"] == [line["content"] for line in lines[:3]]


def test_an_undecided_machine_has_an_empty_journal_and_still_no_file(bench: Bench, tmp_path: Path) -> None:
    telemetry = bench.telemetry(accept=False)
    log(telemetry, 3)
    assert list(telemetry.journal()) == []
    assert telemetry.export(tmp_path / "journal.jsonl") == 0
    assert bench.files() == []


def test_status_says_what_waits_and_what_was_sent(bench: Bench) -> None:
    telemetry = bench.telemetry()
    log(telemetry, 3)
    assert telemetry.flush(5)
    bench.collector.answer = answering(503)
    log(telemetry, 2)
    telemetry.flush(1)
    status = telemetry.status()
    assert status is not None
    assert (status.waiting, status.sent) == (2, 3)
    assert status.host == bench.collector.url.removeprefix("http://")
    assert status.settings == str(bench.settings)
    assert status.anonymous_id == (bench.home / ".redhat/anonymousId").read_text()
    assert status.privacy == "https://example.org/privacy"


def host(platform: str, **environ: str) -> Host:
    """A machine of a platform, with a home folder that names it."""
    return Host(environ=environ, home=Path("/users/me"), platform=platform, uid=1)


@pytest.mark.parametrize(
    ("machine", "settings", "data", "managed"),
    [
        (host("linux"), "/users/me/.config/demo/settings.json", "/users/me/.local/share/demo/telemetry", "/etc/demo"),
        (
            host("linux", XDG_CONFIG_HOME="/c", XDG_DATA_HOME="/d"),
            "/c/demo/settings.json", "/d/demo/telemetry", "/etc/demo",
        ),
        (
            host("linux", XDG_CONFIG_HOME="relative", XDG_DATA_HOME=""),
            "/users/me/.config/demo/settings.json", "/users/me/.local/share/demo/telemetry", "/etc/demo",
        ),
        (
            host("darwin"),
            "/users/me/Library/Application Support/demo/settings.json",
            "/users/me/Library/Application Support/demo/telemetry",
            "/Library/Application Support/demo",
        ),
        (
            host("win32", APPDATA="/roaming", LOCALAPPDATA="/local", PROGRAMDATA="/programs"),
            "/roaming/demo/settings.json", "/local/demo/telemetry", "/programs/demo",
        ),
        (
            host("win32"),
            "/users/me/AppData/Roaming/demo/settings.json", "/users/me/AppData/Local/demo/telemetry",
            "/ProgramData/demo",
        ),
    ],
)  # fmt: skip
def test_the_platforms_own_folders(machine: Host, settings: str, data: str, managed: str) -> None:
    places = find_places("demo", machine)
    assert places.settings == Path(settings)
    assert places.data == Path(data)
    assert places.managed == (Path(managed),)
    assert places.shared_id is None


@pytest.mark.parametrize(
    ("platform", "managed"),
    [
        ("linux", "/usr/share/podman-desktop"),
        ("darwin", "/Library/Application Support/io.podman_desktop.PodmanDesktop"),
        ("win32", "/ProgramData/Podman Desktop"),
    ],
)
def test_the_presets_places_are_the_same_on_every_platform(platform: str, managed: str) -> None:
    places = find_places("anything", host(platform), "podman-desktop")
    base = "/users/me/.local/share/containers/podman-desktop"
    assert places.settings == Path(f"{base}/configuration/settings.json")
    assert places.shared_id == Path("/users/me/.redhat/anonymousId")
    assert places.managed[0] == Path(managed)


@pytest.mark.parametrize("name", ["../../etc", "a/b", "..", "", "C:\\x"])
def test_an_apps_name_cannot_leave_its_folder(name: str) -> None:
    places = find_places(name, host("linux"))
    assert places.settings.parent.parent == Path("/users/me/.config")
    assert places.settings.parent.name not in ("", ".", "..")


def test_the_shared_id_is_read_and_never_changed(bench: Bench) -> None:
    (bench.home / ".redhat").mkdir()
    shared = bench.home / ".redhat/anonymousId"
    shared.write_text("0B2F5D4E-3C1A-4F6B-8D7E-9A0B1C2D3E4F\n")
    telemetry = bench.telemetry()
    log(telemetry, 1)
    assert telemetry.flush(5)
    assert bench.collector.events[0]["anonymousId"] == "0b2f5d4e-3c1a-4f6b-8d7e-9a0b1c2d3e4f"
    assert shared.read_text() == "0B2F5D4E-3C1A-4F6B-8D7E-9A0B1C2D3E4F\n"


def test_a_shared_file_that_is_no_uuid_is_left_alone(bench: Bench) -> None:
    (bench.home / ".redhat").mkdir()
    shared = bench.home / ".redhat/anonymousId"
    shared.write_text("zenobia@example.org")
    telemetry = bench.telemetry()
    log(telemetry, 1)
    assert telemetry.flush(5)
    assert shared.read_text() == "zenobia@example.org"
    assert bench.collector.events[0]["anonymousId"] == (bench.data / "anonymousId").read_text()


def test_no_file_of_ours_can_be_read_by_others(bench: Bench) -> None:
    telemetry = bench.telemetry()
    log(telemetry, 1)
    assert telemetry.flush(5)
    assert bench.data.stat().st_mode & 0o077 == 0
    for name in ("hash.key",):
        assert (bench.data / name).stat().st_mode & 0o077 == 0


def test_a_deletion_is_in_the_journal_and_its_id_only_until_it_is_confirmed(bench: Bench) -> None:
    telemetry = bench.telemetry()
    log(telemetry, 1)
    assert telemetry.flush(5)
    bench.collector.answer = answering(503)
    telemetry.consent.decline()
    assert not telemetry.flush(5)
    [asked] = [entry for entry in telemetry.journal() if entry.what == "deletion"]
    assert asked.body.encode() == bench.collector.erasures[-1].raw
    assert (asked.state, asked.status) == ("open", 503)
    bench.collector.answer = success
    assert telemetry.flush(5)
    [done] = [entry for entry in telemetry.journal() if entry.what == "deletion"]
    assert (done.state, done.status) == ("sent", 200)
    assert json.loads(done.body)["anonymousId"] == "<forgotten>"
    assert json.loads(done.answer)["receipt"]["rows"] == 3


def test_the_journal_keeps_each_try_of_a_request_as_it_was_sent(bench: Bench) -> None:
    telemetry = bench.telemetry()
    log(telemetry, 2)
    for status, said in ((503, b'"away"'), (502, b"<html>"), (200, b"<html>a captive portal</html>")):
        bench.collector.answer = answering(status, said)
        assert not telemetry.flush(2)
    bench.collector.answer = success
    assert telemetry.flush(5)
    requests = [entry for entry in telemetry.journal() if entry.what == "request"]
    assert [(entry.state, entry.status) for entry in requests] == [
        ("again", 503),
        ("again", 502),
        ("again", 200),
        ("sent", 200),
    ]
    assert [json.loads(entry.body) for entry in requests] == [sent.body for sent in bench.collector.batches]
    assert [entry.answer for entry in requests][:3] == ['"away"', "<html>", "<html>a captive portal</html>"]
    assert len({entry.request for entry in requests}) == 1


def test_the_journal_keeps_a_request_that_was_too_large_before_it_was_split(bench: Bench) -> None:
    def small_only(handler: Any, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        return success(handler, body) if len(body["batch"]) <= 2 else (413, {}, b"too large")

    telemetry = bench.telemetry()
    bench.collector.answer = small_only
    log(telemetry, 4)
    assert telemetry.flush(5)
    requests = [entry for entry in telemetry.journal() if entry.what == "request"]
    assert [json.loads(entry.body) for entry in requests] == [sent.body for sent in bench.collector.batches]
    assert [entry.status for entry in requests] == [413, 200, 200]


def test_tries_go_before_what_waits_where_the_journal_is_full(bench: Bench) -> None:
    telemetry = bench.telemetry()
    bench.collector.answer = answering(503)
    log(telemetry, 3)
    for _ in range(2):
        telemetry.flush(2)
    telemetry.close()
    with closing(Spool(bench.data / "spool.db")) as spool:
        assert spool.database.execute("SELECT count(*) FROM tries").fetchone() == (1,)
        spool.database.execute("UPDATE tries SET body = zeroblob(50000)")
        trim(spool, time.time(), most=0, room=spool.size() - 1)
        assert spool.waiting() == 3
        assert spool.database.execute("SELECT count(*) FROM tries").fetchone() == (0,)


def test_a_journal_of_an_older_version_can_be_read(bench: Bench) -> None:
    telemetry = bench.telemetry()
    log(telemetry, 1)
    assert telemetry.flush(5)
    telemetry.close()
    with closing(Spool(bench.data / "spool.db")) as spool:
        spool.database.execute("DROP TABLE tries")
    assert [entry.what for entry in telemetry.journal()] == ["event", "request"]


def test_status_does_not_wait_for_another_process_that_writes(bench: Bench) -> None:
    telemetry = bench.telemetry()
    log(telemetry, 1)
    assert telemetry.flush(5)
    with closing(sqlite3.connect(bench.data / "spool.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        log(telemetry, 5)
        time.sleep(0.2)
        for _ in range(5):
            began = time.monotonic()
            status = telemetry.status()
            assert status is not None
            assert status.sent == 1
            assert time.monotonic() - began < 0.5
        other.execute("ROLLBACK")
    assert telemetry.flush(5)
    assert len(bench.collector.events) == 6
