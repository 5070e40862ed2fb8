"""What could this server take if it neither cleaned nor stored? `python -m tests.bench.ceiling PORT`."""

import asyncio
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import uvicorn

from aboveboard.access import Source
from aboveboard.collector.admit import Admitted
from aboveboard.collector.event import Batch
from aboveboard.collector.http import INGEST, ingest
from aboveboard.collector.limits import GuardedProtocol
from aboveboard.collector.pauses import fewer_pauses


class DecodeOnly:
    """Stands where the committer stands, reads each body, and says yes at once."""

    source = Source(write_keys=("k",), install_key="00")

    async def commit(self, body: bytes, *, decode: Callable[[bytes], Batch], **_: Any) -> Admitted:
        decode(body)
        return Admitted(self.source, [], [], Counter())


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http" and scope["path"] in INGEST:
        await ingest(DecodeOnly(), scope, receive, send)  # type: ignore[arg-type]


class Server(uvicorn.Server):
    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)


if __name__ == "__main__":
    config = uvicorn.Config(
        app,
        port=int(sys.argv[1]),
        http=GuardedProtocol,
        access_log=False,
        log_level="warning",
        lifespan="off",
    )
    fewer_pauses()
    asyncio.run(Server(config).serve())
