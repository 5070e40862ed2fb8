"""Which states are there that installs were in, of which install is each, and what makes it?

States are very many, and what makes them is not: they are read as numbers, and the texts once for each context.
"""

from collections.abc import Hashable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from aboveboard.insights.binary import Coded
from aboveboard.insights.looking import Look, Numbers, places
from aboveboard.insights.versions import order
from aboveboard.store.rollups import STATE

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["States", "places_of", "read_states"]

_CONTEXTS = f"""
SELECT context, {", ".join(STATE)}
FROM {{contexts}} AS events
WHERE {{of_installs}}
"""  # noqa: S608

_STATES = "SELECT state, number, context FROM {states} AS events"

_VERSION = "app_version"


class States(NamedTuple):
    """States that filters let through: their numbers, those of their installs, and the place of each context.

    Contexts are in order: by version, then by the other texts. `told` has each of these, in the order of contexts.
    """

    states: Numbers
    numbers: Numbers
    contexts: Numbers
    told: Mapping[str, Coded]


_KEPT: MutableMapping["Client", tuple[Hashable, States]] = WeakKeyDictionary()
"""What each client read last, 24 bytes a state: the next answer mostly needs the same."""


def read_states(look: Look) -> States:
    """Return all states of the sources under the filters for a version, system, architecture and country.

    While nothing else is counted or deleted, they are read once.
    """
    now = look.of_states()
    known, found = _KEPT.get(look.client, (None, None))
    if found is None or now is None or known != now:
        found = _read(look)
        if now is not None:
            _KEPT[look.client] = (now, found)
    return found


def _read(look: Look) -> States:
    (contexts,), told = look.coded(_CONTEXTS, numbers=1, words=len(STATE))
    (states, numbers, context), _ = look.coded(_STATES, numbers=3, words=0)
    columns = [
        _by_version(column) if name == _VERSION else column for name, column in zip(STATE, told, strict=True)
    ]
    sequence = np.lexsort([column.codes for column in reversed(columns)])
    by_number = np.argsort(contexts)
    rank = np.empty(contexts.size, np.int64)
    rank[sequence] = np.arange(contexts.size)
    at = places_of(contexts[by_number], context)
    there = slice(None) if at.min(initial=0) >= 0 else np.flatnonzero(at >= 0)
    return States(
        states[there],
        numbers[there],
        rank[by_number][at[there]],
        {
            name: Coded(column.values, column.codes[sequence])
            for name, column in zip(STATE, columns, strict=True)
        },
    )


def places_of(among: Numbers, of: Numbers) -> Numbers:
    """Return where numbers stand among sorted ones, −1 of those that are not there."""
    if not among.size:
        return np.full(of.size, -1)
    at = np.minimum(places(among, np.clip(of, among[0], among[-1])), among.size - 1)
    at[among.take(at) != of] = -1
    return at


def _by_version(told: Coded) -> Coded:
    """Return versions so that their codes are in the order of their numbers; the empty one is the first."""
    values = ["", *sorted(told.values[1:], key=order)]
    place = {text: code for code, text in enumerate(values)}
    codes = np.array([place[text] for text in told.values], told.codes.dtype)
    return Coded(values, codes.take(told.codes))
