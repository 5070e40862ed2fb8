"""How is a question asked of rollups? All its statements look at the same builds, and at events without one."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aboveboard.insights.asking import in_utc
from aboveboard.insights.filters import FINAL, Filters
from aboveboard.store.rollups import relations

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Look"]

_WORDS = {
    "estimated": "toUInt64(round(sum(weights)))",
    "margin": "1.96 * sqrt(sum(spread))",
    "failures": "toUInt64(round(sumIf(weights, failed)))",
    "installs": "groupBitmapMerge(installs)",
    "success_rate": "if(sum(ended) > 0, sum(worked) / sum(ended_weights), NULL)",
}
"""The SQL of `asking`, of rows that are counted already. No alias may be called like a column that they name."""

_FINE = {"version", "os", "arch", "country"}
"""Filters that the totals do not know."""

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class Look:
    """One look at the events that filters let through, for all statements of one answer."""

    def __init__(self, client: "Client", filters: Filters, *, ever: bool = False) -> None:
        """Look at the span of the filters, or with `ever` at all that was before its end."""
        self._client = client
        self._filters = filters
        self._since = _EVER if ever else filters.since
        self._relations = relations(client, self._since, filters.until)

    def rows(self, sql: str, words: dict[str, str] | None = None, **values: object) -> list[dict[str, Any]]:
        """Return the rows of a statement.

        `{counted}` in it becomes the rows that count events by what filters ask for, `{counts}` those that have
        version and system too, `{where}` the condition; `{estimated}` and the like are as in `asking.rows`.
        """
        tables = self._relations.sql()
        counted = tables["counts" if _FINE & set(self._filters.equal) else "totals"]
        text = sql.format(where=self._filters.kept(), counted=counted, **tables, **_WORDS, **(words or {}))
        if self._relations.clustered:
            # Bitmaps want small numbers, which the servers of a cluster have not agreed upon.
            text = text.replace("groupBitmap", "uniqExact")
        parameters = {
            **self._filters.parameters(),
            **self._relations.parameters(),
            "since": self._since,
            **values,
        }
        found = self._client.query(text, parameters=parameters, settings=FINAL).named_results()
        return [{name: in_utc(value) for name, value in row.items()} for row in found]
