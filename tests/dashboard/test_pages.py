"""Does a page say what it shows, whose events those are, and what to do where there are none?"""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.dashboard.conftest import send, sign_in, text_of

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"


class Shape(HTMLParser):
    """The tags of a page with the names of their attributes: what a hostile text must not change."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))


@pytest.fixture(scope="module")
def filled(running: TestClient) -> TestClient:
    for number in range(4):
        send(running, "shop", "startContainer", f"i{number}", error={"message": "no such container"})
    for number in range(5):
        send(
            running, "shop", "pullImage", f"i{number}", error={"message": "connection refused"}, durationMs=80
        )
    send(running, "shop", "startup")
    send(running, "trial", "openFile", error={"message": EVIL}, comment=EVIL)
    return running


@pytest.fixture
def page(filled: TestClient) -> TestClient:
    return sign_in(filled)


def test_actions_are_the_first_page_and_fail_most_first(page: TestClient) -> None:
    for path in ("/", "/actions"):
        names = re.findall(r'<th scope="row"><a[^>]*>(.*?)</a>', page.get(path).text.replace("<wbr>", ""))
        assert names == ["pullImage", "startContainer", "startup"]


def test_a_sentence_above_the_table_says_what_it_shows(page: TestClient) -> None:
    text = text_of(page.get("/?from=2020-01-01&to=2099-01-01").text)
    assert "1 Jan 2020 to" in text
    assert "shop" in text
    assert "3 kinds of event" in text


def test_a_message_appears_once_five_installs_have_sent_it(page: TestClient) -> None:
    text = text_of(page.get("/").text)
    assert "connection refused" in text
    assert "no such container" not in text
    assert "text appears once 5 installs have sent it" in text


def test_the_banner_tells_what_is_kept_and_which_rules_are_off(page: TestClient) -> None:
    development = text_of(page.get("/?source=trial").text)
    assert "Development source: trial." in development
    assert "no catalog declares are kept here after cleaning" in development
    assert "Small-group rules are off" in development
    production = text_of(page.get("/").text)
    assert "Development source" not in production
    assert "Small-group rules are off" not in production
    assert "Small-group rules are off" in text_of(page.get("/live").text)


def test_filters_stay_in_the_menu_and_each_can_be_taken_away(page: TestClient) -> None:
    text = page.get("/actions?source=trial&event=openFile").text
    assert 'href="/live?source=trial&amp;event=openFile"' in text
    assert 'href="/actions?source=trial"' in text
    assert 'href="/actions?event=openFile"' in text


def test_empty_fields_of_the_form_do_not_stay_in_the_address(page: TestClient) -> None:
    answer = page.get("/actions?source=&from=&os=Linux&event=", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/actions?os=Linux")


def test_filters_that_nothing_fits_are_not_mistaken_for_an_empty_store(page: TestClient) -> None:
    text = text_of(page.get("/?event=nothing").text)
    assert "Nothing fits these filters" in text
    assert "No events yet" not in text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=soon", "`from` is 'soon'. Write a day"),
        ("from=2026-02-30", "`from` is '2026-02-30'"),
        ("to=0001-01-01", "between 1970 and 2099"),
        ("from=2026-02-02&to=2026-02-01", "is not before `to`"),
        ("source=none", "There is no source 'none'"),
        ("to=20261120", "`to` is '20261120'. Write a day as in 2026-11-23"),
        ("format=xml", "`format` is 'xml'. The only one is csv"),
        ("&".join(["steps=a"] * 9), "`steps` names 9 events. A funnel has 8 at the most"),
    ],
)
def test_a_wrong_filter_is_explained_with_the_form_beside_it(page: TestClient, query: str, said: str) -> None:
    answer = page.get(f"/actions?{query}")
    assert answer.status_code == 400
    text = answer.text.replace("&#39;", "'")
    assert said in text
    assert '<form class="filters"' in text


@pytest.mark.parametrize("path", ["/?source=trial", "/live"])
def test_what_an_event_brings_stays_text(page: TestClient, path: str) -> None:
    text = page.get(path).text
    assert "alert" in text
    assert "<script>alert" not in text
    assert "<img" not in text


@given(st.text(min_size=1, max_size=40), st.sampled_from(["event", "version", "os", "country", "extension"]))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_filter_changes_the_shape_of_the_page(page: TestClient, value: str, name: str) -> None:
    harmless = page.get("/actions", params={name: "zzz"})
    answer = page.get("/actions", params={name: value})
    assert answer.status_code == 200
    assert Shape(answer.text).tags == Shape(harmless.text).tags


def test_an_unknown_address_is_a_page_too(page: TestClient) -> None:
    answer = page.get("/nowhere")
    assert answer.status_code == 404
    assert "There is no page at this address" in answer.text
