"""Which extensions and providers do the installs that tried have, in which version, and how many objects?"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aboveboard.insights.bits import Bits
from aboveboard.insights.buckets import bucket_name
from aboveboard.insights.causes.states import Tried
from aboveboard.insights.causes.units import ANY, UNKNOWN, Codes, Column
from aboveboard.insights.looking import Look, Numbers, places
from aboveboard.insights.releases import order

__all__ = ["known_columns"]

_SAID = """
SELECT kind, name, said, app_version, groupBitmapMergeState(installs) AS those
FROM {facts_in_all} AS events
WHERE {of_installs}
GROUP BY kind, name, said, app_version
"""


class _Said(NamedTuple):
    """One thing that installs said of themselves under one version of the app."""

    version: str
    value: str
    bits: Bits


def known_columns(look: Look, tried: Tried) -> Iterator[Column]:
    """Yield a column for each extension (two: there, and its version), provider and count of objects, by name.

    What an install said in the version of the app that a row is of, else what it said in any. Of several values the
    newest version and the largest number count; an unknown version never replaces a known one.
    """
    read = look.with_texts(_SAID, texts=4)
    things: dict[tuple[str, str], list[_Said]] = {}
    for (kind, name, value, version), (bits,) in zip(read.texts, read.bits, strict=True):
        things.setdefault((kind, name), []).append(_Said(version, value, bits))
    if not things:
        return
    at = places(read.numbers, np.clip(tried.numbers, read.numbers[0], read.numbers[-1]))
    at = np.minimum(at, read.numbers.size - 1)
    of_versions = _rows_of_versions(tried.versions, np.where(read.numbers[at] == tried.numbers, at, -1))
    for (kind, name), those in sorted(things.items(), key=lambda thing: thing[0]):
        yield from _columns(kind, name, those, of_versions, tried.numbers.size)


def _rows_of_versions(versions: Column, at: Numbers) -> dict[str, tuple[Codes, Numbers]]:
    """Return the rows of each version of the app whose installs have bits, with the places of these."""
    found = {}
    for code, version in enumerate(versions.values):
        rows = np.flatnonzero((versions.codes == code) & (at >= 0))
        found[version] = rows, at[rows]
    return found


def _columns(
    kind: str, name: str, those: list[_Said], of_versions: dict[str, tuple[Codes, Numbers]], size: int
) -> Iterator[Column]:
    values = sorted({each.value for each in those}, key=lambda value: _worth(kind, value))
    codes = _coded(those, values, of_versions, size)
    if kind == "count":
        yield Column(name, [UNKNOWN, *map(bucket_name, values)], codes)
        return
    # An extension that is there without saying its version is there all the same.
    yield Column(f"{kind}:{name}", [UNKNOWN, ANY], (codes > 0).astype(np.int32))
    if values[0] == UNKNOWN:
        yield Column(f"{kind}:{name}", values, np.maximum(codes - 1, 0))
    else:
        yield Column(f"{kind}:{name}", [UNKNOWN, *values], codes)


def _coded(
    those: list[_Said], values: list[str], of_versions: dict[str, tuple[Codes, Numbers]], size: int
) -> NDArray[np.int32]:
    """Return for each row 1 + the place of its value, or 0."""
    kind: type[np.unsignedinteger[Any]] = np.uint8 if len(values) < 255 else np.uint16
    rank = {value: place + 1 for place, value in enumerate(values)}
    by_version: dict[str, Numbers] = {}
    for each in those:
        flags: Numbers = np.unpackbits(each.bits, bitorder="little").astype(kind, copy=False)
        flags *= kind(rank[each.value])
        before = by_version.get(each.version)
        by_version[each.version] = flags if before is None else np.maximum(before, flags, out=before)
    ever = np.maximum.reduce(list(by_version.values()))
    codes = np.zeros(size, np.int32)
    for version, (rows, at) in of_versions.items():
        own = by_version[version][at] if version in by_version else np.zeros(at.size, kind)
        codes[rows] = np.where(own > 0, own, ever[at])
    return codes


def _worth(kind: str, value: str) -> tuple[Any, ...]:
    return (int(value),) if kind == "count" else (value != "", order(value), value)
