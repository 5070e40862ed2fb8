"""How are single keys of a settings file read and written, and all others left as they are?

The file is JSON with flat keys, written by the app too. A write replaces or adds only the members it
was asked for, as text: other keys, their order, their spelling and the indentation stay. The new file
takes the old one's place in one step, so a reader sees the old or the new one, never a half.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from aboveboard.client.files import replace_file

SPACE: Final = re.compile(r"[ \t\r\n]*")
BOM: Final = "\ufeff"
_DECODER: Final = json.JSONDecoder()


class BrokenSettings(ValueError):
    """The settings file is there and is not a JSON object; it must not be overwritten."""


def read_settings(path: Path) -> dict[str, object]:
    """Return the file's keys, none if there is no file; raise `BrokenSettings` or `OSError`."""
    text = _text(path).removeprefix(BOM)
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenSettings(f"{path} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise BrokenSettings(f"{path} holds no JSON object")
    return found


def write_settings(path: Path, changes: Mapping[str, object]) -> None:
    """Set `changes` in the file and leave the rest as it is; raise `BrokenSettings` or `OSError`."""
    read_settings(path)
    real = Path(os.path.realpath(path))
    text = _text(real)
    for key, value in changes.items():
        text = with_member(text, key, value)
    replace_file(real, text.encode("utf-8"))


def with_member(text: str, key: str, value: object) -> str:
    """Return the JSON object `text` with one member set, everything else byte for byte."""
    body = text.removeprefix(BOM)
    mark = BOM if text.startswith(BOM) else ""
    if not body.strip():
        body = "{}\n"
    newline = "\r\n" if "\r\n" in body else "\n"
    indent = _indent(body)
    written = _dump(value, indent, newline)
    last = None
    for name, start, end in _members(body):
        if name == key:
            return mark + body[:start] + written + body[end:]
        last = end
    member = f"{json.dumps(key)}: {written}"
    lead = newline + indent if indent else (" " if last is not None else "")
    if last is not None:
        return f"{mark}{body[:last]},{lead}{member}{body[last:]}"
    tail = newline if indent else ""
    opening = body.index("{") + 1
    closing = body.rindex("}")
    return f"{mark}{body[:opening]}{lead}{member}{tail}{body[closing:]}"


def _text(path: Path) -> str:
    try:
        # newline="" keeps \r\n as it is.
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError as error:
        raise BrokenSettings(f"{path} is not UTF-8") from error


def _members(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the name of each member of the outer object, and where its value begins and ends."""
    at = _skip(text, _skip(text, 0) + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, start)
        yield name, start, end
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = SPACE.match(text, at)
    return found.end() if found else at


def _indent(text: str) -> str:
    found = re.search(r'^\{\s*?\n([ \t]*)"', text.strip())
    if found:
        return found.group(1)
    return "" if re.search(r"\S", text.strip()[1:-1]) else "  "


def _dump(value: object, indent: str, newline: str) -> str:
    if not indent or not isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, indent=indent).replace("\n", newline + indent)
