"""Do the documents say what is true: snippets that run, links that lead somewhere, a place for every setting?"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
CATALOG = """
app = "my-app"
notice = 1
privacy = "https://example.org/privacy"

[events."container.start"]
description = "A container was started."
question = "Do containers start?"
level = "usage"
action = true
owner = "me"
issue = "https://example.org/1"
added = 2026-11-23
expires = 2028-11-01

[events."container.start".properties]
engine = { type = "enum", values = ["podman", "docker"], description = "What runs it." }
count = { type = "integer", description = "How many were started." }
"""


def snippets(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_readmes_program_logs_one_action_after_a_yes(tmp_path: Path) -> None:
    (tmp_path / "telemetry.toml").write_text(CATALOG, encoding="utf-8")
    (program,) = snippets("README.md", "python")
    program = program.replace("...  # ask", "telemetry.consent.accept()  # ask")
    program += "\ntelemetry.flush(0.1)\nfor entry in telemetry.journal(): print(entry.name, entry.content)\n"
    environ = {name: value for name, value in os.environ.items() if name not in {"CI", "DO_NOT_TRACK"}}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path, env=environ | {"HOME": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("container.start ")]
    assert "'count': 3" in line
    assert "'success': True" in line


def test_the_readme_names_the_commands_that_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"\bmake (\w+)", (ROOT / page).read_text(encoding="utf-8")))
        assert named <= targets, page


def test_every_setting_of_the_server_is_documented() -> None:
    from aboveboard.access.settings import _ENVIRONMENT, _File
    from aboveboard.access.sources import Source

    text = (ROOT / "docs" / "collector.md").read_text(encoding="utf-8")
    fields = {*_File.__struct_fields__, *Source.__struct_fields__} - {
        "name"
    }  # a source is named by its table
    names = {*_ENVIRONMENT.values(), *fields}
    forms = ("`{}", "{} =", "[{}.")
    assert [name for name in names if not any(form.format(name) in text for form in forms)] == []


def test_every_command_is_documented() -> None:
    from aboveboard.cli import _COMMANDS

    everything = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [command for command in _COMMANDS if f"aboveboard {command}" not in everything] == []
