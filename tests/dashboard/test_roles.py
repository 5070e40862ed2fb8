"""Does a viewer see answers and no single event, and is it noted who saw those?"""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aboveboard.access.audit import FILE_NAME, Entry, read
from tests.dashboard.conftest import VIEWER, send, sign_in, text_of

RAW = ["/live", "/quarantine"]


def views(folder: Path) -> list[Entry]:
    return [entry for entry in read(folder / FILE_NAME) if entry.action == "view"]


def test_a_viewer_sees_answers_and_no_way_to_single_events(client: TestClient) -> None:
    page = sign_in(client, VIEWER).get("/")
    assert page.status_code == 200
    assert 'href="/actions"' in page.text
    for path in RAW:
        assert f'href="{path}"' not in page.text


@pytest.mark.parametrize("path", RAW)
def test_a_page_of_single_events_tells_a_viewer_why_not(client: TestClient, path: str) -> None:
    send(client, "trial", "private.event")
    answer = sign_in(client, VIEWER).get(path)
    assert answer.status_code == 403
    text = text_of(answer.text)
    assert "For admins only" in text
    assert "sign in with an admin's token" in text.replace("&#39;", "'")
    assert "private" not in text


def test_who_sees_single_events_is_noted_once_for_a_session_and_page(
    client: TestClient, folder: Path
) -> None:
    before = len(views(folder))
    for _ in range(2):
        sign_in(client)
        client.get("/actions")
        for path in RAW:
            for _ in range(3):
                assert client.get(path).status_code == 200
    sign_in(client, VIEWER).get("/live")
    noted = views(folder)[before:]
    assert [entry.detail["page"] for entry in noted] == RAW * 2
    assert {entry.actor for entry in noted} == {"the admin"}
