"""Does docs/catalog.md name everything there is, and do its examples hold?"""

import os
import re
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from aboveboard.catalog import REASONS, Event, check, load, parse
from aboveboard.catalog.builtin import BUILT_IN, OF_ACTIONS, OF_ERRORS, OUTCOMES
from aboveboard.catalog.errors_type import FIELDS
from aboveboard.catalog.lint import EXEMPTION_RULES, FORM_RULES
from aboveboard.catalog.rules import RULES
from aboveboard.catalog.types import TYPES
from tests.catalog.conftest import EVERY_TYPE

PAGE = (Path(__file__).parents[2] / "docs" / "catalog.md").read_text(encoding="utf-8")
TOML = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
PYTHON = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_its_row_with_an_example(name: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert len(cells) == 4
    assert all(cells[2:])


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [*FORM_RULES.items(), *EXEMPTION_RULES.items(), *((name, rule.sentence) for name, rule in RULES.items())],
)
def test_every_rule_of_lint_is_there_in_its_own_words(rule: str, sentence: str) -> None:
    assert f"| `{rule}` | {sentence} |" in PAGE


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_explained(reason: str) -> None:
    assert f"| {reason} |" in PAGE


@pytest.mark.parametrize("name", sorted({*BUILT_IN, *OF_ACTIONS, *OF_ERRORS, *OUTCOMES, "aggregated"}))
def test_every_property_that_needs_no_declaration_is_named(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", sorted(set(FIELDS) - {"stdErr", "description"}))
def test_every_part_of_an_error_is_named(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("key", [field.name for field in fields(Event) if field.name != "name"])
def test_every_key_of_an_event_is_named(key: str) -> None:
    assert re.search(rf"^\|[^|]*`{key}`", PAGE, re.MULTILINE)


def test_the_catalogs_in_the_page_can_be_read(tmp_path: Path) -> None:
    assert len(TOML) == 3
    catalog = parse(TOML[0], "docs/catalog.md")
    assert list(catalog.events) == ["container.start"]
    head = 'app = "x"\n[events.onboarding]\nlevel = "usage"\n'
    assert parse(head + TOML[1], "docs/catalog.md").events["onboarding"].properties["steps"].of is not None
    exempt = parse(head + "[events.onboarding.properties]\n" + TOML[2], "docs/catalog.md")
    assert exempt.events["onboarding"].properties["hostCpuModel"].exempt


def test_the_code_in_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("telemetry.toml").write_text(TOML[0].replace("2027-01-31", "2999-01-01"), encoding="utf-8")
    os.mkdir("kind")
    Path("kind/telemetry.toml").write_text('extension = "podman-desktop.kind"\n', encoding="utf-8")
    for code in PYTHON:
        names: dict[str, object] = {}
        exec(code, names)
    verdict = names["verdict"]
    assert verdict.properties == {"engine": "podman"}  # type: ignore[attr-defined]


def test_what_the_page_says_of_types_is_so(client_safety: object) -> None:
    catalog = parse(EVERY_TYPE, "t")
    given = {"tool": "1.2.3-ann-laptop", "items": 44, "config": "/home/ann/kind.yaml"}
    said = {"tool": "1.2.3", "items": "10..<100", "config": "<path>.yaml"}
    verdict = check(catalog, "thing.done", given, today=date(2026, 2, 1), safety=client_safety)  # type: ignore[arg-type]
    assert verdict.properties == said
    assert all(f'"{text}"' in PAGE for text in said.values())


def test_the_figures_of_the_example_are_right() -> None:
    example = Path(__file__).parents[2] / "examples" / "podman_desktop"
    extensions = sorted(example.glob("extensions/*/telemetry.toml"))
    events = sum(len(load(path).events) for path in [example / "telemetry.toml", *extensions])
    assert len(extensions) == 12
    assert f"twelve of its extensions: {events} events" in PAGE
