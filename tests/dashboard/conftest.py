"""What do the tests of pages share? The whole application in this process, on a real embedded store."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.testclient import TestClient

from aboveboard.access import Settings, Source, Token, Tokens, load_settings
from aboveboard.access.settings import add_source
from aboveboard.access.sources import new_source
from aboveboard.access.tokens import hash_token
from aboveboard.server import application
from tests.conftest import tables_made

ADMIN, VIEWER = "admin-token", "viewer-token"
KEYS = {"trial": "key-of-trial", "shop": "key-of-shop"}


def settings_with(folder: Path, *sources: Source) -> Settings:
    """Settings with one token of each role and the sources given."""
    for source in sources:
        add_source(folder / "aboveboard.toml", source)
    settings = load_settings({"data": str(folder)}, environ={})
    tokens = [
        Token(role="admin", sha256=hash_token(ADMIN), name="the admin"),
        Token(role="viewer", sha256=hash_token(VIEWER), name="a viewer"),
    ]
    return msgspec.structs.replace(settings, tokens=Tokens(tokens))


def trial() -> Source:
    """A development source that keeps what nobody declared."""
    return new_source("trial", kind="development", policy="cleaned", write_key=KEYS["trial"])


def shop() -> Source:
    """A production source that keeps what nobody declared."""
    return new_source("shop", kind="production", policy="cleaned", write_key=KEYS["shop"])


def send(client: TestClient, source: str, event: str, install: str = "a1", **properties: Any) -> None:
    """Send one event to a source, as any client would."""
    message = {"event": event, "messageId": str(uuid.uuid4()), "anonymousId": install}
    body = message | {"writeKey": KEYS[source], "properties": properties}
    assert client.post("/v1/track", json=body).status_code == 200


def sign_in(client: TestClient, token: str = ADMIN) -> TestClient:
    """Give the client a session of its own."""
    client.cookies.clear()
    client.get("/", params={"token": token})
    return client


def text_of(page: str) -> str:
    """The text of a page, without its tags, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the running server."""
    return tmp_path_factory.mktemp("dashboard") / "data"


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[TestClient]:
    """A server with the sources `trial` and `shop`; the store is empty at the start of a file."""
    settings = settings_with(folder, trial(), shop())
    tables_made(folder)
    with TestClient(application(settings)) as client:
        yield client


@pytest.fixture
def client(running: TestClient) -> TestClient:
    """A browser that has not signed in."""
    running.cookies.clear()
    return running


@pytest.fixture
def admin(running: TestClient) -> TestClient:
    """A browser with an admin's session."""
    return sign_in(running)
