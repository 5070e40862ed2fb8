"""Where does a test pull from? A static OCI registry on loopback, each image of its own, as slow as the test wants."""

import gzip
import hashlib
import io
import json
import os
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
PIECE = 16_384


@dataclass
class Registry:
    """A registry at `address` (host:port); a blob is sent at `bytes_per_second`, which a test may change."""

    address: str = ""
    bytes_per_second: float = 1e9
    blobs: dict[str, bytes] = field(default_factory=dict)
    size: int = 0
    manifests: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def reference(self, name: str = "demo", tag: str = "v1") -> str:
        """Return how Podman is told to pull; every name is an image of its own."""
        if name not in self.manifests and name != "absent":
            self.manifests[name] = _image(self)
        return f"{self.address}/{name}:{tag}"

    def add(self, blob: bytes) -> str:
        """Keep a blob and return its digest."""
        digest = f"sha256:{hashlib.sha256(blob).hexdigest()}"
        self.blobs[digest] = blob
        return digest


@contextmanager
def running_registry(size: int = 400_000) -> Iterator[Registry]:
    """Serve images whose layers have about `size` bytes each, until the block ends."""
    registry = Registry(size=size)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(registry))
    registry.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _image(registry: Registry) -> bytes:
    size = registry.size
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        entry = tarfile.TarInfo("etc/data")
        entry.size = size
        tar.addfile(entry, io.BytesIO(os.urandom(size)))  # random: it does not get smaller by gzip
    layer = gzip.compress(plain.getvalue(), mtime=0)
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Cmd": ["/etc/data"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(plain.getvalue()).hexdigest()}"]},
    }
    raw = json.dumps(config).encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": {"mediaType": CONFIG_TYPE, "digest": registry.add(raw), "size": len(raw)},
        "layers": [{"mediaType": LAYER_TYPE, "digest": registry.add(layer), "size": len(layer)}],
    }
    return json.dumps(manifest).encode()


def _handler(registry: Registry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            registry.asked.append(self.path)
            if self.path == "/v2/":
                self._send(b"{}", "application/json", body)
            elif "/manifests/" in self.path and self.path.split("/")[2] in registry.manifests:
                self._send(registry.manifests[self.path.split("/")[2]], MANIFEST_TYPE, body)
            elif (blob := registry.blobs.get(self.path.rsplit("/", 1)[-1])) is not None:
                self._send(blob, "application/octet-stream", body)
            else:
                self._send(b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}', "application/json", body, 404)

        def _send(self, content: bytes, kind: str, body: bool, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Docker-Content-Digest", f"sha256:{hashlib.sha256(content).hexdigest()}")
            self.end_headers()
            for start in range(0, len(content) if body else 0, PIECE):
                self.wfile.write(content[start : start + PIECE])
                time.sleep(min(PIECE, len(content)) / registry.bytes_per_second)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
            return

    return Handler
