"""On which line of a TOML file does a key stand?

The standard library's TOML reader keeps no lines. This index is not a second reader: it is used only on
texts that the reader has accepted, and needs to know just enough to skip strings and nested brackets.
"""

import re
from collections.abc import Iterator, Mapping

Path = tuple[str, ...]

_PART = r'(?:"(?:[^"\\]|\\.)*"|\'[^\']*\'|[A-Za-z0-9_-]+)'
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_TABLE = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
_EACH = re.compile(_PART)
_TOKEN = re.compile(
    r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*|[\[\]{}]',
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)")


def index(text: str) -> dict[Path, int]:
    """Return the line, from 1, of each table and key outside inline tables, by its path.

    What is named only on the way to a longer name stands where it is named first.
    """
    found: dict[Path, int] = {}
    passed: dict[Path, int] = {}
    table: Path = ()
    for number, line in _statements(text):
        header = _TABLE.match(line)
        key = None if header else _KEY.match(line)
        if header:
            table = path = _path(header[1])
        elif key:
            path = table + _path(key[1])
        else:
            continue
        found.setdefault(path, number)
        for length in range(1, len(path)):
            passed.setdefault(path[:length], number)
    return passed | found


def nearest(lines: Mapping[Path, int], path: Path) -> int:
    """Return the line of `path`, or of the closest table or key around it."""
    for length in range(len(path), 0, -1):
        line = lines.get(path[:length])
        if line is not None:
            return line
    return 1


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that begin a statement: not those inside a longer string or an open bracket."""
    quote, depth = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        begins = not quote and depth == 0
        if begins:
            yield number, line
        header = begins and _TABLE.match(line) is not None
        quote, change = _after(line, quote)
        depth = 0 if header else max(0, depth + change)


def _after(line: str, quote: str) -> tuple[str, int]:
    """Return which long string is open after `line`, and how many more brackets are."""
    change, at = 0, 0
    while at < len(line):
        if quote:
            end = _closing(line, quote, at)
            if end < 0:
                return quote, change
            quote, at = "", end
            continue
        token = _TOKEN.search(line, at)
        if token is None:
            break
        at = token.end()
        if token[0] in ('"""', "'''"):
            quote = token[0]
        else:
            change += (token[0] in "[{") - (token[0] in "]}")
    return quote, change


def _closing(line: str, quote: str, start: int) -> int:
    """Return where a long string ends, behind up to two more quotes of its own, or -1."""
    at = start
    while (at := line.find(quote, at)) >= 0:
        slashes = len(line[start:at]) - len(line[start:at].rstrip("\\"))
        if quote == "'''" or slashes % 2 == 0:
            end = at + 3
            while end < len(line) and end < at + 5 and line[end] == quote[0]:
                end += 1
            return end
        at += 1
    return -1


def _path(dotted: str) -> Path:
    return tuple(_unquoted(part) for part in _EACH.findall(dotted))


def _unquoted(part: str) -> str:
    if part[0] == "'":
        return part[1:-1]
    return _ESCAPE.sub(_escaped, part[1:-1]) if part[0] == '"' else part


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] in "uU" and len(code) > 1:
        return chr(int(code[1:], 16))
    return {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}.get(code, code)
