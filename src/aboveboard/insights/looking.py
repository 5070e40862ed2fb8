"""How is a question asked of rollups? All its statements look at the same builds, and at events without one."""

import re
from collections.abc import Hashable
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aboveboard.insights import binary
from aboveboard.insights.asking import in_utc
from aboveboard.insights.bits import Bitmaps, read
from aboveboard.insights.filters import FINAL, Filters
from aboveboard.store.rollups import Standing, generation, numbered, relations, standing

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Look", "Numbers", "places"]

Numbers: TypeAlias = NDArray[Any]

_WORDS = {
    "estimated": "toUInt64(round(sum(weights)))",
    "margin": "1.96 * sqrt(sum(spread))",
    "failures": "toUInt64(round(sumIf(weights, failed)))",
    "installs": "groupBitmapMerge(installs)",
    "success_rate": "if(sum(ended) > 0, sum(worked) / sum(ended_weights), NULL)",
}
"""The SQL of `asking`, of rows that are counted already. No alias may be called like a column that they name."""

# Bitmaps want small numbers, which the servers of a cluster have not agreed upon: lists of large ones count as well.
_OF_A_CLUSTER = (
    (r"groupBitmapMerge\((\w+)\)", r"length(groupUniqArrayMerge(\1))"),
    (r"bitmapCardinality\((\w+)\)", r"length(finalizeAggregation(\1))"),
    (r"bitmapToArray\((groupBitmapMergeState\(\w+\))\)", r"finalizeAggregation(\1)"),
    (r"groupBitmap(\w*State)", r"groupUniqArray\1"),
)
_COUNTED = FINAL | {"optimize_move_to_prewhere": 0, "max_read_buffer_size": 65_536}
"""Settings where nothing but counts is read: some dozens of small parts, for each of which two steps and a buffer of a
megabyte cost more than what they save. They halve the processor time of a small statement."""

_DENSE = 50_000_000
_MOST_COLUMNS = 8

_AT_ONCE = 2000
"""So many numbers fit into the address of a request to a server."""

_FINE = {"version", "os", "arch", "country"}
"""Filters that the totals do not know."""

_PLACE = _FINE - {"version"}
"""Filters that what installs have is kept without, to be read faster."""

_OF_EVENTS = {"event", "extension", "reason"}
"""Filters that rows of installs do not know."""

_OF_INSTALLS = ("stays", "attributes", "facts")
"""Tables of such rows, which are counted of events under those filters."""

_IN_ALL = "_in_all"
"""What ends the names of tables whose rows say no day."""

_PARTS = 400
"""Parts of the store are named by the day of the clients' clocks since 1970, modulo this (`0001` of the migrations)."""

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


class Look:
    """One look at the events that filters let through, for all statements of one answer."""

    def __init__(
        self,
        client: "Client",
        filters: Filters,
        *,
        ever: bool = False,
        states: bool = False,
        stands: Standing | None = None,
    ) -> None:
        """Look at the span of the filters, or with `ever` at all that was before its end.

        With `states` the states of installs can be told apart too (`attempts`, `given`, `states`).
        """
        self.client = client
        self._stands = stands or standing(client)
        self._filters = filters
        self._since = _EVER if ever else filters.since
        looked = relations(client, self._since, filters.until, self._stands)
        self._relations = numbered(client, looked) if states else looked
        self.counted = not self._relations.raw and not self._relations.clustered
        """Whether nothing is read but counts."""
        self._settings = _COUNTED if self.counted else FINAL
        self.named = frozenset(filters.equal)
        self.whole_days = set(filters.equal) <= _FINE and filters.since.time() == time()
        """Whether bitmaps of days can tell of all that is looked at."""

    def ahead(self, builds: Numbers, days: Numbers) -> Numbers:
        """Return by how many days the clocks of each build's clients were ahead of a day (since 1970), or behind.

        That is the order of the builds of one day. What is read of events comes last.
        """
        named = {build.number: int(part) for part, build in (self._stands.good or {}).items()}
        known = np.array([0, *sorted(named)], np.int64)
        at = np.searchsorted(known, builds)
        parts = np.array([named.get(number, 0) for number in known.tolist()], np.int64)[at]
        return np.where(builds > 0, (parts - days + _PARTS // 2) % _PARTS - _PARTS // 2, _PARTS)

    def of_states(self) -> Hashable:
        """Return what the states of installs depend on, or None where more than counts is read: they may change."""
        now = generation(self._stands) if self.counted else None
        places = sorted((name, value) for name, value in self._filters.equal.items() if name in _FINE)
        return None if now is None else (now, tuple(self._filters.sources), tuple(places))

    def under(self, filters: Filters, *, ever: bool = False, states: bool = False) -> "Look":
        """Return a look at the same state of the store under other filters."""
        return Look(self.client, filters, ever=ever, states=states, stands=self._stands)

    def rows(self, sql: str, words: dict[str, str] | None = None, **values: object) -> list[dict[str, Any]]:
        """Return the rows of a statement.

        `{counted}` in it becomes the rows that count events by what filters ask for, `{counts}` those that have
        version and system too, `{views}` pages and the next ones, `{codes}` what has a status or exit code,
        `{where}` the condition on all of them; `{divisions}` know the filters event and reason only. `{stays}`
        and `{attributes}` are installs by day, `{facts}` what they said that they have, with `{of_installs}`;
        `{runs}` with `{of_runs}`; `{versions}`, `{places}`, `{tries}` and `{ends}` are bitmaps by day. What does not
        ask for days is faster as `{counted_in_all}`, `{facts_in_all}` and so on.
        `{estimated}` and the like are as in `asking.rows`.
        """
        found = self.client.query(*self._asked(sql, words, values), settings=self._settings).named_results()
        return [{name: _unnamed(in_utc(value)) for name, value in row.items()} for row in found]

    def columns(self, sql: str, **values: object) -> list[Numbers]:
        """Return the columns of a statement of which all are Int64."""
        text, parameters = self._asked(sql, None, values)
        found = self.client.query_np(text, parameters=parameters, settings=self._settings)
        return list(found.T) if found.size else [np.zeros(0, np.int64)] * _MOST_COLUMNS

    def coded(self, sql: str, numbers: int, words: int) -> binary.Columns:
        """Return the columns of a statement: first whole numbers, then texts of LowCardinality."""
        return binary.columns(self._bytes("Native", sql, None, {}), numbers, words)

    def bitmaps(
        self,
        sql: str,
        keys: int,
        states: int = 1,
        words: dict[str, str] | None = None,
        *,
        texts: int = 0,
        **values: object,
    ) -> Bitmaps:
        """Return the rows of a statement: `keys` columns of Int64, `texts` of String, then states of `groupBitmap`."""
        found, clustered = self.raw(sql, words, **values)
        return read(found, keys, states, texts, lists=clustered)

    def raw(self, sql: str, words: dict[str, str] | None = None, **values: object) -> tuple[bytes, bool]:
        """Return the rows of a statement in the format RowBinary, and whether numbers of installs are large ones."""
        return self._bytes("RowBinary", sql, words, values), self._relations.clustered

    def some(self, sql: str, numbers: Numbers, **values: object) -> list[Numbers]:
        """Return the columns of a statement about the installs that it takes as `some`; there may be many of them."""
        parts = [
            self.columns(sql, some=numbers[at : at + _AT_ONCE].tolist(), **values)
            for at in range(0, max(numbers.size, 1), _AT_ONCE)
        ]
        return [np.concatenate(columns) for columns in zip(*parts, strict=False)]

    def _bytes(self, fmt: str, sql: str, words: dict[str, str] | None, values: dict[str, object]) -> bytes:
        text, parameters = self._asked(sql, words, values)
        # Beside a statement of this kind the embedded driver asks for, sets and sets back each: that took 10 ms.
        clause = ", ".join(f"{name} = {value}" for name, value in self._settings.items())
        found: bytes = self.client.raw_query(f"{text}\nSETTINGS {clause}", parameters=parameters, fmt=fmt)
        return found

    def _asked(
        self, sql: str, words: dict[str, str] | None, values: dict[str, object]
    ) -> tuple[str, dict[str, object]]:
        looked, named = self._relations, set(self._filters.equal)
        tables = looked.sql()
        for kind in ("", _IN_ALL):
            if not named & _PLACE:
                tables[f"facts{kind}"] = tables[f"having{kind}"]
            if not named:
                tables[f"views{kind}"] = tables[f"opened{kind}"]
            tables[f"counted{kind}"] = tables[("counts" if _FINE & named else "totals") + kind]
        if named:
            tables |= {"versions": tables["places"], "ends": tables["starts"]}
        if named & _OF_EVENTS:
            of_these = {
                name: looked.of_events(f"rollup_{name}", self._filters.kept()) for name in _OF_INSTALLS
            }
            tables |= of_these | {f"{name}{_IN_ALL}": text for name, text in of_these.items()}
        kept = {
            "where": self._filters.kept(),
            "of_installs": self._filters.kept("source", *_FINE),
            "of_runs": self._filters.kept("source", "extension", *_FINE),
        }
        text = sql.format(**kept, **tables, **_WORDS, **(words or {}))
        if looked.clustered:
            for pattern, exact in _OF_A_CLUSTER:
                text = re.sub(pattern, exact, text)
        return text, {**self._filters.parameters(), **looked.parameters(), "since": self._since, **values}


def _unnamed(value: Any) -> Any:
    """The driver gives a tuple whose fields have names as a mapping, and one that was counted just now as a tuple."""
    return tuple(value.values()) if isinstance(value, dict) else value


def places(among: Numbers, of: Numbers) -> Numbers:
    """Return where numbers stand among sorted ones, which have them all."""
    most = int(among[-1]) if among.size else 0
    if most > _DENSE or (among.size and among[0] < 0):
        return np.searchsorted(among, of)
    if most + 1 == among.size:  # Each stands at its own place.
        return of
    table = np.zeros(most + 1, np.int64)
    table[among] = np.arange(among.size)
    return table[of]
