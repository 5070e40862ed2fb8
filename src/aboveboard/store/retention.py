"""Which events are older than their source keeps them, and how do they go?"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aboveboard.store.erasure import delete_events, forget_unseen

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = ["DEFAULT_DAYS", "Rules", "plausible", "sweep"]

DEFAULT_DAYS = 400
"""How long events stay of which nothing else is said, such as those of a source that left the settings."""

Rules = Mapping[str, Mapping[str, int]]
"""Source → level → days; the level "" stands for all others of the source."""

_DAY = 86_400_000
_NEWEST = "SELECT toUnixTimestamp64Milli(max(received)::DateTime64(3, 'UTC')) FROM events"


def plausible(client: "Client", now: int) -> bool:
    """Whether the clock can be right by what is stored: nothing, or an event of the last two days.

    A clock that jumped years ahead would otherwise delete everything; a server that nobody sends to for days must
    wait a day to see that the clock is not the reason.
    """
    newest = int(client.query(_NEWEST).result_rows[0][0])
    return not newest or now <= newest + 2 * _DAY


def sweep(client: "Client", rules: Rules, now: int) -> int:
    """Delete from the disk all events that are too old at `now` (milliseconds since 1970); return how many.

    An event's age begins when it happened, and is counted in whole UTC days, so that a day goes at once. With the last
    event of an install goes its id.
    """
    condition, parameters = _too_old(rules, now - now % _DAY)
    sql = f"SELECT count() FROM events WHERE {condition}"  # noqa: S608
    found = int(client.query(sql, parameters=parameters).result_rows[0][0])
    if found:
        delete_events(client, condition, parameters)
        forget_unseen(client)
    return found


def _too_old(rules: Rules, today: int) -> tuple[str, dict[str, object]]:
    """Build one condition of all rules: the first that names an event's source and level decides."""
    cases: list[str] = []
    parameters: dict[str, object] = {"rest": today - DEFAULT_DAYS * _DAY}
    for source, levels in rules.items():
        for level, days in sorted(levels.items(), reverse=True):
            number = len(cases)
            parameters |= {f"source{number}": source, f"since{number}": today - days * _DAY}
            named = f"source = %(source{number})s"
            if level:
                parameters[f"level{number}"] = level
                named += f" AND level = %(level{number})s"
            cases.append(f"{named}, %(since{number})s")
    bound = f"multiIf({', '.join(cases)}, %(rest)s)" if cases else "%(rest)s"
    return f"toUnixTimestamp64Milli(time) < {bound}", parameters
