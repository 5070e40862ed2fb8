"""Does a program get rows, and every refusal in the one shape?"""

import pytest
from starlette.testclient import TestClient

from tests.dashboard.conftest import ADMIN, VIEWER, send

BEARER = {"authorization": f"Bearer {ADMIN}"}


def test_a_question_is_answered_with_its_rows_and_what_they_cover(client: TestClient) -> None:
    send(client, "shop", "startContainer", durationMs=40)
    send(client, "shop", "startContainer", durationMs=60, error={"message": "no such container"})
    answer = client.get("/api/v1/actions", headers=BEARER)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["question"], body["sources"]) == ("actions", ["shop"])
    assert body["from"] < body["to"]
    (row,) = body["rows"]
    expected = {
        "event": "startContainer",
        "events": 2,
        "installs": 1,
        "failures": 1,
        "success_rate": 0.5,
        "p50_ms": 50.0,
    }
    assert {name: row[name] for name in expected} == expected


def test_a_source_is_asked_by_its_name(client: TestClient) -> None:
    send(client, "trial", "startup")
    rows = client.get("/api/v1/actions", params={"source": "trial"}, headers=BEARER).json()["rows"]
    assert [row["event"] for row in rows] == ["startup"]


def test_a_viewer_may_ask_too_and_the_scheme_is_written_in_any_case(client: TestClient) -> None:
    assert client.get("/api/v1/actions", headers={"authorization": f"bearer {VIEWER}"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "reason"),
    [
        ("GET", "/api/v1/actions", {}, 401, "no token"),
        ("GET", "/api/v1/actions", {"authorization": "Bearer wrong"}, 401, "no token"),
        ("GET", "/api/v1/actions", {"authorization": f"Basic {ADMIN}"}, 401, "no token"),
        ("GET", "/api/v1/nothing", {}, 401, "no token"),
        ("GET", "/api/v2/actions", {}, 401, "no token"),
        ("GET", "/api/v1/nothing", BEARER, 404, "unknown question"),
        ("GET", "/api/v1/actions/more", BEARER, 404, "unknown address"),
        ("GET", "/api/", BEARER, 404, "unknown address"),
        ("GET", "/api/v1/actions?from=soon", BEARER, 400, "wrong filter"),
        ("GET", "/api/v1/actions?source=none", BEARER, 400, "wrong filter"),
        ("GET", "/api/v1/actions?to=2026-W48", BEARER, 400, "wrong filter"),
        ("GET", "/api/v1/actions?format=xml", BEARER, 400, "wrong filter"),
        ("GET", "/api/v1/funnel?steps=a,b,c,d,e,f,g,h,i", BEARER, 400, "wrong filter"),
        ("GET", f"/api/v1/errors?new_since={'1' * 5000}", BEARER, 400, "wrong filter"),
        ("POST", "/api/v1/actions", BEARER, 405, "not like this"),
        ("DELETE", "/api/v1/actions", {}, 405, "not like this"),
    ],
)
def test_a_refusal_says_why_in_one_shape(
    client: TestClient, method: str, path: str, headers: dict[str, str], status: int, reason: str
) -> None:
    answer = client.request(method, path, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    assert answer.json().keys() == {"error"}
    assert answer.json()["error"].keys() == {"reason", "message"}
    assert answer.json()["error"]["reason"] == reason
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_a_session_is_not_a_token(admin: TestClient) -> None:
    assert admin.get("/api/v1/actions").status_code == 401


def test_a_parameter_that_does_not_exist_is_refused_with_those_that_do(client: TestClient) -> None:
    answer = client.get("/api/v1/actions", params={"form": "2026-01-01"}, headers=BEARER)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (400, "unknown parameter")
    assert "'form'" in answer.json()["error"]["message"]
    assert "from" in answer.json()["error"]["message"]
