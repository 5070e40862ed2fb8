"""How is one measured number held against the number it should reach?"""

from collections.abc import Iterable
from dataclasses import dataclass

SLOWER = 1.2
"""More than a fifth slower is named."""


@dataclass(frozen=True)
class Figure:
    """A measured `value`; `reach` is the design's number, None where there is none, an upper bound if `at_most`."""

    name: str
    value: float
    unit: str
    reach: float | None = None
    at_most: bool = True

    @property
    def reached(self) -> bool | None:
        """Tell whether the number is reached; None where none is set."""
        if self.reach is None:
            return None
        return self.value <= self.reach if self.at_most else self.value >= self.reach


def table(figures: Iterable[Figure]) -> str:
    """Return a table in Markdown: what, what was measured, what to reach, and whether it is."""
    lines = ["| what | measured | reach | |", "|---|---|---|---|"]
    for figure in figures:
        sign = "≤" if figure.at_most else "≥"
        reach = "" if figure.reach is None else f"{sign} {number(figure.reach)} {figure.unit}"
        said = {True: "reached", False: "**not reached**", None: ""}[figure.reached]
        lines.append(f"| {figure.name} | {number(figure.value)} {figure.unit} | {reach} | {said} |")
    return "\n".join(lines)


def number(value: float) -> str:
    """Write a number with three digits that count."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def slower(base: Iterable[Figure], head: Iterable[Figure]) -> list[tuple[str, float]]:
    """Return each figure that got worse by more than a fifth, with its factor, the worst first."""
    before = {figure.name: figure for figure in base}
    found = []
    for after in head:
        old = before.get(after.name)
        if old is None or min(old.value, after.value) <= 0:
            continue
        factor = after.value / old.value if after.at_most else old.value / after.value
        if factor > SLOWER:
            found.append((after.name, factor))
    return sorted(found, key=lambda entry: -entry[1])
