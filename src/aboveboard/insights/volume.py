"""What takes the room, and which rule would save most of it?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask"]

_MUCH = 10
"""More events than this of an install on a day would be told as well by one that sums them up."""

_LEAST_SHARE = 0.02

# What is stored counts here, not what it stands for. One message may bring many events: its bytes count once.
_VOLUME = """
SELECT
    event,
    sum(of_day) AS events,
    sum(bytes_of_day) AS bytes,
    groupBitmapMerge(that_day) AS installs,
    sum(bitmapCardinality(that_day)) AS install_days
FROM
(
    SELECT
        event,
        day,
        sum(stored) AS of_day,
        sum(size) AS bytes_of_day,
        groupBitmapMergeState(installs) AS that_day
    FROM {counted} AS events
    WHERE {where}
    GROUP BY event, day
)
GROUP BY event
ORDER BY bytes DESC, events DESC, event
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each event's name, those of most bytes first.

    Rows: event, events (stored), bytes (as they came in), share (of all bytes), installs, a_day (events of an
    install on a day of its use), rule (the line of a rules file that would save most, or empty), saving (share of
    all bytes that it would save).
    """
    found = Look(client, filters).rows(_VOLUME)
    every = sum(row["bytes"] for row in found) or 1
    return [_with_rule(row, every) for row in found]


def _with_rule(row: dict[str, Any], every: int) -> dict[str, Any]:
    days = row.pop("install_days")
    a_day = row["events"] / days if days else None
    row |= {"share": row["bytes"] / every, "a_day": a_day, "rule": "", "saving": 0.0}
    if a_day is not None and a_day > _MUCH and row["share"] >= _LEAST_SHARE:
        row["rule"] = f'{{"event": "{row["event"]}", "frequency": "dailyPerInstance"}}'
        row["saving"] = row["share"] * (1 - 1 / a_day)
    return row
