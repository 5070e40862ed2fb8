"""How do the events that are let through divide by version, system, country and so on, and from day to day?"""

from typing import TYPE_CHECKING, Any

from aboveboard.insights.durations import quantiles
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look
from aboveboard.store.rollups import DIVISION_PAIRS

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["breakdown"]

_COUNTED = """
    {estimated} AS times,
    {installs} AS by_installs,
    {failures} AS failures,
    {success_rate} AS success_rate,
    sumMap(durations.1, durations.2) AS timed"""

_LARGEST = """
GROUP BY by, value
ORDER BY by, by_installs DESC, times DESC, value
LIMIT 400 BY by
"""

_DIVIDED = f"""
SELECT
    division AS by,
    value,{_COUNTED}
FROM {{divisions}} AS events
WHERE {{where}}
    AND division IN {{{{by:Array(String)}}}}
    {{condition}}{_LARGEST}"""  # noqa: S608

# Under filters that divisions do not know.
_FILTERED = f"""
SELECT
    told.1 AS by,
    told.2 AS value,{_COUNTED}
FROM
(
    SELECT
        failed, weights, ended, ended_weights, worked, installs, durations,
        arrayJoin([{{pairs}}]) AS told
    FROM {{counts}} AS events
    WHERE {{where}}
        {{condition}}
)
WHERE value != ''{_LARGEST}"""  # noqa: S608

_CODES = f"""
SELECT
    told.1 AS by,
    told.2 AS value,{_COUNTED}
FROM
(
    SELECT
        failed, weights, ended, ended_weights, worked, installs, durations,
        arrayJoin([('status code', status), ('exit code', exit)]) AS told
    FROM {{codes}} AS events
    WHERE {{where}}
        {{condition}}
)
WHERE value != ''
    AND by IN {{{{by:Array(String)}}}}{_LARGEST}"""  # noqa: S608


def breakdown(
    client: "Client", filters: Filters, by: tuple[str, ...], *, failed: bool = False
) -> list[dict[str, Any]]:
    """Return a row for each value of each of `by`, in their order, days and weeks in theirs.

    Rows: by, value, events, installs, failures, success_rate, p50_ms, p95_ms. Durations are as in `actions`.
    """
    look = Look(client, filters)
    condition = {"condition": "AND failed" if failed else ""}
    known = [name for name in by if name in DIVISION_PAIRS]
    if set(filters.equal) <= {"event", "reason"}:
        found = look.rows(_DIVIDED, condition, by=known)
    else:
        pairs = ", ".join(f"('{name}', toString({DIVISION_PAIRS[name]}))" for name in known)
        found = look.rows(_FILTERED, {"pairs": pairs, **condition})
    codes = [name for name in by if name not in DIVISION_PAIRS]
    if codes:
        found += look.rows(_CODES, condition, by=codes)
    divided = [_row(row) for row in found]
    divided.sort(key=lambda row: (by.index(row["by"]), row["value"] if row["by"] in ("day", "week") else ""))
    return divided


def _row(row: dict[str, Any]) -> dict[str, Any]:
    keys, counts = row["timed"]
    middle, slow = quantiles(keys, counts, (0.5, 0.95))
    return {
        "by": row["by"],
        "value": row["value"],
        "events": row["times"],
        "installs": row["by_installs"],
        "failures": row["failures"],
        "success_rate": row["success_rate"],
        "p50_ms": middle,
        "p95_ms": slow,
    }
