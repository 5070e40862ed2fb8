"""Is somebody told once when a number crosses its limit, by real mail and a real webhook, and when it is back?"""

import http.server
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
from aiosmtpd.controller import Controller

from aboveboard.access import Settings, Sources, load_settings
from aboveboard.access.alerts import Alert, Smtp
from aboveboard.access.sources import new_source
from aboveboard.alerts import try_out, verify, watch_once
from aboveboard.errors import SettingsError
from aboveboard.insights import QUESTIONS
from aboveboard.insights.filters import filters_from
from aboveboard.insights.unused import ask as ask_unused
from aboveboard.store import connect
from aboveboard.store.uses import Uses
from tests.insights.conftest import NOON, Put, Store, sent

NOW = NOON + timedelta(hours=3)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Mailbox:
    """A mail server that keeps what it gets."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port(), ready_timeout=60)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content))
        return "250 taken"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    box.controller.start()
    yield box
    box.controller.stop()


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict[str, Any]], list[int]]]:
    got: list[dict[str, Any]] = []
    answers: list[int] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status = answers.pop(0) if answers else 200
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if status == 200:
                got.append(body)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/secret-hook", got, answers
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store(tmp_path_factory.mktemp("alerts"))
    yield opened
    opened.client.close()


def pulls(count: int, failing: int) -> list[dict[str, Any]]:
    broken = {"error": {"message": "connection refused"}}
    return [sent("pull", f"i{n}", properties=broken if n < failing else {}) for n in range(count)]


def settings_of(put: Put, folder: Path, *alerts: Alert, port: int = 25) -> Settings:
    source = msgspec.structs.replace(new_source(put.name, kind="production", policy="cleaned"), name=put.name)
    settings = load_settings({"data": str(folder)}, environ={})
    smtp = Smtp(host="127.0.0.1", port=port, sender="telemetry@example.org")
    return msgspec.structs.replace(
        settings, sources=Sources([source]), alerts=alerts, smtp=smtp, public_url="https://t.example.org"
    )


def rule(name: str, **more: Any) -> Alert:
    told = {"question": "actions", "number": "success_rate", "below": 0.9, "where": {"event": "pull"}}
    return Alert(**{**told, "installs": 10, "name": name, **more})


def port_of(mailbox: Mailbox) -> int:
    return int(mailbox.controller.port)


def test_a_crossing_is_told_once_and_so_is_the_recovery(
    store: Store, tmp_path: Path, mailbox: Mailbox, hook: Any
) -> None:
    address, got, _ = hook
    alert = rule("pull-works", mail=("team@example.org",), webhook=(address,))
    bad = store.put(pulls(40, 10), development=False)
    settings = settings_of(bad, tmp_path, alert, port=port_of(mailbox))
    for _ in range(3):
        watch_once(store.client, settings, NOW, Uses())
    (mail,) = mailbox.mails
    assert (mail["To"], mail["From"]) == ("team@example.org", "telemetry@example.org")
    assert mail["Subject"] == "pull-works: alert"
    text = mail.get_payload()
    assert "success_rate of pull is 0.75 (40 installs): below 0.9, over the last 7 days." in text
    assert "https://t.example.org/actions?from=2026-11-13&event=pull" in text
    assert [(told["state"], told["number"]) for told in got] == [("standing", 0.75)]

    good = store.put(pulls(40, 1), development=False)
    settings = settings_of(good, tmp_path, alert, port=port_of(mailbox))
    for _ in range(2):
        watch_once(store.client, settings, NOW, Uses())
    assert [mail["Subject"] for mail in mailbox.mails] == ["pull-works: alert", "pull-works: recovered"]
    assert "no longer below 0.9" in got[-1]["text"]


@pytest.mark.parametrize(
    "alert",
    [
        rule("kept"),
        rule("kept", where={}, filters={"event": "pull"}),
        rule("kept", question="action", where={}),
    ],
    ids=["by a row", "by a filter", "by the action it is about"],
)
def test_what_an_alert_is_about_is_used(store: Store, tmp_path: Path, alert: Alert) -> None:
    put = store.put(pulls(12, 3), development=False)
    store.client.command("TRUNCATE TABLE uses")
    declared = [(put.name, event, "") for event in ("pull", "push")]
    filters = replace(put.filters(), declared=declared)
    rows = ask_unused(store.client, filters, lambda: NOW)
    assert [row["event"] for row in rows] == ["pull", "push"]
    watch_once(store.client, settings_of(put, tmp_path, alert), NOW, Uses())
    rows = ask_unused(store.client, filters, lambda: NOW)
    assert [row["event"] for row in rows] == ["push"]


def test_a_link_opens_the_number_that_the_message_tells(store: Store, tmp_path: Path, hook: Any) -> None:
    address, got, _ = hook
    put = store.put(pulls(40, 10), development=False)
    put.more([sent("pull", f"i{number}", at=NOON - timedelta(days=9)) for number in range(40)])
    settings = settings_of(put, tmp_path, rule("link", webhook=(address,), filters={"os": "Linux"}))
    watch_once(store.client, settings, NOW, Uses())
    (told,) = got
    where, _, query = told["link"].partition("?")
    assert where == "https://t.example.org/actions"
    filters = filters_from(dict(parse_qsl(query)), settings.sources, NOW)
    (row,) = QUESTIONS["actions"](store.client, filters)
    assert (row["success_rate"], row["installs"]) == (told["number"], told["installs"]) == (0.75, 40)


def test_what_was_told_outlives_a_restart(store: Store, tmp_path: Path, hook: Any) -> None:
    address, got, _ = hook
    put = store.put(pulls(40, 10), development=False)
    settings = settings_of(put, tmp_path, rule("restart", webhook=(address,)))
    watch_once(store.client, settings, NOW, Uses())
    store.client.close()
    store.client = connect(f"chdb://{store.folder / 'store'}")
    watch_once(store.client, settings, NOW, Uses())
    assert len(got) == 1


def test_a_number_that_is_not_known_changes_nothing(store: Store, tmp_path: Path, hook: Any) -> None:
    address, got, _ = hook
    few = store.put(pulls(9, 9), development=False)
    for alert in (rule("few", webhook=(address,)), rule("none", webhook=(address,), where={"event": "no"})):
        watch_once(store.client, settings_of(few, tmp_path, alert), NOW, Uses())
    assert got == []


def test_a_channel_that_was_away_is_tried_again_and_the_others_are_not(
    store: Store, tmp_path: Path, mailbox: Mailbox, hook: Any, caplog: pytest.LogCaptureFixture
) -> None:
    address, got, answers = hook
    answers.append(503)
    put = store.put(pulls(40, 10), development=False)
    alert = rule("away", mail=("a@example.org",), webhook=(address,))
    settings = settings_of(put, tmp_path, alert, port=port_of(mailbox))
    watch_once(store.client, settings, NOW, Uses())
    assert (len(mailbox.mails), len(got)) == (1, 0)
    assert "The webhook at 127.0.0.1" in caplog.text
    assert "secret-hook" not in caplog.text
    watch_once(store.client, settings, NOW, Uses())
    assert (len(mailbox.mails), len(got)) == (1, 1)


def test_to_try_an_alert_sends_it_and_says_what_became_of_it(
    store: Store, tmp_path: Path, mailbox: Mailbox, hook: Any
) -> None:
    address, got, _ = hook
    put = store.put(pulls(40, 1), development=False)
    alert = rule("try", mail=("a@example.org",), webhook=(address,))
    said = try_out(store.client, settings_of(put, tmp_path, alert, port=port_of(mailbox)), "try", NOW)
    assert (said["number"], said["standing"]) == (0.975, False)
    assert set(said["channels"].values()) == {"sent"}
    assert mailbox.mails[0]["Subject"] == "Test: try: recovered"
    assert got[0]["test"] is True
    gone = try_out(store.client, settings_of(put, tmp_path, rule("g", mail=("a@b.c",)), port=1), "g", NOW)
    assert "was not taken by 127.0.0.1:1" in gone["channels"]["mailto:a@b.c"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"where": {"colour": "red"}}, "names colour, which rows of 'actions' do not have"),
        ({"number": "beauty"}, "names beauty, which rows of 'actions' do not have"),
        ({"filters": {"source": "none"}}, "has filters that do not work: There is no source 'none'"),
    ],
)
def test_an_alert_that_names_what_is_not_there_says_so(
    store: Store, tmp_path: Path, more: dict[str, Any], said: str
) -> None:
    put = store.put(pulls(12, 0), development=False)
    settings = settings_of(put, tmp_path, rule("wrong", mail=("a@b.c",), **more))
    with pytest.raises(SettingsError, match=said):
        try_out(store.client, settings, "wrong", NOW)


def test_an_alert_nobody_wrote_cannot_be_tried(store: Store, tmp_path: Path) -> None:
    put = store.put([], development=False)
    with pytest.raises(SettingsError, match=r"There is no alert 'x' in the settings file\. There are: none"):
        try_out(store.client, settings_of(put, tmp_path), "x", datetime.now(UTC))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "wants one of `below` and `above`"),
        ("below = 1\nabove = 2", "wants one of `below` and `above`"),
        ("below = 1", "tells nobody"),
        ('below = 1\nmail = ["a@b.c"]', "there is no \\[smtp\\]"),
        ("below = 1\ninstalls = 3", "does not fit"),
        ('below = 1\nwebhook = ["ftp://x"]', "does not fit"),
        ("below = 1\ncolour = 2", "does not fit"),
    ],
)
def test_an_alert_that_could_not_work_stops_the_start_with_a_sentence(
    tmp_path: Path, text: str, said: str
) -> None:
    written = f'[alerts.a]\nquestion = "actions"\nnumber = "events"\n{text}\n'
    (tmp_path / "aboveboard.toml").write_text(written)
    with pytest.raises(SettingsError, match=said):
        load_settings({"data": str(tmp_path)}, environ={})


def test_an_alert_about_no_question_stops_the_start_too() -> None:
    with pytest.raises(SettingsError, match=r"asks 'beauty', which is no question\. There are: "):
        verify([rule("a", question="beauty")])
