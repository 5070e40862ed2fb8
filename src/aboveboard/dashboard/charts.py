"""What does the browser draw of a time series, whose numbers stand in a table beside it?"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Any

import msgspec

__all__ = ["lines", "pairs", "spark"]

_DAY = 86_400


def pairs(rows: Iterable[Mapping[str, Any]], value: str, day: str = "start") -> list[tuple[Any, Any]]:
    """Return the (day, value) pairs of rows, as `lines` takes them."""
    return [(row[day], row[value]) for row in rows]


def lines(
    series: Mapping[str, Iterable[Sequence[Any]]],
    unit: str = "count",
    start: str = "zero",
    axis: str = "time",
) -> str:
    """Return the data of a chart as JSON: one line for each name, of (day, value) pairs.

    `unit` is "count" or "share"; `start` "zero" draws the axis of values from 0; `axis` "number" has numbers for days.
    """
    points = {name: {_x(day): value for day, value in pairs} for name, pairs in series.items()}
    every = sorted({x for line in points.values() for x in line})
    empty = None
    if axis == "time" and unit == "count" and any(b - a == _DAY for a, b in pairwise(every)):
        # A day on which nothing happened has no row, and a line must not pass over it.
        every, empty = list(range(every[0], every[-1] + _DAY, _DAY)), 0
    data = {
        "x": every,
        "series": [
            {"label": name, "values": [line.get(x, empty) for x in every]} for name, line in points.items()
        ],
        "unit": unit,
        "start": start,
        "axis": axis,
    }
    return msgspec.json.encode(data).decode()


def spark(days: Sequence[Sequence[Any]], width: int = 96, height: int = 22) -> str:
    """Return the corners of a small line over days, as an SVG polyline takes them; days without a value are 0."""
    if len(days) < 2:
        return ""
    first, last = (_x(days[place][0]) // 86_400 for place in (0, -1))
    known = {_x(day) // 86_400: value for day, value in days}
    top = max(known.values()) or 1
    step = width / max(last - first, 1)
    return " ".join(
        f"{(day - first) * step:.1f},{height - 1 - known.get(day, 0) / top * (height - 2):.1f}"
        for day in range(first, last + 1)
    )


def _x(day: Any) -> int:
    if isinstance(day, int):
        return day
    if isinstance(day, str):
        day = date.fromisoformat(day)
    return int(datetime.combine(day, time(), UTC).timestamp())
