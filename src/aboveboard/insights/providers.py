"""Which providers are in use, in which versions, and how many containers, images, pods and volumes are there?"""

from collections import Counter
from typing import TYPE_CHECKING, Any

from aboveboard.insights.bits import Bits, how_many
from aboveboard.insights.buckets import bucket_name
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look
from aboveboard.insights.releases import order

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask"]

_SAID = """
SELECT DISTINCT toInt64(sipHash64(kind, name, said)) AS what, kind, name, said
FROM {facts} AS events
WHERE {of_installs}
    AND kind IN ('provider', 'count')
"""

_DAYS = """
SELECT
    toInt64(toUInt16(day)) AS of_day,
    toInt64(sipHash64(kind, name, said)) AS what,
    groupBitmapMergeState(installs) AS those
FROM {facts} AS events
WHERE {of_installs}
    AND kind IN ('provider', 'count')
GROUP BY of_day, what
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each version of each provider, then one for each bucket of each count of objects.

    Rows: kind ("provider" or "count"), name (such as podman, containers), value (a version, or a bucket such as
    "3–5"; of an install the newest or largest of the last day on which it said one), installs, share (of the
    installs that say anything under that name).
    """
    look = Look(client, filters)
    found = [row | {"installs": 0} for row in look.rows(_SAID)]
    counted = _latest(look, {row["what"]: row for row in found})
    everyone: Counter[tuple[str, str]] = Counter()
    for row in found:
        row["installs"] = counted[row["what"]]
        # A provider may be called like a count.
        everyone[row["kind"], row["name"]] += row["installs"]
    found.sort(key=_order)
    return [
        {
            "kind": row["kind"],
            "name": row["name"],
            "value": bucket_name(row["said"]) if row["kind"] == "count" else row["said"],
            "installs": row["installs"],
            "share": row["installs"] / everyone[row["kind"], row["name"]],
        }
        for row in found
        if row["installs"]
    ]


def _latest(look: Look, said: dict[int, dict[str, Any]]) -> Counter[int]:
    """Count each install once under each name: first what is told, of that the last day, of that the best."""
    rows = look.bitmaps(_DAYS, keys=2)
    worth = {what: _worth(row) for what, row in said.items()}
    ranked = sorted(
        zip(rows.keys, rows.bits, strict=True),
        key=lambda row: (worth[row[0][1]][0], row[0][0], worth[row[0][1]][1:]),
        reverse=True,
    )
    taken: dict[tuple[str, str], Bits] = {}
    counted: Counter[int] = Counter()
    for (_, what), (bits,) in ranked:
        under = said[what]["kind"], said[what]["name"]
        before = taken.get(under, rows.none())
        counted[what] += how_many(bits & ~before)
        taken[under] = before | bits
    return counted


def _worth(row: dict[str, Any]) -> tuple[Any, ...]:
    said = row["said"]
    return said != "", row["kind"], *([int(said)] if row["kind"] == "count" else [order(said), said])


def _order(row: dict[str, Any]) -> tuple[Any, ...]:
    if row["kind"] == "count":
        return 1, row["name"], int(row["said"])
    return 0, row["name"], -row["installs"], row["said"]
