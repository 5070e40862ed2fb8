"""Does a viewer see answers and no single event, and is it noted who saw those?"""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aboveboard.access.audit import FILE_NAME, Entry, read
from tests.dashboard.conftest import ADMIN, VIEWER, send, sign_in, text_of

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


def test_a_viewer_and_an_export_get_no_small_group_and_an_admin_does(client: TestClient) -> None:
    for number in range(23):
        send(client, "shop", "pull", install=f"many-{number}")
    for number in range(3):
        send(client, "shop", "rare", install=f"few-{number}")

    def events(token: str, accept: str = "application/json") -> str:
        headers = {"authorization": f"Bearer {token}", "accept": accept}
        return client.get("/api/v1/actions", params={"source": "shop"}, headers=headers).text

    assert '"event":"rare"' in events(ADMIN)
    assert '"small_groups"' not in events(ADMIN)
    for text in (events(VIEWER), events(VIEWER, "text/csv"), events(ADMIN, "text/csv")):
        assert "rare" not in text
    assert '"small_groups":{"below":5' in events(VIEWER)
    page = sign_in(client, VIEWER).get("/actions", params={"source": "shop"}).text
    assert "rare" not in page
    assert "Small groups are not shown." in page


def test_a_viewer_is_told_why_filters_show_nothing(client: TestClient) -> None:
    send(client, "shop", "rare", install="few-1")
    page = sign_in(client, VIEWER).get("/actions", params={"source": "shop", "event": "rare"})
    assert page.status_code == 200
    assert "Too few installs to show" in text_of(page.text)


def test_a_viewer_is_told_which_failures_are_new_and_why_there_may_be_none(client: TestClient) -> None:
    for number in range(6):
        send(client, "shop", "pullImage", f"of-six-{number}", error={"message": "connection refused"})
    sign_in(client, VIEWER)
    none = client.get("/errors", params={"source": "shop", "new_since": "2.0.0"})
    assert (none.status_code, "No failure may be told that was seen first in 2.0.0" in none.text) == (
        200,
        True,
    )
    # These installs say no version, and neither does a word without numbers.
    some = text_of(client.get("/errors", params={"source": "shop", "new_since": "unknown"}).text)
    assert "seen first in unknown or a newer version, where the first version may be shown." in some


def test_a_viewer_sees_exact_numbers_of_a_source_under_development(client: TestClient) -> None:
    send(client, "trial", "only.once")
    page = sign_in(client, VIEWER).get("/actions", params={"source": "trial"}).text
    assert "only.<wbr>once" in page
