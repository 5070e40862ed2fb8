"""How does the operator reach a running server, which alone has the store open?

`/admin/v1/…` is what the commands `erase`, `backup`, `store check` and `audit` ask. Every call carries
`Authorization: Bearer <token>` of the role admin; its name, never where it came from, goes into the audit log.
"""

import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import msgspec
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from aboveboard.access import Token
from aboveboard.access.audit import verify
from aboveboard.alerts import try_out
from aboveboard.collector.body import read
from aboveboard.collector.receipts import genuine, read_receipt
from aboveboard.collector.rights import deletion_id, in_thread, refused
from aboveboard.errors import RequestRefused, SettingsError
from aboveboard.store.backup import back_up
from aboveboard.store.check import check
from aboveboard.store.schema import differences

__all__ = ["PREFIX", "admin_only", "routes"]

PREFIX = "/admin/v1"
"""Where every address of the admin API begins."""

Handler = Callable[[Request, Token], Awaitable[Response]]


class _Erase(msgspec.Struct, rename="camel"):
    source: str
    anonymous_id: str
    deletion_id: str = ""


class _Named(msgspec.Struct):
    name: str


Asked = TypeVar("Asked")

_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]


def routes() -> list[Route]:
    """Return the addresses of the admin API."""
    return [
        Route(f"{PREFIX}/erase", admin_only(_erase), methods=["POST"]),
        Route(f"{PREFIX}/backup", admin_only(_backup), methods=["POST"]),
        Route(f"{PREFIX}/check", admin_only(_check), methods=["POST"]),
        Route(f"{PREFIX}/alert", admin_only(_alert), methods=["POST"]),
        Route(f"{PREFIX}/audit", admin_only(_audit), methods=["GET"]),
        Route(f"{PREFIX}/receipt", admin_only(_receipt), methods=["POST"]),
        Route("/admin/{rest:path}", admin_only(_unknown), methods=_METHODS),
    ]


def admin_only(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Let only an admin's token through, and answer refusals in the collector's one shape."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request, _token(request))
        except RequestRefused as refusal:
            response = refused(refusal)
            if refusal.status == 401:
                response.headers["www-authenticate"] = 'Bearer realm="aboveboard"'
            return response

    return answer


def _token(request: Request) -> Token:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    found: Token | None = request.app.state.settings.tokens.find(value.strip())
    if scheme.lower() != "bearer" or found is None:
        message = "Send a token of this server as `Authorization: Bearer <token>`."
        raise RequestRefused(401, "no token", message)
    if found.role != "admin":
        raise RequestRefused(
            403, "not allowed", f"The token {found.name!r} may read answers only. Use an admin's."
        )
    return found


async def _erase(request: Request, token: Token) -> Response:
    asked = _decode(await read(request.receive), _Erase)
    source = request.app.state.settings.sources.get(asked.source)
    if source is None:
        known = ", ".join(each.name for each in request.app.state.settings.sources) or "none"
        raise RequestRefused(
            404, "unknown source", f"There is no source {asked.source!r}. There are: {known}."
        )
    if not asked.anonymous_id:
        raise RequestRefused(
            400, "no anonymous id", "The `anonymousId` is empty: such events belong to nobody."
        )
    deletion = deletion_id(asked.deletion_id or str(uuid.uuid4()))
    receipt = await request.app.state.rights.erase(source, asked.anonymous_id, deletion, token.name)
    return _json({"success": True, "receipt": receipt})


async def _backup(request: Request, token: Token) -> Response:
    state = request.app.state

    def make() -> Any:
        state.audit.record("backup", token.name, {})
        with state.readers.client() as client:
            return back_up(client, state.settings.store)

    file = await in_thread(make)
    # Sent and then deleted: a copy that nobody remembers would outlive every erasure.
    return FileResponse(file, media_type="application/x-tar", background=BackgroundTask(file.unlink))


async def _check(request: Request, _: Token) -> Response:
    def look() -> dict[str, Any]:
        with request.app.state.readers.client() as client:
            return check(client) | {"schema": differences(client)}

    return _json(await in_thread(look))


async def _alert(request: Request, _: Token) -> Response:
    name = _decode(await read(request.receive), _Named).name
    state = request.app.state

    def attempt() -> dict[str, Any]:
        with state.readers.client() as client:
            return try_out(client, state.settings, name, datetime.now(UTC))

    try:
        return _json(await in_thread(attempt))
    except SettingsError as error:
        raise RequestRefused(404, "unknown alert", str(error)) from error


async def _audit(request: Request, _: Token) -> Response:
    return _json(await in_thread(partial(verify, request.app.state.audit.file)))


async def _receipt(request: Request, _: Token) -> Response:
    try:
        receipt = read_receipt(await read(request.receive))
    except SettingsError as error:
        raise RequestRefused(400, "no receipt", str(error)) from error
    return _json({"genuine": genuine(receipt, request.app.state.receipt_key)})


async def _unknown(request: Request, _: Token) -> Response:
    known = [route for route in routes()[:-1] if isinstance(route, Route) and route.path == request.url.path]
    if known:
        allowed = ", ".join(sorted(known[0].methods or ()))
        message = f"{request.url.path!r} takes {allowed}."
        response = refused(RequestRefused(405, "method not allowed", message))
        response.headers["allow"] = allowed
        return response
    raise RequestRefused(404, "unknown address", f"There is no {request.url.path!r} in the admin API.")


def _decode(body: bytes, kind: type[Asked]) -> Asked:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"The body is not the JSON that this address takes: {error}."
        raise RequestRefused(400, "broken JSON", message) from error


def _json(content: Any) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")
