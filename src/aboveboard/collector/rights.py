"""How does a person have everything about them deleted, or get to see it?

`POST /v1/erase` and `POST /v1/access`: knowing the anonymous id is the proof, and it travels in the body only. Neither
asks for more than the collector has: the id itself is stored nowhere, its keyed hash finds the rows.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aboveboard.access import Source, Sources
from aboveboard.access.audit import AuditLog
from aboveboard.collector.body import gunzip, read
from aboveboard.collector.commit import Committer
from aboveboard.collector.protocols.wire import text
from aboveboard.collector.receipts import Receipt, read_receipt, sign
from aboveboard.errors import RequestRefused, StoreError
from aboveboard.store import erasure
from aboveboard.store.erasure import Erasure, Tombstones
from aboveboard.store.failover import cluster_of

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = ["TOLD_SECONDS", "Rights", "deletion_id", "in_thread", "refused", "routes"]

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

_READABLE = {"output_format_json_quote_64bit_integers": 0, "date_time_output_format": "iso"}
_ASKED, _COUNTED, _DONE = 1, 2, 3

TOLD_SECONDS = 2.0
"""After this long every collector on the same store refuses what an install sent before it was erased."""
_LOOKED_BACK = 86_400_000
_LEFT_ALONE = 600_000
"""After ten minutes a collector that was asked has stopped, and another finishes its erasure."""


class Rights:
    """Erases installs and tells what is kept of them; `client` is its own connection, `key` signs receipts."""

    def __init__(
        self, client: "Client", committer: Committer, audit: AuditLog, key: bytes,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:  # fmt: skip
        self._client = client
        self._committer = committer
        self._tombstones: Tombstones = committer.admission.tombstones
        self._audit = audit
        self._key = key
        self._clock = clock
        self._client_lock = asyncio.Lock()
        self._waiting: list[Erasure] = []
        self._heard: set[tuple[str, str, str]] | None = None

    def finish(self) -> int:
        """Finish the erasures that were asked for before the server stopped; return how many."""
        pending = [asked for asked in erasure.erasures(self._client) if asked.step < _DONE]
        self._erase(pending)
        return len(pending)

    async def erase(self, source: Source, anonymous_id: str, deletion: str, actor: str) -> Receipt:
        """Delete everything about an install and return the receipt once nothing of it is on disk any more.

        The same deletion again returns the same receipt. Whoever waits at the same time is erased together: the
        cost is the walk through the store, not the rows. Raises RequestRefused with 503 where the store does not
        do it now; it is then done at the next start, or when asked again.
        """
        now = self._clock()
        asked = Erasure(source.name, source.install(anonymous_id), deletion, _ASKED, actor, now, now, {})
        self._waiting.append(asked)
        async with self._client_lock:
            if asked in self._waiting:
                group, self._waiting = self._waiting, []
                await self._together(group)
            (done,) = await in_thread(partial(erasure.erasures, self._client, [asked[:3]]))
        if not done.receipt:
            raise _unavailable()
        return read_receipt(done.receipt)

    async def hear(self) -> int:
        """Take up what other collectors on the same store were asked to erase; return how many erasures are new.

        What this one had admitted before it heard of them may have been written after theirs: it is erased here. An
        erasure whose collector has stopped is finished. Raises RequestRefused with 503 where the store cannot say.
        """
        async with self._client_lock:
            now = self._clock()
            since = 0 if self._heard is None else now - _LOOKED_BACK
            known = await in_thread(partial(erasure.erasures, self._client, since=since))
            for asked in known:
                self._tombstones.add(asked.source, asked.install, asked.before)
            # At the start nothing can be under way yet.
            heard = {asked[:3] for asked in known} if self._heard is None else self._heard
            new = [asked for asked in known if asked[:3] not in heard]
            if new:
                await self._committer.settled()
                await in_thread(partial(self._erase_late, new))
            self._heard = heard | {asked[:3] for asked in new}
            left = [asked for asked in known if asked.step < _DONE and asked.asked < now - _LEFT_ALONE]
            await in_thread(partial(self._erase, left))
            return len(new)

    async def access(self, source: Source, anonymous_id: str, actor: str) -> bytes:
        """Return all rows about an install as JSON, by table, and note in the audit log that they were read."""
        install = source.install(anonymous_id)
        detail = {"source": source.name, "install": install}
        async with self._client_lock:
            await in_thread(partial(self._audit.record, "access", actor, detail))
            return await in_thread(partial(self._rows, source.name, install))

    async def _together(self, group: list[Erasure]) -> None:
        wanted = {asked[:3]: asked for asked in group}
        known = await in_thread(partial(erasure.erasures, self._client, list(wanted)))
        new = [asked for key, asked in wanted.items() if key not in {each[:3] for each in known}]
        await in_thread(partial(erasure.save, self._client, new))
        for asked in new:
            self._tombstones.add(asked.source, asked.install, asked.before)
            if self._heard is not None:
                self._heard.add(asked[:3])
        if new and cluster_of(self._client):
            await asyncio.sleep(TOLD_SECONDS)
        # What was admitted before the tombstone was set may still be on its way to the store.
        await self._committer.settled()
        await in_thread(partial(self._erase, [*new, *(each for each in known if each.step < _DONE)]))

    def _erase_late(self, group: list[Erasure]) -> None:
        for asked in group:
            erasure.erase_before(self._client, asked.source, asked.install, asked.before)

    def _erase(self, group: list[Erasure]) -> None:
        if not group:
            return
        counted = [self._counted(asked) if asked.step < _COUNTED else asked for asked in group]
        erasure.save(self._client, counted)
        erasure.erase(self._client, {(asked.source, asked.install) for asked in counted})
        for asked in counted:
            moment = self._clock()
            receipt = sign(asked.deletion, asked.source, asked.install, moment, asked.counts, self._key)
            detail = {"before": asked.before, "receipt": msgspec.to_builtins(receipt)}
            self._audit.record("erase", asked.actor, detail)
            done = asked._replace(step=_DONE, receipt=msgspec.json.encode(receipt).decode())
            erasure.save(self._client, [done])

    def _counted(self, asked: Erasure) -> Erasure:
        """Note what is there to be erased, before it is: after a crash in between it could not be told."""
        before = erasure.latest(self._client, asked.source, asked.install, asked.before)
        self._tombstones.add(asked.source, asked.install, before)
        counts = erasure.count(self._client, asked.source, asked.install)
        return asked._replace(step=_COUNTED, before=before, counts=counts)

    def _rows(self, source: str, install: str) -> bytes:
        tables = erasure.tables_of_installs(self._client) | {"erasures": "ReplacingMergeTree"}
        found = {}
        for table, engine in tables.items():
            final = "" if engine == "MergeTree" else "FINAL"
            sql = f"""
                SELECT *
                FROM {table} {final}
                WHERE source = {{source:String}} AND install = {{install:String}}
            """  # noqa: S608
            parameters = {"source": source, "install": install}
            lines = self._client.raw_query(sql, parameters, _READABLE, fmt="JSONEachRow")
            found[table] = msgspec.Raw(b"[" + b",".join(lines.splitlines()) + b"]")
        return msgspec.json.encode({"success": True, "source": source, "install": install, "tables": found})


class _Body(msgspec.Struct, rename="camel"):
    write_key: str
    anonymous_id: str | int
    deletion_id: str = ""


def routes() -> list[Route]:
    """Return the addresses at which a person asks; both take POST only."""
    return [
        Route("/v1/erase", _erase, methods=["POST"]),
        Route("/v1/access", _access, methods=["POST"]),
    ]


def refused(refusal: RequestRefused) -> Response:
    """Return a refusal in the shape of all of the collector's answers."""
    error = {"reason": refusal.reason, "message": str(refusal)}
    headers = {"retry-after": "30"} if refusal.status == 503 else None
    return _json(msgspec.json.encode({"success": False, "error": error}), refusal.status, headers)


async def in_thread(work: Callable[[], Answer]) -> Answer:
    """Do what may take long in a thread; raises RequestRefused with 503 where the store refuses."""
    from clickhouse_connect.driver.exceptions import ClickHouseError

    try:
        return await run_in_threadpool(work)
    except (ClickHouseError, StoreError, OSError) as error:
        _log.error("The store refuses: %s", error)
        raise _unavailable() from error


def deletion_id(value: str) -> str:
    """Return a deletion's id in its usual form; raises RequestRefused for what is not a UUID."""
    try:
        return str(uuid.UUID(value))
    except ValueError as error:
        message = (
            "The `deletionId` is not a UUID. Make one for each deletion and repeat it when asking again."
        )
        raise RequestRefused(400, "no deletion id", message) from error


async def _erase(request: Request) -> Response:
    try:
        body, source = await _asked(request)
        deletion = deletion_id(body.deletion_id)
        receipt = await request.app.state.rights.erase(source, str(body.anonymous_id), deletion, "install")
    except RequestRefused as refusal:
        return refused(refusal)
    return _json(msgspec.json.encode({"success": True, "receipt": receipt}))


async def _access(request: Request) -> Response:
    try:
        body, source = await _asked(request)
        return _json(await request.app.state.rights.access(source, str(body.anonymous_id), "install"))
    except RequestRefused as refusal:
        return refused(refusal)


async def _asked(request: Request) -> tuple[_Body, Source]:
    raw = await read(request.receive)
    if request.headers.get("content-encoding", "").strip().lower() == "gzip":
        raw = gunzip(raw)
    try:
        body = msgspec.json.decode(raw, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        message = f"The body is not the JSON that this endpoint takes: {error}."
        raise RequestRefused(400, "broken JSON", message) from error
    body.anonymous_id = text(body.anonymous_id)
    if not body.anonymous_id:
        raise RequestRefused(
            400, "no anonymous id", "The `anonymousId` is empty: such events belong to nobody."
        )
    return body, _source(request.app.state.settings.sources, body.write_key)


def _source(sources: Sources, write_key: str) -> Source:
    """A revoked key still says whose data it is: an old app must be able to delete."""
    for source in sources:
        if write_key and write_key in (*source.write_keys, *source.revoked_keys):
            return source
    return sources.admit(write_key)


def _unavailable() -> RequestRefused:
    message = "The store cannot do this at the moment. An erasure is kept and done as soon as it can; ask again later."
    return RequestRefused(503, "store unavailable", message)


def _json(content: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(content, status, headers, media_type="application/json")
