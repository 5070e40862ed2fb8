"""Does the command that a developer is told declare what it says?"""

import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from aboveboard.catalog import Catalog, CatalogError, Safety, check, how_to_declare, load, parse
from aboveboard.catalog.declare import add
from aboveboard.cli import main
from tests.catalog.conftest import EVERY_TYPE

TODAY = date(2026, 11, 23)


def test_following_the_lines_until_none_is_left(tmp_path: Path, client_safety: Safety) -> None:
    """An empty catalog, an event nobody declared: run what each line says, until everything is sent."""
    path = tmp_path / "telemetry.toml"
    path.write_text('app = "demo"\n', encoding="utf-8")
    sent = {"note": "permission denied", "files.count": "none"}
    for _ in range(5):
        catalog = load(path)
        verdict = check(catalog, "thing.made", sent, today=TODAY, safety=client_safety)
        if not verdict.drops:
            break
        line = how_to_declare(catalog, "thing.made", verdict.drops[0])
        command = re.search("`aboveboard ([^`]+)`", line)
        assert command is not None
        ran = CliRunner().invoke(main, command[1].split(" "))
        assert ran.exit_code == 0, ran.output
        assert "fill in what is blank" in ran.output
    assert verdict.properties == sent


@pytest.mark.parametrize("name", ["plain", "dotted.name", 'with "quotes"', "back\\slash", "пример"])
def test_any_name_is_written_so_that_it_is_read_again(name: str) -> None:
    catalog = parse(add('app = "demo"  # mine\n', "t.toml", name, name, "bool", TODAY), "t.toml")
    assert catalog.events[name].properties[name].type == "bool"
    assert catalog.events[name].added == TODAY


def test_what_was_there_stays(catalog: Catalog) -> None:
    longer = add(EVERY_TYPE, "t.toml", "thing.done", "more", "integer", TODAY)
    assert longer.startswith(EVERY_TYPE.rstrip("\n"))
    assert set(parse(longer, "t").events["thing.done"].properties) == {
        *catalog.events["thing.done"].properties,
        "more",
    }


def test_nothing_is_declared_twice() -> None:
    with pytest.raises(CatalogError, match="already"):
        add(EVERY_TYPE, "t.toml", "thing.done", "engine", "text", TODAY)
    with pytest.raises(CatalogError, match="already"):
        add(EVERY_TYPE, "t.toml", "thing.done", None, "text", TODAY)


def test_where_appending_does_not_work_the_entry_is_shown() -> None:
    inline = 'app = "demo"\nevents.a = { level = "usage", properties = { x = { type = "bool" } } }\n'
    with pytest.raises(CatalogError, match=r"by hand:\n\n\[events\.a\.properties\.y\]"):
        add(inline, "t.toml", "a", "y", "bool", TODAY)
