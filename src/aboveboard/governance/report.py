"""How is a scan shown: as a table, as JSON, as SARIF, or as the entries that a catalog would need?"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from aboveboard.catalog.canonical import split
from aboveboard.catalog.declare import FIRST_TERM
from aboveboard.catalog.model import Finding
from aboveboard.catalog.rules import PEOPLE, PLACES
from aboveboard.governance.calls import HOLE, Call
from aboveboard.governance.check import RULES
from aboveboard.governance.properties import Found
from aboveboard.governance.scan import Scan

__all__ = ["FORMATS", "as_sarif", "propose"]

_SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_MOST_VALUES: Final = 12


def as_table(scan: Scan) -> str:
    """Return a line for each event of each call, and one for each value vouched for."""
    rows = [
        (f"{call.file}:{call.line}", call.api, call.event or "(made elsewhere)", _properties(call))
        for call in scan.calls
    ]
    rows += [
        (f"{each.file}:{each.line}", each.what, "(vouches for what is made while running)", "")
        for each in scan.trusted
    ]
    widths = [max((len(row[at]) for row in rows), default=0) for at in range(3)]
    return "".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip()
        + "\n"
        for row in rows
    )


def _properties(call: Call) -> str:
    names = [f"{prop.name}: {prop.type or '?'}" for prop in call.properties] + ["…"] * call.open
    return "{ " + ", ".join(names) + " }" if names else ""


def as_json(scan: Scan) -> str:
    """Return everything that was found."""
    calls = [
        {
            "file": call.file, "line": call.line, "column": call.column, "api": call.api, "event": call.event,
            "name": call.sort, "level": call.level or None, "open": call.open,
            "properties": [
                {"name": prop.name, "type": prop.type or "unknown", "values": list(prop.values)}
                for prop in call.properties
            ],
        }
        for call in scan.calls
    ]  # fmt: skip
    trusted = [{"file": each.file, "line": each.line, "what": each.what} for each in scan.trusted]
    broken = [{"file": file, "why": why} for file, why in scan.broken]
    whole = {"calls": calls, "trusted": trusted, "broken": broken, "files": scan.files}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _scan_findings(scan: Scan) -> list[Finding]:
    found = [
        Finding(
            call.file, call.line, "telemetry-call",
            f"{call.api} sends {call.event or 'what is named elsewhere'} {_properties(call)}".rstrip(), "",
        )
        for call in scan.calls
    ]  # fmt: skip
    return found + [
        Finding(
            each.file, each.line, "trusted-value", f"{each.what} vouches for what is made while running", ""
        )
        for each in scan.trusted
    ]


def as_sarif(findings: Iterable[Finding], level: str = "error") -> str:
    """Return findings as SARIF 2.1.0, which code hosts show beside the lines."""
    results = list(findings)
    told = {"telemetry-call": "A call that sends telemetry.", **RULES}
    rules = [
        {"id": rule, "shortDescription": {"text": told.get(rule, rule)}}
        for rule in sorted({each.rule for each in results})
    ]
    driver = {
        "name": "aboveboard",
        "informationUri": "https://github.com/aboveboard/aboveboard",
        "rules": rules,
    }
    run: Mapping[str, Any] = {
        "tool": {"driver": driver},
        "results": [_result(each, "note" if each.rule == "telemetry-call" else level) for each in results],
    }
    return (
        json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)
        + "\n"
    )


def _result(finding: Finding, level: str) -> Mapping[str, Any]:
    location = {
        "physicalLocation": {
            "artifactLocation": {"uri": finding.file},
            "region": {"startLine": max(1, finding.line)},
        }
    }
    text = f"{finding.message}; {finding.remedy}" if finding.remedy else finding.message
    return {"ruleId": finding.rule, "level": level, "message": {"text": text}, "locations": [location]}


def propose(scan: Scan, known: Iterable[str], today: date) -> str:
    """Return entries of a catalog for the events that are sent and not in `known`, with blanks where people must write.

    A property's type is guessed from its values and its name, on the safe side: what is a text stays a text only
    where nothing sounds personal.
    """
    told: set[str] = set(known)
    together: dict[str, list[Call]] = {}
    for call in scan.calls:
        if call.event is not None and call.event not in told:
            together.setdefault(call.event, []).append(call)
    return "\n".join(_entry(name, calls, today) for name, calls in sorted(together.items()))


def _entry(name: str, calls: Sequence[Call], today: date) -> str:
    places = ", ".join(f"{call.file}:{call.line}" for call in calls[:5]) + (" …" if len(calls) > 5 else "")
    lines = [f"# Sent by {places}"]
    if HOLE in name:
        lines.append(f"# The name is made while running: write an entry for each that {HOLE} can be.")
    if any(call.open for call in calls):
        lines.append("# There may be more properties than the source says.")
    level = "error" if any(call.level == "error" for call in calls) else "usage"
    action = any(call.api == "action" for call in calls)
    lines += [
        f"[events.{key(name)}]",
        'description = ""',
        'question = ""',
        f'level = "{level}"',
        'owner = ""',
        'issue = ""',
    ]
    lines += [f"added = {today}", f"expires = {today + FIRST_TERM}", *(["action = true"] if action else [])]
    properties: dict[str, list[Found]] = {}
    for call in calls:
        for found in call.properties:
            properties.setdefault(found.name, []).append(found)
    if properties:
        lines += ["", f"[events.{key(name)}.properties]"]
        lines += [
            f'{key(prop)} = {{ {_type(prop, found)}, description = "" }}'
            for prop, found in properties.items()
        ]
    return "\n".join(lines) + "\n"


def key(name: str) -> str:
    """Return a name as a key of TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _type(name: str, found: Sequence[Found]) -> str:
    """Return the safest type that holds what the source gives."""
    kinds = {kind for each in found for kind in each.type.split("|")} - {"null"}
    values = sorted({value for each in found for value in each.values})
    words = set(split(name))
    if kinds == {"boolean"}:
        return 'type = "bool"'
    if kinds == {"number"}:
        timed = words & {"ms", "duration", "seconds", "elapsed", "took"}
        return 'type = "duration", unit = "ms"' if timed else 'type = "integer", unit = ""'
    if kinds == {"error"} or name in ("error", "sourceError"):
        return 'type = "error"'
    if values and all(each.values for each in found) and len(values) <= _MOST_VALUES:
        return f'type = "enum", values = {json.dumps(values, ensure_ascii=False)}'
    if kinds == {"array"}:
        return 'type = "list", of = { type = "text" }'
    if kinds == {"object"}:
        return 'type = "map", of = { type = "text" }'
    if "version" in words:
        return 'type = "version"'
    if words & PLACES:
        return 'type = "path"'
    if words & PEOPLE or split(name)[-1:] == ["name"] or "id" in words:
        return 'type = "name"'
    return 'type = "text"'


FORMATS: Final[dict[str, Callable[[Scan], str]]] = {
    "table": as_table,
    "json": as_json,
    "sarif": lambda scan: as_sarif(_scan_findings(scan)),
}
"""How a scan can be printed."""
