"""How are numbers, texts and columns written in the engine's answers?

Rows: the format RowBinary. Columns, block after block: the format Native, in which a text is the place of one of the
few that a block has (https://clickhouse.com/docs/interfaces/formats/Native).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Coded", "Columns", "columns", "texts", "varint"]

_WHOLE: dict[str, np.dtype[Any]] = {
    "UInt32": np.dtype("<u4"),
    "UInt64": np.dtype("<i8"),
    "Int64": np.dtype("<i8"),
}
_TEXTS = "LowCardinality(String)"
_U64 = np.dtype("<u8")
_OF_PLACES = ("<u1", "<u2", "<u4", "<u8")

Numbers: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.integer]
_Block: TypeAlias = tuple[list[str], Codes]


class Coded(NamedTuple):
    """A column of texts: those that there are, in order, the empty one always and first, and each row's place."""

    values: list[str]
    codes: Codes


class Columns(NamedTuple):
    """The columns of an answer: those of whole numbers, and those of texts."""

    numbers: list[Numbers]
    texts: list[Coded]


def varint(raw: bytes, at: int) -> tuple[int, int]:
    """Return a number of as many bytes as it needs, and where it ends."""
    number = shift = 0
    while True:
        byte = raw[at]
        number |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return number, at


def texts(raw: bytes, at: int, count: int) -> tuple[list[str], int]:
    """Return some texts that follow each other, and where they end."""
    found = []
    for _ in range(count):
        size, at = varint(raw, at)
        found.append(raw[at : at + size].decode())
        at += size
    return found, at


def columns(raw: bytes, numbers: int, words: int) -> Columns:
    """Read columns in the format Native: first `numbers` whole ones (UInt64 as `toInt64` has them), then texts."""
    blocks = list(_blocks(raw))
    whole = [
        np.concatenate([np.zeros(0, np.int64), *(block[0][place] for block in blocks)])
        for place in range(numbers)
    ]
    return Columns(whole, [_joined([block[1][place] for block in blocks]) for place in range(words)])


def _blocks(raw: bytes) -> Iterator[tuple[list[NDArray[np.integer]], list[_Block]]]:
    at = 0
    while at < len(raw):
        count, at = varint(raw, at)
        rows, at = varint(raw, at)
        whole, told = [], []
        for _ in range(count):
            (name, kind), at = texts(raw, at, 2)
            if kind == _TEXTS:
                column, at = _coded(raw, at) if rows else (([], np.zeros(0, np.uint8)), at)
                told.append(column)
            elif kind in _WHOLE:
                whole.append(np.frombuffer(raw, _WHOLE[kind], rows, at))
                at += _WHOLE[kind].itemsize * rows
            else:
                expected = f"{', '.join(_WHOLE)} or {_TEXTS} is expected"
                raise ValueError(f"The column {name} of an answer is of the type {kind}, and {expected}.")
        yield whole, told


def _coded(raw: bytes, at: int) -> tuple[_Block, int]:
    """Return the texts of a block and each row's place among them: two numbers say how, then each follows its count."""
    how, size = np.frombuffer(raw, _U64, 3, at)[1:].tolist()
    values, at = texts(raw, at + 24, size)
    (rows,) = np.frombuffer(raw, _U64, 1, at).tolist()
    places = np.frombuffer(raw, np.dtype(_OF_PLACES[how & 255]), rows, at + 8)
    return (values, places), at + 8 + places.nbytes


def _joined(blocks: list[_Block]) -> Coded:
    values = sorted({"", *(value for told, _ in blocks for value in told)})
    codes = {value: code for code, value in enumerate(values)}
    kind = np.min_scalar_type(len(values))
    parts = [np.zeros(0, kind)]
    for told, places in blocks:
        parts.append(np.array([codes[value] for value in told], kind).take(places))
    return Coded(values, np.concatenate(parts))
