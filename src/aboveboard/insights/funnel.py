"""How many take a way to its end, and where are the others lost?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aboveboard.insights.bits import Bits, how_many
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask"]

_COMMON = """
SELECT event
FROM {counted_in_all} AS events
WHERE {where}
    AND kind = 'track'
GROUP BY event
HAVING {installs} > 0
ORDER BY {installs} DESC, min(first_time), event
LIMIT 3
"""

_DAYS = """
SELECT
    toInt64(toUInt16(day)) AS of_day,
    toInt64(indexOf({{names:Array(String)}}, event) - 1) AS place,
    groupBitmapMergeState(installs) AS those
FROM {counted} AS events
WHERE {where}
    AND event IN {{names:Array(String)}}
GROUP BY of_day, place
ORDER BY of_day
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each step; without chosen ones for the three events of most installs.

    Rows: step (from 1), event, installs (that logged this event on the day of the step before, or later; an event
    that was a step already counts on a later day only), share (of the installs of the first step, 0 to 1),
    of_previous (of those of the step before). Days are those of UTC; the order within one is not looked at.
    """
    look = Look(client, filters)
    steps = list(filters.steps) or [row["event"] for row in look.rows(_COMMON)]
    if not steps:
        return []
    counts = _reached(look, steps)
    return [
        {
            "step": place + 1,
            "event": step,
            "installs": counts[place],
            "share": _share(counts[place], counts[0]),
            "of_previous": _share(counts[place], counts[max(place - 1, 0)]),
        }
        for place, step in enumerate(steps)
    ]


def _reached(look: Look, steps: Sequence[str]) -> list[int]:
    """Count the installs that have taken each step, day by day."""
    names = sorted(set(steps))
    rows = look.bitmaps(_DAYS, keys=2, names=names)
    days: dict[int, dict[str, Bits]] = {}
    for (day, place), (bits,) in zip(rows.keys, rows.bits, strict=True):
        days.setdefault(day, {})[names[place]] = bits
    reached = [rows.none() for _ in steps]
    for logged in days.values():
        before = list(reached)
        for place, step in enumerate(steps):
            here = logged.get(step, rows.none())
            if place:
                here = here & (before if step in steps[:place] else reached)[place - 1]
            reached[place] = reached[place] | here
    return [how_many(bits) for bits in reached]


def _share(some: int, every: int) -> float | None:
    return some / every if every else None
