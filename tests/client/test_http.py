"""Does our small HTTP read what real servers say, refuse what is no HTTP, and speak TLS?"""

import io
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.client.delivery import Reply
from aboveboard.client.http import NoHttp, read_reply, write_post
from tests.client.apps import ROOT, command, environment
from tests.client.conftest import Bench
from tests.client.test_delivery import log, numbers

HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "body", "lasting"),
    [
        (HEAD + b"Content-Length: 2\r\n\r\nok", b"ok", True),
        (HEAD + b"content-length:2\r\nConnection: close\r\n\r\nok", b"ok", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", False),
        (HEAD + b"\r\nuntil the end", b"until the end", False),
        (
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n3;x=y\r\n!!!\r\n0\r\nTrailer: 1\r\n\r\n",
            b"ok!!!",
            True,
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + HEAD + b"Content-Length: 2\r\n\r\nok", b"ok", True),
        (HEAD + b"Content-Length: 0\r\n\r\n", b"", True),
        (b"HTTP/1.1 200\nContent-Length: 2\n\nok", b"ok", True),
    ],
)
def test_answers_of_real_servers(answer: bytes, body: bytes, lasting: bool) -> None:
    assert read_reply(io.BytesIO(answer)) == (Reply(200, "", body), lasting)


def test_a_body_is_read_up_to_64_kb_only() -> None:
    reply, lasting = read_reply(io.BytesIO(HEAD + b"Content-Length: 999999\r\n\r\n" + b"x" * 999_999))
    assert (len(reply.body), lasting) == (65_536, False)
    chunks = (
        b"Transfer-Encoding: chunked\r\n\r\n" + (b"8000\r\n" + b"x" * 0x8000 + b"\r\n") * 9 + b"0\r\n\r\n"
    )
    reply, lasting = read_reply(io.BytesIO(HEAD + chunks))
    assert (len(reply.body), lasting) == (65_536, False)


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"\r\n", b"220 smtp.example ESMTP\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", HEAD,
        HEAD + b"Content-Length: x\r\n\r\n", HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 9\r\n\r\nok",
        HEAD + b"A: " + b"x" * 99_999, HEAD + b"A: 1\r\n" * 999 + b"\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nok",
    ],
)  # fmt: skip
def test_what_is_no_http_is_refused(answer: bytes) -> None:
    with pytest.raises(NoHttp):
        read_reply(io.BytesIO(answer))


@given(st.binary(max_size=300), st.booleans())
def test_nothing_that_answers_can_do_more_than_be_refused(noise: bytes, with_head: bool) -> None:
    try:
        reply, _ = read_reply(io.BytesIO((HEAD if with_head else b"") + noise))
    except NoHttp:
        return
    assert 100 <= reply.status <= 999


@given(st.binary(max_size=2000), st.integers(1, 500))
def test_a_chunked_body_is_the_body(body: bytes, size: int) -> None:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    coded = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    reply, lasting = read_reply(io.BytesIO(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + coded))
    assert (reply.body, lasting) == (body, True)


def test_a_request_is_what_http_wants() -> None:
    request = write_post("example.org:8443", "/in/v1/batch", {"Content-Type": "application/json"}, b"{}")
    assert request == (
        b"POST /in/v1/batch HTTP/1.1\r\nHost: example.org:8443\r\nContent-Length: 2\r\n"
        b"Content-Type: application/json\r\n\r\n{}"
    )


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
