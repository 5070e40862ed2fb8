"""Which installs tried an action, how did it go with each, and what is known of them?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from aboveboard.insights.buckets import EDGES, bucket_name
from aboveboard.insights.causes.properties import Key, property_keys, value_of
from aboveboard.insights.facts import FACTS, of_attempts
from aboveboard.insights.filters import FINAL, Filters

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["UNKNOWN", "Column", "Rows", "Units", "read_units"]

Codes: TypeAlias = NDArray[np.int64]

UNKNOWN = ""
"""The value of an attribute that an install does not have or did not say."""

ANY = "any"
"""The value of an extension or provider of whatever version."""

# One row for each install and each state that it tried the action in. `days` counts the days on which the app was
# in use in that state, whatever was done, up to the first failure: how long that had time to show itself.
_ROWS = """
SELECT
    unit, app_version, os, os_version, distribution, arch, country,
    if(ever, arrayCount(date -> date <= first_failure, dates), length(dates)) AS days,
    ever
FROM
(
    SELECT
        concat(source, '/', install) AS unit,
        app_version, os, os_version, distribution, arch, country,
        groupUniqArray(toDate(time)) AS dates,
        countIf({attempt} AND {bad}) > 0 AS ever,
        minIf(toDate(time), {attempt} AND {bad}) AS first_failure,
        max(time) AS latest
    FROM events FINAL
    WHERE {where}
        AND install != ''
    GROUP BY source, install, app_version, os, os_version, distribution, arch, country
    HAVING countIf({attempt}) > 0
)
ORDER BY unit, latest
"""

_PROPERTY_ROWS = """
SELECT
    unit, app_version, shown,
    if(ever, arrayCount(date -> date <= first_failure, dates), length(dates)) AS days,
    ever
FROM
(
    SELECT
        concat(source, '/', install) AS unit,
        app_version,
        {values} AS shown,
        groupUniqArray(toDate(time)) AS dates,
        countIf({bad}) > 0 AS ever,
        minIf(toDate(time), {bad}) AS first_failure
    FROM events FINAL
    WHERE {where}
        AND install != ''
        AND {attempt}
    GROUP BY source, install, app_version, shown
)
ORDER BY unit
"""

ATTEMPT = "(event = {event:String} AND outcome NOT IN ('cancelled', 'skipped'))"
_FAILED = "failed"
_REASON = "(failed AND fingerprint = {reason:String})"
_CONTEXT = {
    "version": "app_version",
    "os": "os",
    "os_version": "os_version",
    "distribution": "distribution",
    "arch": "arch",
    "country": "country",
}


@dataclass(frozen=True)
class Column:
    """One attribute: a code for each row, and the text that stands for each code.

    `name` is as in an answer's `attributes`: `os`, `extension:redhat.bootc`, `property:engine`.
    """

    name: str
    values: Sequence[str]
    codes: Codes


@dataclass(frozen=True)
class Rows:
    """Observations: the install (a code), whether it failed, its days in use until then, and its attributes.

    An install has a row for each state that it was in (two app versions: two rows), in the order of time.
    """

    install: Codes
    failed: NDArray[np.bool_]
    days: NDArray[np.float64]
    columns: Sequence[Column]


@dataclass(frozen=True)
class Units:
    """What is compared: the installs by their states, and the same by the properties that they gave the action.

    The columns of `given` are all of `states`, in the same order, then those of the properties.
    """

    states: Rows
    given: Rows | None = None

    @property
    def failing(self) -> int:
        """How many installs failed."""
        return int(np.unique(self.states.install[self.states.failed]).size)

    @property
    def installs(self) -> int:
        """How many installs tried."""
        return int(np.unique(self.states.install).size)


def read_units(client: "Client", filters: Filters, event: str, reason: str = "") -> Units:
    """Return every install that tried an action under the filters; cancelled and skipped attempts count as none.

    With a `reason` (a fingerprint) only failures of that reason are failures.
    """
    kept = {
        name: value for name, value in filters.equal.items() if name not in ("event", "extension", "reason")
    }
    looked_at = replace(filters, equal=kept)
    parameters = {**looked_at.parameters(), "event": event, "reason": reason, "edges": EDGES}
    words = {"where": looked_at.where(), "attempt": ATTEMPT, "bad": _REASON if reason else _FAILED}
    columns = _columns_of(client, _ROWS.format(**words), parameters)
    if not columns:
        return Units(_no_rows())
    units, days, failed = columns[0], columns[-2], columns[-1]
    numbers = {unit: number for number, unit in enumerate(dict.fromkeys(units))}
    facts = of_attempts(client, looked_at, event)
    known = [_column(name, columns[1 + place]) for place, name in enumerate(_CONTEXT)]
    known += _fact_columns(list(zip(units, columns[1], strict=True)), facts)
    states = Rows(_of(units, numbers), np.array(failed, bool), np.array(days, float), known)
    keys = property_keys(client, words["where"], parameters)
    given = _given(client, words, parameters, keys) if keys else None
    spells = {spell: place for place, spell in enumerate(zip(units, columns[1], strict=True))}
    return Units(states, _with_properties(states, given, spells, numbers, keys) if given else None)


def _columns_of(client: "Client", sql: str, parameters: Mapping[str, Any]) -> list[Sequence[Any]]:
    result = client.query(sql, parameters=dict(parameters), settings=FINAL, column_oriented=True)
    return list(result.result_columns)


def _no_rows() -> Rows:
    return Rows(np.zeros(0, np.int64), np.zeros(0, bool), np.zeros(0), [])


def _of(texts: Iterable[Any], numbers: Mapping[Any, int]) -> Codes:
    return np.fromiter((numbers[text] for text in texts), np.int64)


def _column(name: str, texts: Sequence[str]) -> Column:
    numbers = {text: number for number, text in enumerate(dict.fromkeys([UNKNOWN, *texts]))}
    return Column(name, list(numbers), _of(texts, numbers))


def _fact_columns(spells: list[tuple[str, str]], facts: FACTS) -> list[Column]:
    """Extensions, providers and counts: their value in each install's app version, else its latest at all."""
    columns = []
    for (kind, name), (by_spell, by_unit) in sorted(facts.items()):
        texts = [by_spell[spell] if spell in by_spell else by_unit.get(spell[0], UNKNOWN) for spell in spells]
        if kind == "count":
            columns.append(_column(name, texts))
            continue
        # An extension that is there without saying its version is there all the same.
        there = [ANY if spell[0] in by_unit else UNKNOWN for spell in spells]
        columns.append(_column(f"{kind}:{name}", there))
        columns.append(_column(f"{kind}:{name}", texts))
    return columns


def _given(
    client: "Client", words: Mapping[str, str], parameters: Mapping[str, Any], keys: Sequence[Key]
) -> list[Sequence[Any]]:
    values = ", ".join(value_of(key, number) for number, key in enumerate(keys))
    named = {f"key{number}": key.name for number, key in enumerate(keys)}
    sql = _PROPERTY_ROWS.format(values=f"[{values}]", **words)
    return _columns_of(client, sql, {**parameters, **named})


def _with_properties(
    states: Rows,
    given: list[Sequence[Any]],
    spells: Mapping[tuple[str, str], int],
    numbers: Mapping[str, int],
    keys: Sequence[Key],
) -> Rows:
    units, versions, shown, days, failed = given
    places = np.fromiter((spells[spell] for spell in zip(units, versions, strict=True)), np.int64)
    known = [Column(column.name, column.values, column.codes[places]) for column in states.columns]
    for number, key in enumerate(keys):
        texts = [values[number] for values in shown]
        if key.numeric:
            texts = [bucket_name(text) for text in texts]
        known.append(_column(f"property:{key.name}", texts))
    return Rows(_of(units, numbers), np.array(failed, bool), np.array(days, float), known)
