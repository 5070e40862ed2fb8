"""Is the public page off until it is switched on, and does it then say only what anybody may know?"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from aboveboard.access import Settings
from aboveboard.access.sources import new_source
from aboveboard.server import application
from tests.dashboard.conftest import KEYS, send, settings_with, text_of, trial

from .conftest import catalog_text

EVENTS = (
    'often\n[events.often.properties]\nsize = { type = "integer", description = "How large." }',
    "seldom",
    "silent",
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    data = tmp_path / "data"
    data.mkdir()
    (data / "shop.toml").write_text(catalog_text(*EVENTS), encoding="utf-8")
    shop = new_source("shop", kind="production", policy="declared", write_key=KEYS["shop"])
    made = settings_with(data, shop, trial())
    sources = [
        msgspec.structs.replace(each, catalogs=("shop.toml",) if each.name == "shop" else ())
        for each in made.sources
    ]
    return msgspec.structs.replace(made, sources=type(made.sources)(sources))


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(application(msgspec.structs.replace(settings, transparency=True))) as client:
        yield client


def test_it_is_off_until_it_is_switched_on(settings: Settings) -> None:
    assert settings.transparency is False
    with TestClient(application(settings)) as client:
        assert client.get("/transparency").status_code == 404
        assert client.get("/transparency.json").status_code == 404


def test_anybody_reads_what_is_collected_and_why(client: TestClient) -> None:
    for number in range(13):
        send(client, "shop", "often", install=f"i{number % 6}", size=number)
    for number in range(30):
        send(client, "shop", "seldom", install=f"i{number % 4}")
    send(client, "trial", "private.trial", install="me")
    client.cookies.clear()
    (app,) = client.get("/transparency.json").json()["apps"]
    assert {event["name"]: event["received"] for event in app["events"]} == {
        "often": 10,
        "seldom": None,
        "silent": 0,
    }
    assert app["privacy"] == "https://example.org/privacy"
    page = text_of(client.get("/transparency").text)
    for said in (
        "How often?",
        "size : a whole number",
        "few",
        "DO_NOT_TRACK=1",
        "journal",
        "Erasures done: fewer than 5",
    ):
        assert said.replace(" :", ":") in page.replace(" :", ":"), said
    assert "trial" not in page
    assert "declined" not in page


def test_it_follows_the_size_of_small_groups_in_the_settings(settings: Settings) -> None:
    strict = msgspec.structs.replace(settings, transparency=True, small_group=20)
    with TestClient(application(strict)) as client:
        for number in range(45):
            send(client, "shop", "often", install=f"i{number % 20}")
            send(client, "shop", "seldom", install=f"i{number % 19}")
        answer = client.get("/transparency.json").json()
        (app,) = answer["apps"]
        assert answer["small_group"] == 20
        assert {event["name"]: event["received"] for event in app["events"]} == {
            "often": 40,
            "seldom": None,
            "silent": 0,
        }
        page = text_of(client.get("/transparency").text)
    assert "rounded down to multiples of 20, and an event that fewer than 20 installs sent" in page
    assert "Erasures done: fewer than 20" in page


def test_the_store_is_not_asked_by_every_visitor(client: TestClient) -> None:
    first = client.get("/transparency.json").json()
    for number in range(6):
        send(client, "shop", "often", install=f"i{number}")
    assert client.get("/transparency.json").json() == first
