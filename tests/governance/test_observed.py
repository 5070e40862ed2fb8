"""Is what a real server received held against the catalog, without a value leaving it?"""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from aboveboard.cli import main
from aboveboard.governance.observed import RULES, compare
from tests.conftest import Server, start_server, stop_server

from .conftest import catalog_text, reading_of

EVENTS = (
    "never",
    'seen\n[events.seen.properties]\nkind = { type = "enum", values = ["x", "y"] }\nsame = { type = "integer" }\n'
    'wrong = { type = "bool" }\nabsent = { type = "bool" }\nnote = { type = "text" }\n',
)


def row(
    name: str, kind: str = "string", shape: str = "word", values: int = 30, different: int = 2
) -> dict[str, Any]:
    return {
        "event": "seen", "events": 30, "property": name, "type": kind, "shape": shape, "values": values,
        "different": different, "installs": 9,
    }  # fmt: skip


def test_every_rule_finds_its_flaw() -> None:
    reading = reading_of(*EVENTS)
    assert reading.catalog is not None
    rows = [
        row("kind", different=40), row("same", "number", "number", different=1), row("wrong", "string"),
        row("note", shape="e-mail address"), row("extra"), row("userName"), row("seen") | {"event": "other"},
    ]  # fmt: skip
    found = compare(reading.catalog, reading, rows)
    assert {each.rule for each in found} == set(RULES)
    assert all(each.line > 0 and each.remedy for each in found)


def test_data_that_keeps_to_the_catalog_has_no_findings() -> None:
    reading = reading_of('seen\n[events.seen.properties]\nkind = { type = "enum", values = ["x", "y"] }')
    assert reading.catalog is not None
    assert compare(reading.catalog, reading, [row("kind"), row("common.weight", "number", "number")]) == []


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start_server(tmp_path_factory.mktemp("observed") / "data")
    for number in range(25):
        message = {
            "type": "track", "messageId": str(uuid.uuid4()), "anonymousId": f"i{number % 7}", "event": "seen",
            "properties": {"kind": "x", "same": 1, "size": number, "wrong": "yes", "extra": {"a": 1}},
        }  # fmt: skip
        status, _ = server.post("/v1/batch", {"batch": [message], "writeKey": server.write_key})
        assert status == 200
    yield server
    stop_server(server)


def test_the_running_server_is_asked(filled: Server, tmp_path: Path) -> None:
    path = tmp_path / "telemetry.toml"
    path.write_text(catalog_text(*EVENTS), encoding="utf-8")
    source = _only_source(filled)
    ran = CliRunner().invoke(
        main,
        [
            "catalog",
            "observe",
            str(path),
            "--source",
            source,
            "--format",
            "json",
            "--url",
            filled.url,
            "--token",
            filled.admin_token,
        ],
    )
    assert ran.exit_code == 1, ran.output
    told = {(each["rule"], each["message"].split(" ")[1]) for each in json.loads(ran.stdout)}
    assert {("always-the-same", "same"), ("other-type", "wrong"), ("undeclared-property", "extra")} <= told
    assert ("never-seen", "absent") in told
    assert ("never-seen", "is") in told


def test_no_value_leaves_the_server(filled: Server) -> None:
    status, answer = filled.post(
        "/admin/v1/observe",
        {"source": _only_source(filled)},
        {"Authorization": f"Bearer {filled.admin_token}"},
    )
    assert status == 200
    (same,) = [each for each in answer["rows"] if each["property"] == "same"]
    assert same == {
        "event": "seen", "events": 25, "property": "same", "type": "number", "shape": "number", "values": 25,
        "different": 1, "installs": 7,
    }  # fmt: skip


def test_only_admins_may_ask_and_sources_must_exist(filled: Server) -> None:
    assert filled.post("/admin/v1/observe", {"source": "x"})[0] == 401
    status, answer = filled.post(
        "/admin/v1/observe", {"source": "x"}, {"Authorization": f"Bearer {filled.admin_token}"}
    )
    assert status == 404
    assert "There are:" in json.dumps(answer)


def _only_source(server: Server) -> str:
    import tomllib

    return next(iter(tomllib.loads((server.data / "aboveboard.toml").read_text())["sources"]))
