"""How does one request reach Podman, and how does a refusal come back? HTTP over a Unix socket."""

import http.client
import json
import os
import socket
from pathlib import Path
from typing import BinaryIO, Final

API: Final = "/v4.0.0/libpod"  # the oldest version of the API that Podman 4 and 5 both serve
TIMEOUT_SECONDS: Final = 120.0


class PodmanError(Exception):
    """Podman was asked and did not do it; the text is one line for the person at the terminal."""

    exit_code = 1

    def __init__(self, message: str, status_code: int | None = None) -> None:
        super().__init__(" ".join(message.split()))
        self.status_code = status_code


class PodmanUnreachableError(PodmanError):
    """Nobody answers at the socket."""

    exit_code = os.EX_UNAVAILABLE


class SocketConnection(http.client.HTTPConnection):
    """An HTTP connection whose other end is a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("podman", timeout=TIMEOUT_SECONDS)
        self.path = path

    def connect(self) -> None:
        """Connect to the socket file where http.client would look up a host."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def request(path: Path, method: str, target: str, body: bytes | BinaryIO | None, content_type: str) -> bytes:
    """Return the body of the answer to one request at the socket `path`; `target` stands below the API.

    Raises PodmanUnreachableError without an answer, and PodmanError with Podman's own words for a refusal.
    """
    headers = {"Content-Type": content_type} if body is not None else {}
    connection = SocketConnection(path)
    try:
        connection.request(method, API + target, body=body, headers=headers)
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise PodmanUnreachableError(
            f"no Podman answers at {path} ({reason}); start one with: "
            f"podman system service --time 0 unix://{path}"
        ) from error
    finally:
        connection.close()
    if response.status >= http.client.BAD_REQUEST:
        raise PodmanError(refusal(answer) or response.reason, response.status)
    return answer


def refusal(answer: bytes) -> str:
    """Return what Podman says in the body of a refused request, or the body as it is."""
    try:
        return str(json.loads(answer)["message"])
    except (ValueError, KeyError, TypeError):
        return answer.decode(errors="replace")
