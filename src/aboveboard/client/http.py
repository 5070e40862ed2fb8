"""How is a POST written, and its answer read? As much of HTTP/1.1 as one exchange with a collector needs.

Not the standard library's `http.client`: importing that brings the e-mail package and the system's
cryptography into every app, 5 of the 17 MB that the client then takes, also where nothing is encrypted.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from aboveboard.client.delivery import Reply

LINE_BYTES: Final = 8 * 1024
HEADERS: Final = 200
BODY_BYTES: Final = 64 * 1024


class Stream(Protocol):
    """A buffered reader of a connection."""

    def readline(self, size: int = -1, /) -> bytes:
        """Return one line with its end, what there is at the end of the stream."""
        ...

    def read(self, size: int = -1, /) -> bytes:
        """Return so many bytes, fewer at the end of the stream."""
        ...


class NoHttp(OSError):
    """What came back is no answer of HTTP, or only a part of one."""


def write_post(host: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return a request as bytes (RFC 9112, 3); header values come from us and hold no line ends."""
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


def read_reply(stream: Stream) -> tuple[Reply, bool]:
    """Return the answer, and whether the connection can take another request; raise `NoHttp`."""
    status, headers = read_head(stream)
    while 100 <= status < 200:
        status, headers = read_head(stream)
    lasting = headers.get("connection", "").lower() != "close" and headers.get("version") == "HTTP/1.1"
    retry_after = headers.get("retry-after", "")
    if status in (204, 304):
        return Reply(status, retry_after, b""), lasting
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body, whole = _chunks(stream)
    elif "content-length" in headers:
        body, whole = _exactly(stream, _number(headers["content-length"], 10))
    else:
        body, whole = stream.read(BODY_BYTES), False
    return Reply(status, retry_after, body), lasting and whole


def read_head(stream: Stream) -> tuple[int, dict[str, str]]:
    """Return the status and the headers by their names in small letters; `version` is among them."""
    parts = _line(stream).split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/1.") or len(parts[1]) != 3 or not parts[1].isdigit():
        raise NoHttp("what answered does not speak HTTP")
    headers: dict[str, str] = {}
    for _ in range(HEADERS):
        line = _line(stream)
        if not line:
            return int(parts[1]), {**headers, "version": parts[0]}
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    raise NoHttp("the answer has too many headers")


def _line(stream: Stream) -> str:
    line = stream.readline(LINE_BYTES)
    if not line.endswith(b"\n"):
        raise NoHttp("the answer broke off" if len(line) < LINE_BYTES else "the answer has an endless line")
    return line.rstrip(b"\r\n").decode("latin-1")


def _exactly(stream: Stream, length: int) -> tuple[bytes, bool]:
    body = stream.read(min(length, BODY_BYTES))
    if len(body) < min(length, BODY_BYTES):
        raise NoHttp("the answer broke off")
    return body, length <= BODY_BYTES


def _chunks(stream: Stream) -> tuple[bytes, bool]:
    """Read a chunked body (RFC 9112, 7.1); what is beyond 64 KB is left unread."""
    body = b""
    while length := _number(_line(stream).partition(";")[0], 16):
        part, whole = _exactly(stream, length)
        body += part
        if not whole or len(body) > BODY_BYTES:
            return body[:BODY_BYTES], False
        _line(stream)
    while _line(stream):
        continue  # trailers
    return body, True


def _number(text: str, base: int) -> int:
    try:
        found = int(text.strip(), base)
    except ValueError as error:
        raise NoHttp(f"the answer has {text[:20]!r} for a length") from error
    if found < 0:
        raise NoHttp("the answer has a negative length")
    return found
