"""How do the events that are let through divide by version, system, country and so on, and from day to day?"""

from typing import Any

from aboveboard.insights.durations import HOW_MANY, LASTED, quantiles
from aboveboard.insights.looking import Look
from aboveboard.store.rollups import DIVISION_PAIRS

__all__ = ["breakdown"]

_SHARES = (0.5, 0.95)

# Durations leave the engine as they stand: to bring equal ones together costs it more than all the rest.
_OF_EACH = """
SELECT
    told.1 AS by,
    told.2 AS value,
    {estimated} AS times,
    {installs} AS by_installs,
    {failures} AS failures,
    {success_rate} AS success_rate,
    {lasted} AS lasted,
    {how_many} AS how_many
FROM
(
    SELECT
        failed, weights, ended, ended_weights, worked, installs, durations,
        arrayJoin([{pairs}]) AS told
    FROM {table} AS events
    WHERE {where}
        {condition}
)
WHERE value != ''
GROUP BY by, value
ORDER BY by, by_installs DESC, times DESC, value
LIMIT 400 BY by
"""

_CODES = {"status code": "status", "exit code": "exit"}

_OF_DAYS = ("day", "week")

_KNOWN = "(division, value)"
_WEEK = "('week', if(division = 'day', toString(toMonday(toDateOrZero(value))), ''))"


def breakdown(look: Look, by: tuple[str, ...], *, failed: bool = False) -> list[dict[str, Any]]:
    """Return a row for each value of each of `by`, in their order, days and weeks in theirs.

    Rows: by, value, events, installs, failures, success_rate, p50_ms, p95_ms. Durations are as in `actions`.
    """
    words = {
        "condition": "AND failed" if failed else "",
        "lasted": "[0]" if failed else LASTED,
        "how_many": "[0]" if failed else HOW_MANY,
    }
    known = [name for name in by if name in DIVISION_PAIRS]
    found = []
    if set(look.named) <= {"event", "reason"}:
        of_these = {"table": "{divisions_in_all}", "pairs": f"{_KNOWN}, {_WEEK}" if "week" in by else _KNOWN}
        narrow = "AND division IN {divisions:Array(String)}"
        found += look.rows(
            _of(of_these), words | {"condition": f"{words['condition']} {narrow}"}, divisions=known
        )
    else:
        for table, names in (
            ("{counts}", [name for name in known if name in _OF_DAYS]),
            ("{counts_in_all}", [name for name in known if name not in _OF_DAYS]),
        ):
            pairs = ", ".join(f"('{name}', toString({DIVISION_PAIRS[name]}))" for name in names)
            found += look.rows(_of({"table": table, "pairs": pairs}), words) if names else []
    codes = [f"('{name}', {column})" for name, column in _CODES.items() if name in by]
    if codes:
        found += look.rows(_of({"table": "{codes_in_all}", "pairs": ", ".join(codes)}), words)
    divided = [_row(row) for row in found]
    divided.sort(key=lambda row: (by.index(row["by"]), row["value"] if row["by"] in ("day", "week") else ""))
    return divided


def _of(words: dict[str, str]) -> str:
    text = _OF_EACH
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text


def _row(row: dict[str, Any]) -> dict[str, Any]:
    middle, slow = quantiles(row["lasted"], row["how_many"], _SHARES)
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
