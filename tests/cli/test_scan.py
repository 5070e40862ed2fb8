"""Does `aboveboard scan` say what it finds, in each form?"""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from aboveboard.catalog.reader import read
from aboveboard.cli import main

CODE = """\
window.telemetryTrack('opened', { version: app.version, userName: name, ok: true, tookMs: 3, kind: on ? 'x' : 'y' });
telemetryLogger.logError('failed', { ...rest });
telemetry.track(`made.${name}`);
telemetry.track(name);
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.ts").write_text(CODE, encoding="utf-8")
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["scan", *map(str, arguments)])


def test_the_table_has_a_line_for_each_call(project: Path) -> None:
    ran = run(project)
    assert ran.exit_code == 0
    assert [line.split()[2] for line in ran.stdout.splitlines()] == ["opened", "failed", "made.{}", "(made"]
    assert f"{project}/app.ts:1 " in ran.stdout
    assert "userName: ?" in ran.stdout
    assert ran.stderr.startswith("4 calls of 4 events in 1 files")


def test_json_says_how_much_is_known(project: Path) -> None:
    calls = json.loads(run(project, "--format", "json").stdout)["calls"]
    assert [call["name"] for call in calls] == ["constant", "constant", "template", "unknown"]
    assert [call["open"] for call in calls] == [False, True, False, False]
    kinds = {prop["name"]: (prop["type"], prop["values"]) for prop in calls[0]["properties"]}
    assert kinds["kind"] == ("string", ["x", "y"])
    assert kinds["ok"] == ("boolean", [])
    assert calls[1]["level"] == "error"


def test_sarif_names_rule_and_place(project: Path) -> None:
    (run_,) = json.loads(run(project, "--format", "sarif").stdout)["runs"]
    assert {rule["id"] for rule in run_["tool"]["driver"]["rules"]} == {"telemetry-call"}
    place = run_["results"][1]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("app.ts")
    assert place["region"]["startLine"] == 2


def test_what_is_proposed_is_a_catalog_with_blanks_and_safe_types(project: Path) -> None:
    text = run(project, "--propose").stdout
    reading = read('app = "demo"\n' + text, "proposed")
    assert reading.findings == []
    assert reading.catalog is not None
    assert set(reading.catalog.events) == {"opened", "failed", "made.{}"}
    opened = reading.catalog.events["opened"].properties
    assert {name: prop.type for name, prop in opened.items()} == {
        "kind": "enum", "ok": "bool", "tookMs": "duration", "userName": "name", "version": "version",
    }  # fmt: skip
    assert reading.catalog.events["failed"].level == "error"
    assert "app.ts:1" in text


def test_what_is_declared_is_not_proposed_again(project: Path) -> None:
    path = project / "telemetry.toml"
    path.write_text('app = "demo"\n[events.opened]\nlevel = "usage"\n', encoding="utf-8")
    assert "opened" not in run(project, "--propose", "--catalog", path).stdout


def test_a_vouched_value_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("new TelemetryTrustedValue(name);\n", encoding="utf-8")
    ran = run(tmp_path)
    assert ran.exit_code == 1
    assert "a.ts:1" in ran.stdout


def test_files_can_be_left_out(project: Path) -> None:
    assert run(project, "--skip", "*.ts").stdout == ""


@pytest.mark.parametrize("name", ["notes.md", "tool"])
def test_a_named_file_of_another_kind_is_refused_in_one_sentence(project: Path, name: str) -> None:
    """Also where it holds words of telemetry, and also for a script without an ending."""
    (project / name).write_text("telemetry.track('opened')\n", encoding="utf-8")
    ran = run(project / name)
    assert ran.exit_code == 2
    assert (
        f"{project / name} is no source file that can be read; name a folder, or a file that ends in .py, "
        in ran.stderr
    )
    assert run(project).exit_code == 0, "in a folder such files are passed over"
