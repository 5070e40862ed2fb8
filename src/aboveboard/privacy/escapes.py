"""What does a token say once its escapes are undone? Percent, JSON, HTML and C escapes, up to three deep."""

import re

__all__ = ["WINDOWS_START", "decoded", "has_escape_signs", "has_escapes", "without_outer_escapes"]

ESCAPED = re.compile(
    r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\u\{[0-9A-Fa-f]{1,6}\}|\\x[0-9A-Fa-f]{2}|&(?:#\d+|#x[0-9A-Fa-f]+|[A-Za-z]{2,6});|\\[/\"nrt]"
)
PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
CODE_POINT = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\u\{([0-9A-Fa-f]{1,6})\}")
CONTROL = re.compile(r"[\s\x00-\x1f\x7f]+")
LINE_ESCAPE = re.compile(r"\\[nrt\"]")
WINDOWS_START = re.compile(r"[A-Za-z]:\\|\\\\")
PLACE_START = re.compile(r"\w+://|(?:[A-Za-z]:)?[\\/]|~/")
QUOTE_ESCAPE = re.compile(r"\\([\"\\/])")


def has_escape_signs(text: str) -> bool:
    """Say whether a text has any sign with which an escape begins."""
    return "\\" in text or "%" in text or "&" in text


def has_escapes(token: str) -> bool:
    """Say whether a token may read differently once decoded."""
    return has_escape_signs(token) and ESCAPED.search(token) is not None


def without_outer_escapes(line: str) -> str:
    """Undo JSON's escapes level by level, until the first quote of a line is none that is escaped."""
    first = line.find('"')
    while first > 0 and line[first - 1] == "\\":
        line = QUOTE_ESCAPE.sub(r"\1", line)
        first = line.find('"')
    return line


def decoded(token: str) -> str:
    """Give the token as a reader would decode it; blanks within a path or URL become underscores."""
    text = token
    for _ in range(3):
        before = text
        if "&" in text:
            from html import unescape  # a table of 2,000 entities, hardly ever needed

            text = unescape(text)
        text = PERCENT.sub(_octets, text).replace("\\/", "/").replace("\\\\", "\\")
        text = CODE_POINT.sub(_character, text)
        if text == before:
            break
    if not WINDOWS_START.match(token):
        text = LINE_ESCAPE.sub(" ", text)
    text = CONTROL.sub(" ", text).strip()
    return text.replace(" ", "_") if PLACE_START.match(text) else text


def _octets(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace")


def _character(found: re.Match[str]) -> str:
    point = int(found[1] or found[2] or found[3], 16)
    return chr(point) if point <= 0x10FFFF else "\ufffd"
