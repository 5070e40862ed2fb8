"""Is the documentation site whole: built without a warning, readable without a network, and true to what it names?"""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.docs.tutorial import ROOT

LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; Sphinx treats each warning as an error."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=150, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


class Loads(HTMLParser):
    """Collects what a page makes a browser load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in LOADING and values.get("rel") not in {"canonical", "search", "prev", "next", "index"}:
            self.found.append(values.get(LOADING[tag]) or "")


def test_a_page_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 15
    for page in pages:
        reader = Loads()
        reader.feed(page.read_text(encoding="utf-8"))
        assert [url for url in reader.found if re.match(r"(https?:)?//", url)] == [], page
    for style in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*['\"]?(https?:)?//", style.read_text(encoding="utf-8")), (
            style
        )


def test_every_page_of_the_folder_is_in_the_site(site: Path) -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        assert (site / page.relative_to(ROOT / "docs")).with_suffix(".html").exists(), page


def test_the_reference_has_every_address_and_every_command(site: Path) -> None:
    from aboveboard.cli import _COMMANDS
    from aboveboard.dashboard.openapi import document

    http = (site / "reference" / "http.html").read_text(encoding="utf-8")
    assert [path for path in document()["paths"] if f">{path}</span></code>" not in http] == []
    commands = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    assert [name for name in _COMMANDS if f"aboveboard-{name}" not in commands] == []


def test_the_reference_has_every_public_name(site: Path) -> None:
    import aboveboard
    from aboveboard.client.telemetry import Telemetry

    page = (site / "reference" / "python.html").read_text(encoding="utf-8")
    assert [name for name in ("Telemetry", "TelemetryLogger", "TrustedValue") if name not in page] == []
    public = [name for name in vars(Telemetry) if not name.startswith("_")]
    assert [name for name in public if f"Telemetry.{name}" not in page] == []
    assert set(aboveboard.__all__) >= {"Telemetry", "TelemetryLogger", "TrustedValue"}


def test_every_promise_names_tests_that_are_there() -> None:
    page = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and "held by" not in line]
    assert len(rows) >= 8
    for row in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)`", row)
        assert tests, row
        assert [name for name in tests if not (ROOT / name).exists()] == []
