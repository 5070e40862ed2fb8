"""Which cells of a table may be seen, so that no hidden one follows from those that are?

A table is counted by several attributes at once. A cell fixes some of them and leaves the others open (OPEN), so
that a total is a cell too: of (os, version) the cell ("Linux", OPEN) is all of Linux.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

__all__ = ["AUDITED", "OPEN", "Cell", "Installs", "named", "visible"]

OPEN = None
"""Stands for an attribute that a cell leaves open."""

AUDITED = 200
"""In tables of so many finest cells at the most, sums of any number of answers are looked at too."""

Cell: TypeAlias = tuple[str | None, ...]
Installs: TypeAlias = Mapping[Cell, int]


def visible(installs: Installs, small: int) -> set[Cell]:
    """Return the cells that may be seen; `installs` has every cell that is not empty, totals of all kinds included.

    A cell of fewer than `small` installs is hidden. What lies within a hidden cell is hidden, and so is a total that
    has no other part. Where a total is seen, the hidden parts of it are two at the least, and one of them has `small`
    installs: else the smallest seen part is hidden too, as often as needed. So whatever is taken from a total, what
    is left belongs to `small` installs or to none. (Cox, "Suppression methodology and statistical disclosure
    control", J. Am. Stat. Assoc. 75, 1980, has the idea.)
    """
    only = _only_parts(installs)
    hidden: set[Cell] = set()
    while True:
        seen = _pass(installs, small, hidden)
        # A hidden part that is all of its total is told by the total: then that is hidden too.
        told = {total for part, totals in only.items() if part not in seen for total in totals} & seen
        told = told or _telling(installs, seen, small)
        if not told:
            return seen
        hidden |= told


def named(installs: Mapping[str, int], small: int) -> set[str]:
    """Return the values of one attribute that may be seen beside their total."""
    total = max(small, sum(installs.values()))
    cells: dict[Cell, int] = {(OPEN,): total} | {(value,): count for value, count in installs.items()}
    return {cell[0] for cell in visible(cells, small) if cell[0] is not OPEN}


def _pass(installs: Installs, small: int, hidden: set[Cell]) -> set[Cell]:
    levels: dict[int, list[Cell]] = defaultdict(list)
    for cell in installs:
        levels[sum(value is not OPEN for value in cell)].append(cell)
    seen: set[Cell] = set()
    for level in sorted(levels):
        shown = {
            cell
            for cell in levels[level]
            if installs[cell] >= small and cell not in hidden and seen.issuperset(_totals(cell))
        }
        _repair(levels[level], shown, seen, installs, small)
        seen |= shown
    return seen


def _only_parts(installs: Installs) -> dict[Cell, list[Cell]]:
    """The cells that are the only part of a total, with those totals."""
    parts: dict[tuple[Cell, int], list[Cell]] = defaultdict(list)
    for cell in installs:
        for place, value in enumerate(cell):
            if value is not OPEN:
                parts[(*cell[:place], OPEN, *cell[place + 1 :]), place].append(cell)
    found: dict[Cell, list[Cell]] = defaultdict(list)
    for (total, _), cells in parts.items():
        if len(cells) == 1:
            found[cells[0]].append(total)
    return found


def _telling(installs: Installs, seen: set[Cell], small: int) -> set[Cell]:
    """A seen cell without which one of the small ones would not be a sum of seen ones; empty where none is.

    Each cell is a vector over the finest cells; a small one must lie outside of what the seen ones span. In tables
    of more than AUDITED finest cells this is not looked for.
    """
    finest = [cell for cell in installs if OPEN not in cell]
    hidden = [cell for cell in installs if installs[cell] < small]
    if not seen or not hidden or len(finest) > AUDITED:
        return set()
    rows = sorted(seen, key=lambda cell: (installs[cell], _order(cell)))
    known = _vectors(rows, finest)
    back = np.linalg.pinv(known.T)
    for vector in _vectors(hidden, finest):
        parts = back @ vector
        if np.allclose(known.T @ parts, vector, atol=1e-6):
            return {next(cell for cell, part in zip(rows, parts, strict=True) if abs(part) > 1e-6)}
    return set()


def _vectors(cells: Sequence[Cell], finest: Sequence[Cell]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([[_within(atom, cell) for atom in finest] for cell in cells], dtype=np.float64)


def _within(part: Cell, total: Cell) -> bool:
    return all(value is OPEN or value == own for own, value in zip(part, total, strict=True))


def _totals(cell: Cell) -> Iterable[Cell]:
    for place, value in enumerate(cell):
        if value is not OPEN:
            yield (*cell[:place], OPEN, *cell[place + 1 :])


def _repair(cells: list[Cell], shown: set[Cell], seen: set[Cell], installs: Installs, small: int) -> None:
    """Take from `shown` until no line of cells that sum up to a seen total has an unprotected hidden one."""
    lines: dict[tuple[Cell, int], list[Cell]] = defaultdict(list)
    for cell in cells:
        for place, value in enumerate(cell):
            total = (*cell[:place], OPEN, *cell[place + 1 :])
            if value is not OPEN and total in seen:
                lines[total, place].append(cell)
    of: dict[Cell, list[tuple[Cell, int]]] = defaultdict(list)
    for line, parts in lines.items():
        for cell in parts:
            of[cell].append(line)
    waiting = set(lines)
    while waiting:
        parts = lines[waiting.pop()]
        hidden = [cell for cell in parts if cell not in shown]
        left = [cell for cell in parts if cell in shown]
        if hidden and left and (len(hidden) < 2 or max(installs[cell] for cell in hidden) < small):
            taken = min(left, key=lambda cell: (installs[cell], _order(cell)))
            shown.discard(taken)
            waiting.update(of[taken])


def _order(cell: Cell) -> tuple[str, ...]:
    return tuple(value or "" for value in cell)
