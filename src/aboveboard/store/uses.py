"""Which events and properties has somebody made use of, and on which day? Nobody's name is kept with it."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Uses"]


class Uses:
    """What was used, written once for each day, question, event and property."""

    def __init__(self) -> None:
        self._known: set[tuple[date, str, str, str]] = set()

    def note(self, client: "Client", day: date, question: str, used: Iterable[tuple[str, str]]) -> None:
        """Write what a question used, as (event, property), where this server has not written it that day."""
        new = {(day, question, event, name) for event, name in used if event} - self._known
        if new:
            names = ["day", "question", "event", "property"]
            client.insert("uses", [list(row) for row in sorted(new)], column_names=names)
            self._known = {row for row in self._known if row[0] == day} | new
