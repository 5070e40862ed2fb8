"""Which extensions and providers do the installs that tried have, in which version, and how many objects?"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aboveboard.insights.bits import Bits
from aboveboard.insights.buckets import bucket_name
from aboveboard.insights.causes.states import Tried
from aboveboard.insights.causes.units import ANY, UNKNOWN, Column
from aboveboard.insights.looking import Look, Numbers, places
from aboveboard.insights.versions import order

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
    read = look.bitmaps(_SAID, keys=0, texts=4)
    things: dict[tuple[str, str], list[_Said]] = {}
    for (kind, name, value, version), (bits,) in zip(read.texts, read.bits, strict=True):
        things.setdefault((kind, name), []).append(_Said(version, value, bits))
    if not things:
        return
    at = places(read.numbers, np.clip(tried.numbers, read.numbers[0], read.numbers[-1]))
    at = np.minimum(at, read.numbers.size - 1)
    versions = list(tried.versions.values)
    cells = tried.versions.codes.astype(np.int64) * (8 * read.none().size) + at
    cells[read.numbers.take(at) != tried.numbers] = -1  # The last one, of installs that have no bit.
    for (kind, name), those in sorted(things.items(), key=lambda thing: thing[0]):
        yield from _columns(kind, name, those, versions, cells)


def _columns(
    kind: str, name: str, those: list[_Said], versions: Sequence[str], cells: Numbers
) -> Iterator[Column]:
    values = sorted({each.value for each in those}, key=lambda value: _worth(kind, value))
    codes = _coded(those, values, versions).take(cells)
    if kind == "count":
        yield Column(name, [UNKNOWN, *map(bucket_name, values)], codes)
        return
    # An extension that is there without saying its version is there all the same.
    there = (codes > 0).view(np.uint8)
    yield Column(f"{kind}:{name}", [UNKNOWN, ANY], there)
    if values[0] == UNKNOWN:
        yield Column(f"{kind}:{name}", values, codes - there)
    else:
        yield Column(f"{kind}:{name}", [UNKNOWN, *values], codes)


def _coded(
    those: list[_Said], values: list[str], versions: Sequence[str]
) -> NDArray[np.unsignedinteger[Any]]:
    """Return for each version and install 1 + the place of its value, or 0, and a last 0."""
    kind: type[np.unsignedinteger[Any]] = np.uint8 if len(values) < 255 else np.uint16
    rank = {value: place + 1 for place, value in enumerate(values)}
    by_version: dict[str, NDArray[np.unsignedinteger[Any]]] = {}
    for each in those:
        flags = np.unpackbits(each.bits, bitorder="little").astype(kind, copy=False)
        flags *= kind(rank[each.value])
        before = by_version.get(each.version)
        by_version[each.version] = flags if before is None else np.maximum(before, flags, out=before)
    ever = np.maximum.reduce(list(by_version.values()))
    found = np.zeros(len(versions) * ever.size + 1, kind)
    for part, version in zip(found[:-1].reshape(len(versions), ever.size), versions, strict=True):
        own = by_version.pop(version, None)
        part[:] = ever if own is None else own + ever * (own == 0)
    return found


def _worth(kind: str, value: str) -> tuple[Any, ...]:
    return (int(value),) if kind == "count" else (value != "", order(value), value)
