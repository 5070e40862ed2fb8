"""Which rule does each question's answer follow, and what is said where nothing may be shown?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aboveboard.insights import QUESTIONS, errors
from aboveboard.insights.disclosure import divided, doing, having
from aboveboard.insights.disclosure.viewpoint import Rows, Viewpoint, monday
from aboveboard.insights.filters import FilterError, Filters

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["MOST_FILTERS", "RULES", "TOO_FEW", "Answer", "disclosed", "on_grid"]

MOST_FILTERS = 3
"""How many exact filters may be combined where small groups are hidden: each doubles what has to be counted."""

TOO_FEW = (
    "These filters let through too few installs, or all but too few: a number would tell of single installs. "
    "Take a filter away."
)

NONE_NEW = (
    "No failure may be told that was seen first in {version} or in a newer version: the first version of a failure is "
    "told where enough installs had the failure in it."
)

RULES = doing.RULES | having.RULES | divided.RULES
"""By question, what makes its rows into those that may be seen."""


@dataclass(frozen=True)
class Answer:
    """Rows with the filters that they are of; `note` says why there are none, where small groups are the cause.

    `small` is the size below which groups are not shown, 0 where all is exact.
    """

    rows: Rows
    filters: Filters
    note: str = ""
    small: int = 0


def on_grid(filters: Filters) -> Filters:
    """Widen the span of time to whole weeks (UTC, from Monday), so that two answers differ by whole weeks."""
    since, until = monday(filters.since), monday(filters.until)
    return replace(filters, since=since, until=until if until == filters.until else until + timedelta(days=7))


def disclosed(
    client: "Client", question: str, filters: Filters, production: Sequence[str], small: int
) -> Answer:
    """Ask a question and return what may be seen of its answer by those who are not admins.

    `production` are all production sources: to name one of them is a filter like others. Raises FilterError where
    more than MOST_FILTERS are combined.
    """
    filters = on_grid(filters)
    view = viewpoint(client, filters, production, small)
    if not view.open:
        return Answer([], filters, TOO_FEW if not view.cells().empty() else "", small)
    if question == "errors" and filters.new_since:
        # Which are new is said of those that may be seen: chosen before, they would tell of hidden versions and groups.
        rows = RULES[question](errors.groups(client, filters), view)
        note = NONE_NEW.format(version=filters.new_since)
    else:
        rows, note = RULES[question](QUESTIONS[question](client, filters), view), TOO_FEW
    return Answer(rows, filters, "" if rows else note, small)


def viewpoint(client: "Client", filters: Filters, production: Sequence[str], small: int) -> Viewpoint:
    """Return how an answer under filters is looked at; raises FilterError where there are too many."""
    equal = dict(filters.equal)
    if len(equal) > MOST_FILTERS:
        raise FilterError(
            f"{len(equal)} filters are combined here ({', '.join(equal)}), and {MOST_FILTERS} may be where small "
            "groups are hidden. Take one away."
        )
    if set(filters.sources) < set(production) and len(filters.sources) == 1:
        equal = {"source": filters.sources[0], **equal}
    return Viewpoint(
        client, replace(filters, equal=equal, sources=list(production) or filters.sources), small
    )
