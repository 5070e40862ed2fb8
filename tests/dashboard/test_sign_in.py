"""Who gets in, and is everybody out as soon as their token is worth nothing?"""

import re
import stat
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aboveboard.access.guard import TRIES
from aboveboard.access.sessions import DAYS, KEY_FILE, Ended, signing_key
from aboveboard.errors import SettingsError
from tests.dashboard.conftest import ADMIN, sign_in


def secret(page: str) -> str:
    (found,) = re.findall(r'name="form" value="([^"]+)"', page)
    return str(found)


def test_without_a_session_every_page_is_a_form_that_says_how_to_get_in(client: TestClient) -> None:
    for path in ("/", "/actions", "/live"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert "aboveboard serve" in answer.text
        assert "table" not in answer.text


def test_the_link_starts_a_session_and_leaves_the_filters_but_not_the_token(client: TestClient) -> None:
    answer = client.get("/actions", params={"os": "Linux", "token": ADMIN}, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/actions?os=Linux"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert ADMIN not in answer.headers["set-cookie"]
    assert client.get("/actions").status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "ä\0", ADMIN[:-1], "x" * 5000])
def test_a_token_that_is_not_known_opens_nothing(client: TestClient, token: str) -> None:
    answer = client.get("/", params={"token": token})
    assert answer.status_code == 401
    assert "does not know that token" in answer.text
    assert client.get("/").status_code == 401


def test_a_cookie_that_was_changed_opens_nothing(client: TestClient) -> None:
    sign_in(client)
    ((name, value),) = client.cookies.items()
    client.cookies.clear()
    client.cookies.set(name, ("a" if value[0] != "a" else "b") + value[1:])
    assert client.get("/").status_code == 401


def test_the_form_opens_the_page_that_was_asked_for(client: TestClient) -> None:
    form = client.get("/live?source=trial").text
    assert 'action="/live?source=trial"' in form
    fields = {"token": f" {ADMIN} ", "form": secret(form)}
    answer = client.post("/live?source=trial", data=fields, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/live?source=trial")
    assert client.get("/live").status_code == 200


def test_a_form_that_came_from_elsewhere_signs_nobody_in(client: TestClient) -> None:
    assert client.post("/", data={"token": ADMIN}).status_code == 403
    stolen = secret(client.get("/").text)
    client.cookies.clear()
    assert client.post("/", data={"token": ADMIN, "form": stolen}).status_code == 403
    assert client.post("/", data={"token": ADMIN, "form": stolen, "more": "x" * 20_000}).status_code == 403
    assert client.get("/").status_code == 401


def test_signing_out_ends_the_session(admin: TestClient) -> None:
    assert admin.get("/").status_code == 200
    copied = dict(admin.cookies)
    assert admin.post("/sign-out", follow_redirects=False).status_code == 303
    assert admin.get("/").status_code == 401
    admin.cookies.update(copied)
    assert admin.get("/").status_code == 401


def test_a_session_that_was_signed_out_of_stays_ended_when_the_server_starts_again(tmp_path: Path) -> None:
    now = [1_000_000.0]
    Ended(tmp_path / "ended", lambda: now[0]).add("one")
    assert "one" in Ended(tmp_path / "ended", lambda: now[0])
    now[0] += DAYS * 86_400 + 1
    assert "one" not in Ended(tmp_path / "ended", lambda: now[0])


def test_a_link_on_another_sites_page_neither_signs_in_nor_counts_as_a_guess(client: TestClient) -> None:
    from_there = {"sec-fetch-site": "cross-site"}
    for token in ["wrong"] * (TRIES + 1) + [ADMIN]:
        answer = client.get("/", params={"token": token}, headers=from_there)
        assert answer.status_code == 401
        assert "another site" in answer.text
    assert client.get("/", params={"token": ADMIN}).status_code == 200


def test_no_other_address_takes_part_in_an_open_redirect(client: TestClient) -> None:
    answer = client.get("http://testserver//evil.example/", params={"token": ADMIN}, follow_redirects=False)
    assert answer.status_code == 404


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    key = signing_key(folder)
    assert signing_key(folder) == key
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    assert signing_key(tmp_path / "other") != key


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "ab" * 16])
def test_a_damaged_key_is_refused_in_words(tmp_path: Path, content: str) -> None:
    (tmp_path / KEY_FILE).write_text(content)
    with pytest.raises(SettingsError, match=r"Delete it and start again"):
        signing_key(tmp_path)


@pytest.mark.parametrize(
    "path", ["/", "/actions", "/live", "/nowhere", "/static/app.css", "/api/v1/actions", "/healthz"]
)
def test_every_answer_carries_the_headers_that_bind_the_browser(admin: TestClient, path: str) -> None:
    headers = admin.get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers
