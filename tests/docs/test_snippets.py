"""Is every block of code in the documents true? Each language has its check, and none is without one.

Tutorials and the pages of integrations are followed as a whole elsewhere; README.md and docs/catalog.md have tests of
their own on top of these.
"""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest
import yaml

from aboveboard.cli import main
from tests.docs.tutorial import ROOT, UNWANTED

PAGES = [
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
    if path.name not in {"USAGE_DATA.md", "CHANGELOG.md"}
]
FOLLOWED = ("docs/tutorials/", "docs/integrations/", "README.md", "docs/catalog.md")
"""Whose Python is run by another test."""

SETUP = {
    "docs/client.md": """
from pathlib import Path
import aboveboard, functools
Path("telemetry.toml").write_text(CATALOG); Path("podman.toml").write_text(EXTENSION)
show = lambda *shown: None
""",
    "docs/protocols.md": """
from segment.analytics.client import Client
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from posthog import Posthog
""",
    "examples/podman_cli/README.md": "import click\nfrom podman_cli.podman import Podman\n",
}
"""What a fragment leaves to its reader: the imports, and files that the page tells of."""

CATALOG = 'app = "podman-desktop"\nnotice = 1\nprivacy = "https://example.org/privacy"\n'
EXTENSION = 'extension = "podman-desktop.podman"\n'


def blocks() -> Iterator[tuple[str, str, str]]:
    """Yield page, language and text of every block."""
    for path in PAGES:
        page = str(path.relative_to(ROOT))
        text = path.read_text(encoding="utf-8")
        for indent, language, body in re.findall(
            r"^( *)```([^\n]*)\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL
        ):
            yield page, language, "".join(line.removeprefix(indent) for line in body.splitlines(True))


BLOCKS = list(blocks())


def of(*languages: str) -> pytest.MarkDecorator:
    """Parametrise over the blocks of some languages."""
    found = [(page, text) for page, language, text in BLOCKS if language in languages]
    return pytest.mark.parametrize(
        ("page", "text"), found, ids=[f"{page}-{number}" for number, (page, _) in enumerate(found)]
    )


def test_every_block_is_of_a_language_that_is_checked() -> None:
    checked = {"python", "toml", "json", "yaml", "js", "sh", "console", "", "sql", "text", "nginx", "ini"}
    unknown = {(page, language) for page, language, _ in BLOCKS if language not in checked}
    assert {entry for entry in unknown if not entry[1].startswith("{")} == set()


@of("python")
def test_python_runs(page: str, text: str, tmp_path: Path) -> None:
    if page.startswith(FOLLOWED):
        compile(text, page, "exec")
        return
    head = f"CATALOG = {CATALOG!r}; EXTENSION = {EXTENSION!r}\n" + SETUP.get(page, "")
    environ = {name: value for name, value in os.environ.items() if name not in UNWANTED}
    done = subprocess.run(
        [sys.executable, "-c", head + text],
        cwd=tmp_path, env=environ | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "examples")},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@of("toml")
def test_toml_is_a_catalog_or_the_settings(page: str, text: str) -> None:
    from aboveboard.access.settings import _File

    found = tomllib.loads(text)
    if "sources" in found or "tokens" in found or "alerts" in found:
        for source in found.get("sources", {}).values():
            source.setdefault("write_keys", ["key"])  # a fragment shows what it is about
            source["install_key"] = "0" * 64
        msgspec.convert(found, type=_File)
    else:
        assert found


@of("json")
def test_json_is_json(page: str, text: str) -> None:
    json.loads(text.replace("…", "x"))


@of("yaml")
def test_yaml_is_yaml_and_names_inputs_that_the_action_has(page: str, text: str) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    found = yaml.safe_load(text)
    for step in found if isinstance(found, list) else ():
        if step.get("uses", "").startswith("aboveboard/"):
            assert set(step.get("with", {})) <= set(action["inputs"])


@of("js")
def test_javascript_is_javascript(page: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "snippet.mjs"
    file.write_text(re.sub(r"\brequire\(", "globalThis.require(", text), encoding="utf-8")
    done = subprocess.run(["node", "--check", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@of("sh", "console", "")
def test_commands_exist_with_their_options(page: str, text: str) -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for line in re.sub(r"\\\n", " ", text).splitlines():
        for part in re.split(r"\||&&|;", line.removeprefix("$ ").partition(" #")[0]):
            try:
                words = shlex.split(part.strip())
            except ValueError:
                continue  # prose, or a line of output
            if words[:1] == ["aboveboard"]:
                known(words[1:])
            elif words[:1] == ["make"]:
                assert {word for word in words[1:] if "=" not in word} <= targets, line


def known(words: list[str]) -> None:
    """Raise AssertionError where there is no such command, or it has no such option."""
    command: click.Command = main
    context = click.Context(command)
    for word in words:
        if isinstance(command, click.Group) and not word.startswith("-"):
            inner = command.get_command(context, word)
            assert inner is not None, f"no command {word!r} in {words}"
            command = inner
        elif word.startswith("-") and word != "-":
            options = {
                name for parameter in command.params for name in parameter.opts + parameter.secondary_opts
            }
            name = word.partition("=")[0].strip("[]")
            assert name in options | {"--help", "-h", "--version"}, f"{command.name} has no {word}"
