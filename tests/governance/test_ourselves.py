"""Does this project keep to what it asks of others: scan, check, lint and diff on itself and on its examples?"""

import os
import re
import runpy
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from aboveboard.catalog import load, parse
from aboveboard.catalog.canonical import digest
from aboveboard.catalog.lint import lint_file
from aboveboard.catalog.reader import read
from aboveboard.cli import _COMMANDS, main
from aboveboard.cli.own_usage import CATALOG
from aboveboard.governance.check import check
from aboveboard.governance.scan import scan
from aboveboard.integrations.click.tree import tool_catalog

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
DESKTOP = EXAMPLES / "podman_desktop"
CATALOGS = sorted([*EXAMPLES.rglob("telemetry.toml"), CATALOG])
ROOMS = [
    room for room in (ROOT / "src/aboveboard").iterdir() if room.is_dir() and room.name != "integrations"
]
OWN = [*ROOMS, ROOT / "src/aboveboard/integrations/click"]
"""Our own code: what the other integrations log is other apps'."""
IDS = [str(path.relative_to(ROOT)) for path in CATALOGS]


def today() -> date:
    return datetime.now(UTC).date()


@pytest.mark.parametrize("path", CATALOGS, ids=IDS)
def test_lint_finds_nothing(path: Path) -> None:
    assert lint_file(path, today()) == []


@pytest.mark.parametrize(
    ("code", "catalog"),
    [(OWN, CATALOG), ([EXAMPLES / "podman_cli"], EXAMPLES / "podman_cli" / "telemetry.toml")],
)
def test_code_and_catalog_agree(code: list[Path], catalog: Path) -> None:
    found = scan(code)
    assert found.calls != ()
    assert found.trusted == ()
    assert found.broken == ()
    assert check(found, [read(catalog.read_text(encoding="utf-8"), str(catalog))]) == []


def test_the_first_event_keeps_to_the_catalog_inside_it() -> None:
    path = EXAMPLES / "first_event.py"
    (text,) = re.findall(r'parse\(\s*"""(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL)
    assert digest(parse(text, "first_event.py")) == digest(runpy.run_path(str(path))["CATALOG"])
    assert check(scan([path]), [read(text, "first_event.py")]) == []


def test_nothing_grew_since_the_last_commit_without_an_issue() -> None:
    command = [sys.executable, "-m", "aboveboard", "catalog", "diff", "--base", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_users_document_says_what_why_and_how_to_see_stop_and_delete() -> None:
    text = (DESKTOP / "USAGE_DATA.md").read_text(encoding="utf-8")
    for said in (
        "sends nothing until you say yes",
        "**See it.**",
        "**Stop it.**",
        "**Delete it.**",
        "*Why:*",
        "*How long:*",
    ):
        assert said in text
    assert "(not said)" not in text
    assert "TODO" not in text


def test_our_own_catalog_names_every_command() -> None:
    declared = load(CATALOG).events["cli.command"]
    drawn = tool_catalog(main, deep=True).events["cli.command"]
    say = "python -m aboveboard.integrations.click aboveboard.cli:main"
    assert declared.properties == drawn.properties, (
        f"renew src/aboveboard/telemetry.toml with what this prints: {say}"
    )
    assert set(_COMMANDS) - {"usage"} <= set(declared.properties["name"].values)


def test_the_command_line_collects_nothing_by_default(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    code = (
        "import sys\nfrom aboveboard.cli import main\n"
        "try:\n    main(['catalog', 'lint', sys.argv[1]])\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if name.startswith('aboveboard.client')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(CATALOG)], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]", "without a collector not even the client is imported"
    assert list(tmp_path.iterdir()) == []


def test_a_named_collector_alone_changes_nothing(tmp_path: Path) -> None:
    environ = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "ABOVEBOARD_USAGE_ENDPOINT": "http://127.0.0.1:9",
        "ABOVEBOARD_USAGE_WRITE_KEY": "key",
    }  # fmt: skip
    command = [sys.executable, "-m", "aboveboard", "catalog", "lint", str(CATALOG)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert done.stderr == "0 findings\n"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [], "no answer, no file"


def own_environment(home: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), **more}


def aboveboard(environ: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "aboveboard", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_usage_says_who_decides_and_can_be_switched(tmp_path: Path) -> None:
    environ = own_environment(tmp_path)
    assert "undecided" in aboveboard(environ, "usage", "status").stdout
    assert "declined" in aboveboard(environ, "usage", "off").stderr
    assert "declined" in aboveboard(environ, "usage", "status").stdout


def test_after_a_yes_a_command_is_one_event_with_options_and_no_value(tmp_path: Path) -> None:
    named = {"ABOVEBOARD_USAGE_ENDPOINT": "http://127.0.0.1:9", "ABOVEBOARD_USAGE_WRITE_KEY": "key"}
    environ = own_environment(tmp_path, **named)
    assert "accepted" in aboveboard(environ, "usage", "on").stderr
    secret = tmp_path / "secret.toml"
    assert aboveboard(environ, "catalog", "document", str(secret), "--output", "secret.md").returncode != 0
    shown = aboveboard(environ, "usage", "show").stdout
    assert '"name": "catalog document", "options": ["--output"]' in shown
    assert shown.count("cli.command") == 1
    assert "secret" not in shown


def test_action_and_hooks_run_commands_that_exist() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    for hook in hooks:
        program, *arguments = hook["entry"].split()
        assert program == "aboveboard"
        assert CliRunner().invoke(main, [*arguments, "--help"]).exit_code == 0
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert action["runs"]["using"] == "composite"
    scripts = [step["run"] for step in action["runs"]["steps"] if "run" in step]
    assert not any("${{" in script for script in scripts), "text of others must not become part of a script"


def test_the_actions_script_compares_and_checks(tmp_path: Path) -> None:
    head = 'app = "demo"\nprivacy = "https://example.org/x"\n[events.seen]\nlevel = "usage"\n'
    (tmp_path / "telemetry.toml").write_text(head, encoding="utf-8")
    (tmp_path / "app.py").write_text("telemetry.log_usage('seen')\n", encoding="utf-8")
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    environ = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "BASE": "HEAD",
        "CATALOGS": "telemetry.toml", "CODE": "app.py", "COMMENT": "comment.md",
    }  # fmt: skip

    def run() -> "subprocess.CompletedProcess[str]":
        script = ["bash", str(ROOT / "scripts" / "usage-data")]
        return subprocess.run(script, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)

    assert run().returncode == 0
    (tmp_path / "telemetry.toml").write_text(head + '[events.more]\nlevel = "usage"\n', encoding="utf-8")
    ran = run()
    assert ran.returncode == 1
    assert "::error file=telemetry.toml,line=5,title=telemetry new::" in ran.stdout
    assert "never-called" in ran.stdout
    assert "### New" in (tmp_path / "comment.md").read_text(encoding="utf-8")
