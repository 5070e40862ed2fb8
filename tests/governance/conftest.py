"""What do the tests of governance share? Catalogs written in a line, and scans of a few files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aboveboard.catalog.reader import Reading, read
from aboveboard.governance.scan import Scan, scan

HEAD = 'app = "demo"\nnotice = 1\nprivacy = "https://example.org/privacy"\n'
EVENT = (
    'description = "It happened."\nquestion = "How often?"\nlevel = "{level}"\nowner = "us"\n'
    'issue = "{issue}"\nadded = 2026-01-01\nexpires = {expires}\n'
)


def catalog_text(
    *events: str, level: str = "usage", issue: str = "https://example.org/1", expires: str = "2027-01-01"
) -> str:
    """A catalog; each event is its name, and lines of TOML after a newline."""
    text = HEAD
    for event in events:
        name, _, rest = event.partition("\n")
        text += (
            f'\n[events."{name}"]\n' + EVENT.format(level=level, issue=issue, expires=expires) + rest + "\n"
        )
    return text


def reading_of(*events: str, **head: str) -> Reading:
    reading = read(catalog_text(*events, **head), "telemetry.toml")
    assert reading.findings == []
    return reading


@pytest.fixture
def scanned(tmp_path: Path) -> Callable[[str], Scan]:
    def run(code: str, name: str = "app.py") -> Scan:
        (tmp_path / name).write_text(code, encoding="utf-8")
        return scan([tmp_path])

    return run
