"""Has every question its page, with rows, and with a word where it has nothing to say?"""

import random

import pytest
from starlette.testclient import TestClient

from aboveboard.dashboard.pages import PAGES, Page
from aboveboard.insights import QUESTIONS
from tests.dashboard.conftest import KEYS, send, sign_in, text_of

SHOWN = [page for page in PAGES if not page.raw]
SHOWN_WITH_ROWS = [page for page in SHOWN if page.name != "unused"]  # That wants a catalog.


@pytest.fixture(scope="module")
def filled(running: TestClient) -> TestClient:
    """A server whose development source knows what every question asks for."""
    dice = random.Random(1)
    batch = []
    for number in range(160):
        windows = number % 4 == 0
        failed = dice.random() < (0.7 if windows else 0.05)
        context = {
            "app": {"version": f"1.{number % 2}.0"},
            "os": {"name": "Windows" if windows else "Linux", "version": "10.0", "arch": "x64"},
            "location": {"country": "DE"},
            "library": {"name": "aboveboard-python", "version": "0.1.0"},
        }
        error = {"error": {"message": "connection refused", "statusCode": 500}} if failed else {}
        told = [
            {"type": "track", "event": "startup"},
            {"type": "page", "name": "/containers"},
            {
                "type": "track",
                "event": "providers",
                "properties": {"engine": "podman", "version": "5.4.0", "containers": 3},
            },
            {
                "type": "track",
                "event": "activateExtension",
                "properties": {"extensionId": "podman-desktop.kind", "extensionVersion": "0.3.0"},
            },
            {"type": "track", "event": "startContainer", "properties": {"durationMs": 20, **error}},
        ]
        batch += [
            {**event, "anonymousId": f"i{number}", "messageId": f"{number}-{place}", "context": context}
            for place, event in enumerate(told)
        ]
    for start in range(0, len(batch), 200):
        body = {"writeKey": KEYS["trial"], "batch": batch[start : start + 200]}
        assert running.post("/v1/batch", json=body).status_code == 200
    return sign_in(running)


def test_every_question_has_a_page() -> None:
    assert {page.name for page in SHOWN} == set(QUESTIONS)


def test_without_a_catalog_nothing_is_unused(filled: TestClient) -> None:
    assert "Nothing is unused" in text_of(filled.get("/unused", params={"source": "trial"}).text)


@pytest.mark.parametrize("page", SHOWN_WITH_ROWS, ids=lambda page: page.name)
def test_a_page_shows_its_rows_under_a_sentence(filled: TestClient, page: Page) -> None:
    answer = filled.get(page.path, params={"source": "trial"})
    assert answer.status_code == 200
    assert '<p class="lead">' in answer.text
    assert "<tbody>" in answer.text
    assert answer.text.count("<tr") > 1


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.name)
def test_a_page_without_rows_says_so(filled: TestClient, page: Page) -> None:
    send(filled, "shop", "hello")
    for query in (
        {"source": "shop", "event": "nothing"},
        {"source": "shop", "from": "2001-01-01", "to": "2001-01-02"},
    ):
        answer = filled.get(page.path, params=query)
        assert answer.status_code == 200
        assert "<h2>" in answer.text or "<tbody>" in answer.text


def test_the_explain_page_says_the_cause_first(filled: TestClient) -> None:
    text = text_of(filled.get("/explain", params={"source": "trial", "event": "startContainer"}).text)
    assert "× as often on Windows" in text
    assert text.index("× as often on Windows") < text.index("attributes and pairs were compared")
    assert "fell within noise" in text
    assert "nothing: a cause" in text


def test_where_nothing_stands_out_the_explain_page_says_that(filled: TestClient) -> None:
    text = text_of(filled.get("/explain", params={"source": "trial", "event": "startup"}).text)
    assert "Nothing stands out" in text


def test_a_failing_action_links_to_its_explanation(filled: TestClient) -> None:
    page = filled.get("/actions", params={"source": "trial"}).text
    assert 'href="/explain?source=trial&amp;event=startContainer"' in page
    reasons = filled.get("/errors", params={"source": "trial"}).text
    assert "/explain?source=trial&amp;event=startContainer&amp;reason=" in reasons


def test_the_steps_of_a_funnel_stand_in_the_address(filled: TestClient) -> None:
    page = filled.get("/funnel", params={"source": "trial", "steps": "startup, startContainer"}).text
    text = text_of(page)
    assert "1. startup" in text
    assert "2. start Container" in text or "2. startContainer" in text
    assert 'name="steps" value="startup, startContainer"' in page
