"""How are single keys of a settings file read and written, and all others left as they are?

The file is JSON with flat keys, written by the app too. A write replaces or adds only the members it
was asked for, as text: other keys, their order, their spelling and the indentation stay. The new file
takes the old one's place in one step, so a reader sees the old or the new one, never a half. Just before
that step we look whether somebody else wrote meanwhile, and then begin anew from what they wrote. What is no
regular file is neither opened nor replaced.
"""

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aboveboard.client.files import content_of, replace_file

SPACE: Final = " \t\r\n"
BOM: Final = "\ufeff"
TRIES: Final = 20
PAUSE_SECONDS: Final = 0.005
# How often a file that is empty or half written is looked at again: somebody may be writing it in place.
PATIENCE: Final = 4
Pairs = list[tuple[str, object]]


class BrokenSettings(ValueError):
    """The settings file is there and is not a JSON object; it must not be overwritten."""


class BusySettings(OSError):
    """Others wrote the settings file again and again, so that our turn never came."""


def read_settings(path: Path, merge: Callable[[Pairs], dict[str, object]] = dict) -> dict[str, object]:
    """Return the file's keys, none if there is no file; raise `BrokenSettings` or `OSError`.

    `merge` makes an object of its members, and so decides what holds where a key is there twice.
    """
    return _parse(path, content_of(path), merge)


def _parse(
    path: Path, content: bytes, merge: Callable[[Pairs], dict[str, object]] = dict
) -> dict[str, object]:
    text = _decode(path, content).removeprefix(BOM)
    if not text.strip():
        return {}
    import json

    try:
        found = json.loads(text, object_pairs_hook=merge)
    except (ValueError, RecursionError) as error:
        raise BrokenSettings(f"{path} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise BrokenSettings(f"{path} holds no JSON object")
    return found


def write_settings(
    path: Path,
    changes: Mapping[str, object] | Callable[[Mapping[str, object]], Mapping[str, object]],
    merge: Callable[[Pairs], dict[str, object]] = dict,
) -> None:
    """Set `changes` in the file and leave the rest as it is; raise `BrokenSettings` or `OSError`.

    A function is given what the file holds at that moment, and returns the changes.
    """
    real = Path(os.path.realpath(path))
    with _turn(real.parent):
        for _ in range(TRIES):
            before = _settled(real)
            text = _decode(real, before)
            given = changes(_parse(real, before, merge)) if callable(changes) else changes
            for key, value in given.items():
                text = with_member(text, key, value)
            if replace_file(real, text.encode("utf-8"), before=before):
                return
    raise BusySettings(f"{path} is being written all the time")


def _settled(path: Path) -> bytes:
    """Return the content once it is whole: one that stays empty is empty, one that stays broken raises."""
    for _ in range(PATIENCE):
        content = content_of(path)
        try:
            _parse(path, content)
        except BrokenSettings:
            content = b""
        if content or not path.exists():
            return content
        time.sleep(PAUSE_SECONDS)
    content = content_of(path)
    _parse(path, content)
    return content


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """Take turns with other processes of ours, by a lock on the folder, which leaves no file behind.

    Where that lock cannot be had (no such folder yet, Windows, held for too long), do without it.
    """
    try:
        import fcntl

        descriptor = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        for _ in range(TRIES * 10):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                time.sleep(PAUSE_SECONDS)
        yield
    finally:
        os.close(descriptor)


def with_member(text: str, key: str, value: object) -> str:
    """Return the JSON object `text` with one member set, everything else byte for byte."""
    body = text.removeprefix(BOM)
    mark = BOM if text.startswith(BOM) else ""
    if not body.strip():
        body = "{}\n"
    newline = "\r\n" if "\r\n" in body else "\n"
    indent = _indent(body)
    written = _dump(value, indent, newline)
    members = list(_members(body))
    found = [(start, end) for name, start, end in members if name == key]
    if found:
        for start, end in reversed(found):  # every one of them: readers differ on which one counts
            body = body[:start] + written + body[end:]
        return mark + body
    last = members[-1][2] if members else None
    import json

    member = f"{json.dumps(key)}: {written}"
    lead = newline + indent if indent else (" " if last is not None else "")
    if last is not None:
        return f"{mark}{body[:last]},{lead}{member}{body[last:]}"
    tail = newline if indent else ""
    opening = body.index("{") + 1
    closing = body.rindex("}")
    return f"{mark}{body[:opening]}{lead}{member}{tail}{body[closing:]}"


def _decode(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BrokenSettings(f"{path} is not UTF-8") from error


def _members(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield the name of each member of the outer object, and where its value begins and ends."""
    import json

    decoder = json.JSONDecoder()
    at = _skip(text, _skip(text, 0) + 1)
    while text[at] != "}":
        name, at = decoder.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, end = decoder.raw_decode(text, start)
        yield name, start, end
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in SPACE:
        at += 1
    return at


def _indent(text: str) -> str:
    found = re.search(r'^\{\s*?\n([ \t]*)"', text.strip())
    if found:
        return found.group(1)
    return "" if re.search(r"\S", text.strip()[1:-1]) else "  "


def _dump(value: object, indent: str, newline: str) -> str:
    import json

    if not indent or not isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, indent=indent).replace("\n", newline + indent)
