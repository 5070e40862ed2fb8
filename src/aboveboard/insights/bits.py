"""Which installs does a bitmap of the engine hold? Bits in numpy, which are joined and counted in microseconds.

The engine writes a bitmap of up to 32 numbers as a list, and a larger one as the public Roaring format has it
(https://github.com/RoaringBitmap/RoaringFormatSpec); in a cluster it is a list of large numbers (`looking`).
"""

from collections.abc import Iterator, Sequence
from struct import unpack_from
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aboveboard.insights import binary
from aboveboard.insights.binary import varint

__all__ = ["Bitmaps", "Bits", "how_many", "lists", "read"]

Bits = NDArray[np.uint8]
"""Eight installs a byte, the lowest first; of one answer all are equally long."""

_CHUNK = 8192
"""Bytes of a container: 65,536 numbers."""

_RUNS = 12347
_NO_RUNS = 12346
_NO_OFFSETS_BELOW = 4
_LARGEST_ARRAY = 4096

_U16, _U32, _I64 = (np.dtype(kind) for kind in ("<u2", "<u4", "<i8"))

_LIST, _PAIRS, _PLAIN = range(3)

_AT_ONCE = 256
"""So many lists are set in one step."""

_BIT = 1 << np.arange(8, dtype=np.uint8)


class _Container(NamedTuple):
    """What a bitmap has of one high half: a list of low halves, pairs of where runs begin and how long they are, or
    the bits themselves."""

    high: int
    kind: int
    held: NDArray[Any]


class Bitmaps(NamedTuple):
    """Rows of an answer: numbers, texts, and bitmaps. `numbers` are what the bits stand for, 0 where for nobody."""

    keys: list[tuple[int, ...]]
    bits: list[tuple[Bits, ...]]
    numbers: NDArray[np.int64]
    texts: Sequence[tuple[str, ...]] = ()

    def none(self) -> Bits:
        """Return the bits of no install."""
        return np.zeros((self.numbers.size + 7) // 8, np.uint8)

    def named(self, bits: Bits) -> NDArray[np.int64]:
        """Return the numbers of the installs in a bitmap."""
        return self.numbers[np.flatnonzero(np.unpackbits(bits, bitorder="little"))]


def how_many(bits: Bits) -> int:
    """Return how many installs there are."""
    words = bits.view(np.uint64) if bits.size % 8 == 0 else bits
    return int(np.bitwise_count(words).sum())


def read(raw: bytes, keys: int, states: int = 1, texts: int = 0, *, lists: bool = False) -> Bitmaps:
    """Read rows in the format RowBinary: first `keys` numbers (Int64), then `texts`, then `states` bitmaps, or lists of
    UInt64 (of which the larger half count as negative, as `toInt64` has them)."""
    found: list[tuple[int, ...]] = []
    named: list[tuple[str, ...]] = []
    parts: list[list[_Container]] = []
    whole: list[NDArray[np.int64]] = []
    at = 0
    while at < len(raw):
        found.append(unpack_from(f"<{keys}q", raw, at))
        at += 8 * keys
        words, at = binary.texts(raw, at, texts)
        named.append(tuple(words))
        for _ in range(states):
            kind = 0 if lists else raw[at]
            size, at = varint(raw, at if lists else at + 1)
            if lists:
                whole.append(np.frombuffer(raw, _I64, size, at))
                at += 8 * size
            elif kind == 0:
                parts.append(list(_few(unpack_from(f"<{size}I", raw, at))))
                at += 4 * size
            else:
                parts.append(list(_containers(raw, at)))
                at += size
    numbers, bits = _from_lists(whole) if lists else _side_by_side(parts)
    rows = [tuple(bits[place : place + states]) for place in range(0, len(bits), states)]
    return Bitmaps(found, rows, numbers, named)


def lists(
    raw: bytes, keys: int, *, wide: bool = False
) -> Iterator[tuple[tuple[int, ...], NDArray[np.int64]]]:
    """Yield rows in the format RowBinary: `keys` numbers (Int64), and an array of UInt32, or `wide` ones of UInt64."""
    kind = _I64 if wide else _U32
    at = 0
    while at < len(raw):
        found = unpack_from(f"<{keys}q", raw, at)
        size, at = varint(raw, at + 8 * keys)
        yield found, np.frombuffer(raw, kind, size, at).astype(np.int64)
        at += kind.itemsize * size


def _few(numbers: Sequence[int]) -> Iterator[_Container]:
    for high in sorted({number >> 16 for number in numbers}):
        low = [number & 65535 for number in numbers if number >> 16 == high]
        yield _Container(high, _LIST, np.array(low, np.uint16))


def _containers(raw: bytes, at: int) -> Iterator[_Container]:
    """Yield the containers of a bitmap, one for each high half of its numbers."""
    (cookie,) = unpack_from("<I", raw, at)
    if cookie & 65535 == _RUNS:
        size = (cookie >> 16) + 1
        of_runs = int.from_bytes(raw[at + 4 : at + 4 + (size + 7) // 8], "little")
        at += 4 + (size + 7) // 8
    elif cookie == _NO_RUNS:
        (size,) = unpack_from("<I", raw, at + 4)
        of_runs, at = 0, at + 8
    else:
        raise ValueError(f"A bitmap of the store begins with {cookie}, and 12346 or 12347 is expected.")
    heads = unpack_from(f"<{2 * size}H", raw, at)
    at += 4 * size
    if cookie == _NO_RUNS or size >= _NO_OFFSETS_BELOW:
        at += 4 * size
    for place, (high, less_one) in enumerate(zip(heads[::2], heads[1::2], strict=True)):
        if of_runs >> place & 1:
            (some,) = unpack_from("<H", raw, at)
            yield _Container(high, _PAIRS, np.frombuffer(raw, _U16, 2 * some, at + 2))
            at += 2 + 4 * some
        elif less_one < _LARGEST_ARRAY:
            yield _Container(high, _LIST, np.frombuffer(raw, _U16, less_one + 1, at))
            at += 2 * (less_one + 1)
        else:
            yield _Container(high, _PLAIN, np.frombuffer(raw, np.uint8, _CHUNK, at))
            at += _CHUNK


def _of_runs(pairs: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Return flags of numbers from pairs: where a run begins, and how many follow its first."""
    edges = np.zeros(pairs.size + 2, np.int64)
    edges[1:-1:2] = pairs[::2]
    edges[2:-1:2] = edges[1:-1:2] + pairs[1::2] + 1
    edges[-1] = 8 * _CHUNK
    there = np.zeros(pairs.size + 1, np.bool_)
    there[1::2] = True
    return np.repeat(there, np.diff(edges))


def _side_by_side(parts: list[list[_Container]]) -> tuple[NDArray[np.int64], list[Bits]]:
    highs = sorted({each.high for part in parts for each in part})
    places = {high: place for place, high in enumerate(highs)}
    found = np.zeros((len(parts), len(highs), _CHUNK), np.uint8)
    lists = []
    for row, part in enumerate(parts):
        for high, kind, held in part:
            if kind == _LIST:
                lists.append((row * len(highs) + places[high], held))
            else:
                plain = np.packbits(_of_runs(held), bitorder="little") if kind == _PAIRS else held
                found[row, places[high]] = plain
    for first in range(0, len(lists), _AT_ONCE):
        _set(found.reshape(-1), lists[first : first + _AT_ONCE])
    every = (np.array(highs, np.int64)[:, None] << 16) + np.arange(8 * _CHUNK)
    return every.reshape(-1), list(found.reshape(len(parts), len(highs) * _CHUNK))


def _set(bits: Bits, lists: Sequence[tuple[int, NDArray[np.uint16]]]) -> None:
    """Set the bits of lists, each of which is told with the place of its container; no number is there twice."""
    numbers = np.concatenate([held for _, held in lists])
    begins = np.array([place * _CHUNK for place, _ in lists])
    at = np.repeat(begins, [held.size for _, held in lists]) + (numbers >> 3)
    np.add.at(bits, at, _BIT.take(numbers & 7))


def _from_lists(lists: list[NDArray[np.int64]]) -> tuple[NDArray[np.int64], list[Bits]]:
    numbers = np.unique(np.concatenate(lists)) if lists else np.zeros(0, np.int64)
    bits = []
    for each in lists:
        flags = np.zeros(numbers.size, np.bool_)
        flags[np.searchsorted(numbers, each)] = True
        bits.append(np.packbits(flags, bitorder="little"))
    return numbers, bits
