"""Which providers are in use, in which versions, and how many containers, images, pods and volumes are there?"""

from collections import Counter
from typing import TYPE_CHECKING, Any

from aboveboard.insights.bits import Bits, how_many
from aboveboard.insights.buckets import bucket_name
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look
from aboveboard.insights.versions import order

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ask"]

_DAYS = """
SELECT
    toInt64(toUInt16(day)) AS of_day,
    kind,
    name,
    said,
    groupBitmapMergeState(installs) AS those
FROM {facts} AS events
WHERE {of_installs}
    AND kind IN ('provider', 'count')
GROUP BY day, kind, name, said
"""


def ask(client: "Client", filters: Filters) -> list[dict[str, Any]]:
    """Return a row for each version of each provider, then one for each bucket of each count of objects.

    Rows: kind ("provider" or "count"), name (such as podman, containers), value (a version, or a bucket such as
    "3–5"; of an install the newest or largest of the last day on which it said one), installs, share (of the
    installs that say anything under that name).
    """
    counted = _latest(Look(client, filters))
    everyone: Counter[tuple[str, ...]] = Counter()
    for told, installs in counted.items():
        # A provider may be called like a count.
        everyone[told[:2]] += installs
    return [
        {
            "kind": kind,
            "name": name,
            "value": bucket_name(said) if kind == "count" else said,
            "installs": installs,
            "share": installs / everyone[kind, name],
        }
        for (kind, name, said), installs in sorted(counted.items(), key=lambda row: _order(*row))
        if installs
    ]


def _latest(look: Look) -> dict[tuple[str, ...], int]:
    """Count each install once under each name: first what is told, of that the last day, of that the best."""
    rows = look.bitmaps(_DAYS, keys=1, texts=3)
    worth = {told: _worth(*told) for told in set(rows.texts)}
    ranked = sorted(
        zip(rows.keys, rows.texts, rows.bits, strict=True),
        key=lambda row: (worth[row[1]][0], row[0], worth[row[1]][1:]),
        reverse=True,
    )
    taken: dict[tuple[str, ...], Bits] = {}
    latest: dict[tuple[str, ...], Bits] = {}
    for _, told, (bits,) in ranked:
        before = taken.setdefault(told[:2], rows.none())
        counted = latest.setdefault(told, rows.none())
        counted |= bits & ~before
        before |= bits
    return {told: how_many(bits) for told, bits in latest.items()}


def _worth(kind: str, _: str, said: str) -> tuple[Any, ...]:
    return said != "", kind, *([int(said)] if kind == "count" else [order(said), said])


def _order(told: tuple[str, ...], installs: int) -> tuple[Any, ...]:
    kind, name, said = told
    return (1, name, int(said)) if kind == "count" else (0, name, -installs, said)
