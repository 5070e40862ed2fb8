"""How is a question's SQL asked, and how is an estimate counted?"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aboveboard.insights.filters import FINAL, Filters

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["ESTIMATED", "FAILED", "INSTALLS", "MARGIN", "SUCCESS_RATE", "in_utc", "rows"]

# A sampled event stands for as many as its weight says.
ESTIMATED = "toUInt64(round(sum(weight)))"
"""SQL: how many events there were; exact where nothing is sampled."""

MARGIN = "1.96 * sqrt(sum(weight * (weight - 1)))"
"""SQL: how far that may be off (95 %), each event having been kept by chance with 1 / weight; 0 where none was."""

FAILED = "toUInt64(round(sumIf(weight, failed)))"
"""SQL: how many of them failed."""

INSTALLS = "uniqExactIf((source, install), install != '')"
"""SQL: how many installs."""

SUCCESS_RATE = """if(
        countIf(outcome NOT IN ('cancelled', 'skipped')) > 0,
        sumIf(weight, outcome = 'success') / sumIf(weight, outcome NOT IN ('cancelled', 'skipped')),
        NULL
    )"""
"""SQL: the share (0 to 1) of those that ended which worked; NULL where none ended."""

_WORDS = {
    "estimated": ESTIMATED,
    "margin": MARGIN,
    "failures": FAILED,
    "installs": INSTALLS,
    "success_rate": SUCCESS_RATE,
}


def rows(
    client: "Client", sql: str, filters: Filters, words: dict[str, str] | None = None, **values: object
) -> list[dict[str, Any]]:
    """Return the rows of a statement under the filters.

    `{where}` in it becomes their condition, `{estimated}`, `{margin}`, `{failures}`, `{installs}` and
    `{success_rate}` the SQL above, and `words` more of the kind; `values` are further bound parameters.
    """
    text = sql.format(where=filters.where(), **_WORDS, **(words or {}))
    parameters = {**filters.parameters(), **values}
    found = client.query(text, parameters=parameters, settings=FINAL).named_results()
    return [{name: in_utc(value) for name, value in row.items()} for row in found]


def in_utc(value: Any) -> Any:
    """Return a value as it is; the driver gives moments without their zone, which is UTC."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
