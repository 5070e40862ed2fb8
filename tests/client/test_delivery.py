"""What happens between the spool and the collector: batches, answers, waiting, proxies, and what is never sent?"""

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard import Telemetry
from aboveboard.client.address import BadEndpoint, find_proxy, is_loopback, parse_endpoint
from aboveboard.client.delivery import (
    KEEP,
    LONGEST_WAIT,
    REFUSED,
    SENT,
    SPLIT,
    Reply,
    backoff,
    judge,
    retry_after,
)
from tests.client.collector import answering, success
from tests.client.conftest import Bench, Clock


def numbers(bench: Bench) -> list[int]:
    """The numbers of the ticks in every request, repeats too."""
    return [event["properties"]["number"] for event in bench.collector.named("tick")]


def log(telemetry: Telemetry, count: int, first: int = 0) -> None:
    """Log some ticks."""
    for number in range(first, first + count):
        telemetry.log_usage("tick", {"number": number})


def test_batches_hold_at_most_100_events(bench: Bench) -> None:
    telemetry = bench.telemetry()
    log(telemetry, 250)
    assert telemetry.flush(10)
    assert [len(batch.body["batch"]) for batch in bench.collector.batches] == [100, 100, 50]
    assert numbers(bench) == list(range(250))


def test_batches_hold_at_most_500_kb(bench: Bench) -> None:
    bench.collector.answer = answering(503)
    telemetry = bench.telemetry()
    for _ in range(60):
        telemetry.log_usage("thing.done", {"note": "could not connect to the socket " * 60})
    telemetry.flush(2)
    bench.collector.answer = success
    assert telemetry.flush(10)
    sizes = [len(gzip.decompress(batch.raw)) for batch in bench.collector.batches]
    assert max(sizes) <= 500_000
    assert len({event["messageId"] for event in bench.collector.events}) == 60


def test_the_body_in_the_journal_is_the_body_that_was_sent(bench: Bench) -> None:
    telemetry = bench.telemetry()
    log(telemetry, 3)
    assert telemetry.flush(5)
    [request] = [entry for entry in telemetry.journal() if entry.what == "request"]
    [sent] = bench.collector.batches
    assert request.body.encode() == gzip.decompress(sent.raw)
    assert request.state == "sent"
    assert json.loads(request.answer) == {"success": True, "accepted": 3}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html><body>Log in to the hotel's network</body></html>"),
        (200, b""),
        (200, b'{"success": false}'),
        (200, b'{"success": "true"}'),
        (200, b"[true]"),
        (204, b""),
        (302, b""),
        (401, b"{}"),
        (404, b'{"success": true}'),
        (429, b"{}"),
        (500, b"{}"),
    ],
)
def test_only_a_body_that_says_success_counts_as_sent(bench: Bench, status: int, body: bytes) -> None:
    bench.collector.answer = answering(status, body)
    telemetry = bench.telemetry()
    log(telemetry, 1)
    assert not telemetry.flush(2)
    shown = telemetry.status()
    assert shown is not None
    assert (shown.waiting, shown.sent) == (1, 0)
    bench.collector.answer = success
    assert telemetry.flush(5)
    assert len({event["messageId"] for event in bench.collector.events}) == 1


def test_400_is_final_and_stays_in_the_journal_as_refused(bench: Bench) -> None:
    bench.collector.answer = answering(400, b'{"success": false, "error": {"reason": "x", "message": "bad"}}')
    telemetry = bench.telemetry()
    log(telemetry, 2)
    assert not telemetry.flush(5)
    assert telemetry.flush(5), "nothing was refused since the last time"
    assert len(bench.collector.batches) == 1
    status = telemetry.status()
    assert status is not None
    assert (status.waiting, status.sent, status.refused) == (0, 0, 2)
    assert status.problem.startswith("the collector refused events: it answered 400: bad")
    assert "refused:   2" in str(status)
    journal = list(telemetry.journal())
    assert [entry.state for entry in journal] == ["refused", "refused", "refused"]
    assert "bad" in journal[-1].answer


def test_413_splits_the_batch_until_it_fits(bench: Bench) -> None:
    def small(handler: BaseHTTPRequestHandler, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        return success(handler, body) if len(body["batch"]) <= 3 else (413, {}, b"{}")

    bench.collector.answer = small
    telemetry = bench.telemetry()
    log(telemetry, 40)
    assert telemetry.flush(10)
    accepted = [batch for batch in bench.collector.batches if len(batch.body["batch"]) <= 3]
    found = [event["properties"]["number"] for batch in accepted for event in batch.body["batch"]]
    assert sorted(found) == list(range(40))
    shown = telemetry.status()
    assert shown is not None
    assert shown.sent == 40


def test_an_event_that_is_too_large_alone_is_refused(bench: Bench) -> None:
    bench.collector.answer = answering(413)
    telemetry = bench.telemetry()
    log(telemetry, 1)
    assert not telemetry.flush(5)
    assert [entry.state for entry in telemetry.journal()] == ["refused", "refused"]


def test_retry_after_is_kept_even_by_flush_and_across_a_restart(bench: Bench) -> None:
    clock = Clock()
    host = bench.on(clock=clock)
    bench.collector.answer = answering(429, Retry_After="120")
    telemetry = bench.telemetry(host=host)
    log(telemetry, 1)
    assert not telemetry.flush(2)
    assert not telemetry.flush(0.5)
    assert len(bench.collector.batches) == 1
    telemetry.close()
    bench.collector.answer = success
    again = bench.telemetry(host=host)
    assert not again.flush(0.5)
    assert len(bench.collector.batches) == 1
    clock.now += 121
    assert again.flush(5)
    assert numbers(bench) == [0, 0]


def test_waiting_after_failures_doubles_up_to_an_hour() -> None:
    waits = [backoff(failures, 1.0) for failures in range(1, 20)]
    assert waits[:4] == [2.0, 4.0, 8.0, 16.0]
    assert waits[-1] == LONGEST_WAIT


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_every_wait_is_between_a_second_and_an_hour(failures: int, chance: float) -> None:
    assert 1.0 <= backoff(failures, chance) <= LONGEST_WAIT


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0), ("7", 7), ("-7", 0), ("nonsense", 0), ("999999999", 24 * 3600),
        ("Fri, 15 Jan 2027 08:01:40 GMT", 100), ("Fri, 15 Jan 2027 07:00:00 GMT", 0),
    ],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_a_date(header: str, seconds: float) -> None:
    assert retry_after(header, 1_800_000_000.0) == seconds


@given(st.integers(100, 599), st.text(max_size=40), st.binary(max_size=200))
def test_no_answer_raises_and_only_success_is_sent(status: int, header: str, body: bytes) -> None:
    outcome = judge(Reply(status, header, body), 0.0)
    assert outcome.action in (SENT, REFUSED, SPLIT, KEEP)
    assert (outcome.action == SENT) == (status == 200 and (outcome.content or {}).get("success") is True)


def test_unsent_events_are_given_up_after_21_days_and_counted(bench: Bench) -> None:
    clock = Clock()
    host = bench.on(clock=clock)
    telemetry = bench.telemetry(host=host, endpoint="http://127.0.0.1:9")
    log(telemetry, 2)
    telemetry.flush(2)
    telemetry.close()
    clock.now += 22 * 24 * 3600
    later = bench.telemetry(host=host)
    log(later, 1, first=10)
    assert later.flush(5)
    assert numbers(bench) == [10]
    status = later.status()
    assert status is not None
    assert status.dropped["too old"] == 2


def test_the_journal_is_kept_for_30_days(bench: Bench) -> None:
    clock = Clock()
    host = bench.on(clock=clock)
    telemetry = bench.telemetry(host=host)
    log(telemetry, 2)
    assert telemetry.flush(5)
    clock.now += 31 * 24 * 3600
    log(telemetry, 1, first=10)
    assert telemetry.flush(5)
    kept = [entry.content["properties"]["number"] for entry in telemetry.journal() if entry.content]
    assert kept == [10]


def test_the_journal_keeps_within_its_size_oldest_sent_first(bench: Bench) -> None:
    from aboveboard.client.retention import trim
    from aboveboard.client.spool import Spool

    telemetry = bench.telemetry()
    log(telemetry, 1000)
    assert telemetry.flush(20)
    bench.collector.answer = answering(503)
    log(telemetry, 500, first=1000)
    telemetry.flush(1)
    spool = Spool(bench.data / "spool.db")
    full = spool.size()
    trim(spool, time.time(), most=full // 2, room=full // 2)
    assert spool.size() <= full // 2
    assert spool.waiting() == 500
    trim(spool, time.time(), most=full // 8, room=full // 8)
    assert spool.size() <= full // 8
    spool.close()
    status = telemetry.status()
    assert status is not None
    assert status.dropped["journal full"] + status.waiting == 500


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_these_hosts_are_this_machine(name: str) -> None:
    assert is_loopback(name)


@pytest.mark.parametrize(
    "name", ["127.0.0.1.evil.example", "localhost.example", "0.0.0.0", "10.0.0.1", "127.1", ""]
)
def test_these_hosts_may_be_anywhere(name: str) -> None:
    assert not is_loopback(name)


@pytest.mark.parametrize(
    "url", ["http://example.org", "ftp://127.0.0.1", "", "https://", "http://127.0.0.1:x", "x"]
)
def test_anything_but_https_is_refused_except_to_this_machine(bench: Bench, url: str) -> None:
    with pytest.raises(BadEndpoint):
        parse_endpoint(url)
    telemetry = bench.telemetry(endpoint=url)
    log(telemetry, 1)
    assert not telemetry.flush(2)
    status = telemetry.status()
    assert status is not None
    assert status.problem


def test_proxies_come_from_the_environment_but_not_for_this_machine() -> None:
    endpoint = parse_endpoint("https://telemetry.example.org/in")
    proxy = find_proxy(endpoint, {"HTTPS_PROXY": "http://ann:s%40t@proxy.example:3128"})
    assert proxy is not None
    assert (proxy.host, proxy.port, proxy.user, proxy.password) == ("proxy.example", 3128, "ann", "s@t")
    assert find_proxy(endpoint, {"all_proxy": "proxy.example:1"}) is not None
    assert find_proxy(endpoint, {"HTTPS_PROXY": "http://p", "NO_PROXY": "other, .example.org"}) is None
    assert find_proxy(endpoint, {"HTTPS_PROXY": "http://p", "NO_PROXY": "*"}) is None
    assert find_proxy(endpoint, {"HTTP_PROXY": "http://p"}) is None
    assert find_proxy(parse_endpoint("http://127.0.0.1:1"), {"HTTPS_PROXY": "http://p"}) is None
    assert find_proxy(parse_endpoint("https://localhost"), {"HTTPS_PROXY": "http://p"}) is None


@contextmanager
def listening(say: bytes | None) -> Iterator[tuple[int, list[bytes]]]:
    """A socket that takes connections and answers each with the same bytes, or never."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(4096))
                    if say is None:
                        connection.recv(4096)
                        continue
                    connection.sendall(say)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1], heard


def test_https_goes_through_the_proxys_tunnel(bench: Bench) -> None:
    with listening(b"HTTP/1.1 403 No\r\n\r\n") as (port, heard):
        host = bench.on(environ={"HTTPS_PROXY": f"http://ann:secret@127.0.0.1:{port}"})
        telemetry = bench.telemetry(host=host, endpoint="https://telemetry.example.org")
        log(telemetry, 1)
        assert not telemetry.flush(3)
        assert heard[0].startswith(b"CONNECT telemetry.example.org:443 HTTP/1.1\r\n")
        assert b"Proxy-Authorization: Basic YW5uOnNlY3JldA==" in heard[0]
        status = telemetry.status()
        assert status is not None
        assert "the proxy refused" in status.problem


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"]
)
def test_an_answer_that_is_no_http_keeps_the_events(bench: Bench, answer: bytes) -> None:
    with listening(answer) as (port, _):
        telemetry = bench.telemetry(endpoint=f"http://127.0.0.1:{port}")
        log(telemetry, 1)
        assert not telemetry.flush(3)
        status = telemetry.status()
        assert status is not None
        assert status.waiting == 1
        assert status.problem


def test_an_event_over_32_kb_is_cut_at_its_longest_text_and_says_so(bench: Bench) -> None:
    from aboveboard.client.record import Event
    from aboveboard.client.wire import encode

    event = Event("m", "track", "x", "usage", {"short": "abc", "long": "é" * 40_000, "n": 1}, 0.0)
    text, notes = encode(event, "id", "{}")
    assert len(text) <= 32 * 1024
    sent = json.loads(text)["properties"]
    assert sent["short"] == "abc"
    assert sent["long"].startswith("éé")
    assert sent["long"].endswith("<cut>")
    [note] = {note.path for note in notes}
    assert note == "long"


def test_two_processes_never_send_at_the_same_time(bench: Bench) -> None:
    """Two clients on one spool: each event arrives once, though both flush at once."""
    first, second = bench.telemetry(), bench.telemetry(accept=False)
    log(first, 150)
    log(second, 150, first=150)
    threads = [threading.Thread(target=one.flush, args=(10,)) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert first.flush(5)
    assert second.flush(5)
    assert sorted(numbers(bench)) == list(range(300))


def test_a_refused_deletion_is_asked_for_ever_less_often_and_blocks_no_other(bench: Bench) -> None:
    refused: list[str] = []

    def one_refused(
        handler: BaseHTTPRequestHandler, body: dict[str, Any]
    ) -> tuple[int, dict[str, str], bytes]:
        if handler.path != "/v1/erase" or (refused and body["deletionId"] != refused[0]):
            return success(handler, body)
        refused.append(body["deletionId"])
        return 400, {}, b'{"error": {"message": "no such source"}}'

    clock = Clock()
    bench.collector.answer = one_refused
    telemetry = bench.telemetry(host=bench.on(clock=clock))
    for number in range(2):
        log(telemetry, 1)
        assert telemetry.flush(5) == (number == 0)
        telemetry.forget()
        assert bench.collector.wait(lambda: refused)
        telemetry.flush(5)
    first, second = telemetry.receipts()
    assert (first.receipt, bool(second.receipt)) == (None, True)
    status = telemetry.status()
    assert status is not None
    assert status.problem.startswith(
        "a deletion is not confirmed: the collector answered 400: no such source"
    )
    sender = telemetry._engine.parts.sender
    asked = len(refused)
    assert not sender.run()
    assert len(refused) == asked
    clock.now += 3601
    assert not sender.run()
    assert len(refused) == asked + 1


def test_an_abort_before_there_is_a_line_is_not_lost(bench: Bench) -> None:
    telemetry = bench.telemetry()
    sender = telemetry._engine.parts.sender
    _, aborts = sender._asked(lambda: True)
    sender.abort()
    with pytest.raises(OSError, match="took back"):
        sender._post("/v1/batch", {}, b"{}", aborts)
    assert bench.collector.opened == 0
