"""How do tests look at a page the way a person does? A real Chromium that complains about everything it dislikes."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Request, sync_playwright

AXE = Path(__file__).parent / "node/node_modules/axe-core/axe.min.js"
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def signed_in(browser: Browser, url: str, token: str) -> Any:
    """Sign in once, and return what a `Visit` takes as its `storage_state` to have that session."""
    visit = Visit(browser, url, token)
    state = visit.page.context.storage_state()
    visit.close()
    return state


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium with a new profile that goes with it."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if executable is None:
        pytest.fail("There is no Chromium. Install it (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        yield browser
        browser.close()


class Visit:
    """One tab without cookies; `options` are those of Playwright's context, such as java_script_enabled.

    `complaints` gathers every console message, error of a script, and request that failed.
    """

    def __init__(self, browser: Browser, url: str, token: str = "", **options: Any) -> None:
        self.url = url
        self.complaints: list[str] = []
        self.page = browser.new_context(**options).new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("requestfailed", self._failed)
        if token:
            self.open(f"/?token={token}")

    def close(self) -> None:
        """Close the tab and forget its cookies."""
        self.page.context.close()

    def look(self, scheme: Any, width: int) -> None:
        """Change the colour scheme and the width of the window, as somebody does who looks at a page already."""
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size({"width": width, "height": 900})

    def open(self, path: str, *, scheme: Any = "light", width: int = 1280) -> int:
        """Go to a path in a colour scheme and width, and return the status of the answer."""
        self.look(scheme, width)
        answer = self.page.goto(self.url + path, wait_until="load")
        assert answer is not None
        return answer.status

    def accessibility(self) -> list[str]:
        """What axe finds wrong with the page as it is now, each with the element."""
        # Evaluated by the debugger, which the page's policy does not bind; the page itself stays as it is.
        self.page.evaluate(f"{AXE.read_text(encoding='utf-8')}; void 0")
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {violation['help']}: {node['html']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    def fits(self) -> bool:
        """Whether nothing sticks out to the side of the window, once charts have followed its size."""
        for _ in range(20):
            if self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
                return True
            self.page.wait_for_timeout(100)
        return False

    def _console(self, message: ConsoleMessage) -> None:
        self.complaints.append(f"console {message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        # Leaving a page ends the requests that it still has under way.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"request: {request.url} {request.failure}")
