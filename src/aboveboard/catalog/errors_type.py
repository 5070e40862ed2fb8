"""What of an error may be sent?

Texts are cleaned, codes keep only the form of codes, a class name only the form of a class name. A command
line and what a program printed to its standard output are never sent: they are the person's own words.
"""

import re
from collections.abc import Callable
from typing import TypeAlias

from aboveboard.catalog.model import (
    JSON,
    OUT_OF_RANGE,
    TOO_DEEP,
    TOO_LARGE,
    UNDECLARED_PROPERTY,
    WITHHELD,
    WRONG_TYPE,
)
from aboveboard.catalog.walk import DROPPED, Dropped, Walk, json_size, named, plain

Field: TypeAlias = "Callable[[object, Walk, str], JSON | Dropped]"

MAX_CAUSES = 2
"""How many causes of causes are kept."""

_CODE_RANGES = (
    (-99_999, 99_999),  # status, exit and errno
    (0x8000_0000, 0x800F_FFFF),  # HRESULT of the system
    (0xC000_0000, 0xC000_FFFF),  # NTSTATUS
    (0xFFFF_0000, 0xFFFF_FFFF),  # a negative exit code, read as unsigned
)
# Texts, that `re` compiles when the first error comes and remembers: most runs have none.
_CLASS = (
    r"(?a)\*?(?:\w{1,64}[.:]{1,2}){0,8}"
    r"((?:[A-Z][A-Za-z0-9]{0,60})?(?:Error|Exception|Warning|Failure|Fault|Exit|Interrupt|Timeout|Refused|Denied|"
    r"NotFound|Abort|Aborted|Cancelled|Canceled|Iteration|Rejection|Panic|Violation|Group))"
)
_CAPITALS = r"[A-Z][A-Z0-9_]{1,47}"
_ERRNO = r"E[A-Z0-9]{2,15}|(?:ERR|HPE|UND_ERR|ENGINE)_[A-Z0-9_]{2,40}|SIG[A-Z]{2,6}|WSAE[A-Z]{2,15}"
_DIGITS = r"(?a)-?\d{1,10}|0[xX][0-9a-fA-F]{1,8}"


def _text(value: object, walk: Walk, path: str) -> "JSON | Dropped":
    text = value if type(value) is str else plain(value)
    return walk.text(text, path) if type(text) is str else walk.drop(path, WRONG_TYPE)


def _flag(value: object, walk: Walk, path: str) -> "JSON | Dropped":
    return value if type(value) is bool else walk.drop(path, WRONG_TYPE)


def _class_name(value: object, walk: Walk, path: str) -> "JSON | Dropped":
    text = value if type(value) is str else plain(value)
    found = re.fullmatch(_CLASS, text) if type(text) is str and len(text) <= 512 else None
    return found[1] if found else walk.drop(path, WRONG_TYPE)


def _code(value: object, walk: Walk, path: str) -> "JSON | Dropped":
    code = plain(value)
    if type(code) is float and code.is_integer():
        code = int(code)
    if type(code) is int:
        return code if is_code(code) else walk.drop(path, OUT_OF_RANGE)
    if type(code) is not str or not _is_token(code[:64], walk):
        return walk.drop(path, WRONG_TYPE)
    return code[:64]


def is_code(number: float) -> bool:
    """Tell whether a number is one that systems use as a status, an exit code or an errno."""
    return any(low <= number <= high for low, high in _CODE_RANGES)


def _is_token(text: str, walk: Walk) -> bool:
    if re.fullmatch(_DIGITS, text):
        return is_code(int(text, 16 if text[1:2] in ("x", "X") else 10))
    if not re.fullmatch(_CAPITALS, text):
        return False
    return bool(re.fullmatch(_ERRNO, text)) or walk.safety.cleaner.clean(text) == text


FIELDS: dict[str, Field] = {
    **dict.fromkeys(("message", "reason", "stderr", "stdErr", "stack", "detail", "description"), _text),
    **dict.fromkeys(("type", "name"), _class_name),
    **dict.fromkeys(("code", "statusCode", "exitCode", "errno", "status", "signal"), _code),
    **dict.fromkeys(("cancelled", "killed", "timedOut"), _flag),
}
"""What an error may hold, and how each part is made safe."""

_THEIR_OWN_WORDS = """
command cmd args argv spawnargs stdout stdOut output env environment headers body config request
response
"""
NEVER_SENT = frozenset(_THEIR_OWN_WORDS.split())
"""Parts that are dropped wherever they stand in an error, whatever they hold."""


def error_check(path: str) -> "Callable[[object, Walk], JSON | Dropped]":
    """Return the check of a property of type `error`.

    A text stands for its message. What comes out is always a map, so that readers meet one shape.
    """

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        return safe_error(value, walk, path, MAX_CAUSES)

    return check


def safe_error(value: object, walk: Walk, path: str, causes: int) -> "JSON | Dropped":
    """Return what may be sent of one error, with at most `causes` causes below it."""
    if type(plain(value)) is str:
        value = {"message": value}
    if not issubclass(type(value), dict):
        return walk.drop(path, WRONG_TYPE)
    kept: dict[str, JSON] = {}
    for key, item in named(walk, value, path):
        if item is None:
            continue
        inner = f"{path}.{key}" if key in FIELDS or key in NEVER_SENT or key == "cause" else path + ".*"
        safe = _part(key, item, walk, inner, causes)
        if safe is DROPPED:
            continue
        if not walk.charge(json_size(key) + 4 + _scalar_size(safe)):
            walk.drop(inner, TOO_LARGE)
            break
        kept[key] = safe
    return kept if walk.charge(2) else walk.drop(path, TOO_LARGE)


def _part(key: str, value: object, walk: Walk, path: str, causes: int) -> "JSON | Dropped":
    check = FIELDS.get(key)
    if check is not None:
        return check(value, walk, path)
    if key == "cause":
        return safe_error(value, walk, path, causes - 1) if causes else walk.drop(path, TOO_DEEP)
    return walk.drop(path, WITHHELD if key in NEVER_SENT else UNDECLARED_PROPERTY)


def _scalar_size(safe: JSON) -> int:
    """Return what `safe` takes; texts have paid already, and are charged once more rather than never."""
    return json_size(safe) if isinstance(safe, str) else 12
