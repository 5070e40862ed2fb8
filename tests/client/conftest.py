"""What do the tests of the client share? A home folder, a collector, and telemetry put together from both."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from aboveboard import Host, Telemetry
from aboveboard.catalog import Catalog, parse
from tests.client.collector import Collector

HERE = Path(__file__).parent
CATALOG = HERE / "telemetry.toml"
EXTENSION_CATALOG = HERE / "extension.toml"


HEAD = 'app = "demo-app"\nnotice = 1\nprivacy = "https://example.org/privacy"\n'


def _declared(event: str, action: bool) -> str:
    said = 'description = "It happened."\nquestion = "Does it?"\nlevel = "usage"\nowner = "the demo team"\n'
    dates = 'issue = "https://example.org/1"\nadded = 2026-01-31\nexpires = 2099-01-31\n'
    return f'[events."{event}"]\n{said}{dates}action = {str(action).lower()}\n'


@dataclass
class Clock:
    """A wall clock that a test sets."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Bench:
    """One machine with a home of its own, and everything made on it, closed at the end."""

    home: Path
    collector: Collector
    host: Host
    made: list[Telemetry] = field(default_factory=list)

    def telemetry(self, *, accept: bool = True, **changes: Any) -> Telemetry:
        """Return telemetry of the app, accepted unless told otherwise."""
        setup = {
            "version": "1.2.3",
            "endpoint": self.collector.url,
            "write_key": "wk-test",
            "catalog": CATALOG,
            "preset": "podman-desktop",
            "host": self.host,
            "detach": False,
            "exceptions": False,
            "lifecycle": False,
        }
        app = changes.pop("app", "demo-app")
        made = Telemetry(app, **{**setup, **changes})
        self.made.append(made)
        if accept:
            made.consent.accept()
        return made

    def on(self, **changes: Any) -> Host:
        """Return the same machine with something changed."""
        return replace(self.host, **changes)

    def catalog_with(self, event: str, properties: str = "", *, action: bool = False) -> Catalog:
        """Return a catalog of one event, its properties given as TOML."""
        return parse(
            HEAD + _declared(event, action) + f'[events."{event}".properties]\n{properties}\n', "own.toml"
        )

    def catalog_with_actions(self, *events: str) -> Catalog:
        """Return a catalog of actions without properties of their own."""
        return parse(HEAD + "".join(_declared(event, action=True) for event in events), "own.toml")

    @property
    def settings(self) -> Path:
        """Where the preset keeps the answer."""
        return self.home / ".local/share/containers/podman-desktop/configuration/settings.json"

    @property
    def data(self) -> Path:
        """Where the preset keeps everything of ours."""
        return self.home / ".local/share/containers/podman-desktop/telemetry"

    def files(self) -> list[str]:
        """Every file below the home folder."""
        return sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*") if path.is_file())


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A recording collector on a port of its own."""
    running = Collector().start()
    yield running
    running.stop()


@pytest.fixture
def bench(tmp_path: Path, collector: Collector) -> Iterator[Bench]:
    """A machine whose environment holds nothing but a language."""
    home = tmp_path / "home"
    home.mkdir()
    host = Host(
        environ={"LANG": "en_GB.UTF-8"}, home=home, platform="linux", root=tmp_path / "root", uid=1000
    )
    machine = Bench(home, collector, host)
    yield machine
    for telemetry in machine.made:
        telemetry.close()


Make = Callable[..., Telemetry]
