"""A collector that records: a real HTTP peer that answers as the contract says, and can be told to misbehave."""

import gzip
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler, dict[str, Any]], tuple[int, dict[str, str], bytes]]


@dataclass(frozen=True)
class Request:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    raw: bytes
    body: dict[str, Any]
    at: float


def success(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """Answer as the real collector does."""
    if handler.path.endswith("/v1/erase"):
        content: dict[str, Any] = {"success": True, "receipt": {"deletionId": body["deletionId"], "rows": 3}}
    else:
        content = {"success": True, "accepted": len(body["batch"])}
    return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()


def answering(status: int, body: bytes = b"{}", **headers: str) -> Answer:
    """Answer every request in the same way."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, request: (status, named, body)


@dataclass
class Collector:
    """A running server; `answer` may be replaced at any time, `requests` is what came in."""

    answer: Answer = success
    requests: list[Request] = field(default_factory=list)
    opened: int = 0
    protocol: str = "HTTP/1.0"
    server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """The endpoint for a client."""
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event in every batch, in order of arrival, repeats too."""
        return [event for request in self.batches for event in request.body["batch"]]

    @property
    def batches(self) -> list[Request]:
        """The batches that came in."""
        return [request for request in self.requests if request.path == "/v1/batch"]

    @property
    def erasures(self) -> list[Request]:
        """The deletions that were asked for."""
        return [request for request in self.requests if request.path == "/v1/erase"]

    def named(self, name: str) -> list[dict[str, Any]]:
        """The events of one name."""
        return [event for event in self.events if event.get("event") == name]

    def wait(self, ready: Callable[[], object], seconds: float = 5.0) -> bool:
        """Wait until something is true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if ready():
                return True
            time.sleep(0.01)
        return bool(ready())

    def start(self) -> "Collector":
        """Listen on a free port of the loopback."""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def stop(self) -> None:
        """Stop listening."""
        assert self.server is not None
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def setup(self) -> None:
                collector.opened += 1
                self.protocol_version = collector.protocol
                super().setup()

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                text = gzip.decompress(raw) if self.headers.get("Content-Encoding") == "gzip" else raw
                body = json.loads(text)
                collector.requests.append(Request(self.path, dict(self.headers), raw, body, time.monotonic()))
                try:
                    status, headers, content = collector.answer(self, body)
                except ConnectionAbortedError:
                    return  # a test that hangs up, or was hung up on
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                return

        return Handler
