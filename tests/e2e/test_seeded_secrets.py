"""Does any secret that is put into every call of a real app show on the wire or in a file of the server?

All 193 calls of Podman Desktop go through our client to a real collector whose source allows what the catalog
declares, and then, untouched by our client, straight to a source that keeps undeclared events after cleaning.
"""

import base64
import gzip
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aboveboard import Host, Telemetry
from aboveboard.access.settings import FILE_NAME, add_source
from aboveboard.access.sources import new_source
from tests.catalog.test_podman_desktop import ENTRIES, EXAMPLE, FILES, RISKY, SECRETS, risky, wire_name
from tests.conftest import Server, start_server, stop_server

DECLARED, CLEANED = "key-of-the-declared-source", "key-of-the-cleaned-source"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("seeded") / "data"
    path = data / FILE_NAME
    add_source(path, new_source("declared", kind="production", policy="declared", write_key=DECLARED))
    extensions = ", ".join(f'"{file.parent.name}" = "{file}"' for file in FILES[1:])
    with path.open("a", encoding="utf-8") as settings:
        settings.write(f'catalogs = ["{EXAMPLE / "telemetry.toml"}"]\nextensions = {{ {extensions} }}\n')
    add_source(path, new_source("cleaned", kind="development", policy="cleaned", write_key=CLEANED))
    running = start_server(data)
    yield running
    stop_server(running)


class Clock:
    """The time, beginning half an hour ago, that can be put forward."""

    def __init__(self) -> None:
        self.ahead = -1800.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def secretly(entry: dict[str, Any], secret: str) -> dict[str, Any]:
    """The properties of a call, with the secret in each place that the list calls risky."""
    return {
        name: risky(declared, secret) if declared["risk"] != "none" else declared["example"]
        for name, declared in entry["properties"].items()
    }


def found_in(text: bytes) -> list[str]:
    return [secret for secret in SECRETS if secret.encode() in text.lower()]


def log_everything(telemetry: Telemetry, clock: Clock) -> int:
    """Make every call of the list once for each kind of secret; returns how many."""
    loggers: dict[str, Any] = {"core": telemetry.logger(), "renderer": telemetry.logger()}
    for file in FILES[1:]:
        publisher, _, name = file.parent.name.partition(".")
        loggers[file.parent.name] = telemetry.logger(name, version="1.0.0", publisher=publisher, catalog=file)
    calls = 0
    for secret in RISKY:
        for entry in ENTRIES:
            properties = secretly(entry, secret)
            if entry["api"] == "page":
                telemetry.page(properties.get("name", secret))
            else:
                name = wire_name(entry).removeprefix(entry["emitter"] + ".")
                loggers[entry["emitter"]].log_usage(name, properties)
            calls += 1
        telemetry.flush(timeout=20)
        clock.ahead += 61  # an extension has a budget of events a minute
    return calls


def test_no_secret_leaves_our_client_and_the_events_arrive(server: Server, tmp_path: Path) -> None:
    clock = Clock()
    telemetry = Telemetry(
        "podman-desktop",
        version="1.29.1",
        endpoint=server.url,
        write_key=DECLARED,
        catalog=EXAMPLE / "telemetry.toml",
        preset="podman-desktop",
        host=Host(home=tmp_path, environ={"LANG": "de_DE.UTF-8"}, clock=clock),
    )
    assert telemetry.consent.accept()
    calls = log_everything(telemetry, clock)
    assert telemetry.flush(timeout=30)
    journal = list(telemetry.journal())
    telemetry.close()
    requests = [entry.body for entry in journal if entry.what == "request"]
    assert sum(len(json.loads(body)["batch"]) for body in requests) >= calls
    assert found_in("\n".join(requests).encode()) == []
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert found_in(file.read_bytes()) == [], file
    names = {row["event"] for row in server.api("actions", source="declared", **{"from": "2026-01-01"})}
    assert {wire_name(entry) for entry in ENTRIES} <= names


def test_no_secret_of_other_peoples_clients_is_kept(server: Server) -> None:
    for secret in RISKY:
        batch = []
        for entry in ENTRIES:
            message = {"type": "track", "event": wire_name(entry), "properties": secretly(entry, secret)}
            ids = {"messageId": str(uuid.uuid4()), "anonymousId": "someone", "userId": secret}
            batch.append(
                message | ids | {"context": {"traits": {"email": secret}, "device": {"name": secret}}}
            )
        for start in range(0, len(batch), 40):
            body = {"batch": batch[start : start + 40], "writeKey": CLEANED}
            assert (
                server.post(
                    "/v1/batch", gzip.compress(json.dumps(body).encode()), {"Content-Encoding": "gzip"}
                )[0]
                == 200
            )
    broken = {
        "writeKey": CLEANED,
        "batch": [{"type": "track", "properties": {"x": secret}} for secret in RISKY],
    }
    assert server.post("/v1/batch", broken)[0] == 200
    rows = server.api("actions", source="cleaned", **{"from": "2026-01-01"})
    assert sum(row["events"] for row in rows) == len(RISKY) * len(ENTRIES)
    assert found_in(json.dumps(rows).encode()) == []


def test_no_file_of_the_server_holds_a_secret(server: Server) -> None:
    stop_server(server)
    files = [path for path in server.data.rglob("*") if path.is_file()]
    assert any(path.suffix == ".bin" for path in files)
    for path in files:
        content = path.read_bytes()
        assert found_in(content) == [], path
        for secret in SECRETS:
            assert base64.b64encode(secret.encode()).rstrip(b"=") not in content, path


def test_no_column_holds_a_secret(server: Server) -> None:
    """The files are compressed, so the engine is asked too, row by row."""
    from aboveboard.store import connect

    client = connect(f"chdb://{server.data / 'store'}")
    for table in ("events", "quarantine", "drops"):
        rows = client.query(f"SELECT toJSONString(tuple(*)) FROM {table}").result_rows
        assert rows
        assert found_in("\n".join(row[0] for row in rows).encode()) == [], table
    client.close()
