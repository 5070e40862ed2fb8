"""Which properties of an action can be compared: those with few values, or with numbers?"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from aboveboard.insights.filters import FINAL

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Key", "property_keys", "value_of"]

_MOST_KEYS = 8
_MOST_VALUES = 50

# What says how an action went is no reason for it.
_RESULT = re.compile(
    r"error.*|sourceError|stderr|stdErr|message|reason|success|successful|outcome|skipped|aggregated"
    r"|duration.*|failureAfter|common\..*|app_name|app_version|.*(?:statusCode|exitCode|errorCode)",
    re.IGNORECASE,
)

_KEYS = """
SELECT
    pair.1 AS name,
    count() AS seen,
    countIf(match(pair.2, '^-?[0-9]')) AS numeric,
    countIf(match(pair.2, '^"[^"]{{1,64}}"$|^true$|^false$') AND NOT startsWith(pair.2, '"h:')) AS worded,
    uniqUpTo(60)(pair.2) AS distinct_values
FROM
(
    SELECT arrayJoin(JSONExtractKeysAndValuesRaw(properties)) AS pair
    FROM events FINAL
    WHERE {where}
        AND event = {{event:String}}
        AND cityHash64(install, message_id) % 4 = 0
    LIMIT 200000
)
GROUP BY name
ORDER BY seen DESC, name
"""


class Key(NamedTuple):
    """One property of an action; a `numeric` one is compared in buckets."""

    name: str
    numeric: bool


def property_keys(client: "Client", where: str, parameters: Mapping[str, Any]) -> list[Key]:
    """Return the properties of the action to compare, the commonest first, eight at the most."""
    result = client.query(_KEYS.format(where=where), parameters=dict(parameters), settings=FINAL)
    keys = []
    for row in result.named_results():
        if _RESULT.fullmatch(row["name"]):
            continue
        numeric = row["numeric"] == row["seen"]
        worded = row["worded"] == row["seen"] and row["distinct_values"] <= _MOST_VALUES
        if (numeric or worded) and row["distinct_values"] > 1:
            keys.append(Key(row["name"], numeric))
    return keys[:_MOST_KEYS]


def value_of(key: Key, number: int) -> str:
    """Return the SQL of a property's value as text: a word, or the place of its number's bucket, or empty."""
    name = f"{{key{number}:String}}"
    if not key.numeric:
        return f"trim(BOTH '\"' FROM JSONExtractRaw(properties, {name}))"
    place = f"arrayCount(edge -> edge < JSONExtractFloat(properties, {name}), {{edges:Array(Float64)}})"
    return f"if(JSONHas(properties, {name}), toString({place}), '')"
