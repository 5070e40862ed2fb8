"""Is everything about a person gone when the collector says so, does it stay away, and can they see it before?"""

import json
import re
import shutil
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aboveboard.collector.receipts import genuine, read_receipt, receipt_key, sign
from aboveboard.errors import SettingsError
from tests.conftest import Server, start_server, stop_server


def moment(seconds: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def track(person: str, event: str = "container.start", ago: float = 60, **more: Any) -> dict[str, Any]:
    made = {"type": "track", "event": event, "messageId": str(uuid.uuid4()), "anonymousId": person}
    return made | {"timestamp": moment(-ago)} | more


def send(server: Server, *messages: dict[str, Any], sent_at: str | None = None) -> int:
    """Send a batch and return how many events of it are kept."""
    body = {"batch": list(messages), "sentAt": sent_at or moment(), "writeKey": server.write_key}
    status, answer = server.post("/v1/batch", body)
    assert status == 200
    accepted: int = answer["accepted"]
    return accepted


def ask(server: Server, person: str, deletion: str | None = None) -> tuple[int, dict[str, Any]]:
    deletion = deletion or str(uuid.uuid4())
    body = {"writeKey": server.write_key, "anonymousId": person, "deletionId": deletion}
    return server.post("/v1/erase", body)


def erase(server: Server, person: str, deletion: str | None = None) -> dict[str, Any]:
    status, answer = ask(server, person, deletion)
    assert (status, answer.get("success")) == (200, True), answer
    receipt: dict[str, Any] = answer["receipt"]
    return receipt


def rows_of(server: Server, person: str) -> dict[str, list[dict[str, Any]]]:
    status, answer = server.post("/v1/access", {"writeKey": server.write_key, "anonymousId": person})
    assert status == 200
    tables: dict[str, list[dict[str, Any]]] = answer["tables"]
    return tables


def files_with(folder: Path, text: str) -> list[Path]:
    found = []
    for file in folder.rglob("*"):
        try:
            if file.is_file() and text.encode() in file.read_bytes():
                found.append(file)
        except FileNotFoundError:
            continue
    return found


def test_an_erased_install_is_gone_from_questions_and_from_the_disk(server: Server) -> None:
    person, other = str(uuid.uuid4()), str(uuid.uuid4())
    error = {"message": "port is already allocated", "code": "ECONNREFUSED"}
    # Each alone in its insert: what is packed together with much else cannot be found by its text.
    mine = track(person, "erased.event", properties={"error": error})
    assert send(server, mine) == 1
    assert send(server, track(person, "late.event", ago=90 * 86_400, properties={"error": error})) == 0
    assert send(server, track(other, "kept.event")) == 1
    texts = (mine["messageId"], "port is already allocated", "ECONNREFUSED", "erased.event", "late.event")
    for text in texts:
        assert files_with(server.data, text), text
    assert erase(server, person)["counts"] == {"events": 1, "quarantine": 1}
    for text in texts:
        assert files_with(server.data, text) == [], text
    assert len(rows_of(server, other)["events"]) == 1
    kept = rows_of(server, person)
    assert (kept["events"], kept["quarantine"]) == ([], [])


def test_the_anonymous_id_is_in_no_file_of_the_server(server: Server) -> None:
    person = str(uuid.uuid4())
    send(server, track(person))
    rows_of(server, person)
    erase(server, person)
    logs = server.data.parent / f"{server.data.name}.stderr"
    assert files_with(server.data, person) == []
    assert person not in logs.read_text()


def test_what_was_sent_before_the_erasure_is_not_taken_again(server: Server) -> None:
    person, sent_at = str(uuid.uuid4()), moment(-1)
    sent, unsent = track(person), track(person)
    untimed = {name: value for name, value in track(person).items() if name != "timestamp"}
    late, malformed = track(person, ago=90 * 86_400), track(person) | {"type": "nonsense"}
    assert send(server, sent, sent_at=sent_at) == 1
    erase(server, person)
    assert send(server, sent, sent_at=sent_at) == 0  # the very same body
    assert send(server, sent, unsent) == 0  # packed anew, from a queue
    assert send(server, untimed, late, malformed) == 0
    kept = rows_of(server, person)
    assert (kept["events"], kept["quarantine"]) == ([], [])


def test_a_clock_that_runs_ahead_brings_nothing_back(server: Server) -> None:
    person, ahead = str(uuid.uuid4()), 20 * 3600
    sent = track(person, ago=60 - ahead)
    assert send(server, sent, sent_at=moment(ahead)) == 1
    erase(server, person)
    assert send(server, sent, sent_at=moment(ahead)) == 0
    assert send(server, track(person, ago=60 - ahead), sent_at=moment(ahead)) == 0


def test_who_goes_on_after_the_erasure_is_counted_again(server: Server) -> None:
    person = str(uuid.uuid4())
    send(server, track(person))
    erase(server, person)
    time.sleep(0.05)
    assert send(server, track(person, ago=0)) == 1
    assert len(rows_of(server, person)["events"]) == 1


def test_the_same_deletion_again_has_the_same_receipt_and_another_id_cannot_fetch_it(server: Server) -> None:
    person, deletion = str(uuid.uuid4()), str(uuid.uuid4())
    send(server, track(person))
    first = erase(server, person, deletion)
    assert erase(server, person, deletion.upper()) == first
    assert (first["id"], sum(first["counts"].values())) == (deletion, 1)
    assert erase(server, str(uuid.uuid4()), deletion)["install"] != first["install"]
    assert erase(server, person)["counts"] == {"events": 0, "quarantine": 0}


def test_a_receipt_is_signed_and_every_change_of_it_shows(server: Server) -> None:
    person = str(uuid.uuid4())
    receipt = read_receipt(json.dumps({"success": True, "receipt": erase(server, person)}))
    key = receipt_key(server.data)
    assert genuine(receipt, key)
    assert not genuine(receipt, bytes(32))
    assert (server.data / "receipt.key").stat().st_mode & 0o777 == 0o600
    for changed in (
        {"time": moment()},
        {"counts": {"events": 9}},
        {"install": "0" * 16},
        {"source": "other"},
    ):
        said = json.loads(json.dumps(erase(server, person))) | changed
        assert not genuine(read_receipt(json.dumps(said)), key)


def test_the_signature_is_the_one_of_the_test_vector() -> None:
    """Made with: printf '%s' TEXT | openssl dgst -sha256 -mac HMAC -macopt hexkey:KEY."""
    receipt = sign("d", "app", "00ff", 1_795_000_000_000, {"events": 2}, bytes(range(32)))
    assert receipt.time == "2026-11-18T11:06:40.000+00:00"
    assert receipt.signature == "56333e6b2ef389c178904bb03e9c43c4e95edfeeaea98861b0950aa81f199bff"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"receipt": {"id": "x"}}', "\ud800".encode("utf-8", "replace")]
)
def test_what_is_no_receipt_is_refused_in_words(text: str | bytes) -> None:
    with pytest.raises(SettingsError, match="no receipt"):
        read_receipt(text)


def test_many_at_once_are_erased_together(server: Server) -> None:
    people = [str(uuid.uuid4()) for _ in range(12)]
    send(server, *(track(person) for person in people))
    with ThreadPoolExecutor(len(people)) as pool:
        receipts = list(pool.map(lambda person: erase(server, person), people))
    assert len({receipt["install"] for receipt in receipts}) == len(people)
    assert [receipt["counts"]["events"] for receipt in receipts] == [1] * len(people)


def test_the_same_deletion_at_the_same_time_has_one_receipt(server: Server) -> None:
    person, deletion = str(uuid.uuid4()), str(uuid.uuid4())
    send(server, track(person))
    with ThreadPoolExecutor(6) as pool:
        receipts = list(pool.map(lambda _: erase(server, person, deletion), range(6)))
    assert all(receipt == receipts[0] for receipt in receipts)


def test_nothing_slips_in_while_the_erasure_is_under_way(server: Server) -> None:
    person, over = str(uuid.uuid4()), threading.Event()

    def load(_: int) -> int:
        kept = 0
        while not over.is_set():
            kept += send(server, *(track(person, ago=5) for _ in range(20)))
        return kept

    with ThreadPoolExecutor(4) as pool:
        loads = [pool.submit(load, number) for number in range(4)]
        time.sleep(0.5)
        receipt = erase(server, person)
        kept = rows_of(server, person)["events"]
        over.set()
    assert sum(each.result() for each in loads) == receipt["counts"]["events"] > 0
    assert kept == []
    assert rows_of(server, person)["events"] == []


def test_a_person_gets_all_rows_about_them_as_json(server: Server) -> None:
    person = str(uuid.uuid4())
    send(
        server, track(person, "seen", properties={"durationMs": 12.5}), track(person, "old", ago=90 * 86_400)
    )
    send(server, track(str(uuid.uuid4()), "of.somebody.else"))
    tables = rows_of(server, person)
    (event,) = tables["events"]
    assert (event["event"], event["duration_ms"]) == ("seen", 12.5)
    assert datetime.fromisoformat(event["time"]).tzinfo is not None
    assert [row["reason"] for row in tables["quarantine"]] == ["too late"]
    receipt = erase(server, person)
    (erasure,) = rows_of(server, person)["erasures"]
    assert json.loads(erasure["receipt"]) == receipt


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"writeKey": "wrong"}, "unknown write key"),
        ({"writeKey": ""}, "no write key"),
        ({"anonymousId": ""}, "no anonymous id"),
        ({"anonymousId": None}, "broken JSON"),
        ({"deletionId": "17"}, "no deletion id"),
        ({"deletionId": "' OR 1"}, "no deletion id"),
    ],
)
def test_a_request_that_cannot_be_done_says_why(server: Server, change: dict[str, Any], reason: str) -> None:
    body = {"writeKey": server.write_key, "anonymousId": "a", "deletionId": str(uuid.uuid4())} | change
    status, answer = server.post("/v1/erase", body)
    assert (status, answer["success"], answer["error"]["reason"]) == (400, False, reason)
    assert answer["error"]["message"].endswith(".")


@pytest.mark.parametrize("path", ["/v1/erase", "/v1/access"])
def test_no_body_harms_the_server(server: Server, path: str) -> None:
    for body in (b"", b"{", b"[]", b'{"writeKey": 1}', b"[" * 100_000, b"\xff\xfe", b" " * 600_000):
        assert server.post(path, body)[0] == 400


def test_erasure_and_access_are_in_the_audit_log_without_id_or_address(server: Server) -> None:
    person = str(uuid.uuid4())
    rows_of(server, person)
    receipt = erase(server, person)
    lines = [json.loads(line) for line in (server.data / "audit.jsonl").read_text().splitlines()]
    access, erased = [line for line in lines if receipt["install"] in json.dumps(line)]
    assert (access["action"], access["actor"]) == ("access", "install")
    assert (erased["action"], erased["detail"]["receipt"]) == ("erase", receipt)
    assert "127.0.0.1" not in json.dumps(lines)


def test_an_app_whose_key_was_revoked_can_still_delete(tmp_path: Path) -> None:
    server, person = start_server(tmp_path / "data"), str(uuid.uuid4())
    send(server, track(person))
    stop_server(server)
    file = tmp_path / "data" / "aboveboard.toml"
    text = file.read_text()
    revoked = re.sub(r"write_keys = .*", f'write_keys = ["new"]\nrevoked_keys = ["{server.write_key}"]', text)
    file.write_text(revoked)
    again = start_server(tmp_path / "data")
    again.write_key = server.write_key
    try:
        assert erase(again, person)["counts"]["events"] == 1
    finally:
        stop_server(again)


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.02, 0.04, 0.08])
def test_an_erasure_survives_a_kill_at_any_moment(tmp_path: Path, delay: float) -> None:
    server, person, deletion = start_server(tmp_path / "data"), str(uuid.uuid4()), str(uuid.uuid4())
    sent = [track(person) for _ in range(3)]
    assert send(server, *sent) == 3

    def asking() -> bool:
        try:
            return ask(server, person, deletion)[0] == 200
        except OSError:
            return False

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(asking)
        time.sleep(delay)
        server.process.kill()
        server.process.wait()
        done = answer.result()
    assert server.process.stdout is not None
    server.process.stdout.close()
    again = start_server(tmp_path / "data")
    again.write_key = server.write_key
    try:
        if done:
            assert rows_of(again, person)["events"] == []
        asked = rows_of(again, person)["erasures"]
        assert [each["step"] for each in asked] in ([], [3])  # not asked for, or finished at the start
        receipt = erase(again, person, deletion)
        assert receipt["counts"]["events"] == 3
        assert files_with(again.data, sent[0]["messageId"]) == []
        assert send(again, *sent) == 0
    finally:
        stop_server(again)


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed (make test installs it)")
def test_what_replaces_the_erased_is_synced_before_the_answer(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    calls = "trace=fsync,fdatasync,recvfrom,read,sendto,write,writev,unlink,unlinkat,rmdir"
    strace = ("strace", "-D", "-f", "-y", "-s", "64", "-e", calls, "-o", str(trace))
    server, person = start_server(tmp_path / "data", prefix=strace), str(uuid.uuid4())
    send(server, track(person), track("stays"))
    erase(server, person)
    stop_server(server)
    lines = trace.read_text(errors="replace").splitlines()
    begin = next(number for number, line in enumerate(lines) if "POST /v1/erase" in line)
    end = next(number for number, line in enumerate(lines) if number > begin and "HTTP/1.1 200" in line)
    synced = [line for line in lines[begin:end] if re.search(r"f(?:data)?sync\(", line)]
    assert [line for line in synced if re.search(r"/tmp_mut_[\d_]+/\w+\.bin>", line)]
    assert [line for line in synced if "audit.jsonl" in line]
