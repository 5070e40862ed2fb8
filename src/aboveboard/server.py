"""How do collector, insights and dashboard become one ASGI application?"""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aboveboard.access import Settings
from aboveboard.collector.admit import Admission
from aboveboard.collector.commit import Committer
from aboveboard.collector.http import INGEST, ingest
from aboveboard.dashboard import dashboard
from aboveboard.store import Readers, connect, migrate

__all__ = ["application"]

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


def application(settings: Settings) -> App:
    """Build the whole server for uvicorn; the store is opened when it starts and closed when it stops.

    Raises StoreError at start when the store cannot be opened.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        writer = connect(settings.store)
        migrate(writer)
        committer = Committer(writer, Admission(settings.sources, settings.file.parent))
        app.state.readers = Readers(settings.store)
        committer.start()
        app.state.committer = committer
        yield
        committer.stop()
        app.state.readers.close()
        writer.close()

    pages = Starlette(
        routes=[Route("/healthz", _healthz), Route("/readyz", _readyz), *dashboard.routes()],
        middleware=dashboard.middleware(settings),
        exception_handlers=dashboard.exception_handlers(),
        lifespan=lifespan,
    )
    pages.state.settings = settings

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].rstrip("/") in INGEST:
            await ingest(pages.state.committer, scope, receive, send)
        else:
            await pages(scope, receive, send)

    return app


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _readyz(request: Request) -> Response:
    if request.app.state.committer.healthy:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "store unavailable"}, status_code=503)
