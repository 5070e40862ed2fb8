"""What is collected here, for anybody to read? A public page, off until `transparency = true` is in the settings.

`/transparency` is the page, `/transparency.json` the same as data. Only production sources are on it.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aboveboard.dashboard.questions import with_client
from aboveboard.dashboard.templating import render
from aboveboard.governance.public import collected, counts
from aboveboard.insights.disclosure import monday

__all__ = ["routes"]

_DAYS: Final = 30
_KEPT_SECONDS: Final = 300.0
"""Anybody may ask: the store answers at most once in this time, and the page changes that seldom."""


def routes() -> list[Route]:
    """Return the addresses of the page; they answer 404 while it is switched off."""
    return [Route("/transparency", _page), Route("/transparency.json", _data)]


async def _page(request: Request) -> Response:
    shown = await _answer(request)
    return await render(request, "transparency.html", **shown)


async def _data(request: Request) -> Response:
    return Response(msgspec.json.encode(await _answer(request)), media_type="application/json")


async def _answer(request: Request) -> Mapping[str, Any]:
    state = request.app.state
    if not state.settings.transparency:
        raise HTTPException(404)
    settings, now = state.settings, time.monotonic()
    kept = getattr(state, "transparency", None)
    if kept is not None and kept[0] is settings and now - kept[1] < _KEPT_SECONDS:
        answer: Mapping[str, Any] = kept[2]
        return answer
    # Whole weeks: a span that moved by a day each day would tell of single days.
    since = monday(datetime.now(UTC) - timedelta(days=_DAYS))
    sources = [source for source in settings.sources if not source.development]
    names, small = [source.name for source in sources], settings.small_group
    numbers = await with_client(request, lambda client: counts(client, names, since, small))
    answer = {
        "since": since.date().isoformat(),
        "days": _DAYS,
        "small_group": small,
        "apps": [collected(source, settings.file.parent, numbers) for source in sources],
    }
    state.transparency = (settings, now, answer)
    return answer
