"""What could not be taken as an event, why, and what was left out of those that were?"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from aboveboard.insights.actions import SMALL_GROUP

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["DAYS", "WITHHELD", "left_out", "newest", "reasons"]

DAYS = 30
"""How many days `left_out` looks back."""

WITHHELD = f"text appears once {SMALL_GROUP} installs have sent it"
"""What stands in the place of a text that too few installs have sent."""

_LOOKED_AT = 200

_REASONS = """
SELECT
    reason,
    count() AS events,
    uniqExactIf(source || install, install != '') AS installs,
    countIf(event = '') AS nameless,
    min(received) AS first,
    max(received) AS last
FROM quarantine FINAL
WHERE source IN {sources:Array(String)}
GROUP BY reason
ORDER BY events DESC, reason
"""

_NEWEST = """
SELECT
    hex(sipHash128(source, install, message_id)) AS identity,
    source, install, received, reason, kind, event, client_time, content, context
FROM quarantine FINAL
WHERE source IN {sources:Array(String)}
    AND reason = {reason:String}
ORDER BY received DESC, identity
LIMIT {most:UInt32}
"""

_LEFT_OUT = """
SELECT event, path, reason, sum(count) AS times, min(day) AS first, max(day) AS last
FROM drops
WHERE source IN {sources:Array(String)}
    AND day > toDate(now('UTC')) - {days:UInt16}
GROUP BY event, path, reason
ORDER BY times DESC, event, path, reason
LIMIT {most:UInt32}
"""


def reasons(client: "Client", sources: Sequence[str]) -> list[dict[str, Any]]:
    """Return what waits in quarantine by reason, the commonest first; rows stay there for 14 days.

    Rows: reason, events, installs, nameless (events without a name), first, last (when they were received).
    """
    return list(client.query(_REASONS, parameters={"sources": list(sources)}).named_results())


def newest(
    client: "Client", sources: Sequence[str], reason: str, open_sources: Sequence[str], most: int = 50
) -> list[dict[str, Any]]:
    """Return the newest quarantined events of one reason, newest first.

    Rows: identity (32 hexadecimal digits), source, install, received, reason, kind, event, client_time (1970 where
    none could be read), content (as it was, cleaned) and context (the allowed facts about the client). Of sources
    that are not among `open_sources`, a text stands there only if SMALL_GROUP installs have sent it; else WITHHELD
    does.
    """
    parameters = {"sources": list(sources), "reason": reason, "most": max(most, _LOOKED_AT)}
    rows = list(client.query(_NEWEST, parameters=parameters).named_results())
    for row in rows:
        row["content"], row["context"] = (
            msgspec.json.decode(row["content"]),
            msgspec.json.decode(row["context"]),
        )
    senders = _senders(rows)
    for row in rows[:most]:
        if row["source"] not in open_sources:
            row["content"] = _shown(row["content"], senders[row["source"]])
    return rows[:most]


def left_out(client: "Client", sources: Sequence[str], most: int = 500) -> list[dict[str, Any]]:
    """Return what was left out of events, or refused as a whole, in the last DAYS days, the commonest first.

    Rows: event and path (names, cleaned; empty where the whole request or event is meant), reason, times, first,
    last (days).
    """
    parameters = {"sources": list(sources), "days": DAYS, "most": most}
    return list(client.query(_LEFT_OUT, parameters=parameters).named_results())


def _senders(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, set[str]]]:
    """Which installs have sent each text, by source; an event that belongs to no install adds none."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        if row["install"]:
            for text in _texts(row["content"]):
                found[row["source"]][text].add(row["install"])
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(part)


def _shown(value: Any, senders: Mapping[str, set[str]]) -> Any:
    if isinstance(value, str):
        return value if len(senders.get(value, ())) >= SMALL_GROUP else WITHHELD
    if isinstance(value, Mapping):
        return {name: _shown(part, senders) for name, part in value.items()}
    return [_shown(part, senders) for part in value] if isinstance(value, list) else value
