"""Which real clients send while a server is killed? Each is a process of its own, behind a relay that takes notes.

`python -m tests.collector.real_clients NAME URL KEY FOLDER PAUSE` logs numbered events until its standard
input ends, then hands in the rest and prints how many it logged.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
NODE = ROOT / "tests/e2e/clients"
INSTALL = "6f1b3d54-8f0e-4f0b-9a63-1c1f2b7f6a11"

CATALOG = """
app = "demo-app"
notice = 1
privacy = "https://example.org/privacy"

[events.ours]
description = "A number was reached."
question = "Does it arrive once?"
level = "usage"
owner = "the tests"
issue = "https://example.org/issues/1"
added = 2026-01-31
expires = 2099-01-31

[events.ours.properties]
duration_ms = { type = "integer", description = "Which number." }
"""

SCRIPT = """
const { Analytics } = require("@segment/analytics-node");
const [host, writeKey, anonymousId, pause] = process.argv.slice(1);
const analytics = new Analytics({ writeKey, host, maxEventsInBatch: 20, flushInterval: 200, maxRetries: 3 });
analytics.on("error", () => {});
let number = 0;
const timer = setInterval(() => {
  number += 1;
  analytics.track({ anonymousId, event: "node", properties: { duration_ms: number } });
}, 1000 * pause);
process.stdin.resume().on("end", async () => {
  clearInterval(timer);
  await analytics.closeAndFlush({ timeout: 10000 });
  console.log(number);
  process.exit(0);
});
"""


class Relay(ThreadingHTTPServer):
    """Hands each request on and back as it is, and notes the ids in those that the server answered 200.

    Where the server is gone in the middle of a request, so is the relay's connection to its client.
    """

    daemon_threads = True

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Relayed)
        self.to = url.removeprefix("http://")
        self.accepted: set[str] = set()
        self.broken = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is none of the test's business."""


class _Relayed(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Relay

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            connection = HTTPConnection(self.server.to, timeout=30)
            connection.request("POST", self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException):
            self.server.broken += 1
            self.close_connection = True
            return
        if answer.status == 200:
            self.server.accepted.update(ids(body))
        self.send_response(answer.status)
        for name in ("content-type", "content-length", "retry-after"):
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def ids(body: bytes) -> list[str]:
    """The message ids of a batch of Segment's or PostHog's."""
    read = json.loads(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body)
    return [event.get("messageId") or event["uuid"] for event in read.get("batch", [])]


def start(name: str, relay: Relay, write_key: str, folder: Path, pause: float) -> "subprocess.Popen[str]":
    """Start one of CLIENTS or "node" with a home of its own; it logs an event each `pause` seconds."""
    kept = {variable: os.environ[variable] for variable in ("PATH",) if variable in os.environ}
    folder.mkdir(parents=True)
    if name == "node":
        command, where = ["node", "-e", SCRIPT, relay.url, write_key, INSTALL, str(pause)], NODE
    else:
        command = [sys.executable, "-m", __name__, name, relay.url, write_key, str(folder), str(pause)]
        where = ROOT
    return subprocess.Popen(
        command,
        cwd=where,
        env={**kept, "HOME": str(folder), "LANG": "C.UTF-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def available() -> list[str]:
    """The clients that are installed."""
    return [
        *CLIENTS,
        *(["node"] if shutil.which("node") and (NODE / "node_modules/@segment").exists() else []),
    ]


def segment(url: str, key: str, _: Path, log: Callable[[Callable[[int], object]], None]) -> None:
    from segment.analytics.client import Client

    client = Client(key, host=url, gzip=True, upload_size=20, upload_interval=0.2, max_retries=2)
    log(
        lambda number: client.track(anonymous_id=INSTALL, event="segment", properties={"duration_ms": number})
    )
    client.shutdown()


def posthog(url: str, key: str, _: Path, log: Callable[[Callable[[int], object]], None]) -> None:
    from posthog import Posthog

    client = Posthog(key, host=url, flush_at=20, flush_interval=0.2, max_retries=2)
    log(lambda number: client.capture("posthog", distinct_id=INSTALL, properties={"duration_ms": number}))
    client.shutdown()


def ours(url: str, key: str, folder: Path, log: Callable[[Callable[[int], object]], None]) -> None:
    from aboveboard import Telemetry

    catalog = folder / "telemetry.toml"
    catalog.write_text(CATALOG, encoding="utf-8")
    telemetry = Telemetry(
        "demo-app", version="1.0", endpoint=url, write_key=key, catalog=catalog, preset="podman-desktop",
        lifecycle=False, detach=False,
    )  # fmt: skip
    telemetry.consent.accept()
    log(lambda number: telemetry.log_usage("ours", {"duration_ms": number}))
    end = time.monotonic() + 30
    while not telemetry.flush(5) and time.monotonic() < end:
        time.sleep(0.1)
    telemetry.close()


CLIENTS = {"segment": segment, "posthog": posthog, "ours": ours}


def main(name: str, url: str, key: str, folder: str, pause: str) -> None:
    """Log until standard input ends."""
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    count = 0

    def log(send: Callable[[int], object]) -> None:
        nonlocal count
        while not ended.wait(float(pause)):
            count += 1
            send(count)

    CLIENTS[name](url, key, Path(folder), log)
    print(count, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
