"""How many events does a server take each second, and how long does each request wait?

Run as a process of its own: `python -m tests.bench.load URL KEY CONNECTIONS SECONDS [RATE]`. Prints one line of JSON.
With a rate (events a second) it sends no more than that, and else as much as is taken.
It sends to this machine only, for a bounded time.
"""

import asyncio
import json
import random
import sys
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

EVENTS = Path(__file__).parent.parent / "data" / "podman_desktop_events.json"
BATCH = 50
NONCE = b"00000000"
MOMENT = 98_765
"""Stands in each duration, and is another number at each sending, so that no two of them are of one content."""
CONTEXT = {
    "app": {"name": "Podman Desktop", "version": "1.29.1"},
    "os": {"name": "Mac", "version": "24.6.0", "arch": "arm64"},
    "locale": "de-DE",
    "location": {"country": "DE"},
    "timezone": "Europe/Berlin",
    "library": {"name": "@segment/analytics-node", "version": "3.1.0"},
}
ERRORS = (
    "open /home/{name}/{name}-{n}.yaml: permission denied",
    'no container with name or ID "{name}-{n}" found: no such container',
    "connect ECONNREFUSED 10.0.{n}.7:6443",
    "access to image registry.{name}.corp/team/app:{n} is denied (403 error)",
)


def message(entry: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """One message of the real mix: examples as they are, durations and errors drawn anew."""
    properties: dict[str, Any] = {}
    for name, kind in entry["properties"].items():
        if kind.get("type", "").endswith(("_ms", "_s")):
            properties[name] = chance.randrange(1, 40) * 100_000 + MOMENT
        elif name in {"error", "sourceError"}:
            if chance.random() < 0.1:
                text = chance.choice(ERRORS).format(
                    name=f"u{chance.randrange(3000)}", n=chance.randrange(200)
                )
                properties[name] = {"message": text, "statusCode": 403}
        elif not name.startswith("("):
            properties[name] = kind.get("example")
    return {
        "type": "track",
        "event": entry["event"],
        "messageId": str(uuid.UUID(int=chance.getrandbits(128)))[:-8] + NONCE.decode(),
        "anonymousId": str(uuid.UUID(int=chance.randrange(5000))),
        "timestamp": time.strftime(
            "%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - chance.randrange(600))
        ),
        "properties": properties,
        "context": CONTEXT,
    }


def bodies(key: str, count: int) -> list[bytes]:
    """Request bodies of 50 events each; NONCE stands where each sending makes its message ids its own."""
    chance = random.Random()
    entries = json.loads(EVENTS.read_text(encoding="utf-8"))
    made = []
    for _ in range(count):
        batch = [message(chance.choice(entries), chance) for _ in range(BATCH)]
        sent = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        made.append(json.dumps({"batch": batch, "writeKey": key, "sentAt": sent}).encode())
    return made


def renewed(body: bytes, number: int) -> bytes:
    """A body with message ids and durations that no other sending has."""
    body = body.replace(NONCE + b'"', b'%08x"' % (number % 2**32))
    body = body.replace(b"%05d," % MOMENT, b"%05d," % random.randrange(100_000))
    return body.replace(b"%05d}" % MOMENT, b"%05d}" % random.randrange(100_000))


async def run(url: str, key: str, connections: int, seconds: float, rate: float = 0.0) -> dict[str, float]:
    """Keep every connection busy for `seconds` and return events/s and latencies in milliseconds.

    With a `rate` requests begin at even distances, the next one at once where the last took too long.
    """
    parts = urlsplit(url)
    prepared, counter, latencies = bodies(key, 400), [0], []
    stop = time.perf_counter() + seconds
    first = random.getrandbits(24) << 8
    began = time.perf_counter()

    async def one() -> None:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        while time.perf_counter() < stop:
            counter[0] += 1
            due = began + counter[0] * BATCH / rate if rate else 0.0
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            body = renewed(prepared[counter[0] % len(prepared)], first + counter[0])
            head = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
            started = time.perf_counter()
            writer.write(head + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = int(answer.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise AssertionError(answer)
            latencies.append(time.perf_counter() - started)
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    spent = time.perf_counter() - started
    latencies.sort()
    at = lambda share: round(latencies[int(len(latencies) * share)] * 1000, 1)  # noqa: E731
    return {
        "connections": connections,
        "events_per_s": round(len(latencies) * BATCH / spent),
        "p50_ms": at(0.5),
        "p99_ms": at(0.99),
        "requests": len(latencies),
    }


if __name__ == "__main__":
    url, key, connections, *numbers = sys.argv[1:]
    print(json.dumps(asyncio.run(run(url, key, int(connections), *map(float, numbers)))))
