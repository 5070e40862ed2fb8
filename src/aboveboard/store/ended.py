"""Which sessions did somebody sign out of, at whichever of the servers on one store?"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = ["ended_sessions", "tell_ended"]

_ENDED = "SELECT number, toUnixTimestamp(max(ended)) FROM ended_sessions GROUP BY number"


def tell_ended(client: "Client", number: str, moment: float) -> None:
    """Let every server on the store know that a session was signed out of; `moment` is in seconds since 1970."""
    row = [number, datetime.fromtimestamp(moment, UTC)]
    client.insert("ended_sessions", [row], column_names=["number", "ended"])


def ended_sessions(client: "Client") -> dict[str, float]:
    """Return the number of each session that was signed out of, and when."""
    return {number: float(moment) for number, moment in client.query(_ENDED).result_rows}
