"""How does one request go out and its answer come in, so that another thread can cut it off at any moment?"""

import base64
import encodings.idna  # noqa: F401  (else `getaddrinfo` imports it in the middle of a request)
import http.client
import socket
import ssl
from collections.abc import Mapping
from threading import Lock
from typing import Final

from aboveboard.client.address import Endpoint, Proxy
from aboveboard.client.delivery import Reply

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
ANSWER_BYTES: Final = 64 * 1024


class Aborted(OSError):
    """The request was cut off by `Line.abort`."""


class Line:
    """One connection, kept open between requests; `abort` closes it from any thread, and for good."""

    def __init__(self, endpoint: Endpoint, proxy: Proxy | None = None) -> None:
        self._endpoint = endpoint
        self._proxy = proxy
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._connection: http.client.HTTPConnection | None = None
        self._aborted = False

    def abort(self) -> None:
        """Cut off whatever is under way; later requests fail too."""
        with self._lock:
            self._aborted = True
            if self._socket is not None:
                _shut(self._socket)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._socket = None
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send a POST and return its answer; raise `OSError`."""
        try:
            connection = self._connection = self._connection or self._connected()
            self._check()
            connection.request("POST", self._endpoint.path + path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            reply = Reply(answer.status, answer.getheader("Retry-After", ""), answer.read(ANSWER_BYTES))
            if answer.will_close or not answer.isclosed():
                self.close()
            return reply
        except http.client.HTTPException as error:
            self.close()
            raise OSError(f"the answer is no HTTP: {type(error).__name__} {error}") from error
        except OSError:
            self.close()
            raise

    def _connected(self) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self._endpoint.host, self._endpoint.port)
        connection.sock = self._open()
        connection.auto_open = 0  # a connection that broke is not opened again behind our back
        return connection

    def _open(self) -> socket.socket:
        target = self._proxy or self._endpoint
        plain = self._connect(target.host, target.port)
        if self._proxy is not None:
            self._tunnel(plain, self._proxy)
        if not self._endpoint.secure:
            return plain
        # The system's certificates; imported and read only when something is really sent.
        secure = ssl.create_default_context().wrap_socket(plain, server_hostname=self._endpoint.host)
        self._hold(secure)
        return secure

    def _connect(self, host: str, port: int) -> socket.socket:
        self._check()
        problem: OSError = OSError(f"{host} has no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            found = socket.socket(family, kind, protocol)
            try:
                self._hold(found)
                found.settimeout(CONNECT_SECONDS)
                found.connect(address)
                found.settimeout(ANSWER_SECONDS)
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                found.close()
                self._check()
                problem = error
                continue
            return found
        raise problem

    def _tunnel(self, plain: socket.socket, proxy: Proxy) -> None:
        name = f"{self._endpoint.host}:{self._endpoint.port}"
        lines = [f"CONNECT {name} HTTP/1.1", f"Host: {name}"]
        if proxy.user:
            credentials = base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
            lines.append(f"Proxy-Authorization: Basic {credentials}")
        plain.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            # One byte at a time: what follows the head belongs to the tunnel.
            byte = plain.recv(1)
            if not byte or len(head) > ANSWER_BYTES:
                raise OSError("the proxy closed the connection")
            head += byte
        status = head.split(b" ", 2)[1:2]
        if status != [b"200"]:
            raise OSError(f"the proxy refused the tunnel: {head.splitlines()[0].decode('latin-1')}")

    def _hold(self, found: socket.socket) -> None:
        with self._lock:
            if self._aborted:
                found.close()
                raise Aborted("the person took back their consent")
            self._socket = found

    def _check(self) -> None:
        if self._aborted:
            raise Aborted("the person took back their consent")


def _shut(found: socket.socket) -> None:
    try:
        found.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was not connected, or is closed already
