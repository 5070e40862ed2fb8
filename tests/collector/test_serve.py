"""Does the server bound what a stranger can cost, reload without losing a request, and refuse to be exposed?"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.collector.test_ingest import track
from tests.conftest import Server, start_server, stop_server


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=30)


def memory(server: Server) -> int:
    """Kibibytes that the server's process holds in memory."""
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_it_says_that_it_lives_and_that_it_is_ready(server: Server) -> None:
    assert get(f"{server.url}/healthz") == (200, '{"status":"ok"}')
    assert get(f"{server.url}/readyz") == (200, '{"status":"ready"}')


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux only")
def test_counting_days_steps_back_behind_commits_and_nothing_else_does(server: Server) -> None:
    tasks = Path(f"/proc/{server.process.pid}/task").glob("*/stat")
    nice = {task.parent.name: int(task.read_text().rpartition(")")[2].split()[16]) for task in tasks}
    assert sum(one > nice[str(server.process.pid)] for one in nice.values()) == 1


def test_a_head_without_end_is_cut_off(server: Server) -> None:
    with connect(server) as client, pytest.raises((BrokenPipeError, ConnectionResetError)):  # noqa: PT012
        client.sendall(b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nX-Long: ")
        for _ in range(10_000):
            client.sendall(b"x" * 65536)


def test_a_head_that_does_not_come_is_cut_off(server: Server) -> None:
    with connect(server) as client:
        client.sendall(b"POST /v1/batch HTTP/1.1\r\n")
        started = time.monotonic()
        assert client.recv(1) == b""
        assert time.monotonic() - started < 15


def test_bad_bodies_cost_bounded_memory_and_change_nothing(server: Server) -> None:
    import gzip
    import json

    bomb = gzip.compress(b" " * 100_000_000)
    keys = json.dumps(
        {"batch": [{"type": "track", "event": "e", "properties": {f"k{n}": n for n in range(2000)}}]}
    )
    deep = b'{"batch": [' + b'{"a":' * 50_000
    before, stored = memory(server), server.stored()
    for number in range(400):
        body = (b"{", bomb, keys.encode(), deep)[number % 4]
        headers = {"Content-Encoding": "gzip"} if body is bomb else {}
        assert server.post("/v1/batch", body, headers)[0] == 400
    assert server.stored() == stored
    assert memory(server) - before < 50_000


def test_no_request_is_ever_redirected(server: Server) -> None:
    for path in ("/v1/batch", "/v1/batch/", "//v1/batch", "/v1/track/"):
        status, _ = (
            server.post(path, {"batch": [], "writeKey": server.write_key, "event": "e"})
            if path != "//v1/batch"
            else (404, {})
        )
        assert not 300 <= status < 400


def test_a_new_key_works_and_an_old_one_stops_after_sighup_and_no_request_is_lost(tmp_path: Path) -> None:
    server = start_server(tmp_path / "data")
    answers: list[int] = []
    running = True

    def send() -> None:
        while running:
            answers.append(server.post("/v1/track", track("reload") | {"writeKey": server.write_key})[0])

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    command = [sys.executable, "-m", "aboveboard", "source", "--data", str(server.data), "add", "second"]
    pasted = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    key = pasted.partition('write_key="')[2].partition('"')[0]
    assert server.post("/v1/track", track("second") | {"writeKey": key})[0] == 400
    os.kill(server.process.pid, signal.SIGHUP)
    deadline = time.monotonic() + 10
    while server.post("/v1/track", track("second") | {"writeKey": key})[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running = False
    sender.join()
    assert set(answers) == {200}
    subprocess.run([*command[:-2], "revoke", key], capture_output=True, text=True, check=True)
    os.kill(server.process.pid, signal.SIGHUP)
    while (answer := server.post("/v1/track", track("second") | {"writeKey": key}))[0] == 200:
        assert time.monotonic() < deadline + 10
        time.sleep(0.05)
    assert answer[1]["error"]["reason"] == "revoked write key"
    stop_server(server)


def test_a_mistake_in_the_settings_changes_nothing_and_is_said(tmp_path: Path) -> None:
    server = start_server(tmp_path / "data")
    settings = server.data / "aboveboard.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + "\nprot = 1\n", encoding="utf-8")
    os.kill(server.process.pid, signal.SIGHUP)
    log = tmp_path / "data.stderr"
    deadline = time.monotonic() + 10
    while "not read again" not in log.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert server.post("/v1/track", track("still") | {"writeKey": server.write_key})[0] == 200
    stop_server(server)


def test_metrics_have_a_port_of_their_own(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = start_server(tmp_path / "data", "--metrics-port", str(port))
    server.post("/v1/track", track("counted") | {"writeKey": server.write_key})
    server.post("/v1/track", {"event": "e", "writeKey": "wrong"})
    _, text = get(f"http://127.0.0.1:{port}/metrics")
    stop_server(server)
    assert 'aboveboard_events_total{source="development"} 1.0' in text
    assert 'aboveboard_refused_requests_total{reason="unknown write key"} 1.0' in text
    assert "127.0.0.1" not in text


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--host", "0.0.0.0"], "without TLS"),
        (["--port", "99999"], "99999"),
        (["--config", "none.toml"], "no settings file"),
        (["--store", "sqlite:///x"], "chdb:///absolute/folder"),
    ],
)
def test_a_start_that_cannot_be_is_one_clear_line(tmp_path: Path, flags: list[str], said: str) -> None:
    environ = os.environ | {"ABOVEBOARD_DATA": str(tmp_path / "data"), "ABOVEBOARD_ADMIN_TOKEN": "t"}
    command = [sys.executable, "-m", "aboveboard", "serve", *flags]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_one_clear_line(tmp_path: Path, server: Server) -> None:
    port = server.url.rpartition(":")[2]
    assert "Choose another with --port" in refused(tmp_path / "other", "--port", port)


def test_a_data_folder_that_cannot_be_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert "--data" in refused(tmp_path / "file" / "data")


@pytest.mark.parametrize("flags", [["--tls-cert", "c.pem"], ["--tls-cert", "c.pem", "--tls-key", "k.pem"]])
def test_a_certificate_that_cannot_be_used_is_one_clear_line(tmp_path: Path, flags: list[str]) -> None:
    assert "key" in refused(tmp_path / "data", *flags)


def test_it_speaks_tls_with_a_certificate_named_from_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ssl

    monkeypatch.chdir(tmp_path)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "k.pem", "-out", "c.pem",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    server = start_server(tmp_path / "data", "--tls-cert", "c.pem", "--tls-key", "k.pem")
    trusting = ssl.create_default_context(cafile="c.pem")
    with urllib.request.urlopen(f"{server.url}/healthz", context=trusting, timeout=10) as answer:
        assert answer.status == 200
    stop_server(server)


def refused(data: Path, *flags: str) -> str:
    """What a start that cannot be says on standard error."""
    environ = os.environ | {"ABOVEBOARD_DATA": str(data), "ABOVEBOARD_PORT": "0"}
    command = [sys.executable, "-m", "aboveboard", "serve", *flags]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_a_second_server_on_the_same_data_says_who_holds_it(server: Server) -> None:
    environ = os.environ | {"ABOVEBOARD_DATA": str(server.data), "ABOVEBOARD_PORT": "0"}
    command = [sys.executable, "-m", "aboveboard", "serve"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "another process has it open" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_address_is_in_any_file_that_the_server_wrote(tmp_path: Path) -> None:
    server = start_server(tmp_path / "data")
    address = "127.77.66.55"
    for body in (b"{", b'{"event": "seen", "writeKey": "%s"}' % server.write_key.encode(), b"x" * 600_000):
        with socket.create_connection(
            ("127.0.0.1", int(server.url.rpartition(":")[2])), source_address=(address, 0)
        ) as c:
            head = b"POST /v1/track HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nContent-Length: %d\r\n\r\n"
            c.sendall(head % len(body) + body)
            c.recv(1000)
    server.post(
        "/v1/track",
        track("with.ip", context={"ip": "203.0.113.9", "device": {"ip": "203.0.113.9"}})
        | {"writeKey": server.write_key},
    )
    assert server.stored() == 2
    stop_server(server)
    for path in [*server.data.rglob("*"), tmp_path / "data.stderr"]:
        if path.is_file():
            content = path.read_bytes()
            assert address.encode() not in content, path
            assert b"203.0.113.9" not in content, path
