"""Which small number stands for each state that an install was in: a version of the app on a system?

A bitmap of such numbers says of a day who tried an action and what is known of them: attributes that stay while a
state lasts need not be kept by day.
"""

import threading
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = ["STATE", "number_states", "stated", "states_of"]

_LOCK = threading.Lock()

STATE = ("app_version", "os", "os_version", "distribution", "arch", "country")
"""What makes a state, beside its install."""

_OF_STATE = ", ".join(STATE)
_KEY = f"sipHash64(source, install, {_OF_STATE})"

_NEW = f"""
INSERT INTO rollup_states
SELECT
    seen.source, seen.install, seen.key,
    (SELECT max(state) FROM rollup_states) + row_number() OVER () AS state,
    numbers.number,
    {_OF_STATE}
FROM
(
    SELECT DISTINCT source, install, {_OF_STATE}, {_KEY} AS key
    FROM events
    WHERE _partition_id IN {{circles:Array(String)}}
        AND install != ''
        AND key NOT IN (SELECT key FROM rollup_states)
) AS seen
INNER JOIN install_numbers AS numbers USING (source, install)
"""  # noqa: S608


def number_states(client: "Client", circles: Collection[str]) -> None:
    """Give a number to each state in these partitions that has none, where its install has one already.

    Of an install that came in since those were given, the next counting will tell: its partition has changed.
    """
    if circles:
        with _LOCK:
            client.command(_NEW, parameters={"circles": list(circles)})


def stated(condition: str, *, hashed: bool = False) -> str:
    """Return the SQL of the events that meet a condition, without copies, each with numbers of its state and install.

    With `hashed` the numbers are large and need no table (see `tables.events_of`).
    """
    if hashed:
        return f"""
(
    SELECT
        *,
        if(install = '', 0, {_KEY}) AS state,
        if(install = '', 0, sipHash64(source, install)) AS number
    FROM events FINAL
    WHERE {condition}
)"""  # noqa: S608
    return f"""
(
    SELECT seen.*, known.state AS state, known.number AS number
    FROM (SELECT *, {_KEY} AS key FROM events FINAL WHERE {condition}) AS seen
    ANY LEFT JOIN (SELECT key, state, number FROM rollup_states) AS known USING (key)
)"""  # noqa: S608


def states_of(condition: str, *, hashed: bool = False) -> str:
    """Return the SQL of states with what makes them; `condition` is one on events, for those that have no table."""
    if hashed:
        return f"""
(
    SELECT DISTINCT source, {_KEY} AS state, sipHash64(source, install) AS number, {_OF_STATE}
    FROM events
    WHERE install != '' AND {condition}
)"""  # noqa: S608
    return "(SELECT * FROM rollup_states WHERE source IN {sources:Array(String)})"
