"""What does the dashboard say right after a start: with nothing in the store, no source, or sessions of before?"""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from aboveboard.access import Tokens
from aboveboard.access.sources import new_source
from aboveboard.server import application
from aboveboard.store import connect
from tests.dashboard.conftest import ADMIN, KEYS, VIEWER, settings_with, sign_in, text_of, trial
from tests.dashboard.test_quarantine import batch, forms, page, submit, waiting


def test_a_restart_keeps_sessions_and_a_token_that_is_gone_ends_them(tmp_path: Path) -> None:
    settings = settings_with(tmp_path / "data", trial())
    with TestClient(application(settings)) as first:
        cookies = dict(sign_in(first).cookies)
    with TestClient(application(settings), cookies=cookies) as second:
        assert second.get("/").status_code == 200
    without = msgspec.structs.replace(settings, tokens=Tokens(list(settings.tokens)[1:]))
    with TestClient(application(without), cookies=cookies) as third:
        assert third.get("/").status_code == 401


def test_an_empty_store_shows_an_admin_what_to_send_and_a_viewer_no_key(tmp_path: Path) -> None:
    app = application(settings_with(tmp_path / "data", trial()))
    with TestClient(app) as client:
        text = text_of(sign_in(client, ADMIN).get("/").text)
        assert "No events yet" in text
        assert f"Its write key is {KEYS['trial']}" in text
        assert "curl http://testserver/v1/track" in text
        assert "No events yet" in text_of(client.get("/live").text)
        assert KEYS["trial"] not in sign_in(client, VIEWER).get("/").text


def test_a_server_without_sources_says_how_to_let_one_in(tmp_path: Path) -> None:
    with TestClient(application(settings_with(tmp_path / "data"))) as client:
        assert "aboveboard source add NAME" in sign_in(client).get("/").text
        assert "--kind development" in client.get("/live").text


def test_an_undeclared_policy_in_production_has_a_banner_of_its_own(tmp_path: Path) -> None:
    declared = new_source("strict", kind="production", policy="declared")
    open_ = new_source("open", kind="production", policy="cleaned")
    with TestClient(application(settings_with(tmp_path / "data", declared, open_))) as client:
        sign_in(client)
        assert "Source open:" in text_of(client.get("/").text)
        assert "banner" not in client.get("/?source=strict").text


@pytest.mark.parametrize(
    ("over", "secure"), [({"behind_proxy": True}, True), ({"tls_cert": "c"}, True), ({}, False)]
)
def test_where_there_is_tls_the_session_is_never_sent_without(
    tmp_path: Path, over: dict[str, Any], secure: bool
) -> None:
    settings = msgspec.structs.replace(settings_with(tmp_path / "data", trial()), **over)
    with TestClient(application(settings), base_url="https://testserver") as client:
        answer = client.get("/", params={"token": ADMIN}, follow_redirects=False)
        assert ("secure" in answer.headers["set-cookie"].lower()) == secure


def test_a_replay_that_the_store_refuses_loses_nothing(tmp_path: Path) -> None:
    settings = settings_with(tmp_path / "data", trial())
    with TestClient(application(settings)) as client:
        batch(sign_in(client), {"event": "late", "timestamp": "2026-01-01T00:00:00Z"})
        (fields, _) = forms(page(client, "too late"))
        store = connect(settings.store)
        store.command("RENAME TABLE events TO away")
        refused = client.post("/quarantine/replay", data=fields)
        assert refused.status_code == 503
        assert "Store unavailable" in refused.text
        store.command("RENAME TABLE away TO events")
        assert waiting(client, "too late") == 1
        assert "1 event was taken" in submit(client, fields)


def test_a_store_that_fails_is_said_without_details(tmp_path: Path) -> None:
    settings = settings_with(tmp_path / "data", trial())
    with TestClient(application(settings), raise_server_exceptions=False) as client:
        sign_in(client)
        connect(settings.store).command("DROP TABLE events")
        page = client.get("/")
        assert page.status_code == 500
        assert "The page could not be made" in page.text
        assert "UNKNOWN_TABLE" not in page.text
        assert "default-src 'self'" in page.headers["content-security-policy"]
        answer = client.get("/api/v1/actions", headers={"authorization": f"Bearer {ADMIN}"})
        assert (answer.status_code, answer.json().keys()) == (500, {"error"})
