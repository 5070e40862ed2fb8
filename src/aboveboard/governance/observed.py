"""What did a collector really receive, and does the catalog say so?

`ask` answers with names, types, shapes and counts, never with a value; `compare` holds them against a catalog.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from aboveboard.catalog.builtin import BUILT_IN, implied
from aboveboard.catalog.canonical import split
from aboveboard.catalog.model import Catalog, Event, Finding, Property
from aboveboard.catalog.reader import Reading
from aboveboard.catalog.rules import PEOPLE, PLACES, SECRETS

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["RULES", "ask", "compare"]

RULES: Final = {
    "undeclared-event": "What arrives is declared.",
    "undeclared-property": "What arrives with an event is declared.",
    "never-seen": "What is declared arrives.",
    "always-the-same": "A property that never varies answers nothing.",
    "high-cardinality": "An enum takes few values.",
    "other-type": "What arrives has the declared type.",
    "looks-personal": "What looks personal is hashed, or not collected.",
}
"""Every rule, with the sentence that it holds the data to."""

_ENOUGH: Final = 20
"""So many values that are all the same are no accident."""
_MANY: Final = 50
"""A text with more different values than this is no list of choices."""

_SEEN: Final = """
SELECT
    event,
    pair.1 AS property,
    multiIf(
        startsWith(pair.2, '"'), 'string', startsWith(pair.2, '{'), 'object', startsWith(pair.2, '['), 'array',
        pair.2 IN ('true', 'false'), 'boolean', pair.2 = 'null', 'null', 'number'
    ) AS type,
    multiIf(
        type != 'string', type,
        match(pair.2, '^"h:[0-9a-f]{16}"$'), 'fingerprint',
        match(pair.2, '^"<[a-z ]+>(\\\\.[a-z0-9]+)?"$'), 'placeholder',
        match(pair.2, '[^@" ]+@[^@" ]+\\\\.[a-z]{2,}'), 'e-mail address',
        match(pair.2, '(/home/|/Users/|/root/|[A-Za-z]:\\\\\\\\)'), 'path',
        match(pair.2, '\\\\b[0-9]{1,3}(\\\\.[0-9]{1,3}){3}\\\\b')
            AND NOT match(pair.2, '^"v?[0-9]+(\\\\.[0-9]+)*"$'), 'address',
        match(pair.2, '^"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}"$'), 'uuid',
        match(pair.2, '^"[0-9a-f]{12,}"$'), 'hexadecimal',
        match(pair.2, '^"v?[0-9]+(\\\\.[0-9]+)+[^ ]*"$'), 'version',
        match(pair.2, '^"https?://'), 'url',
        match(pair.2, ' '), 'sentence',
        'word'
    ) AS shape,
    count() AS values,
    uniq(pair.2) AS different,
    uniqIf(source || install, install != '') AS installs
FROM events FINAL
ARRAY JOIN JSONExtractKeysAndValuesRaw(properties) AS pair
WHERE source = {source:String} AND time >= {since:DateTime64(3, 'UTC')}
GROUP BY event, property, type, shape
ORDER BY event, property, values DESC, type, shape
"""

_EVENTS: Final = """
SELECT event, count() AS events
FROM events FINAL
WHERE source = {source:String} AND time >= {since:DateTime64(3, 'UTC')}
GROUP BY event
ORDER BY event
"""

_TYPES: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("bool",), frozenset({"boolean"})),
    **dict.fromkeys(("integer", "number", "duration"), frozenset({"number"})),
    **dict.fromkeys(("version", "enum", "name", "path", "text", "bucket"), frozenset({"string"})),
    **dict.fromkeys(("error", "map"), frozenset({"object"})),
    "list": frozenset({"array"}),
}
_PERSONAL_SHAPES: Final = frozenset({"e-mail address", "path", "address"})


def ask(client: "Client", source: str, since: datetime) -> list[dict[str, Any]]:
    """Return what a source sent since a moment, without any value.

    Rows: event, events (how many), property ("" where an event has none), type and shape of its values, values (how
    many), different (about how many of them), installs.
    """
    settings = {"do_not_merge_across_partitions_select_final": 1}
    given = {"source": source, "since": since}
    counts = {
        row["event"]: row["events"]
        for row in client.query(_EVENTS, parameters=given, settings=settings).named_results()
    }
    rows = [
        row | {"events": counts.get(row["event"], 0)}
        for row in client.query(_SEEN, parameters=given, settings=settings).named_results()
    ]
    bare = {"property": "", "type": "", "shape": "", "values": 0, "different": 0, "installs": 0}
    return rows + [
        {"event": name, "events": counts[name], **bare}
        for name in sorted(counts.keys() - {row["event"] for row in rows})
    ]


def compare(catalog: Catalog, reading: Reading, seen: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Return where the data and the catalog differ, ordered by line; `reading` has the lines of the app's own file."""
    findings: list[Finding] = []
    for name in dict.fromkeys(str(row["event"]) for row in seen):
        rows = [row for row in seen if row["event"] == name]
        event = catalog.events.get(name)
        if event is None:
            count = rows[0]["events"]
            findings.append(_finding(reading, (), "undeclared-event", f"{name} arrived {count} times, undeclared",
                                     "declare it with its reason, or stop sending it"))  # fmt: skip
        else:
            findings += _of_event(reading, event, rows)
    arrived = {row["event"] for row in seen}
    for name in catalog.events:
        if name not in arrived:
            findings.append(_finding(reading, (name,), "never-seen", f"{name} is declared and never arrived",
                                     "remove it, or find out why it is not sent"))  # fmt: skip
    return sorted(findings, key=lambda found: (found.line, found.rule, found.message))


def _finding(reading: Reading, path: tuple[str, ...], rule: str, message: str, remedy: str) -> Finding:
    place = tuple(
        part for name, key in zip(path, ("events", "properties"), strict=False) for part in (key, name)
    )
    return Finding(reading.name, reading.line(*place) if place else 1, rule, message, remedy)


def _of_event(reading: Reading, event: Event, rows: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    known = {**implied(event), **event.properties}
    names = dict.fromkeys(str(row["property"]) for row in rows if row["property"])
    for name in names:
        mine = [row for row in rows if row["property"] == name]
        path = (event.name, name)
        yield from _personal(reading, path, name, mine, known.get(name))
        if name in known:
            yield from _of_property(reading, path, known[name], mine, declared=name in event.properties)
        elif name not in BUILT_IN and name != "aggregated":
            yield _finding(reading, path, "undeclared-property", f"{event.name}: {name} arrives and is not declared",
                           "declare it with its reason, or stop sending it")  # fmt: skip
    for name in event.properties:
        if name not in names and rows[0]["events"] >= _ENOUGH:
            yield _finding(reading, (event.name, name), "never-seen", f"{event.name}: {name} never arrived",
                           "remove it, or find out why it is not sent")  # fmt: skip


def _of_property(reading: Reading, path: tuple[str, str], prop: Property, rows: Sequence[Mapping[str, Any]],
                 declared: bool) -> Iterator[Finding]:  # fmt: skip
    called = f"{path[0]}: {path[1]}"
    different, values = sum(row["different"] for row in rows), sum(row["values"] for row in rows)
    others = sorted({row["type"] for row in rows} - _TYPES[prop.type] - {"null"})
    if others:
        yield _finding(reading, path, "other-type", f"{called} arrives as {' and '.join(others)}, not as {prop.type}",
                       "mend the call or the type")  # fmt: skip
    if declared and different == 1 and values >= _ENOUGH:
        yield _finding(reading, path, "always-the-same", f"{called} had one value in all {values} events",
                       "remove it: it answers nothing")  # fmt: skip
    most = len(prop.values) if prop.type == "enum" else 0
    if most and different > most:
        yield _finding(reading, path, "high-cardinality", f"{called} had about {different} values and lists {most}",
                       "list what is meant, or send a bucket or a count")  # fmt: skip


def _personal(reading: Reading, path: tuple[str, str], name: str, rows: Sequence[Mapping[str, Any]],
              prop: Property | None) -> Iterator[Finding]:  # fmt: skip
    shapes = sorted({row["shape"] for row in rows} & _PERSONAL_SHAPES)
    words = set(split(name))
    open_text = prop is None or prop.type in ("text", "version")
    many = any(row["type"] == "string" and row["different"] > _MANY for row in rows)
    if shapes:
        yield _finding(reading, path, "looks-personal", f"{path[0]}: {name} looks like {' and '.join(shapes)}",
                       'make it type = "name" or "path", or do not send it')  # fmt: skip
    elif open_text and (words & (PEOPLE | PLACES | SECRETS) or (split(name)[-1:] == ["name"] and many)):
        yield _finding(reading, path, "looks-personal", f"{path[0]}: {name} sounds personal and arrives as it is",
                       'make it type = "name" (hashed), or do not send it')  # fmt: skip
