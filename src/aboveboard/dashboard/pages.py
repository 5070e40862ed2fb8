"""Which pages are there, and how does one become its question's answer?

A page is one question in `insights` and one template here, named after it. To add one: a line in PAGES.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from aboveboard.access import Source
from aboveboard.dashboard.api import csv
from aboveboard.dashboard.order import in_order
from aboveboard.dashboard.questions import FILTERS, ask, filters_of, wants_export, with_client
from aboveboard.dashboard.sign_in import Handler, signed_in
from aboveboard.dashboard.templating import render
from aboveboard.insights.actions import SMALL_GROUP
from aboveboard.insights.again import Answers
from aboveboard.insights.choices import choices
from aboveboard.insights.disclosure import Answer
from aboveboard.insights.filters import FilterError, Filters
from aboveboard.insights.steady import steady
from aboveboard.store.rollups import held, standing

__all__ = ["PAGES", "Page", "question_page", "show"]

_SPANS = (("Today", 0), ("7 days", 6), ("30 days", None), ("90 days", 89))


@dataclass(frozen=True)
class Page:
    """One entry of the menu; `name` is its question's, where it has one, and its template's.

    A `raw` page shows single events, which only admins see. A `quiet` one may have nothing to say of many events.
    `group` is where it stands in the menu; a page `under` another is no entry of its own. `also` are questions whose
    rows it shows too.
    """

    name: str
    title: str
    path: str
    raw: bool = False
    quiet: bool = False
    group: str = ""
    under: str = ""
    also: tuple[str, ...] = ()


_WORKS, _WHO, _DATA = "Does it work?", "Who uses it?", "What comes in"

PAGES = (
    Page("actions", "Actions", "/actions", group=_WORKS),
    Page("action", "Action", "/action", quiet=True, under="actions", also=("actions", "errors")),
    Page("explain", "Explain", "/explain", quiet=True, group=_WORKS),
    Page("errors", "Errors", "/errors", quiet=True, group=_WORKS),
    Page("error", "Error", "/error", quiet=True, under="errors", also=("errors",)),
    Page("releases", "Releases", "/releases", quiet=True, group=_WORKS),
    Page("overview", "Overview", "/overview", group=_WHO),
    Page("environment", "Environment", "/environment", quiet=True, group=_WHO),
    Page("extensions", "Extensions", "/extensions", quiet=True, group=_WHO),
    Page("providers", "Providers", "/providers", quiet=True, group=_WHO),
    Page("pages", "Pages", "/pages", quiet=True, group=_WHO),
    Page("retention", "Retention", "/retention", quiet=True, group=_WHO),
    Page("funnel", "Funnel", "/funnel", quiet=True, group=_WHO),
    Page("volume", "Volume", "/volume", group=_DATA),
    Page("quality", "Quality", "/quality", group=_DATA),
    Page("unused", "Unused", "/unused", quiet=True, group=_DATA),
    Page("live", "Live", "/live", raw=True, group=_DATA),
    Page("quarantine", "Quarantine", "/quarantine", raw=True, group=_DATA),
)
"""Every page, in the order of the menu."""


def question_page(page: Page) -> Handler:
    """Return the handler of a page that shows one question's answer under the shared filters."""

    async def handler(request: Request) -> Response:
        role = request.state.role
        try:
            filters, export = filters_of(request), wants_export(request)
            with held(await with_client(request, standing)):
                answer = await ask(request, page.name, filters, role, export=export)
                if export:
                    return await csv(page.name, answer.rows)
                also, offered = await asyncio.gather(
                    _also(request, page, filters, answer), _choices(request, answer)
                )
        except FilterError as wrong:
            return await show(request, page, [], status=400, complaint=str(wrong), **_no_answer(request))
        return await show(
            request,
            page,
            _named(request, answer.filters),
            rows=in_order(answer.rows, request.query_params.get("sort", "")),
            also=also,
            note=answer.note,
            guarded=answer.small,
            filters=answer.filters,
            choices=offered,
            sources=list(request.app.state.settings.sources),
            spans=_spans(answer.filters),
            last=_last(answer.filters),
            small_group=SMALL_GROUP,
        )

    return signed_in(handler)


async def _choices(request: Request, answer: Answer) -> dict[str, list[str]]:
    """Return what filters can be set to beside those of an answer; all pages of one span share it."""
    wide = replace(answer.filters, equal={}, steps=(), new_since="")
    found = steady(partial(choices, small=answer.small))
    answers: Answers = request.app.state.answers
    return await with_client(
        request, lambda client: answers.take(client, "choices", wide, found, answer.small)
    )


async def _also(request: Request, page: Page, filters: Filters, answer: Answer) -> dict[str, Any]:
    """Ask the further questions of a page, about what its own answer is about."""
    about = {"action": ("event", "event"), "error": ("reason", "reason")}
    if page.name in about and answer.rows:
        name, key = about[page.name]
        filters = replace(filters, equal={**filters.equal, name: answer.rows[0][key]})
    asked = page.also if answer.rows else ()
    answers = await asyncio.gather(*(ask(request, each, filters, request.state.role) for each in asked))
    return {each: also.rows for each, also in zip(asked, answers, strict=True)}


async def show(
    request: Request, page: Page, shown: list[Source], status: int = 200, **values: Any
) -> Response:
    """Render a page of the menu; `shown` are the sources whose events are on it, for the banner."""
    menu = [entry for entry in PAGES if not entry.under and (request.state.role == "admin" or not entry.raw)]
    shared = {
        "page": page,
        "pages": menu,
        "shown": shown,
        "complaint": "",
        "filter_names": FILTERS,
        "guarded": 0,
    }
    return await render(request, f"{page.name}.html", status, **{**shared, **values})


def _named(request: Request, filters: Filters) -> list[Source]:
    return [source for source in request.app.state.settings.sources if source.name in filters.sources]


def _no_answer(request: Request) -> dict[str, Any]:
    """The form of a page stands even where its filters are wrong, so that they can be mended."""
    return {
        "rows": [],
        "also": {},
        "note": "",
        "guarded": 0,
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
