"""Which cells of the events may be seen under some filters, and how much is in each?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look
from aboveboard.insights.suppression import OPEN, Cell, visible

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["DIMENSIONS", "Cells", "read_cells"]

DIMENSIONS = {
    "source": "source",
    "version": "app_version",
    "os": "os",
    "arch": "arch",
    "country": "country",
    "extension": "extension",
    "event": "event",
    "reason": "fingerprint",
    "ended": "multiIf(outcome IN ('cancelled', 'skipped'), 'left', failed, 'failed', 'worked')",
    "week": "toString(toMonday(time))",
    "day": "toString(toDate(time))",
    "started": "toString(event = 'startup')",
    "page": "page",
    "library": "library",
    "library_version": "library_version",
    "extension_version": "extension_version",
    "os_version": "os_version",
    "distribution": "distribution",
    "locale": "locale",
    "timezone": "timezone",
    "status_code": "ifNull(toString(status_code), '')",
    "exit_code": "ifNull(toString(exit_code), '')",
}
"""What cells may be made of, and the SQL of each."""

_COUNTED = DIMENSIONS | {
    "ended": "multiIf(given_up, 'left', failed, 'failed', 'worked')",
    "week": "toString(toMonday(day))",
    "day": "toString(day)",
}
_COARSE = {
    "source", "extension", "event", "reason", "ended", "week", "day", "started", "library", "library_version",
    "extension_version",
}  # fmt: skip
_FINE = _COARSE | {"version", "os", "arch", "country"}
"""What counted events know: where a dimension is among these, no event is read."""

# Of each cell first, so that there is little left to be combined.
_OF_COUNTS = """
SELECT {names}, {open}, groupBitmapMerge(those) AS by_installs, toUInt64(round(sum(weight))) AS times
FROM
(
    SELECT {names}, groupBitmapMergeState(tried) AS those, sum(weight_of_row) AS weight
    FROM
    (
        SELECT installs AS tried, weights AS weight_of_row, {values}
        FROM {{{table}}} AS events
        WHERE {{where}}
            {condition}
    )
    GROUP BY {names}
)
GROUP BY {names} WITH CUBE
"""

_OF_EVENTS = """
SELECT {names}, {open}, {{installs}} AS by_installs, {{estimated}} AS times
FROM
(
    SELECT source, install, weight, {values}
    FROM events FINAL
    WHERE {{where}}
        {condition}
)
GROUP BY {names} WITH CUBE
"""

_ALL = """
SELECT {installs} AS by_installs, {estimated} AS times
FROM {counted_in_all} AS events
WHERE {where}
    {condition}
"""


@dataclass(frozen=True)
class Cells:
    """The cells of some dimensions under some filters; values are given in the order of `asked`."""

    filters: Mapping[str, str]
    asked: Sequence[str]
    counts: Mapping[Cell, tuple[int, int]]
    seen: frozenset[Cell]

    def shows(self, *values: str | None) -> bool:
        """Whether a cell may be seen; without values the one of the filters alone."""
        return self._cell(values) in self.seen

    def empty(self, *values: str | None) -> bool:
        """Whether nothing at all is in a cell, which may be said."""
        return self._cell(values) not in self.counts

    def events(self, *values: str | None) -> int | None:
        """The exact events of a cell that may be seen, else None; 0 where it is empty."""
        cell = self._cell(values)
        if cell not in self.counts:
            return 0
        return self.counts[cell][1] if cell in self.seen else None

    def values(self, *first: str | None) -> list[str]:
        """The values of the next dimension that may be seen beside the first ones, most installs first."""
        name = self.asked[len(first)]
        if name in self.filters:
            return [self.filters[name]] if self.shows(*first) else []
        place = list(self._names()).index(name)
        found = [
            cell
            for cell in self.seen
            if cell[place] is not OPEN and (*cell[:place], OPEN, *cell[place + 1 :]) == self._cell(first)
        ]
        found.sort(key=lambda cell: (-self.counts[cell][0], cell[place] or ""))
        return [cell[place] or "" for cell in found]

    def _names(self) -> list[str]:
        return [*self.filters, *(name for name in self.asked if name not in self.filters)]

    def _cell(self, values: Sequence[str | None]) -> Cell:
        given = dict(zip(self.asked, values, strict=False)) | dict(self.filters)
        return tuple(given.get(name, OPEN) for name in self._names())


def read_cells(
    client: "Client", filters: Filters, dimensions: Sequence[str], small: int, *, failed: bool = False
) -> Cells:
    """Count every cell of the filters in use and `dimensions`; with `failed` among failures alone.

    The filters' exact values are dimensions too: what they leave out must not be small either.
    """
    names = [*filters.equal, *(name for name in dimensions if name not in filters.equal)]
    condition = "AND failed" if failed else ""
    if not names:
        (row,) = Look(client, filters).rows(_ALL, {"condition": condition})
        counts: dict[Cell, tuple[int, int]] = {(): (row["by_installs"], row["times"])}
        return Cells({}, [], counts, frozenset({()} if row["by_installs"] >= small else ()))
    counted = set(names) <= _FINE
    sql = (_OF_COUNTS if counted else _OF_EVENTS).format(
        names=", ".join(f"d{place}" for place in range(len(names))),
        open=", ".join(f"grouping(d{place}) AS o{place}" for place in range(len(names))),
        values=", ".join(
            f"toString({(_COUNTED if counted else DIMENSIONS)[name]}) AS d{place}"
            for place, name in enumerate(names)
        ),
        condition=condition,
        table=("counted" if set(names) <= _COARSE else "counts")
        + ("" if {"day", "week"} & set(names) else "_in_all"),
    )
    everything = replace(filters, equal={})
    found = Look(client, everything).rows(sql) if counted else rows(client, sql, everything)
    counts = {}
    for row in found:
        cell = tuple(OPEN if row[f"o{place}"] else row[f"d{place}"] for place in range(len(names)))
        if row["times"] or row["by_installs"]:
            counts[cell] = row["by_installs"], row["times"]
    # What belongs to no install is as little shown as what belongs to one.
    seen = visible({cell: count[0] for cell, count in counts.items()}, small)
    return Cells(dict(filters.equal), list(dimensions), counts, frozenset(seen))
