"""Do requests travel over TLS that the system trusts, share a connection, and import the network only when sent?"""

import contextlib
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from aboveboard.client.address import parse_endpoint
from aboveboard.client.line import Aborted, Line
from tests.client.apps import ROOT, command, environment
from tests.client.conftest import Bench
from tests.client.test_delivery import log, numbers


def test_events_travel_over_tls_where_the_system_trusts_the_certificate(bench: Bench, tmp_path: Path) -> None:
    key, certificate = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    assert bench.collector.server is not None
    bench.collector.server.socket = context.wrap_socket(bench.collector.server.socket, server_side=True)
    url = bench.collector.url.replace("http://127.0.0.1", "https://localhost")
    bench.telemetry(endpoint=url).close()
    run = command("use", endpoint=url, events=3)
    # OpenSSL reads this variable; it stands for the system's store of certificates.
    trusting = environment(bench.home, SSL_CERT_FILE=str(certificate))
    subprocess.run(run, env=trusting, cwd=ROOT, check=True, capture_output=True)
    assert sorted(numbers(bench)) == [0, 1, 2]


def test_a_certificate_that_nobody_vouches_for_is_refused(bench: Bench, tmp_path: Path) -> None:
    key, certificate = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    assert bench.collector.server is not None
    bench.collector.server.socket = context.wrap_socket(bench.collector.server.socket, server_side=True)
    stranger = bench.telemetry(endpoint=bench.collector.url.replace("http:", "https:"))
    log(stranger, 1)
    assert not stranger.flush(3)
    assert bench.collector.batches == []


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A key and a certificate for localhost that nobody but a test trusts."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    return key, certificate


def test_a_run_uses_one_connection_for_all_its_batches(bench: Bench) -> None:
    bench.collector.protocol = "HTTP/1.1"
    telemetry = bench.telemetry()
    log(telemetry, 350)
    assert telemetry.flush(10)
    assert len(bench.collector.batches) == 4
    assert bench.collector.opened == 1


def test_nothing_of_the_network_is_imported_before_something_is_sent() -> None:
    code = (
        "import sys\nfrom aboveboard import Telemetry\nTelemetry('x', lifecycle=False).log_usage('a')\n"
        "print(sorted({'ssl', 'http.client', 'socket', 'email', 'subprocess', '_hashlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def read_all(peer: socket.socket) -> int:
    """Read until the other side has hung up; return how many bytes came."""
    number = 0
    while found := peer.recv(65_536):
        number += len(found)
    return number


def test_an_abort_throws_away_what_the_kernel_holds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        line = Line(parse_endpoint(f"http://127.0.0.1:{server.getsockname()[1]}"))
        body, ended = b"x" * 8_000_000, threading.Event()

        def post() -> None:
            with contextlib.suppress(OSError):
                line.post("/v1/batch", {}, body)
            ended.set()

        threading.Thread(target=post, daemon=True).start()
        peer, _ = server.accept()
        with peer:
            time.sleep(0.3)  # it reads nothing, so both kernels fill up
            line.abort()
            assert ended.wait(1)
            peer.settimeout(3)
            with pytest.raises(ConnectionResetError):
                read_all(peer)
        with pytest.raises(Aborted):
            line.post("/v1/batch", {}, b"{}")


def test_an_abort_at_any_moment_ends_the_request_and_touches_no_other_file() -> None:
    """The reader that `shutdown` wakes closes its socket by itself, and its number may be another file's at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepted: list[socket.socket] = []
        ended: list[BaseException] = []
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0

        def post(line: Line) -> None:
            try:
                line.post("/v1/batch", {}, b"x")
            except OSError as error:
                ended.append(error)
                line.close()

        for number in range(100):
            line = Line(parse_endpoint(url))
            waiting = threading.Thread(target=post, args=(line,))
            waiting.start()
            accepted.append(listener.accept()[0])
            if number % 2:
                accepted[-1].recv(100_000)
            time.sleep(number % 4 / 2_000)
            line.abort()
            others = [os.open(os.devnull, os.O_RDONLY) for _ in range(3)]
            waiting.join(10)
            assert not waiting.is_alive()
            assert {os.fstat(other).st_rdev for other in others} == {os.stat(os.devnull).st_rdev}
            for other in others:
                os.close(other)
            accepted.pop().close()
    assert len(ended) == 100
    if before:
        assert len(list(Path("/proc/self/fd").iterdir())) <= before
