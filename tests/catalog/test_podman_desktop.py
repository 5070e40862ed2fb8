"""Does the catalog of a real app hold what that app really sends, and none of what it should not?

`podman_desktop_events.json` lists what Podman Desktop and its extensions send, as read in their source: 193
calls with 183 names, each property with an example and the risk it carries.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from aboveboard.catalog import Catalog, Safety, check, load
from aboveboard.catalog.lint import lint_file
from aboveboard.privacy import Cleaner, Hasher

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "podman_desktop"
TODAY = date(2026, 11, 23)
ENTRIES: list[dict[str, Any]] = json.loads((ROOT / "tests/data/podman_desktop_events.json").read_text())
FILES = [EXAMPLE / "telemetry.toml", *sorted(EXAMPLE.glob("extensions/*/telemetry.toml"))]

SECRETS = ("zbigniew", "acmecorp", "hunter2", "s3cr3t", "10.11.12.13", "thinkpad-z", "ghp_")
RISKY = [
    "zbigniew",
    "zbigniew-dev",
    "/home/zbigniew/acmecorp/kind.zbigniew",
    r"C:\Users\zbigniew\acmecorp\kind.yaml",
    "zbigniew@acmecorp.example",
    "registry.acmecorp.example:5000/zbigniew/app:1.2",
    "https://zbigniew:hunter2@acmecorp.example/v2/",
    "Error: cannot open '/home/zbigniew/s3cr3t.txt' on thinkpad-z (10.11.12.13)",
    "password=s3cr3t ghp_0123456789abcdefghij0123456789abcdef",
]
SCENTED = {
    "message": RISKY[7],
    "name": "zbigniew",
    "statusCode": 404,
    "reason": RISKY[4],
    "exitCode": 125,
    "command": "podman rm zbigniew",
    "stderr": RISKY[6],
    "stdout": "zbigniew hunter2",
    "json": {"message": "zbigniew"},
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    merged = load(FILES[0])
    for path in FILES[1:]:
        merged = merged.with_extension(path.parent.name, load(path))
    return merged


@pytest.fixture(scope="module", params=["client", "collector"])
def safety(request: pytest.FixtureRequest, catalog: Catalog) -> Safety:
    cleaner = Cleaner(words=catalog.words)
    return Safety(cleaner, Hasher(bytes(range(32))) if request.param == "client" else None)


def wire_name(entry: dict[str, Any]) -> str:
    name: str = entry.get("wire_name") or entry["event"]
    return name


def risky(declared: dict[str, Any], secret: str) -> object:
    """The secret in the shape of the risky property."""
    if declared["type"] == "object?":
        return {**SCENTED, "message": secret}
    return [secret] if declared["type"].startswith("list") else secret


def test_all_of_the_app_is_there(catalog: Catalog) -> None:
    assert len(ENTRIES) == 193
    assert len({entry["event"] for entry in ENTRIES}) == 183
    assert {wire_name(entry) for entry in ENTRIES} == set(catalog.events)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_the_example_catalogs_have_no_findings(path: Path) -> None:
    assert lint_file(path, TODAY) == []


@pytest.mark.parametrize(
    "entry", ENTRIES, ids=lambda entry: f"{entry['emitter']}:{entry['event']}:{entry['api']}"
)
class TestEveryEntry:
    def test_secrets_in_risky_places_are_gone(
        self, catalog: Catalog, safety: Safety, entry: dict[str, Any]
    ) -> None:
        for secret in RISKY:
            bag = {
                name: risky(declared, secret) if declared["risk"] != "none" else declared["example"]
                for name, declared in entry["properties"].items()
            }
            verdict = check(catalog, wire_name(entry), bag, today=TODAY, safety=safety)
            assert verdict.event == wire_name(entry)
            said = str(verdict).lower()
            assert [word for word in SECRETS if word in said] == []

    def test_what_is_harmless_arrives(self, catalog: Catalog, safety: Safety, entry: dict[str, Any]) -> None:
        harmless = {name: item for name, item in entry["properties"].items() if item["risk"] == "none"}
        bag = {name: item["example"] for name, item in harmless.items()}
        verdict = check(catalog, wire_name(entry), bag, today=TODAY, safety=safety)
        assert set(verdict.properties) == set(bag)
        assert verdict.drops == ()
        plain = {
            name
            for name, item in harmless.items()
            if item["type"] not in ("string", "list[object]", "map", "object")
        }
        assert {name: verdict.properties[name] for name in plain} == {name: bag[name] for name in plain}

    def test_risky_examples_arrive_in_a_safe_form(
        self, catalog: Catalog, safety: Safety, entry: dict[str, Any]
    ) -> None:
        names = {name for name, item in entry["properties"].items() if item["risk"] != "none"}
        declared = catalog.events[wire_name(entry)].properties
        bag = {name: entry["properties"][name]["example"] for name in names}
        verdict = check(catalog, wire_name(entry), bag, today=TODAY, safety=safety)
        undeclarable = {"(string)", "<check title>"}  # no properties at all, and names made of titles
        assert set(verdict.properties) == names - undeclarable
        weak = {"bool", "integer", "number", "duration", "version", "bucket"}
        assert not {name for name in names & set(declared) if declared[name].type in weak}
        assert "alice" not in str(verdict).lower()


def test_secrets_in_harmless_places_are_gone_too(catalog: Catalog, safety: Safety) -> None:
    """Whatever the list calls harmless today may be given a name tomorrow."""
    for entry in ENTRIES:
        for secret in RISKY:
            bag = dict.fromkeys(entry["properties"], secret)
            said = str(check(catalog, wire_name(entry), bag, today=TODAY, safety=safety)).lower()
            assert [word for word in SECRETS if word in said] == [], entry["event"]
