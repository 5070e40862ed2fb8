"""How are changes of a catalog shown: as text, JSON, annotations beside the lines, or a comment on a review?"""

import json
from collections.abc import Callable, Sequence
from typing import Final

from aboveboard.governance.diff import GROWING, KINDS, Change

__all__ = ["FORMATS"]

_HEADINGS: Final = {
    "new": "New", "loosened": "Loosened: more is collected", "tightened": "Tightened: less is collected",
    "removed": "Removed", "expired": "Expired", "reworded": "Reworded",
}  # fmt: skip


def as_text(changes: Sequence[Change]) -> str:
    """Return a line for each change."""
    return "".join(
        f"{each.file}:{each.line}: {each.kind}: {_where(each)}: {each.what}{_asked(each)}\n"
        for each in changes
    )


def _where(change: Change) -> str:
    return f"{change.event}.{change.path}" if change.path else change.event


def _asked(change: Change) -> str:
    if not change.unreviewed:
        return ""
    return (
        "; link the issue where this was agreed" if change.issue else "; link an issue where this was agreed"
    )


def as_json(changes: Sequence[Change]) -> str:
    """Return the changes with all that is known of them."""
    rows = [
        {
            "kind": each.kind, "event": each.event, "property": each.path or None, "what": each.what, "file": each.file,
            "line": each.line, "issue": each.issue or None, "grows": each.kind in GROWING, "reviewed": each.reviewed,
        }
        for each in changes
    ]  # fmt: skip
    grows = any(each.kind in GROWING for each in changes)
    unreviewed = any(each.unreviewed for each in changes)
    return (
        json.dumps({"changes": rows, "grows": grows, "unreviewed": unreviewed}, indent=2, ensure_ascii=False)
        + "\n"
    )


def as_github(changes: Sequence[Change]) -> str:
    """Return workflow commands: an error for what nobody agreed to, a notice for the rest."""
    lines = []
    for each in changes:
        level = "error" if each.unreviewed else "warning" if each.kind == "expired" else "notice"
        place = f"file={_escaped(each.file, ':,')},line={each.line},title={_escaped(f'telemetry {each.kind}', ':,')}"
        lines.append(f"::{level} {place}::{_escaped(f'{_where(each)}: {each.what}{_asked(each)}')}\n")
    return "".join(lines)


def _escaped(text: str, more: str = "") -> str:
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


def as_markdown(changes: Sequence[Change]) -> str:
    """Return a comment for a review: what is collected more and less, and what is still to be agreed."""
    if not changes:
        return "## Usage data\n\nThis changes nothing of what is collected.\n"
    grows = sum(each.kind in GROWING for each in changes)
    open_ = sum(each.unreviewed for each in changes)
    lines = [
        "## Usage data",
        "",
        f"This collects more in {grows} {_places(grows)}." if grows else "This collects no more than before.",
    ]
    if open_:
        lines += [
            "",
            f"**{open_} of them {'needs' if open_ == 1 else 'need'} an issue where that was agreed.**",
        ]
    for kind in KINDS:
        of_kind = [each for each in changes if each.kind == kind]
        if of_kind:
            lines += ["", f"### {_HEADINGS[kind]}", "", "| entry | change | agreed |", "| --- | --- | --- |"]
            lines += [
                f"| `{_cell(_where(each))}` | {_cell(each.what)} | {_agreed(each)} |" for each in of_kind
            ]
    return "\n".join(lines) + "\n"


def _places(count: int) -> str:
    return "place" if count == 1 else "places"


def _agreed(change: Change) -> str:
    if change.kind not in GROWING:
        return ""
    return f"[issue]({change.issue})" if change.reviewed else "**not yet**"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


FORMATS: Final[dict[str, Callable[[Sequence[Change]], str]]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "markdown": as_markdown,
}
"""How changes can be printed."""
