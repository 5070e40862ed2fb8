"""Which addresses does the dashboard have, and what stands around each of them?"""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from aboveboard.access import Settings
from aboveboard.access.guard import Guard
from aboveboard.access.sessions import DAYS, signing_key
from aboveboard.dashboard import api, transparency
from aboveboard.dashboard.headers import HEADERS, SecurityHeaders
from aboveboard.dashboard.live import live
from aboveboard.dashboard.lock_out import LockOut
from aboveboard.dashboard.openapi import PATH, openapi
from aboveboard.dashboard.pages import PAGES, question_page
from aboveboard.dashboard.quarantine import REPLAY, quarantine, replay_form
from aboveboard.dashboard.sign_in import sign_out
from aboveboard.dashboard.templating import STATIC, render
from aboveboard.errors import RequestRefused

__all__ = ["exception_handlers", "middleware", "routes"]

_BOTH = ["GET", "POST"]  # POST is the sign-in form, which stands in the page's place
_IN_WORDS = {
    404: ("No such page", "There is no page at this address."),
    405: ("Not like this", "This address takes no such request."),
    500: (
        "This went wrong",
        "The page could not be made. The server's log says why; loading it again may help.",
    ),
}


def routes() -> list[BaseRoute]:
    """Return every route of the dashboard and of the API."""
    actions, *others = [page for page in PAGES if not page.raw]
    return [
        Route("/", question_page(actions), methods=_BOTH),
        *(Route(page.path, question_page(page), methods=_BOTH) for page in (actions, *others)),
        Route("/live", live, methods=_BOTH),
        Route("/quarantine", quarantine, methods=_BOTH),
        Route(REPLAY, replay_form, methods=["POST"]),
        Route("/sign-out", sign_out, methods=["POST"]),
        *transparency.routes(),
        Route("/api/v1/{question}", api.answer),
        Route("/api/{rest:path}", api.unknown),
        Route(PATH, openapi),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]


def middleware(settings: Settings) -> list[Middleware]:
    """Return what every request passes through before its page.

    Makes the key of the session cookies in the data folder, where there is none yet.
    """
    return [
        Middleware(SecurityHeaders),
        Middleware(
            LockOut,
            guard=Guard(),
            forms={"/", *(page.path for page in PAGES)},
            behind_proxy=settings.behind_proxy,
        ),
        Middleware(
            SessionMiddleware,
            secret_key=settings.session_key or signing_key(settings.data),
            # Cookies belong to a host, not to a port: two servers on one machine must not share a name.
            session_cookie=f"aboveboard_{settings.port}",
            max_age=DAYS * 86_400,
            same_site="lax",
            https_only=bool(settings.tls_cert) or settings.behind_proxy,
        ),
    ]


def exception_handlers() -> Mapping[Any, Callable[..., Any]]:
    """Return how errors become pages, and JSON under `/api/`."""
    return {HTTPException: _refused, RequestRefused: _not_now, 500: _failed}


async def _refused(request: Request, error: HTTPException) -> Response:
    heading, message = _IN_WORDS.get(error.status_code, ("Refused", str(error.detail)))
    response = await _error(request, error.status_code, heading, message)
    response.headers.update(error.headers or {})
    return response


async def _not_now(request: Request, error: RequestRefused) -> Response:
    """The store or the audit log does not take something, and so the page is not made either."""
    return await _error(request, error.status, error.reason.capitalize(), str(error))


async def _failed(request: Request, _: Exception) -> Response:
    response = await _error(request, 500, *_IN_WORDS[500])
    # This handler runs outside of the middleware.
    response.headers.update(HEADERS | {"cache-control": "no-store"})
    return response


async def _error(request: Request, status: int, heading: str, message: str) -> Response:
    if request.url.path.startswith(api.PREFIX):
        return api.error(status, heading.lower(), message)
    return await render(request, "refused.html", status, heading=heading, message=message)
