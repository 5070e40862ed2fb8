"""How well does the cleaner do on a corpus: what leaks, what is kept, what is grouped?"""

import collections
import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from urllib.parse import unquote

from aboveboard.privacy import Cleaner

Record = dict[str, Any]


@dataclass(frozen=True)
class Score:
    """Shares in percent; `failures` are texts with what they leaked or lost."""

    leak: float
    keep: float
    wiped: float
    group_recall: float
    group_precision: float
    failures: list[tuple[str, str, list[str], list[str]]]


def readings(text: str) -> str:
    """The text and what a reader could decode from it, for searching."""
    escapes = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return "\0".join((text, unquote(text), html.unescape(text), escapes)).casefold()


def known_values(known: dict[str, Any]) -> list[str]:
    """What a client knows of its machine, flat."""
    flat = chain.from_iterable(value if isinstance(value, list) else [value] for value in known.values())
    return [value for value in flat if value]


def score(records: Sequence[Record]) -> Score:
    """Clean each record with what its machine knows, and compare with what its author knew."""
    failures = []
    secrets = leaked = keeps = lost = wiped = 0
    shapes: dict[str, list[str]] = collections.defaultdict(list)
    for record in records:
        cleaned = Cleaner(known_values(record["known"])).clean(record["text"])
        read = readings(cleaned)
        out = [secret for secret in record["secrets"] if secret.casefold() in read]
        gone = [keep for keep in record["keep"] if keep not in cleaned]
        secrets, leaked = secrets + len(record["secrets"]), leaked + len(out)
        keeps, lost = keeps + len(record["keep"]), lost + len(gone)
        wiped += bool(gone) and len(gone) == len(record["keep"])
        if record["keep"]:
            shapes[record["shape"]].append(re.sub(r"[0-9a-f]{8,}|\d+", "#", cleaned))
        if out or gone:
            failures.append((record["text"], cleaned, out, gone))
    same_shape = _pairs(map(len, shapes.values()))
    hit = sum(_pairs(collections.Counter(texts).values()) for texts in shapes.values())
    same_text = _pairs(collections.Counter(chain.from_iterable(shapes.values())).values())
    return Score(
        leak=_percent(leaked, secrets),
        keep=_percent(keeps - lost, keeps),
        wiped=_percent(wiped, sum(map(len, shapes.values()))),
        group_recall=_percent(hit, same_shape),
        group_precision=_percent(hit, same_text) if same_text else 100.0,
        failures=failures,
    )


def _pairs(counts: Iterable[int]) -> int:
    return sum(count * (count - 1) // 2 for count in counts)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0.0
