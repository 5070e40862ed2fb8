"""How do collector, insights and dashboard become one ASGI application?"""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, MutableMapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
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
from aboveboard.dashboard.templating import prepare
from aboveboard.errors import AboveboardError
from aboveboard.insights.again import Answers
from aboveboard.insights.statistics import load
from aboveboard.store import Readers, connect, migrate
from aboveboard.store.backup import tidy
from aboveboard.store.erasure import erasures
from aboveboard.store.failover import cluster_of
from aboveboard.store.message_ids import hash_stored
from aboveboard.store.rollups import Keeper
from aboveboard.store.uses import Uses

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = ["application"]

_log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]


class Opened(NamedTuple):
    """What is open before the first request: the store's writer, what is admitted, the audit log, the receipts' key."""

    writer: "Client"
    admission: Admission
    audit: AuditLog
    key: bytes


def application(settings: Settings, reread: Callable[[], Settings] | None = None) -> App:
    """Open the store and build the whole server for uvicorn, which closes the store when it stops.

    `reread` reads the settings again when the process gets a SIGHUP; requests under way are not touched, and
    settings with a mistake change nothing. Raises StoreError when the store cannot be opened, CatalogError when a
    source's catalog cannot be used.
    """
    verify(settings.alerts)
    countries = _countries(settings)
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
        lifespan=asynccontextmanager(partial(_running, _opened(settings), reread)),
    )
    pages.state.settings, pages.state.countries = settings, countries
    pages.state.ended = Ended(settings.data / ENDED_FILE)

    async def app(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"].rstrip("/") in INGEST:
            await ingest(pages.state.committer, scope, receive, send, pages.state.countries)
        else:
            await pages(scope, receive, send)

    return app


def _opened(settings: Settings) -> Opened:
    """Open the store, bring it up to date, and read what a collector has to know of it."""
    admission = Admission(settings.sources, settings.file.parent)
    writer = connect(settings.store)
    migrate(writer)
    hash_stored(writer, {source.name: source.install_key for source in settings.sources})
    for erased in erasures(writer):
        admission.tombstones.add(erased.source, erased.install, erased.before)
    audit = AuditLog(settings.data / FILE_NAME)
    key = bytes.fromhex(settings.receipt_key) or receipt_key(settings.data)
    tidy(settings.store)
    return Opened(writer, admission, audit, key)


async def _running(
    opened: Opened, reread: Callable[[], Settings] | None, app: Starlette
) -> AsyncIterator[None]:
    """Start everything that runs beside the requests, and end it in the order that loses nothing."""
    state, settings = app.state, app.state.settings
    committer = state.committer = Committer(opened.writer, opened.admission)
    state.readers, state.uses, state.answers = Readers(settings.store), Uses(), Answers()
    eraser = connect(settings.store)
    keeper = Keeper(connect(settings.store))
    state.audit, state.receipt_key = opened.audit, opened.key
    state.rights = Rights(eraser, committer, opened.audit, opened.key)
    if not cluster_of(eraser):
        state.rights.finish()
    committer.start()
    keeper.start()
    tasks = [asyncio.create_task(work) for work in _beside(app, told=bool(cluster_of(eraser)))]
    metrics = _metrics(committer, settings)
    if reread is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _reload, app, reread)
    yield
    for task in tasks:
        task.cancel()
    keeper.stop()
    committer.stop()
    if metrics is not None:
        metrics.shutdown()
    state.readers.close()
    eraser.close()
    opened.writer.close()
    opened.audit.close()


def _beside(app: Starlette, *, told: bool) -> Iterator[Coroutine[Any, Any, None]]:
    """Give what goes on in the background: sweeping, watching, and in a cluster hearing of what others erase.

    What the first pages need is loaded there, so that neither they nor a start wait for it.
    """
    state = app.state
    if told:
        yield keep_told(state.rights, state.readers, state.ended)
    yield keep_swept(state.readers, lambda: state.settings.sources)
    yield keep_watching(state.readers, lambda: state.settings, state.uses)
    yield run_in_threadpool(_prepare)


def _prepare() -> None:
    load()
    prepare()


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
