"""How does one request go out and its answer come in, so that another thread can cut it off at any moment?"""

import base64
import os
import socket
import struct
import sys
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING, Final

from aboveboard.client.address import Endpoint, Proxy
from aboveboard.client.delivery import Reply
from aboveboard.client.gate import GATE

if TYPE_CHECKING:
    from http.client import HTTPConnection

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
ANSWER_BYTES: Final = 64 * 1024
NO_LINGER: Final = struct.pack("HH" if sys.platform == "win32" else "ii", 1, 0)


class Aborted(OSError):
    """The request was cut off by `Line.abort`."""


class Line:
    """One connection, kept open between requests; `abort` closes it from any thread, and for good."""

    def __init__(self, endpoint: Endpoint, proxy: Proxy | None = None) -> None:
        self._endpoint = endpoint
        self._proxy = proxy
        self._lock = Lock()
        self._socket: socket.socket | None = None
        self._grip: socket.SocketIO | None = None
        self._connection: HTTPConnection | None = None
        self._aborted = False

    def abort(self) -> None:
        """Cut off whatever is under way; later requests fail too."""
        with self._lock:
            self._aborted = True
            if self._socket is not None:
                _reset(self._socket)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        with self._lock:
            found, self._socket = self._socket, None
            if found is not None:
                found.close()
            self._let_go()

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send a POST and return its answer; raise `OSError`."""
        with GATE:
            from http.client import HTTPException
        try:
            self._check()
            connection = self._connection = self._connection or self._connected()
            connection.request("POST", self._endpoint.path + path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            reply = Reply(answer.status, answer.getheader("Retry-After", ""), answer.read(ANSWER_BYTES))
        except HTTPException as error:
            self.close()
            raise OSError(f"what answered does not speak HTTP: {type(error).__name__}") from error
        except OSError:
            self.close()
            raise
        if answer.will_close or not answer.isclosed():
            self.close()
        return reply

    def _connected(self) -> "HTTPConnection":
        from http.client import HTTPConnection

        connection = HTTPConnection(self._endpoint.host, self._endpoint.port)
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
        with GATE:
            import ssl  # the system's cryptography and certificates, only where they are needed
        secure = ssl.create_default_context().wrap_socket(
            plain, server_hostname=self._endpoint.host, do_handshake_on_connect=False
        )
        self._hold(secure)
        secure.do_handshake()
        return secure

    def _connect(self, host: str, port: int) -> socket.socket:
        self._check()
        problem: OSError = OSError(f"{host} has no address")
        # As bytes: for a text, `getaddrinfo` would import a codec and its tables in the middle of a request.
        name = host.encode("ascii" if host.isascii() else "idna")
        for family, kind, protocol, _, address in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM):
            found = socket.socket(family, kind, protocol)
            try:
                self._hold(found)
                found.settimeout(CONNECT_SECONDS)
                found.connect(address)
                self._check()
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
        host = f"[{self._endpoint.host}]" if ":" in self._endpoint.host else self._endpoint.host
        name = f"{host}:{self._endpoint.port}"
        lines = [f"CONNECT {name} HTTP/1.1", f"Host: {name}"]
        if proxy.user:
            credentials = base64.b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
            lines.append(f"Proxy-Authorization: Basic {credentials}")
        plain.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        # Nothing can follow the answer's head: in TLS it is the client that speaks first.
        from http.client import HTTPException, HTTPResponse

        answer = HTTPResponse(plain, method="CONNECT")
        try:
            answer.begin()
        except HTTPException as error:
            raise OSError(f"the proxy does not speak HTTP: {type(error).__name__}") from error
        if answer.status != 200:
            raise OSError(f"the proxy refused the tunnel: it answered {answer.status}")

    def _hold(self, found: socket.socket) -> None:
        """Have `abort` end this socket from now on; whoever closes it meanwhile, its number stays taken.

        A socket is really closed when the last file made of it is, and that is ours: else the number could be free,
        or another's already, by the time that `abort` puts something in its place.
        """
        with self._lock:
            if self._aborted:
                found.close()
                raise Aborted("the person took back their consent")
            self._let_go()
            self._socket, self._grip = found, found.makefile("rb", buffering=0)

    def _let_go(self) -> None:
        grip, self._grip = self._grip, None
        if grip is not None:
            grip.close()

    def _check(self) -> None:
        if self._aborted:
            raise Aborted("the person took back their consent")


def _reset(found: socket.socket) -> None:
    """End a connection so that the kernel throws away what it has not delivered, from any thread."""
    number = found.fileno()
    if number < 0:
        return
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        # It wakes the thread that waits; not as a method, because that of TLS would go on unencrypted.
        socket.socket.shutdown(found, socket.SHUT_RDWR)
    except OSError:
        pass  # it is not connected yet
    if sys.platform == "win32":
        found.close()
    else:
        _replace(number)


def _replace(number: int) -> None:
    """Put a pipe that has ended in the socket's place, which closes it.

    The number stays taken: were it free, the thread that still uses it could write to a file of the app. The pipe
    has to have ended before: a thread that `shutdown` woke looks at the number again, and where it finds a pipe that
    may still bring something it goes back to sleep, and nothing wakes it.
    """
    reading, writing = os.pipe()
    os.close(writing)
    try:
        os.dup2(reading, number, inheritable=False)
    finally:
        os.close(reading)
