"""What in a catalog is missing, unwise or unsafe, and what would put it right?

All findings come at once: those of the form, and those of the rules in `RULES`. An entry may be exempt from a
rule, with a reason; an exemption that nothing needs is a finding too, or exemptions would outlive their cause.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from aboveboard.catalog.model import Catalog, Event, Finding, Property
from aboveboard.catalog.reader import Reading, read
from aboveboard.catalog.rules import RULES, Flaw, Where

FORM_RULES = {
    "toml": "The file must be TOML.",
    "missing-key": "What cannot be guessed must be said: `app`, an event's `level`, a property's `type` …",
    "unknown-key": "A key that means nothing is a spelling mistake.",
    "bad-value": "A value must have the form that its key asks for.",
    "unknown-type": "A property's type must be one of the table of types.",
    "bucket-edges": "The edges of a bucket must rise.",
    "too-deep": "Lists and maps stand at most three deep.",
}
"""With any of these a catalog cannot be loaded, and nothing can be exempt from them."""

UNUSED = "unused-exemption"
EXEMPTION_RULES = {UNUSED: "An exemption must name a rule that would find something there."}


def lint_file(path: str | Path, today: date) -> list[Finding]:
    """Return every finding in one file; a file that cannot be read is a finding."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return [Finding(str(path), 1, "toml", f"cannot be read as UTF-8 text: {error}", "check the path")]
    return lint(read(text, str(path)), today)


def lint(reading: Reading, today: date) -> list[Finding]:
    """Return every finding in a text that was read, ordered by line."""
    findings = list(reading.findings)
    if reading.catalog is not None:
        findings += _by_rules(reading, reading.catalog, today)
    return sorted(findings, key=lambda finding: (finding.line, finding.rule, finding.message))


def _by_rules(reading: Reading, catalog: Catalog, today: date) -> Iterator[Finding]:
    used: set[tuple[tuple[str, ...], str]] = set()
    given = _exemptions(catalog)
    for where in _places(catalog, today):
        for name, rule in RULES.items():
            if rule.scope != where.scope:
                continue
            for flaw in rule.find(where):
                holder = _exempting(given, where.path, name)
                if holder is None:
                    yield _finding(reading, where.path, name, flaw)
                else:
                    used.add((holder, name))
    for path, names in given.items():
        for name in names:
            if (path, name) not in used:
                yield _finding(reading, path, UNUSED, _unused(name))


def _unused(name: str) -> Flaw:
    known = name in RULES
    message = (
        f"the exemption from `{name}` is unused" if known else f"there is no rule `{name}` to be exempt from"
    )
    return Flaw("exempt", message, "remove it" if known else "correct its spelling or remove it")


def _finding(reading: Reading, path: tuple[str, ...], rule: str, flaw: Flaw) -> Finding:
    where = ".".join(part for part in path[1:] if part not in ("properties", "fields", "of"))
    line = reading.line(*path, flaw.key) if flaw.key else reading.line(*path)
    return Finding(
        reading.name, line, rule, f"{where}: {flaw.message}" if where else flaw.message, flaw.remedy
    )


def _places(catalog: Catalog, today: date) -> Iterator[Where]:
    yield Where("catalog", (), catalog, today)
    for event in catalog.events.values():
        path = ("events", event.name)
        yield Where("event", path, catalog, today, event)
        for name, prop in event.properties.items():
            yield from _inside(Where("property", (*path, "properties", name), catalog, today, event, prop))


def _inside(where: Where) -> Iterator[Where]:
    yield where
    prop = where.property
    for name, inner in prop.fields.items():
        yield from _inside(where._replace(path=(*where.path, "fields", name), prop=inner))
    if prop.of is not None:
        yield from _inside(where._replace(path=(*where.path, "of"), prop=prop.of))


def _exemptions(catalog: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    places = _places(catalog, date.min)
    entries: Iterator[tuple[tuple[str, ...], Event | Property | None]]
    entries = ((where.path, where.prop or where.entry) for where in places)
    return {path: tuple(entry.exempt) for path, entry in entries if entry is not None and entry.exempt}


def _exempting(
    given: dict[tuple[str, ...], tuple[str, ...]], path: tuple[str, ...], rule: str
) -> tuple[str, ...] | None:
    """Return the closest entry at or around `path` that is exempt from `rule`."""
    around = (path[:length] for length in range(len(path), 0, -1))
    return next((entry for entry in around if rule in given.get(entry, ())), None)
