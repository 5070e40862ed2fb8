"""Are the files that go to the browser what they are said to be, and free of what its policy forbids?"""

import hashlib
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from aboveboard.dashboard import templating

STATIC = templating.STATIC
TEMPLATES = sorted((STATIC.parent / "templates").glob("*.html"))


def test_every_vendored_file_has_the_hash_that_is_noted() -> None:
    noted = re.findall(r"\| `([\w.]+)` \|.*`([0-9a-f]{64})`", (STATIC / "VENDORED.md").read_text())
    assert noted
    for name, digest in noted:
        assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_inline_script_or_style_or_leaves_this_server(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert re.findall(r"<style|\sstyle=|\son\w+=|hx-on|javascript:|<script(?![^>]*\ssrc=)", text) == []
    assert re.findall(r"""(?:src|href|action)=["']?(?:https?:)?//""", text) == []
    assert "|safe" not in text.replace(" ", "")


def test_the_sheet_loads_nothing() -> None:
    assert re.findall(r"@import|url\(", (STATIC / "app.css").read_text(encoding="utf-8")) == []


def test_an_address_with_a_hash_is_kept_by_browsers_and_no_other_is(client: TestClient) -> None:
    page = client.get("/").text
    (sheet,) = re.findall(r'href="(/static/app\.css\?v=\w+)"', page)
    assert "immutable" in client.get(sheet).headers["cache-control"]
    assert client.get("/static/app.css").headers["cache-control"] == "no-store"
    assert client.get("/static/../pages.py").status_code == 404
