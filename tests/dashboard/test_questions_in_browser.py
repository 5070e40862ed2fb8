"""Do the pages of all questions work in a real browser, filled by a simulated population?"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from aboveboard.dashboard.pages import PAGES, Page
from tests.conftest import Server
from tests.e2e.browser import Visit, chromium, signed_in

SHOWN = [page for page in PAGES if not page.raw]
LOOKS = [("light", 1280), ("dark", 1280), ("light", 400)]


@pytest.fixture(scope="module")
def filled(server: Server) -> Server:
    command = [
        sys.executable,
        "-m",
        "aboveboard",
        "simulate",
        "--installs",
        "400",
        "--days",
        "14",
        "--seed",
        "6",
    ]
    target = ["--endpoint", server.url, "--write-key", server.write_key, "--causes", "1"]
    subprocess.run([*command, *target], check=True, capture_output=True, timeout=120)
    return server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def session(filled: Server, browser: Browser) -> Any:
    return signed_in(browser, filled.url, filled.admin_token)


@pytest.fixture
def visit(filled: Server, browser: Browser, session: Any) -> Iterator[Visit]:
    visit = Visit(browser, filled.url, storage_state=session)
    yield visit
    assert visit.complaints == []
    visit.close()


def pictures_folder(otherwise: Path) -> Path:
    """Where pictures are kept that somebody wants to look at: with ABOVEBOARD_PICTURES=1 below the working folder."""
    if "ABOVEBOARD_PICTURES" not in os.environ:
        return otherwise
    folder = Path("pictures-of-pages").absolute()
    folder.mkdir(exist_ok=True)
    return folder


def picture(visit: Visit, file: Path) -> None:
    visit.page.wait_for_timeout(150 if "ABOVEBOARD_PICTURES" in os.environ else 0)
    visit.page.screenshot(path=file, full_page="ABOVEBOARD_PICTURES" in os.environ)


@pytest.mark.parametrize("page", SHOWN, ids=lambda page: page.name)
def test_a_page_is_accessible_and_quiet_in_every_look(visit: Visit, page: Page, tmp_path: Path) -> None:
    pictures = pictures_folder(tmp_path)
    assert visit.open(page.path) == 200
    assert visit.page.locator("table.rows tbody tr").count() > 0 or page.name == "unused"
    plots = visit.page.locator(".plot")
    assert plots.evaluate_all("every => every.every(plot => plot.scrollWidth <= plot.clientWidth)")
    # Loaded once: dark and narrow are looks of the same answer.
    for scheme, width in LOOKS:
        visit.look(scheme, width)
        assert visit.accessibility() == []
        assert visit.fits()
        picture(visit, pictures / f"{page.name}-{scheme}-{width}.png")
    for width in (901, 1100):  # the narrowest without and with the menu at the side
        visit.look("light", width)
        assert visit.fits(), width
    if "ABOVEBOARD_PICTURES" in os.environ:
        visit.page.set_viewport_size({"width": 800, "height": 1100})
        visit.page.emulate_media(media="print", color_scheme="light")
        picture(visit, pictures / f"{page.name}-print.png")


def test_the_explain_page_of_nothing_is_accessible_too(visit: Visit) -> None:
    assert visit.open("/explain?event=startup") == 200
    assert visit.page.get_by_text("Nothing stands out").is_visible()
    assert visit.accessibility() == []


def test_a_long_name_breaks_where_the_window_ends(visit: Visit, filled: Server, tmp_path: Path) -> None:
    usual, longest = "registerContainerProviderConnection", "w" * 200
    for name in (usual, longest):
        message = {"event": name, "writeKey": filled.write_key, "messageId": name, "anonymousId": "long"}
        failed = {"properties": {"error": {"message": f"{name} is gone"}}}
        assert filled.post("/v1/track", message | failed)[0] == 200
    (group,) = filled.api("errors", event=longest)
    paths = (f"/action?event={usual}", f"/action?event={longest}", f"/error?reason={group['fingerprint']}")
    for place, path in enumerate(paths):
        assert visit.open(path, width=360) == 200
        assert visit.fits(), path
        picture(visit, pictures_folder(tmp_path) / f"long-name-{place}.png")
    expect(visit.page.get_by_role("link", name=longest)).to_be_visible()
