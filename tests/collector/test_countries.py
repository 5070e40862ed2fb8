"""Does a country come of an address only where the operator said so, and is the address dropped?"""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from aboveboard.collector.countries import Countries
from aboveboard.errors import SettingsError
from tests.collector.test_ingest import track
from tests.collector.test_serve import get
from tests.conftest import Server, start_server, stop_server

ADDRESS = "203.0.113.77"
PLACES = {"203.0.113.0/24": "NL", "2001:db8::/32": "CL", "198.51.100.0/24": "nowhere"}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with cities in it, to show that they are not read."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Test-City")
    for network, code in PLACES.items():
        writer.insert_network(
            IPSet([network]), {"country": {"iso_code": code}, "city": {"names": {"en": "Vierhouten"}}}
        )
    file = tmp_path_factory.mktemp("countries") / "countries.mmdb"
    writer.to_db_file(str(file))
    return file


@pytest.mark.parametrize(
    ("client", "forwarded", "behind_proxy", "country"),
    [
        ((ADDRESS, 4711), None, False, "NL"),
        (("2001:db8::1", 4711), None, False, "CL"),
        (("127.0.0.1", 4711), None, False, ""),
        (("198.51.100.9", 4711), None, False, ""),
        (None, None, False, ""),
        (("/run/socket", 0), None, False, ""),
        # Anybody can write the header: without a proxy it says nothing, and with one only its end does.
        (("127.0.0.1", 4711), ADDRESS, False, ""),
        (("127.0.0.1", 4711), f"2001:db8::1, {ADDRESS}", True, "NL"),
        ((ADDRESS, 4711), None, True, ""),
        (("127.0.0.1", 4711), "\xff no address", True, ""),
    ],
)
def test_an_address_becomes_two_letters_or_nothing(
    database: Path, client: Any, forwarded: str | None, behind_proxy: bool, country: str
) -> None:
    headers = {b"x-forwarded-for": forwarded.encode("latin-1")} if forwarded else {}
    countries = Countries(database, behind_proxy=behind_proxy)
    assert countries.of({"client": client}, headers) == country


@pytest.mark.parametrize("content", [None, b"no database"])
def test_a_file_that_is_no_database_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "countries.mmdb"
    if content:
        file.write_bytes(content)
    with pytest.raises(
        SettingsError, match=r"`countries` names .*countries\.mmdb, which cannot be read: .*Name"
    ):
        Countries(file)


@pytest.fixture
def behind_a_proxy(tmp_path: Path, database: Path) -> Iterator[Server]:
    data = tmp_path / "data"
    data.mkdir()
    (data / "aboveboard.toml").write_text(f"behind_proxy = true\ncountries = '{database}'\n")
    running = start_server(data)
    yield running
    stop_server(running)


def send(server: Server, event: str, context: dict[str, Any], **more: Any) -> None:
    """Send one event as a proxy hands it on."""
    message = track(event, context=context, **more)
    body = json.dumps({"batch": [message], "writeKey": server.write_key}).encode()
    headers = {"X-Forwarded-For": f"10.0.0.1, {ADDRESS}"}
    request = urllib.request.Request(f"{server.url}/v1/batch", body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def test_what_a_client_names_stands_and_the_address_is_in_no_file(behind_a_proxy: Server) -> None:
    server = behind_a_proxy
    send(server, "unnamed", {})
    send(server, "named", {"location": {"country": "FR"}})
    send(server, "late", {}, timestamp="2020-01-01T00:00:00Z", sentAt="2026-01-01T00:00:00Z")
    rows = server.api("environment", **{"from": "2026-01-01"})
    assert get(f"{server.url}/readyz")[0] == 200
    stop_server(server)
    found = {(row["attribute"], row["value"]) for row in rows if row["attribute"] == "country"}
    assert found == {("country", "NL"), ("country", "FR")}
    for path in (*server.data.rglob("*"), server.data.parent / "data.stderr"):
        content = path.read_bytes() if path.is_file() else b""
        assert ADDRESS.encode() not in content, path
        assert b"Vierhouten" not in content, path
