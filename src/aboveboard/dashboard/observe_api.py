"""What did a source really send: names, types and shapes? `POST /admin/v1/observe`, for `catalog observe`."""

from datetime import UTC, datetime, timedelta

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aboveboard.access import Token
from aboveboard.collector.body import read
from aboveboard.collector.rights import in_thread
from aboveboard.dashboard.admin_api import PREFIX, admin_only
from aboveboard.errors import RequestRefused
from aboveboard.governance.observed import ask

__all__ = ["routes"]


class _Observe(msgspec.Struct):
    source: str
    days: int = 30


def routes() -> list[Route]:
    """Return the address, which stands before those of the admin API."""
    return [Route(f"{PREFIX}/observe", admin_only(_observe), methods=["POST"])]


async def _observe(request: Request, _: Token) -> Response:
    asked = _decode(await read(request.receive))
    if request.app.state.settings.sources.get(asked.source) is None:
        known = ", ".join(each.name for each in request.app.state.settings.sources) or "none"
        raise RequestRefused(
            404, "unknown source", f"There is no source {asked.source!r}. There are: {known}."
        )
    since = datetime.now(UTC) - timedelta(days=min(max(asked.days, 1), 400))

    def look() -> list[dict[str, object]]:
        with request.app.state.readers.client() as client:
            return ask(client, asked.source, since)

    content = {"source": asked.source, "since": since, "rows": await in_thread(look)}
    return Response(msgspec.json.encode(content), media_type="application/json")


def _decode(body: bytes) -> _Observe:
    try:
        return msgspec.json.decode(body, type=_Observe)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RequestRefused(
            400, "broken JSON", f"The body is not the JSON that this address takes: {error}."
        ) from error
