"""Do the pages work in a real browser: by keyboard, in the dark, in a small window, and without JavaScript?"""

import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import Server
from tests.e2e.browser import Visit, chromium

ERROR = {"message": "no such container", "statusCode": 404}
LOOKS = [("light", 1280), ("light", 360), ("dark", 1280), ("dark", 768)]


def send(server: Server, event: str, kind: str = "track", **properties: object) -> None:
    message = {"event": event, "messageId": str(uuid.uuid4()), "anonymousId": str(uuid.uuid4())}
    context = {"app": {"name": "Podman Desktop", "version": "1.29.1"}, "os": {"name": "Linux", "arch": "x64"}}
    body = message | {"writeKey": server.write_key, "properties": properties, "context": context}
    assert server.post(f"/v1/{kind}", body)[0] == 200


@pytest.fixture(scope="module")
def filled(server: Server) -> Server:
    for milliseconds in (5, 40, 80_000):
        send(server, "startContainer", durationMs=milliseconds)
    send(server, "startContainer", error=ERROR, durationMs=7)
    send(server, "startup")
    send(server, "", durationMs=3, error=ERROR)
    return server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(filled: Server, browser: Browser) -> Iterator[Visit]:
    visit = Visit(browser, filled.url, filled.admin_token)
    yield visit
    assert visit.complaints == []
    visit.close()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/actions?os=Linux&version=1.29.1",
        "/actions?os=none",
        "/live?paused=1",
        "/quarantine?reason=event+without+a+name",
    ],
)
def test_a_page_is_accessible_and_quiet_in_every_look(visit: Visit, path: str) -> None:
    assert visit.open(path) == 200
    for scheme, width in LOOKS:
        visit.look(scheme, width)
        assert visit.accessibility() == []
        assert visit.fits()


def test_the_link_opens_the_page_and_leaves_no_token_in_the_address(visit: Visit) -> None:
    assert visit.page.url == f"{visit.url}/"
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Actions")
    assert visit.page.evaluate("document.cookie") == ""


def test_a_row_tells_how_often_it_worked_how_long_it_took_and_why_not(visit: Visit) -> None:
    row = visit.page.get_by_role("row").filter(has_text="startContainer")
    expect(row).to_contain_text("75.0%")
    expect(row).to_contain_text("no such container")
    expect(row).to_contain_text("status 404")
    expect(row).to_contain_text("23.5 ms")


def test_a_filter_swaps_the_table_and_the_menu_without_loading_the_page_again(visit: Visit) -> None:
    page = visit.page
    page.evaluate("window.stayed = true")
    page.get_by_text("More filters").click()
    page.get_by_label("Event").fill("startup")
    page.get_by_label("Event").press("Enter")
    expect(page.get_by_role("list", name="Filters in use")).to_contain_text("startup")
    expect(page.locator("table.rows tbody tr")).to_have_count(1)
    assert page.url == f"{visit.url}/?event=startup"
    expect(page.get_by_role("link", name="Live")).to_have_attribute("href", "/live?event=startup")
    assert page.evaluate("window.stayed")
    page.go_back()
    expect(page.locator("table.rows tbody tr")).to_have_count(2)


def test_the_keyboard_alone_reaches_the_answer_and_the_filters(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the answer")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('#answer').contains(document.activeElement)")


def test_live_shows_an_event_within_moments_and_what_was_cleaned_in_it(visit: Visit, filled: Server) -> None:
    visit.open("/live")
    send(filled, "openFile", path="/home/erika/secret-plans/notes.txt")
    card = visit.page.get_by_role("article").first
    expect(card.get_by_role("heading")).to_contain_text("openFile", timeout=3000)
    expect(card.locator("mark")).to_have_count(1)
    assert "erika" not in visit.page.content()
    visit.page.get_by_role("link", name="Pause").click()
    expect(visit.page.get_by_text("Paused at")).to_be_visible()


def test_live_leaves_the_focus_where_it_is(visit: Visit, filled: Server) -> None:
    visit.open("/live")
    visit.page.get_by_role("link", name="Pause").focus()
    send(filled, "while.focused")
    expect(visit.page.get_by_role("article").first).to_contain_text("focused", timeout=3000)
    expect(visit.page.get_by_role("link", name="Pause")).to_be_focused()


def test_a_wrong_filter_is_said_on_the_page(filled: Server, browser: Browser) -> None:
    visit = Visit(browser, filled.url, filled.admin_token)
    assert visit.open("/actions?from=yesterday") == 400
    expect(visit.page.get_by_role("alert")).to_contain_text("`from` is 'yesterday'")
    assert visit.accessibility() == []
    # Chromium itself writes this for every page of such a status.
    assert [text for text in visit.complaints if "status of 400" not in text] == []


@pytest.mark.parametrize("javascript", [True, False])
def test_an_event_leaves_the_quarantine_with_a_click(
    filled: Server, browser: Browser, javascript: bool
) -> None:
    visit = Visit(browser, filled.url, filled.admin_token, java_script_enabled=javascript)
    send(filled, "", success=True)
    visit.open("/quarantine?reason=event+without+a+name")
    card = visit.page.get_by_role("article").first
    expect(card).to_contain_text("success")
    card.get_by_label("Name").fill("window.resized")
    card.get_by_label("Name").press("Enter")
    expect(visit.page.get_by_role("status")).to_contain_text("1 event was taken and left the quarantine.")
    visit.page.reload()
    expect(visit.page.get_by_role("status")).to_have_count(0)
    assert [row["event"] for row in filled.api("actions", event="window.resized")] == ["window.resized"]
    assert visit.complaints == []
    visit.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whoever_has_no_session_is_told_how_to_get_in(filled: Server, browser: Browser, scheme: str) -> None:
    visit = Visit(browser, filled.url)
    assert visit.open("/live", scheme=scheme) == 401
    assert visit.accessibility() == []
    visit.page.get_by_label("Token").fill(filled.admin_token)
    visit.page.get_by_role("button", name="Sign in").click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Live")
    visit.page.get_by_role("button", name="Sign out").click()
    expect(visit.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert [text for text in visit.complaints if "status of 401" not in text] == []


def test_everything_works_without_javascript(filled: Server, browser: Browser) -> None:
    visit = Visit(browser, filled.url, filled.admin_token, java_script_enabled=False)
    visit.page.get_by_text("More filters").click()
    visit.page.get_by_label("System").select_option("Linux")
    visit.page.get_by_role("button", name="Apply").click()
    expect(visit.page).to_have_url(f"{filled.url}/?os=Linux")
    expect(visit.page.get_by_role("list", name="Filters in use")).to_contain_text("Linux")
    visit.open("/live")
    send(filled, "startup.finished")
    expect(visit.page.get_by_role("article").first).to_contain_text("finished", timeout=8000)
    assert visit.complaints == []
    visit.close()


def test_a_printed_page_holds_the_table_and_not_the_controls(visit: Visit) -> None:
    visit.page.emulate_media(media="print")
    expect(visit.page.get_by_role("table")).to_be_visible()
    expect(visit.page.get_by_role("button", name="Apply")).to_be_hidden()
