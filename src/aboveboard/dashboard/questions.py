"""How is a question asked with the filters of an address?"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from clickhouse_connect.driver.exceptions import ClickHouseError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from aboveboard.dashboard.declared import declared
from aboveboard.dashboard.spreadsheet import wants_csv
from aboveboard.insights import QUESTIONS
from aboveboard.insights.again import Answers
from aboveboard.insights.disclosure import Answer, disclosed
from aboveboard.insights.filters import FilterError, Filters, filters_from
from aboveboard.insights.unused import used_by

__all__ = ["FILTERS", "ask", "exact", "filters_of", "query_of", "wants_export", "with_client"]

Found = TypeVar("Found")

FILTERS = (
    "source", "from", "to", "version", "os", "arch", "country", "extension", "event", "reason", "new_since",
    "steps",
)  # fmt: skip
"""The filters that an address may carry, in the order in which pages show them."""


def filters_of(request: Request) -> Filters:
    """Read the filters of a request's address; raises FilterError."""
    return filters_from(query_of(request), request.app.state.settings.sources, datetime.now(UTC))


def query_of(request: Request) -> dict[str, str]:
    """Return the query of an address; the steps of a funnel may come one by one, as a form sends them."""
    steps = [step for step in request.query_params.getlist("steps") if step]
    return {**request.query_params, **({"steps": ", ".join(steps)} if steps else {})}


async def ask(
    request: Request, question: str, filters: Filters, role: str | None, *, export: bool = False
) -> Answer:
    """Return what a role may see of a question's answer, without holding up the requests that come in meanwhile.

    An admin sees exact numbers, and everybody does of sources under development; a viewer, and an export of
    whomever, gets the answer by the rules of small groups. Raises FilterError where those rules refuse the filters.
    """
    settings = request.app.state.settings
    filters = replace(filters, declared=declared(settings)) if question == "unused" else filters
    production = [source.name for source in settings.sources if not source.development]
    whole = exact(request, filters, None if export else role)

    def guarded(client: Any, filters: Filters) -> Answer:
        return disclosed(client, question, filters, production, settings.small_group)

    def answer(client: Any) -> Answer:
        answers: Answers = request.app.state.answers
        if whole:
            found = Answer(answers.take(client, question, filters, QUESTIONS[question]), filters)
        else:
            found = answers.take(client, question, filters, guarded, *production, settings.small_group)
        used = used_by(question, filters, found.rows, export=export)
        # That it was used is worth less than the answer: a store that is full still answers.
        with suppress(ClickHouseError):
            request.app.state.uses.note(client, datetime.now(UTC).date(), question, used)
        return found

    return await with_client(request, answer)


def exact(request: Request, filters: Filters, role: str | None) -> bool:
    """Whether a role sees exact numbers under these filters."""
    return role == "admin" or set(filters.sources) <= set(filters.open_sources)


def wants_export(request: Request) -> bool:
    """Whether rows are wanted as CSV: by `Accept`, or by `format=csv` in the address, for who can only follow links.

    Raises FilterError for another `format`.
    """
    named = request.query_params.get("format", "")
    if named.lower() not in ("", "csv"):
        raise FilterError(f"`format` is {named!r}. The only one is csv: write `format=csv`, or leave it out.")
    return wants_csv(request.headers.get("accept", "")) or named != ""


async def with_client(request: Request, query: Callable[[Any], Found]) -> Found:
    """Run a query in a thread, on one of the store's clients for reading."""

    def run() -> Found:
        with request.app.state.readers.client() as client:
            return query(client)

    return await run_in_threadpool(run)
