"""Which pages are there, and how does one become its question's answer?

A page is one question in `insights` and one template here, named after it. To add one: a line in PAGES.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from aboveboard.access import Source
from aboveboard.dashboard.questions import FILTERS, ask, filters_of, with_client
from aboveboard.dashboard.sign_in import Handler, signed_in
from aboveboard.dashboard.templating import render
from aboveboard.insights.actions import SMALL_GROUP
from aboveboard.insights.choices import choices
from aboveboard.insights.filters import FilterError, Filters

__all__ = ["PAGES", "Page", "question_page", "show"]

_SPANS = (("Today", 0), ("7 days", 6), ("30 days", None), ("90 days", 89))


@dataclass(frozen=True)
class Page:
    """One entry of the menu; `name` is its question's, where it has one, and its template's.

    A `raw` page shows single events, which only admins see. A `quiet` one may have nothing to say of many events.
    """

    name: str
    title: str
    path: str
    raw: bool = False
    quiet: bool = False


PAGES = (
    Page("actions", "Actions", "/actions"),
    Page("explain", "Explain", "/explain", quiet=True),
    Page("errors", "Errors", "/errors", quiet=True),
    Page("overview", "Overview", "/overview"),
    Page("releases", "Releases", "/releases", quiet=True),
    Page("extensions", "Extensions", "/extensions", quiet=True),
    Page("providers", "Providers", "/providers", quiet=True),
    Page("pages", "Pages", "/pages", quiet=True),
    Page("environment", "Environment", "/environment", quiet=True),
    Page("retention", "Retention", "/retention", quiet=True),
    Page("funnel", "Funnel", "/funnel", quiet=True),
    Page("volume", "Volume", "/volume"),
    Page("quality", "Quality", "/quality"),
    Page("live", "Live", "/live", raw=True),
    Page("quarantine", "Quarantine", "/quarantine", raw=True),
)
"""Every page of the menu, in its order."""


def question_page(page: Page) -> Handler:
    """Return the handler of a page that shows one question's answer under the shared filters."""

    async def handler(request: Request) -> Response:
        try:
            filters = filters_of(request)
        except FilterError as wrong:
            return await show(request, page, [], status=400, complaint=str(wrong), **_no_answer(request))
        rows = await ask(request, page.name, filters)
        offered = await with_client(request, lambda client: choices(client, filters))
        return await show(
            request,
            page,
            _named(request, filters),
            rows=rows,
            filters=filters,
            choices=offered,
            sources=list(request.app.state.settings.sources),
            spans=_spans(filters),
            last=_last(filters),
            small_group=SMALL_GROUP,
        )

    return signed_in(handler)


async def show(
    request: Request, page: Page, shown: list[Source], status: int = 200, **values: Any
) -> Response:
    """Render a page of the menu; `shown` are the sources whose events are on it, for the banner."""
    menu = [entry for entry in PAGES if request.state.role == "admin" or not entry.raw]
    shared = {"page": page, "pages": menu, "shown": shown, "complaint": "", "filter_names": FILTERS}
    return await render(request, f"{page.name}.html", status, **{**shared, **values})


def _named(request: Request, filters: Filters) -> list[Source]:
    return [source for source in request.app.state.settings.sources if source.name in filters.sources]


def _no_answer(request: Request) -> dict[str, Any]:
    """The form of a page stands even where its filters are wrong, so that they can be mended."""
    return {
        "rows": [],
        "filters": None,
        "choices": {},
        "sources": list(request.app.state.settings.sources),
        "spans": [],
        "small_group": SMALL_GROUP,
    }


def _spans(filters: Filters) -> list[tuple[str, str | None, bool]]:
    """Return the usual spans of time: label, first day (None for the default), whether it is shown now."""
    now = datetime.now(UTC)
    usual = now - timedelta(days=30)
    spans = []
    for label, days in _SPANS:
        first = usual if days is None else now - timedelta(days=days)
        current = filters.until > now and filters.since.date() == first.date()
        spans.append((label, None if days is None else f"{first:%Y-%m-%d}", current))
    return spans


def _last(filters: Filters) -> datetime:
    """The last moment that can have events: `until` is exclusive, and nothing comes from the future."""
    return min(filters.until - timedelta(milliseconds=1), datetime.now(UTC))
