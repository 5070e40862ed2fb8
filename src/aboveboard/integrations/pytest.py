"""Does the app log what it should, and nothing that it did not declare? The fixture `telemetry`, for its tests.

A real client after a yes, in a folder of its own, which has no collector and so no way to a network. What the app
logs is checked against its catalog as ever; a test in which something was not declared fails.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from aboveboard.errors import AboveboardError

if TYPE_CHECKING:
    from aboveboard.catalog import Catalog

__all__ = ["CapturedEvent", "CapturedTelemetry", "telemetry"]

IN_A_TEST: Final = "PYTEST_CURRENT_TEST"
CATALOG: Final = "telemetry_catalog"
WRITE_SECONDS: Final = 10.0


class NotInATest(AboveboardError):
    """The capturing telemetry was made outside a test, where it would say yes for a person."""


@dataclass(frozen=True, slots=True)
class CapturedEvent:
    """One event as it would be sent, and what was dropped or replaced in it, as (path, what was done, why)."""

    name: str
    properties: Mapping[str, Any]
    notes: tuple[tuple[str, str, str], ...] = ()


class CapturedTelemetry:
    """Give `client` to the app; `events` is what it logged.

    Raises `NotInATest` where no test runs, and `CatalogError` with what is wrong with the catalog.
    """

    def __init__(self, catalog: "str | Path | Catalog", home: Path) -> None:
        if IN_A_TEST not in os.environ:
            raise NotInATest(
                "CapturedTelemetry agrees to everything, so it works only while pytest runs a test; "
                "an app makes a Telemetry and asks the person"
            )
        # Not at the top: every run of pytest imports this file, and few tests are about telemetry.
        from aboveboard.catalog import Catalog, load
        from aboveboard.client.host import Host
        from aboveboard.client.telemetry import Telemetry

        whole = catalog if isinstance(catalog, Catalog) else load(catalog)
        home.mkdir(parents=True, exist_ok=True)
        host = Host(environ={}, home=home, platform="linux", root=home / "root", uid=None)
        self.undeclared: list[str] = []
        self.client = Telemetry(
            whole.app, catalog=whole, detach=False, exceptions=False, lifecycle=False, host=host
        )
        self.client._engine.declared.hint = self.undeclared.append
        self.client.consent.accept()

    @property
    def events(self) -> list[CapturedEvent]:
        """Return every event so far, in order, each as it would be sent."""
        self.write()
        return [
            CapturedEvent(entry.name, (entry.content or {}).get("properties", {}), entry.notes)
            for entry in self.client.journal()
            if entry.what == "event"
        ]

    def write(self) -> None:
        """Wait until all that was logged has been checked and written; it has nowhere to go from there."""
        self.client.flush(WRITE_SECONDS)

    def named(self, name: str) -> list[Mapping[str, Any]]:
        """Return the properties of each event of one name."""
        return [event.properties for event in self.events if event.name == name]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a project say where its catalog is; `telemetry.toml` beside its settings needs no saying."""
    parser.addini(
        CATALOG, "The catalog that the fixture `telemetry` checks events against.", default="telemetry.toml"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Let a test say which catalog it is about."""
    config.addinivalue_line(
        "markers", "telemetry(catalog): the catalog of the fixture `telemetry` in this test."
    )


@pytest.fixture
def telemetry(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CapturedTelemetry]:
    """Telemetry whose events can be read and cannot leave; the test fails where something is not declared.

    `telemetry.client` is what the app gets. Any other telemetry that the app makes meanwhile is off.
    """
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    marker = request.node.get_closest_marker("telemetry")
    given = marker.kwargs.get("catalog") if marker is not None else None
    catalog = given if given is not None else request.config.rootpath / request.config.getini(CATALOG)
    if isinstance(catalog, Path) and not catalog.exists():
        pytest.fail(
            f"there is no catalog {catalog}; set `{CATALOG}` in the settings of pytest", pytrace=False
        )
    captured = CapturedTelemetry(catalog, tmp_path / "telemetry")
    yield captured
    captured.write()
    captured.client.close()
    if captured.undeclared:
        pytest.fail("not declared, so never sent:\n" + "\n".join(captured.undeclared), pytrace=False)
