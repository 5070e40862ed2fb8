"""How do collector, insights and dashboard become one ASGI application?"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from aboveboard.access import Settings
from aboveboard.access.audit import FILE_NAME, AuditLog
from aboveboard.access.sessions import ENDED_FILE, Ended
from aboveboard.alerts import keep_watching, verify
from aboveboard.collector import rights
from aboveboard.collector.admit import Admission
from aboveboard.collector.commit import Committer
from aboveboard.collector.countries import Countries
from aboveboard.collector.http import INGEST, ingest
from aboveboard.collector.receipts import receipt_key
from aboveboard.collector.rights import Rights
from aboveboard.collector.upkeep import keep_swept, keep_told
from aboveboard.dashboard import admin_api, dashboard, observe_api
from aboveboard.errors import AboveboardError
from aboveboard.insights.again import Answers
from aboveboard.store import Readers, connect, migrate
from aboveboard.store.backup import tidy
from aboveboard.store.erasure import erasures
from aboveboard.store.failover import cluster_of
from aboveboard.store.message_ids import hash_stored
from aboveboard.store.rollups import Keeper
from aboveboard.store.uses import Uses

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
    verify(settings.alerts)
    admission = Admission(settings.sources, settings.file.parent)
    countries = _countries(settings)
    writer = connect(settings.store)
    migrate(writer)
    hash_stored(writer, {source.name: source.install_key for source in settings.sources})
    for erased in erasures(writer):
        admission.tombstones.add(erased.source, erased.install, erased.before)
    audit = AuditLog(settings.data / FILE_NAME)
    key = bytes.fromhex(settings.receipt_key) or receipt_key(settings.data)
    tidy(settings.store)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        committer = Committer(writer, admission)
        app.state.readers = Readers(settings.store)
        eraser = connect(settings.store)
        keeper = Keeper(connect(settings.store))
        app.state.audit, app.state.receipt_key = audit, key
        app.state.rights = Rights(eraser, committer, audit, key)
        if not cluster_of(eraser):
            app.state.rights.finish()
        committer.start()
        keeper.start()
        app.state.committer = committer
        app.state.uses, app.state.answers = Uses(), Answers()
        hear = partial(keep_told, app.state.rights, app.state.readers, app.state.ended)
        told = asyncio.create_task(hear()) if cluster_of(eraser) else None
        sweeping = asyncio.create_task(keep_swept(app.state.readers, lambda: app.state.settings.sources))
        watching = asyncio.create_task(keep_watching(app.state.readers, lambda: app.state.settings))
        metrics = _metrics(committer, settings)
        if reread is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _reload, app, reread)
        yield
        sweeping.cancel()
        watching.cancel()
        if told is not None:
            told.cancel()
        keeper.stop()
        committer.stop()
        if metrics is not None:
            metrics.shutdown()
        app.state.readers.close()
        eraser.close()
        writer.close()
        audit.close()

    pages = Starlette(
        routes=[
            Route("/healthz", _healthz),
            Route("/readyz", _readyz),
            *rights.routes(),
            *observe_api.routes(),
            *admin_api.routes(),
            *dashboard.routes(),
        ],
        middleware=dashboard.middleware(settings),
        exception_handlers=dashboard.exception_handlers(),
        lifespan=lifespan,
    )
    pages.state.settings, pages.state.countries = settings, countries
    pages.state.ended = Ended(settings.data / ENDED_FILE)

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].rstrip("/") in INGEST:
            await ingest(pages.state.committer, scope, receive, send, pages.state.countries)
        else:
            await pages(scope, receive, send)

    return app


def _metrics(committer: Committer, settings: Settings) -> Any:
    if not settings.metrics_port:
        return None
    from aboveboard.collector.metrics import serve_metrics

    return serve_metrics(committer, settings.host, settings.metrics_port)


def _countries(settings: Settings) -> Countries | None:
    if not settings.countries:
        return None
    return Countries(Path(settings.countries), behind_proxy=settings.behind_proxy)


def _reload(app: Starlette, reread: Callable[[], Settings]) -> None:
    """Put the sources and tokens of the settings file in force; where it has a mistake, say so and go on."""
    try:
        settings = reread()
        verify(settings.alerts)
        admission = Admission(
            settings.sources, settings.file.parent, app.state.committer.admission.tombstones
        )
        countries = _countries(settings)
        app.state.audit.record(
            "settings", "server", {"sources": [source.name for source in settings.sources]}
        )
    except AboveboardError as error:
        _log.error("The settings were not read again: %s", error)
        return
    app.state.settings, app.state.countries = settings, countries
    app.state.committer.admission = admission
    _log.warning("The settings were read again: %d sources.", len(settings.sources))


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _readyz(request: Request) -> Response:
    if request.app.state.committer.healthy:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "store unavailable"}, status_code=503)
