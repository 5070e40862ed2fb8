"""How do the nodes of the tests read requests, and how do they speak to each other?"""

import gzip
import http.client
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler
from typing import Any

import lz4.frame

__all__ = ["alive", "body", "form", "post"]

_SECONDS = 30.0


def body(request: BaseHTTPRequestHandler) -> bytes:
    """Return the whole body of a request, in chunks or not, unpacked; a body cut short is an error."""
    if request.headers.get("Transfer-Encoding", "").lower() == "chunked":
        raw = b"".join(_chunks(request.rfile))
    else:
        length = int(request.headers.get("Content-Length") or 0)
        raw = request.rfile.read(length)
        if len(raw) < length:
            raise ConnectionError("the body was cut short")
    encoding = request.headers.get("Content-Encoding", "")
    if encoding == "lz4":
        return lz4.frame.decompress(raw)
    if encoding == "gzip":
        return gzip.decompress(raw)
    if encoding not in ("", "identity"):
        raise ConnectionError(f"the encoding {encoding} is not known here")
    return raw


def _chunks(stream: Any) -> Any:
    while True:
        line = stream.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the chunks were cut short")
        size = int(line.split(b";")[0], 16)
        chunk = stream.read(size + 2)
        if len(chunk) < size + 2:
            raise ConnectionError("a chunk was cut short")
        if not size:
            return
        yield chunk[:-2]


def form(content_type: str, content: bytes) -> dict[str, str]:
    """Return the fields of a form that came in parts."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    parts = BytesParser(policy=HTTP).parsebytes(head + content).iter_parts()
    fields = {}
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        fields[str(name)] = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
    return fields


def post(port: int, path: str, content: bytes) -> bytes:
    """Send something to another node and return its answer; raises OSError where it does not take it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("POST", path, content)
        answer = connection.getresponse()
        said = answer.read()
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()
    if answer.status != 200:
        raise OSError(said.decode(errors="replace"))
    return said


def alive(port: int) -> bool:
    """Whether a node answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().read() == b"Ok.\n"
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
