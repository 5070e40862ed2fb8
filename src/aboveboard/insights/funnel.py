"""How many take a way to its end, and where are the others lost?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import rows
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask"]

_MOST_STEPS = 8
_WINDOW = 400 * 86_400_000

_COMMON = """
SELECT event
FROM {counted} AS events
WHERE {where}
    AND kind = 'track'
GROUP BY event
HAVING {installs} > 0
ORDER BY {installs} DESC, min(first_time), event
LIMIT 3
"""

_FUNNEL = """
SELECT reached, count() AS installs
FROM
(
    SELECT
        windowFunnel({{window:UInt64}}, 'strict_increase')(
            toUInt64(toUnixTimestamp64Milli(time)),
            {steps}
        ) AS reached
    FROM events FINAL
    WHERE {where}
        AND install != ''
        AND event IN {{names:Array(String)}}
    GROUP BY source, install
)
GROUP BY reached
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each step; without chosen ones for the three events of most installs.

    Rows: step (from 1), event, installs (that logged all events up to this one, each later than the one before),
    share (of the installs of the first step, 0 to 1), of_previous (of those of the step before).
    """
    steps = list(filters.steps[:_MOST_STEPS]) or [row["event"] for row in Look(client, filters).rows(_COMMON)]
    if not steps:
        return []
    named = {f"step{number}": step for number, step in enumerate(steps)}
    conditions = ", ".join(f"event = {{{name}:String}}" for name in named)
    found = rows(client, _FUNNEL, filters, {"steps": conditions}, window=_WINDOW, names=steps, **named)
    ended = {row["reached"]: row["installs"] for row in found}
    counts = [
        sum(ended.get(last, 0) for last in range(step, len(steps) + 1)) for step in range(1, len(steps) + 1)
    ]
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


def _share(some: int, every: int) -> float | None:
    return some / every if every else None
