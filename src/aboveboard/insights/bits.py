"""Which installs does a bitmap of the engine hold? Bits in numpy, which are joined and counted in microseconds.

The engine writes a bitmap of up to 32 numbers as a list, and a larger one as the public Roaring format has it
(https://github.com/RoaringBitmap/RoaringFormatSpec); in a cluster it is a list of large numbers (`looking`).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    return int(np.bitwise_count(bits).sum(dtype=np.int64))


def read(raw: bytes, keys: int, states: int = 1, texts: int = 0, *, lists: bool = False) -> Bitmaps:
    """Read rows in the format RowBinary: first `keys` numbers (Int64), then `texts`, then `states` bitmaps, or lists of
    UInt64 (of which the larger half count as negative, as `toInt64` has them)."""
    found: list[tuple[int, ...]] = []
    named: list[tuple[str, ...]] = []
    parts: list[dict[int, Bits]] = []
    whole: list[NDArray[np.int64]] = []
    at = 0
    while at < len(raw):
        found.append(tuple(np.frombuffer(raw, _I64, keys, at).tolist()))
        at += 8 * keys
        words, at = _texts(raw, at, texts)
        named.append(words)
        for _ in range(states):
            kind = 0 if lists else raw[at]
            size, at = _varint(raw, at if lists else at + 1)
            if lists:
                whole.append(np.frombuffer(raw, _I64, size, at))
                at += 8 * size
            elif kind == 0:
                parts.append(_few(np.frombuffer(raw, _U32, size, at)))
                at += 4 * size
            else:
                parts.append(dict(_containers(raw[at : at + size])))
                at += size
    if lists:
        numbers, bits = _from_lists(whole)
    else:
        numbers, bits = _side_by_side(parts)
    rows = [tuple(bits[place : place + states]) for place in range(0, len(bits), states)]
    return Bitmaps(found, rows, numbers, named)


def lists(
    raw: bytes, keys: int, *, wide: bool = False
) -> Iterator[tuple[tuple[int, ...], NDArray[np.int64]]]:
    """Yield rows in the format RowBinary: `keys` numbers (Int64), and an array of UInt32, or `wide` ones of UInt64."""
    kind = _I64 if wide else _U32
    at = 0
    while at < len(raw):
        found = tuple(np.frombuffer(raw, _I64, keys, at).tolist())
        size, at = _varint(raw, at + 8 * keys)
        yield found, np.frombuffer(raw, kind, size, at).astype(np.int64)
        at += kind.itemsize * size


def _texts(raw: bytes, at: int, count: int) -> tuple[tuple[str, ...], int]:
    found = []
    for _ in range(count):
        size, at = _varint(raw, at)
        found.append(raw[at : at + size].decode())
        at += size
    return tuple(found), at


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = raw[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at


def _few(numbers: NDArray[np.uint32]) -> dict[int, Bits]:
    high = numbers >> 16
    return {int(each): _set(numbers[high == each] & 65535) for each in np.unique(high)}


def _set(low: NDArray[np.unsignedinteger]) -> Bits:
    flags = np.zeros(_CHUNK * 8, np.bool_)
    flags[low] = True
    return np.packbits(flags, bitorder="little")


def _containers(raw: bytes) -> Iterator[tuple[int, Bits]]:
    """Yield the high halves of numbers, each with the bits of its low halves."""
    (cookie,) = np.frombuffer(raw, _U32, 1).tolist()
    if cookie & 65535 == _RUNS:
        size = (cookie >> 16) + 1
        flags = np.unpackbits(np.frombuffer(raw, np.uint8, (size + 7) // 8, 4), bitorder="little")
        at = 4 + (size + 7) // 8
    elif cookie == _NO_RUNS:
        (size,) = np.frombuffer(raw, _U32, 1, 4).tolist()
        flags, at = np.zeros(size, np.uint8), 8
    else:
        raise ValueError(f"A bitmap of the store begins with {cookie}, and 12346 or 12347 is expected.")
    heads = np.frombuffer(raw, _U16, 2 * size, at).reshape(-1, 2).tolist()
    at += 4 * size
    if cookie == _NO_RUNS or size >= _NO_OFFSETS_BELOW:
        at += 4 * size
    for (high, less_one), runs in zip(heads, flags.tolist(), strict=False):
        if runs:
            (some,) = np.frombuffer(raw, _U16, 1, at).tolist()
            pairs = np.frombuffer(raw, _U16, 2 * some, at + 2).reshape(-1, 2).astype(np.int64)
            at += 2 + 4 * some
            yield high, _of_runs(pairs)
        elif less_one < _LARGEST_ARRAY:
            yield high, _set(np.frombuffer(raw, _U16, less_one + 1, at))
            at += 2 * (less_one + 1)
        else:
            yield high, np.frombuffer(raw, np.uint8, _CHUNK, at)
            at += _CHUNK


def _of_runs(pairs: NDArray[np.int64]) -> Bits:
    steps = np.zeros(_CHUNK * 8 + 1, np.int8)
    steps[pairs[:, 0]] = 1
    steps[pairs.sum(axis=1) + 1] -= 1
    return np.packbits(steps[:-1].cumsum(dtype=np.int8).astype(np.bool_), bitorder="little")


def _side_by_side(parts: list[dict[int, Bits]]) -> tuple[NDArray[np.int64], list[Bits]]:
    highs = sorted({high for part in parts for high in part})
    nothing = np.zeros(_CHUNK, np.uint8)
    bits = [
        np.concatenate([part.get(high, nothing) for high in highs]) if highs else nothing[:0]
        for part in parts
    ]
    every = [np.arange(high << 16, (high + 1) << 16, dtype=np.int64) for high in highs]
    return np.concatenate(every) if every else np.zeros(0, np.int64), bits


def _from_lists(lists: list[NDArray[np.int64]]) -> tuple[NDArray[np.int64], list[Bits]]:
    numbers = np.unique(np.concatenate(lists)) if lists else np.zeros(0, np.int64)
    bits = []
    for each in lists:
        flags = np.zeros(numbers.size, np.bool_)
        flags[np.searchsorted(numbers, each)] = True
        bits.append(np.packbits(flags, bitorder="little"))
    return numbers, bits
