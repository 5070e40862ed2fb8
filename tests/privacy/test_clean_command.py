"""Does `aboveboard clean` print lines and events as they would be sent, and say why?"""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from aboveboard.cli import main

CATALOG = Path(__file__).parents[2] / "examples" / "podman_desktop" / "telemetry.toml"


def run(text: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["clean", *arguments], input=text)


def test_each_line_is_printed_as_it_would_be_sent() -> None:
    ran = run("no such container falcon\nplain failure\n\n")
    assert ran.exit_code == 0
    assert ran.stdout == "no such container <name>\nplain failure\n\n"


def test_reasons_stand_below_and_never_name_what_they_hide() -> None:
    ran = run("open /srv/falcon/x.yaml failed\n", "--explain")
    assert ran.stdout.splitlines() == ["open <path>.yaml failed", "    <path>  path, by the step: place"]


def test_a_value_given_is_known() -> None:
    assert run("the handshake failed\n", "--known", "handshake").stdout == "the <name> failed\n"


def test_events_are_cleaned_keys_too() -> None:
    event = {"event": "a.b", "properties": {"message": "no container falcon", "falcon": 1}}
    ran = run(json.dumps(event) + "\n", "--json")
    assert ran.exit_code == 0
    assert "falcon" not in ran.stdout
    assert json.loads(ran.stdout)["properties"]["message"] == "no container <name>"


def test_what_a_catalog_does_not_declare_is_not_sent() -> None:
    ran = run(
        '{"event": "never.heard.of", "properties": {}}\n', "--json", "--explain", "--catalog", str(CATALOG)
    )
    assert ran.stdout.startswith("null\n")
    assert "undeclared event" in ran.stdout


def test_a_line_that_is_no_json_is_named_with_what_to_do() -> None:
    ran = run('{"a": 1}\nnot json\n', "--json")
    assert ran.exit_code == 1
    assert "Line 2 is not JSON" in ran.output
