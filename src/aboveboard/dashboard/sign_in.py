"""How does someone get in, and out again?"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from aboveboard.access import Token
from aboveboard.access.guard import from_elsewhere
from aboveboard.access.sessions import (
    close_session,
    first_time,
    form_secret,
    open_session,
    same_form,
    session_token,
)
from aboveboard.collector.rights import in_thread
from aboveboard.dashboard.questions import query_of
from aboveboard.dashboard.templating import address, render

__all__ = ["admins_form", "admins_only", "sign_out", "signed_in"]

Handler = Callable[[Request], Awaitable[Response]]

_MOST_BYTES = 16_384
_UNKNOWN = (
    "This server does not know that token. The link that a start prints is good until the server stops: take "
    "the newest one."
)
_FOREIGN = (
    "The link was followed from a page of another site, so its token was not looked at. Paste the link into the "
    "address bar, or the token in here."
)
_STALE = "The form was too old to be sure that it came from here. Send it again."


def signed_in(handler: Handler) -> Handler:
    """Let a page be seen only by whoever has a session, and start one for whoever brings a token.

    A token comes in the address (`?token=…`) or from the form that stands in the page's place; either way the
    answer leads to the same page with no token in its address.
    """

    async def page(request: Request) -> Response:
        if request.method == "POST":
            return await _by_form(request)
        if "token" in request.query_params:
            if from_elsewhere(request.headers.get("sec-fetch-site", "")):
                return await _form(request, _FOREIGN)
            return await _enter(request, request.query_params["token"])
        if _known(request) is None:
            return await _form(request)
        if "" in request.query_params.values():
            return RedirectResponse(_same_page(request), status_code=303)
        return await handler(request)

    return page


def admins_only(handler: Handler) -> Handler:
    """Let a page of single events be seen only by an admin, and note in the audit log who came to it.

    That is one entry for a session and page, not for each refresh. A viewer is told why, with status 403.
    """

    async def page(request: Request) -> Response:
        token = request.state.token
        if token.role != "admin":
            return await _admins(request)
        if first_time(request.session, request.url.path):
            note = partial(request.app.state.audit.record, "view", token.name, {"page": request.url.path})
            await in_thread(note)
        return await handler(request)

    return signed_in(page)


def admins_form(handler: Callable[[Request, Mapping[str, str]], Awaitable[Response]]) -> Handler:
    """Give the handler of a change the fields of its form, where an admin sent it from a page of this server."""

    async def change(request: Request) -> Response:
        token, fields = _known(request), await _fields(request)
        if token is None:
            return await _refuse(request, 401, "Not signed in", "Sign in first, then do this again.")
        if token.role != "admin":
            return await _admins(request)
        if not same_form(request.session, fields.get("form", "")):
            return await _refuse(
                request, 403, "The form was too old", f"{_STALE} Go back and load the page again."
            )
        return await handler(request, fields)

    return change


async def sign_out(request: Request) -> Response:
    """End the session; a POST from another site carries no cookie, so it ends nothing."""
    await in_thread(partial(close_session, request.session, request.app.state.ended))
    return RedirectResponse("/", status_code=303)


def _known(request: Request) -> Token | None:
    """Return the token of the session and leave it, with its role, where pages look for it."""
    token = session_token(request.session, request.app.state.settings.tokens, request.app.state.ended)
    request.state.token, request.state.role = token, token.role if token else None
    return token


async def _admins(request: Request) -> Response:
    message = (
        f"This is about single events. The token {request.state.token.name!r} may see answers, which are about many; "
        "sign in with an admin's token."
    )
    return await _refuse(request, 403, "For admins only", message)


async def _refuse(request: Request, status: int, heading: str, message: str) -> Response:
    return await render(request, "refused.html", status, heading=heading, message=message)


async def _by_form(request: Request) -> Response:
    fields = await _fields(request)
    if not same_form(request.session, fields.get("form", "")):
        return await _form(request, _STALE, status=403)
    return await _enter(request, fields.get("token", "").strip())


async def _enter(request: Request, token: str) -> Response:
    if open_session(request.session, token, request.app.state.settings.tokens) is None:
        return await _form(request, _UNKNOWN)
    return RedirectResponse(_same_page(request), status_code=303)


async def _form(request: Request, complaint: str = "", status: int = 401) -> Response:
    return await render(
        request,
        "sign_in.html",
        status,
        complaint=complaint,
        secret=form_secret(request.session),
        action=_same_page(request),
    )


def _same_page(request: Request) -> str:
    """The address that was asked for, without the token and without filters that are empty."""
    return address(
        request.url.path, {name: value for name, value in query_of(request).items() if name != "token"}
    )


async def _fields(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            return {}
    fields = parse_qs(body.decode("utf-8", "replace"))
    return {name: values[0] for name, values in fields.items()}
