"""How is a question asked with the filters of an address?"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from aboveboard.insights import QUESTIONS
from aboveboard.insights.filters import Filters, filters_from

__all__ = ["FILTERS", "ask", "filters_of", "with_client"]

Answer = TypeVar("Answer")

FILTERS = (
    "source", "from", "to", "version", "os", "arch", "country", "extension", "event", "reason", "steps",
)  # fmt: skip
"""The filters that an address may carry, in the order in which pages show them."""


def filters_of(request: Request) -> Filters:
    """Read the filters of a request's address; raises FilterError."""
    query: Mapping[str, str] = request.query_params
    return filters_from(query, request.app.state.settings.sources, datetime.now(UTC))


async def ask(request: Request, question: str, filters: Filters) -> list[dict[str, Any]]:
    """Return the rows that answer a question, without holding up the requests that come in meanwhile."""
    return await with_client(request, lambda client: QUESTIONS[question](client, filters))


async def with_client(request: Request, query: Callable[[Any], Answer]) -> Answer:
    """Run a query in a thread, on one of the store's clients for reading."""

    def run() -> Answer:
        with request.app.state.readers.client() as client:
            return query(client)

    return await run_in_threadpool(run)
