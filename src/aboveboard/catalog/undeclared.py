"""What can be kept where nothing is declared?

For sources of the policy `cleaned`: every text is cleaned, keys too, numbers that could name somebody are
folded, and depth and size are bounded.
"""

import re
from typing import TYPE_CHECKING

from aboveboard.catalog.builtin import BUILT_IN
from aboveboard.catalog.errors_type import FIELDS, NEVER_SENT, is_code
from aboveboard.catalog.model import (
    JSON,
    MAX_BYTES,
    OUT_OF_RANGE,
    SAME_KEY,
    TOO_DEEP,
    TOO_LARGE,
    WITHHELD,
    WRONG_TYPE,
    Safety,
    Verdict,
)
from aboveboard.catalog.walk import (
    DROPPED,
    MAX_INTEGER,
    MAX_ITEMS,
    Dropped,
    Walk,
    items,
    json_size,
    named,
    plain,
    readable,
)
from aboveboard.privacy import is_hashed

if TYPE_CHECKING:
    from aboveboard.privacy import Cleaner

MAX_DEPTH = 5
MAX_PROPERTIES = 256
MAX_KEY = 64
MAX_EXACT = 10**6

_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]*(?:[.-][A-Za-z0-9_]+)*"
_SEPARATORS = r"([.-])"
_BUILT_IN = frozenset((*BUILT_IN, "aggregated"))
_CODES = frozenset(("code", "statusCode", "exitCode", "errno"))


def clean_name(text: str, cleaner: "Cleaner") -> str:
    """Return the name of an undeclared event or property with every part cleaned that might be a name.

    The parts between dots and dashes are cleaned each on its own, or `recipe.id` would look like a host.
    """
    text = readable(text[: 4 * MAX_KEY])
    if text in _BUILT_IN or text in FIELDS:
        return text
    if not re.fullmatch(_IDENTIFIER, text):
        return readable(cleaner.clean(text))[:MAX_KEY]
    parts = re.split(_SEPARATORS, text)
    return "".join(part if part in ".-" else readable(cleaner.clean(part)) for part in parts)[:MAX_KEY]


def clean_all(properties: object, *, safety: Safety) -> Verdict:
    """Return the properties of an undeclared event, cleaned; total, as `check` is.

    The verdict's `event` is empty (the caller cleans the name with `clean_name`) and its level `usage`.
    """
    walk = Walk(safety, MAX_BYTES - 2)
    kept = _map(properties, "", walk, MAX_DEPTH, MAX_PROPERTIES)
    safe = {} if kept is DROPPED else kept
    return Verdict("", "usage", safe, tuple(walk.drops), tuple(walk.replacements))


def _value(value: object, path: str, walk: Walk, depth: int) -> "JSON | Dropped":
    value = plain(value)
    kind = type(value)
    if value is None or kind is bool:
        return value if walk.charge(5) else walk.drop(path, TOO_LARGE)  # type: ignore[return-value]
    if kind is str:
        return _text(str(value), path, walk)
    if kind is int or kind is float:
        return _number(value, path, walk)  # type: ignore[arg-type]
    if issubclass(kind, dict):
        return _map(value, path, walk, depth, MAX_ITEMS)
    return _list(value, path, walk, depth)


def _text(text: str, path: str, walk: Walk) -> "JSON | Dropped":
    if is_hashed(text):
        return text if walk.charge(json_size(text)) else walk.drop(path, TOO_LARGE)
    return walk.text(text, path)


def _number(number: "int | float", path: str, walk: Walk) -> "JSON | Dropped":
    if not -MAX_INTEGER <= number <= MAX_INTEGER:  # true for a NaN
        return walk.drop(path, OUT_OF_RANGE)
    if not walk.charge(26):
        return walk.drop(path, TOO_LARGE)
    return number if path.rpartition(".")[2] in _CODES and is_code(number) else fold(number)


def fold(number: "int | float") -> "int | float":
    """Return a number too coarse to be somebody's: integers of seven digits on, and fractions, to three digits.

    >>> fold(8589934592), fold(73411.2), fold(52.520008), fold(404)
    (8590000000, 73400.0, 52.5, 404)
    """
    if type(number) is int and abs(number) < MAX_EXACT:
        return number
    folded = float(f"{number:.3g}")
    return int(folded) if type(number) is int else folded


def _map(value: object, path: str, walk: Walk, depth: int, limit: int) -> "dict[str, JSON] | Dropped":
    if not issubclass(type(value), dict):
        return walk.drop(path, WRONG_TYPE)
    if depth == 0:
        return walk.drop(path, TOO_DEEP)
    if not walk.charge(2):
        return walk.drop(path, TOO_LARGE)
    kept: dict[str, JSON] = {}
    for key, item in named(walk, value, path, limit):
        name = clean_name(key, walk.safety.cleaner)
        inner = f"{path}.{name}" if path else name
        if key in NEVER_SENT:
            walk.drop(inner, WITHHELD)
        elif name in kept:
            walk.drop(inner, SAME_KEY)
        elif not walk.charge(json_size(name) + 4):
            walk.drop(inner, TOO_LARGE)
            break
        else:
            safe = _value(item, inner, walk, depth - 1)
            if safe is not DROPPED:
                kept[name] = safe
    return kept


def _list(value: object, path: str, walk: Walk, depth: int) -> "JSON | Dropped":
    values = items(value, MAX_ITEMS + 1)
    if values is None:
        return walk.drop(path, WRONG_TYPE)
    if depth == 0:
        return walk.drop(path, TOO_DEEP)
    if not walk.charge(2):
        return walk.drop(path, TOO_LARGE)
    kept: list[JSON] = []
    for item in values[:MAX_ITEMS]:
        safe = _value(item, path + "[]", walk, depth - 1)
        if safe is not DROPPED and walk.charge(2):
            kept.append(safe)
        if walk.left < 0:
            break
    if len(values) > MAX_ITEMS:
        walk.drop(path, TOO_LARGE)
    return kept
