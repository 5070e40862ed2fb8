"""Is guessing at tokens answered with 429 at every door, and does everybody else stay in?"""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from aboveboard.access.guard import LOCKED_SECONDS, TRIES, Guard
from aboveboard.dashboard.lock_out import LockOut
from tests.conftest import Server, start_server, stop_server
from tests.dashboard.conftest import ADMIN, sign_in

DOORS: dict[str, Callable[[str, str], urllib.request.Request]] = {
    "API": lambda url, token: bearer(f"{url}/api/v1/actions", token),
    "admin API": lambda url, token: bearer(f"{url}/admin/v1/audit", token),
    "link": lambda url, token: urllib.request.Request(f"{url}/?token={token}"),
}


def bearer(url: str, token: str) -> urllib.request.Request:
    return urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})


def ask(request: urllib.request.Request) -> tuple[int, str, str]:
    """Status, Retry-After and text of an answer."""
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, "", answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Retry-After", ""), error.read().decode()


@pytest.fixture
def fresh(tmp_path: object) -> Iterator[Server]:
    server = start_server(tmp_path / "data")  # type: ignore[operator]
    yield server
    stop_server(server)


@pytest.mark.parametrize("door", DOORS)
def test_ten_wrong_tokens_at_one_door_close_them_all(fresh: Server, door: str) -> None:
    tried = [ask(DOORS[door](fresh.url, f"guess{number}"))[0] for number in range(TRIES)]
    assert tried == [401] * TRIES
    for name, request in DOORS.items():
        status, wait, text = ask(request(fresh.url, fresh.admin_token))
        assert (name, status) == (name, 429)
        assert LOCKED_SECONDS - 60 < int(wait) <= LOCKED_SECONDS
        assert "Too many wrong tokens" in text
    # Nobody guesses at a write key here: events are taken as before.
    event = {"event": "e", "anonymousId": "a", "writeKey": fresh.write_key}
    assert fresh.post("/v1/track", event)[0] == 200
    assert ask(urllib.request.Request(f"{fresh.url}/healthz"))[0] == 200


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def door(request: Request) -> Response:
    right = request.headers.get("authorization") == f"Bearer {ADMIN}"
    return PlainTextResponse("in" if right else "out", 200 if right else 401)


def behind(clock: Clock, *, proxy: bool = False) -> TestClient:
    app = Starlette(routes=[Route("/{path:path}", door, methods=["GET", "POST"])])
    app.add_middleware(LockOut, guard=Guard(clock), forms={"/"}, behind_proxy=proxy)
    return TestClient(app)


def tries(client: TestClient, token: str, count: int = 1, origin: str = "") -> list[int]:
    headers = {"authorization": f"Bearer {token}"} | ({"x-forwarded-for": origin} if origin else {})
    return [client.get("/api/v1/actions", headers=headers).status_code for _ in range(count)]


def test_the_lock_opens_after_a_quarter_of_an_hour() -> None:
    clock = Clock()
    client = behind(clock)
    assert tries(client, "wrong", TRIES + 1) == [401] * TRIES + [429]
    clock.now = LOCKED_SECONDS - 1
    assert tries(client, ADMIN) == [429]
    clock.now = LOCKED_SECONDS
    assert tries(client, ADMIN) == [200]


def test_a_right_token_between_wrong_ones_starts_no_new_count() -> None:
    client = behind(Clock())
    tries(client, "wrong", TRIES - 1)
    assert tries(client, ADMIN) == [200]
    tries(client, "wrong")
    assert tries(client, ADMIN) == [429]


def test_a_request_without_a_token_is_no_guess() -> None:
    client = behind(Clock())
    for _ in range(3 * TRIES):
        assert client.get("/api/v1/actions").status_code == 401
        assert client.get("/?token=").status_code == 401
    assert tries(client, ADMIN) == [200]


def test_behind_a_proxy_clients_are_told_apart_by_what_the_proxy_says_of_them() -> None:
    client = behind(Clock(), proxy=True)
    for number in range(TRIES):
        tries(client, "wrong", origin=f"203.0.113.{number}, 192.0.2.7")
    assert tries(client, ADMIN, origin="203.0.113.99, 192.0.2.7") == [429]
    headers = [("x-forwarded-for", "203.0.113.99"), ("x-forwarded-for", "192.0.2.7")]
    assert (
        client.get("/api/v1/actions", headers=[*headers, ("authorization", f"Bearer {ADMIN}")]).status_code
        == 429
    )
    assert tries(client, ADMIN, origin="192.0.2.7, 198.51.100.1") == [200]


def test_without_a_proxy_nobody_chooses_whom_they_are() -> None:
    client = behind(Clock())
    for number in range(TRIES):
        tries(client, "wrong", origin=f"192.0.2.{number}")
    assert tries(client, ADMIN, origin="198.51.100.1") == [429]


def test_the_form_is_a_door_too_and_a_session_stays_open(client: TestClient) -> None:
    sign_in(client)
    inside = dict(client.cookies)
    client.cookies.clear()
    for _ in range(TRIES):
        form = client.get("/").text.partition('name="form" value="')[2].partition('"')[0]
        assert client.post("/", data={"token": "wrong", "form": form}).status_code == 401
    refused = client.post("/", data={"token": ADMIN, "form": form})
    assert refused.status_code == 429
    assert "Locked out" in refused.text
    assert "default-src 'self'" in refused.headers["content-security-policy"]
    assert client.get("/").status_code == 401
    client.cookies.clear()
    client.cookies.update(inside)
    assert client.get("/").status_code == 200
