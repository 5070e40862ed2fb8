"""How do collector, insights and dashboard become one ASGI application?"""

import asyncio
import logging
import signal
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
from aboveboard.errors import AboveboardError
from aboveboard.store import Readers, connect, migrate

__all__ = ["application"]

_log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


def application(settings: Settings, reread: Callable[[], Settings] | None = None) -> App:
    """Open the store and build the whole server for uvicorn, which closes the store when it stops.

    `reread` reads the settings again when the process gets a SIGHUP; requests under way are not touched, and
    settings with a mistake change nothing. Raises StoreError when the store cannot be opened, CatalogError when a
    source's catalog cannot be used.
    """
    admission = Admission(settings.sources, settings.file.parent)
    writer = connect(settings.store)
    migrate(writer)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        committer = Committer(writer, admission)
        app.state.readers = Readers(settings.store)
        committer.start()
        app.state.committer = committer
        metrics = _metrics(committer, settings)
        if reread is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _reload, app, reread)
        yield
        committer.stop()
        if metrics is not None:
            metrics.shutdown()
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


def _metrics(committer: Committer, settings: Settings) -> Any:
    if not settings.metrics_port:
        return None
    from aboveboard.collector.metrics import serve_metrics

    return serve_metrics(committer, settings.host, settings.metrics_port)


def _reload(app: Starlette, reread: Callable[[], Settings]) -> None:
    """Put the sources and tokens of the settings file in force; where it has a mistake, say so and go on."""
    try:
        settings = reread()
        admission = Admission(settings.sources, settings.file.parent)
    except AboveboardError as error:
        _log.error("The settings were not read again: %s", error)
        return
    app.state.settings = settings
    app.state.committer.admission = admission
    _log.warning("The settings were read again: %d sources.", len(settings.sources))


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _readyz(request: Request) -> Response:
    if request.app.state.committer.healthy:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "store unavailable"}, status_code=503)
