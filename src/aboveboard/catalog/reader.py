"""Is this file a catalog, and what does it declare?

`read` answers with everything that is wrong, and with a catalog as far as one can be made; `load` and
`parse` refuse a text with anything wrong in its form. What is merely missing or unwise is lint's.
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from aboveboard.catalog.declared import properties_of
from aboveboard.catalog.fields import Reader, Table
from aboveboard.catalog.lines import index, nearest
from aboveboard.catalog.model import Catalog, Event, Finding
from aboveboard.errors import CatalogError

MAX_EVENTS = 5000


class Reading(NamedTuple):
    """A text as it was read: the catalog as far as it goes, what is wrong, and where everything stands."""

    catalog: Catalog | None
    findings: list[Finding]
    lines: Mapping[tuple[str, ...], int]
    name: str

    def line(self, *path: str) -> int:
        """Return the line of a key, or of what is closest around it."""
        return nearest(self.lines, path)


def load(path: str | Path) -> Catalog:
    """Read a `telemetry.toml`; raises `CatalogError` with every finding, each with file and line."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path}: cannot be read as UTF-8 text: {error}; check the path") from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Catalog:
    """Read the text of a `telemetry.toml`; `name` is what findings call the file."""
    reading = read(text, name)
    if reading.catalog is None or reading.findings:
        count = len(reading.findings)
        head = f"{name} cannot be used as a catalog, {count} finding{'s' * (count != 1)}:"
        raise CatalogError("\n".join([head, *map(str, reading.findings)]))
    return reading.catalog


def read(text: str, name: str) -> Reading:
    """Read a text as far as possible and say everything that is wrong with its form."""
    import tomllib

    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Reading(None, [_broken(error, text, name)], {}, name)
    reader = Reader(name, index(text))
    catalog = _catalog(Table(reader, data, ()), name)
    reader.findings.sort(key=lambda finding: finding.line)
    return Reading(catalog, reader.findings, reader.lines, name)


def _broken(error: ValueError, text: str, name: str) -> Finding:
    words = str(error).replace(",", " ").replace(")", " ").split()
    after = [word for before, word in pairwise(words) if before == "line" and word.isdigit()]
    line = int(after[0]) if after else text.count("\n") + 1
    return Finding(name, line, "toml", f"this is not TOML: {error}", "correct the syntax at this place")


def _catalog(top: Table, name: str) -> Catalog:
    extension = top.text("extension") if "extension" in top else ""
    app = extension or top.text("app", required=True)
    if extension and "app" in top:
        top.wrong(
            "extension",
            "bad-value",
            "a catalog is of an app or of an extension",
            "remove `app` or `extension`",
        )
    events = top.table("events", required=False)
    declared = {key: _event(events.table(key), key) for key in list(events)[:MAX_EVENTS] if key}
    if len(events) > MAX_EVENTS:
        top.wrong("events", "bad-value", f"more than {MAX_EVENTS} events", "split the catalog by extension")
    catalog = Catalog(
        app, top.whole("notice", 1), top.text("privacy"), declared, bool(extension), source=name
    )
    top.finish()
    events.finish(declared)
    return catalog


def _event(table: Table, name: str) -> Event:
    if len(name) > 200:
        table.wrong("", "bad-value", "an event name is at most 200 characters", "shorten it")
    properties = properties_of(table.table("properties"))
    event = Event(
        name=name,
        description=table.text("description"),
        question=table.text("question"),
        level=table.choice("level", ("crash", "error", "usage"), "usage", required=True),
        owner=table.text("owner"),
        issue=table.text("issue"),
        added=table.date("added"),
        expires=table.date("expires"),
        action=table.flag("action"),
        properties=properties,
        exempt=table.reasons("exempt"),
    )
    table.finish()
    return event
