"""Does the page of what nobody uses list what a catalog declares, until somebody uses it?"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from aboveboard.access import Sources
from aboveboard.server import application
from tests.dashboard.conftest import ADMIN, settings_with, shop, sign_in, text_of

CATALOG = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("unused") / "data"
    (catalog, *_) = sorted(CATALOG.rglob("telemetry.toml"))
    source = msgspec.structs.replace(shop(), catalogs=(str(catalog),))
    settings = msgspec.structs.replace(settings_with(folder, source), sources=Sources([source]))
    with TestClient(application(settings)) as client:
        yield client


def test_what_was_asked_for_by_its_name_is_no_candidate(running: TestClient) -> None:
    client = sign_in(running)
    headers = {"authorization": f"Bearer {ADMIN}"}
    before = client.get("/api/v1/unused", headers=headers).json()["rows"]
    names = sorted({row["event"] for row in before})
    assert names
    assert {row["property"] for row in before} == {""}
    assert names[0] in text_of(client.get("/unused").text).replace(" ", "")
    client.get("/actions")
    assert client.get("/api/v1/unused", headers=headers).json()["rows"] == before
    client.get("/actions", params={"event": names[0]})
    after = client.get("/api/v1/unused", headers=headers).json()["rows"]
    assert names[0] not in {row["event"] for row in after if not row["property"]}
