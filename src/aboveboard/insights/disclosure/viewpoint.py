"""How is one answer looked at by somebody who must not see small groups?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property
from math import floor, log10
from typing import TYPE_CHECKING, Any

from aboveboard.insights.cells import Cells, read_cells
from aboveboard.insights.filters import Filters
from aboveboard.insights.suppression import named

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["OTHER", "Rows", "Viewpoint", "monday", "ratio", "two_digits"]

Rows = list[dict[str, Any]]

OTHER = "other"
"""What the rows of small groups are called together."""


class Viewpoint:
    """The filters of an answer, the smallest group that is shown, and what may be seen under them."""

    def __init__(self, client: "Client", filters: Filters, small: int) -> None:
        self.filters, self.small = filters, small
        self._client = client
        self._narrower: dict[tuple[str, str], Viewpoint] = {}
        self._known: dict[tuple[Any, ...], Cells] = {}

    def cells(self, *dimensions: str, failed: bool = False) -> Cells:
        """The cells of some dimensions under the filters, counted once."""
        key = (*dimensions, failed)
        if key not in self._known:
            self._known[key] = read_cells(self._client, self.filters, dimensions, self.small, failed=failed)
        return self._known[key]

    def with_filter(self, name: str, value: str) -> "Viewpoint":
        """The same with one more exact filter, once for all who ask."""
        if self.filters.equal.get(name) == value:
            return self
        key = name, value
        if key not in self._narrower:
            narrow = replace(self.filters, equal={**self.filters.equal, name: value})
            self._narrower[key] = Viewpoint(self._client, narrow, self.small)
        return self._narrower[key]

    @cached_property
    def open(self) -> bool:
        """Whether anything may be said under these filters."""
        return self.cells().shows()

    def down(self, count: float | None) -> int | None:
        """Round down to a multiple of the smallest group: 5 to 9 read alike, and so 0 to 4 more or less."""
        return None if count is None else int(count // self.small * self.small)

    def count(self, count: int | None) -> int | None:
        """Round a number of installs; None where they are too few to be shown, 0 where there are none."""
        return None if count is None or 0 < count < self.small else self.down(count)

    def shown(self, counts: Mapping[str, int]) -> dict[str, int]:
        """Of installs by the values of an attribute, those that may be seen, rounded."""
        seen = named({value: count for value, count in counts.items() if count}, self.small)
        return {value: self.down(counts[value]) or 0 for value in counts if value in seen}

    def folded(
        self, rows: Rows, seen: Callable[[dict[str, Any]], bool], name: str, summed: Iterable[str] = ()
    ) -> tuple[Rows, Rows]:
        """Part rows into those that may be seen and one that stands for all others, with sums of what adds up."""
        kept = [row for row in rows if seen(row)]
        rest = [row for row in rows if not seen(row)]
        if not rest:
            return kept, []
        empty = {each: _nothing(value) for each, value in rest[0].items()}
        sums = {each: self.down(sum(row[each] or 0 for row in rest)) for each in summed}
        return kept, [{**empty, **sums, name: OTHER}]

    def quantile(self, milliseconds: float | None, share: float, installs: int) -> float | None:
        """A duration to two digits, where beyond it lie enough installs."""
        return two_digits(milliseconds) if installs * (1 - share) >= self.small else None


def ratio(part: float | None, whole: float | None) -> float | None:
    """Return a share of two numbers that are shown, and so nothing that they do not say."""
    return None if part is None or not whole else min(part / whole, 1.0)


def two_digits(value: float | None) -> float | None:
    """Round to two significant digits."""
    if not value:
        return value
    return round(value, 1 - floor(log10(abs(value))))


def monday(moment: datetime | date) -> Any:
    """The Monday of a moment's week, as the same type."""
    start = moment - timedelta(days=moment.weekday())
    return start.replace(hour=0, minute=0, second=0, microsecond=0) if isinstance(start, datetime) else start


def _nothing(value: Any) -> Any:
    if isinstance(value, str):
        return ""
    if isinstance(value, Mapping):
        return {}
    return [] if isinstance(value, Sequence) else None
