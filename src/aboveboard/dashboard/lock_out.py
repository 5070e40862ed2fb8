"""What is told to a client that has guessed at tokens too often?

The one place that knows where tokens come from: the header of the API and of the admin API, the link, and the
sign-in form. Sessions are no tokens: whoever is signed in stays so, whatever a neighbour does.
"""

import logging
import math
from collections.abc import Collection
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aboveboard.access.guard import Guard, from_elsewhere
from aboveboard.collector.rights import refused
from aboveboard.dashboard import api
from aboveboard.dashboard.templating import render
from aboveboard.errors import RequestRefused

__all__ = ["LockOut"]

_log = logging.getLogger(__name__)
_ADMIN = "/admin/"


class LockOut:
    """An ASGI middleware that counts wrong tokens and answers 429 to whoever sent too many.

    `forms` are the addresses that take the sign-in form. `behind_proxy` tells that every connection is the proxy's,
    so that the client is the last one that its `X-Forwarded-For` names.
    """

    def __init__(
        self, app: ASGIApp, guard: Guard, forms: Collection[str] = (), *, behind_proxy: bool = False
    ) -> None:
        self.app = app
        self._guard = guard
        self._forms = forms
        self._behind_proxy = behind_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._brings_token(scope):
            await self.app(scope, receive, send)
            return
        address = self._address(scope)
        left = self._guard.locked(address)
        if left:
            answer = await _refusal(Request(scope, receive), math.ceil(left))
            await answer(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            refused = message["type"] == "http.response.start" and message["status"] == 401
            if refused and self._guard.wrong(address):
                _log.warning("A client sent too many wrong tokens: locked out for a quarter of an hour.")
            await send(message)

        await self.app(scope, receive, counted)

    def _brings_token(self, scope: Scope) -> bool:
        path: str = scope["path"]
        if path.startswith((api.PREFIX, _ADMIN)):
            return "authorization" in Headers(scope=scope)
        posted = scope["method"] == "POST" and path in self._forms
        linked = "token" in parse_qs(scope["query_string"].decode("latin-1"))
        return posted or (linked and not from_elsewhere(Headers(scope=scope).get("sec-fetch-site", "")))

    def _address(self, scope: Scope) -> str:
        said = ",".join(Headers(scope=scope).getlist("x-forwarded-for")) if self._behind_proxy else ""
        client = scope.get("client")
        # What stands further left, or in an earlier header, is what the client itself claims.
        return said.rpartition(",")[2].strip() or (client[0] if client else "")


async def _refusal(request: Request, seconds: int) -> Response:
    minutes = math.ceil(seconds / 60)
    message = (
        "Too many wrong tokens came from where you are. Right ones are not looked at either for another "
        f"{minutes} {'minute' if minutes == 1 else 'minutes'}."
    )
    path = request.url.path
    if path.startswith(api.PREFIX):
        answer = api.error(429, "locked out", message)
    elif path.startswith(_ADMIN):
        answer = refused(RequestRefused(429, "locked out", message))
    else:
        answer = await render(request, "refused.html", 429, heading="Locked out", message=message)
    answer.headers["retry-after"] = str(seconds)
    return answer
