"""Which small number stands for each state that an install was in: a version of the app on a system?

A bitmap of such numbers says of a day who tried an action and what is known of them: attributes that stay while a
state lasts need not be kept by day. The texts that make a state are its context, of which there are few: they have
numbers too, so that whoever reads all states reads numbers alone.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from aboveboard.store.rollups.numbers import NUMBERING

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = ["STATE", "STATE_KEY", "contexts_of", "number_states", "stated", "states_of"]

STATE = ("app_version", "os", "os_version", "distribution", "arch", "country")
"""What makes a state, beside its install."""

_OF_STATE = ", ".join(STATE)
STATE_KEY = f"sipHash64(source, install, {_OF_STATE})"
_CONTEXT = f"sipHash64(source, {_OF_STATE})"

_NEW_CONTEXTS = f"""
INSERT INTO rollup_contexts
SELECT
    source,
    (SELECT max(context) FROM rollup_contexts) + row_number() OVER () AS context,
    {_OF_STATE}
FROM
(
    SELECT DISTINCT source, {_OF_STATE}
    FROM events
    WHERE _partition_id IN {{circles:Array(String)}}
        AND install != ''
        AND (source, {_OF_STATE}) NOT IN (SELECT source, {_OF_STATE} FROM rollup_contexts)
)
"""  # noqa: S608

_NEW_STATES = f"""
INSERT INTO rollup_stated
SELECT
    seen.source, seen.install, seen.key,
    (SELECT max(state) FROM rollup_stated) + row_number() OVER (ORDER BY numbers.number) AS state,
    numbers.number,
    known.context
FROM
(
    SELECT DISTINCT source, install, {_OF_STATE}, {STATE_KEY} AS key
    FROM events
    WHERE _partition_id IN {{circles:Array(String)}}
        AND install != ''
        AND key NOT IN (SELECT key FROM rollup_stated)
) AS seen
INNER JOIN install_numbers AS numbers USING (source, install)
INNER JOIN rollup_contexts AS known USING (source, {_OF_STATE})
"""  # noqa: S608


def number_states(client: "Client", circles: Collection[str]) -> None:
    """Give a number to each state in these partitions that has none, where its install has one already.

    Of an install that came in since those were given, the next counting will tell: its partition has changed.
    """
    if circles:
        with NUMBERING:
            for statement in (_NEW_CONTEXTS, _NEW_STATES):
                client.command(statement, parameters={"circles": list(circles)})


def stated(condition: str, *, hashed: bool = False) -> str:
    """Return the SQL of the events that meet a condition, without copies, each with numbers of its state and install.

    With `hashed` the numbers are large and need no table (see `tables.events_of`).
    """
    if hashed:
        return f"""
(
    SELECT
        *,
        if(install = '', 0, {STATE_KEY}) AS state,
        if(install = '', 0, sipHash64(source, install)) AS number
    FROM events FINAL
    WHERE {condition}
)"""  # noqa: S608
    return f"""
(
    SELECT seen.*, known.state AS state, known.number AS number
    FROM (SELECT *, {STATE_KEY} AS key FROM events FINAL WHERE {condition}) AS seen
    ANY LEFT JOIN (SELECT key, state, number FROM rollup_stated) AS known USING (key)
)"""  # noqa: S608


def states_of(condition: str, *, hashed: bool = False) -> str:
    """Return the SQL of states, each with its install and context.

    `condition` is one on events, for those that have no table.
    """
    if hashed:
        return f"""
(
    SELECT DISTINCT {STATE_KEY} AS state, sipHash64(source, install) AS number, {_CONTEXT} AS context
    FROM events
    WHERE install != '' AND {condition}
)"""  # noqa: S608
    return "rollup_stated"


def contexts_of(condition: str, *, hashed: bool = False) -> str:
    """Return the SQL of contexts with their texts; `condition` is one on events, for those that have no table."""
    if hashed:
        return f"""
(
    SELECT DISTINCT source, {_CONTEXT} AS context, {_OF_STATE}
    FROM events
    WHERE install != '' AND {condition}
)"""  # noqa: S608
    return "(SELECT * FROM rollup_contexts WHERE source IN {sources:Array(String)})"
