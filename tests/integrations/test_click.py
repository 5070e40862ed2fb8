"""Is each command of a click tool one event, with names from its own tree and never a value?"""

import errno
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import click
import pytest

from aboveboard import Telemetry
from aboveboard.catalog import load
from aboveboard.catalog.lint import lint_file
from aboveboard.integrations.click import instrument, telemetry_group
from aboveboard.integrations.click.tree import tool_catalog
from tests.bench import bench_click
from tests.client.conftest import Bench


def make_tool() -> click.Group:
    """Return a tool with what tools have: groups in groups, aliases, flags, failures of each kind."""

    @click.group()
    @click.option("--config", envvar="TOOL_CONFIG")
    def tool(config: str | None) -> None:
        pass

    @tool.command()
    @click.argument("name")
    @click.option("--force/--no-force", "-f")
    @click.option("-n", "count", type=int, default=1)
    def start(name: str, force: bool, count: int) -> None:
        if name == "broken":
            raise ValueError(f"{name} does not start")
        if name == "refused":
            raise click.ClickException(f"no {name}")
        if name == "code":
            sys.exit(3)
        if name == "text":
            sys.exit("a text of the tool")
        if name == "exit":
            click.get_current_context().exit(4)
        if name == "abort":
            raise click.Abort
        if name == "interrupt":
            raise KeyboardInterrupt
        if name == "pipe":
            raise BrokenPipeError(errno.EPIPE, "closed")

    @tool.group(invoke_without_command=True)
    def image() -> None:
        pass

    @image.command("pull")
    @click.option("--quiet", is_flag=True)
    def pull(quiet: bool) -> None:
        pass

    return tool


def run(cli: Any, *arguments: str) -> int:
    """Run a tool in this process, as its script does, and return its exit code."""
    try:
        cli.main(list(arguments), prog_name="renamed-by-the-person")
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(bool(left.code))
    except ValueError:
        return 1
    raise AssertionError("a tool always exits")


def sent(bench: Bench, telemetry: Telemetry) -> list[dict[str, Any]]:
    """Return the properties of each command that the collector has."""
    assert telemetry.flush()
    return [event["properties"] for event in bench.collector.named("cli.command")]


@pytest.fixture
def telemetry(bench: Bench) -> Telemetry:
    """A tool's telemetry without a catalog of its own, after a yes."""
    made = bench.telemetry(catalog=None, accept=False)
    made.include(tool_catalog(make_tool()))
    made.consent.accept()
    return made


def test_a_command_is_one_event_with_path_options_and_outcome(bench: Bench, telemetry: Telemetry) -> None:
    tool = instrument(make_tool(), telemetry)
    assert run(tool, "--config", "/secret/file", "start", "phoenix", "--no-force", "-n", "3") == 0
    assert run(tool, "image", "pull") == 0
    assert run(tool, "image") == 0
    first, second, third = sent(bench, telemetry)
    assert first.pop("duration_ms") > 0
    assert first == {
        "name": "start", "options": ["--config", "--force", "-n"], "exit_code": 0, "success": True,
        "outcome": "success",
    }  # fmt: skip
    assert (second["name"], second["options"]) == ("image pull", [])
    assert third["name"] == "image"
    raw = json.dumps(bench.collector.events)
    for value in ("phoenix", "secret", "renamed-by-the-person"):
        assert value not in raw


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        ("broken", 1, "ValueError"),
        ("refused", 1, "ClickException"),
        ("code", 3, "SystemExit"),
        ("text", 1, "SystemExit"),
        ("exit", 4, "Exit"),
        ("abort", None, None),
        ("interrupt", None, None),
        ("pipe", None, None),
    ],
)
def test_each_kind_of_end_has_its_outcome_and_no_message(
    bench: Bench, telemetry: Telemetry, name: str, code: int | None, kind: str | None
) -> None:
    assert run(instrument(make_tool(), telemetry), "start", name) == (code or 1)
    (event,) = sent(bench, telemetry)
    if code is None:
        assert event["outcome"] == "cancelled"
        assert not {"success", "exit_code", "error"} & set(event)
        return
    assert (event["exit_code"], event["success"], event["outcome"]) == (code, False, "failure")
    assert event["error"] == {"type": kind}


@pytest.mark.parametrize(
    ("arguments", "command", "kind"),
    [
        (["start"], "start", "MissingParameter"),
        (["start", "x", "--bogus"], "start", "NoSuchOption"),
        (["image", "fetch-from-secret"], "image", "UsageError"),
        (["secret"], "tool", "UsageError"),
        (["--bogus"], "tool", "NoSuchOption"),
    ],
)
def test_wrong_arguments_are_a_failure_of_the_command_they_were_given_to(
    bench: Bench, telemetry: Telemetry, arguments: list[str], command: str, kind: str
) -> None:
    assert run(instrument(make_tool(), telemetry), *arguments) == 2
    (event,) = sent(bench, telemetry)
    assert (event["name"], event["exit_code"], event["options"]) == (command, 2, [])
    assert event["error"].get("type", kind) == kind, "a class name without the form of one is left out"


@pytest.mark.parametrize("arguments", [["--help"], ["start", "--help"], ["image", "pull", "--help"], []])
def test_help_is_no_command(bench: Bench, telemetry: Telemetry, arguments: list[str]) -> None:
    run(instrument(make_tool(), telemetry), *arguments)
    assert sent(bench, telemetry) == []


def test_chained_commands_are_one_event_each(bench: Bench) -> None:
    @click.group(chain=True)
    def tool() -> None:
        pass

    tool.add_command(click.Command("one", callback=lambda: None))
    tool.add_command(click.Command("two", callback=lambda: sys.exit(5)))
    telemetry = bench.telemetry(catalog=None, accept=False)
    instrument(tool, telemetry)
    telemetry.consent.accept()
    assert run(tool, "one", "two") == 5
    assert [(event["name"], event["success"]) for event in sent(bench, telemetry)] == [
        ("one", True),
        ("two", False),
    ]


def test_a_tool_of_one_command_is_called_by_its_name_in_the_code(bench: Bench) -> None:
    @click.command()
    @click.option("--loud", is_flag=True)
    def hello(loud: bool) -> None:
        pass

    telemetry = bench.telemetry(catalog=None, accept=False)
    instrument(hello, telemetry)
    telemetry.consent.accept()
    assert run(hello, "--loud") == 0
    (event,) = sent(bench, telemetry)
    assert (event["name"], event["options"]) == ("hello", ["--loud"])


class Lazy(click.Group):
    """A group whose commands are made when they are called, and which takes any beginning of a name."""

    made: list[str]

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["build", "deploy"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = [name for name in self.list_commands(ctx) if name.startswith(cmd_name)]
        if len(found) != 1:
            return None
        self.made.append(found[0])
        return click.Command(
            found[0], callback=lambda fast: None, params=[click.Option(["--fast"], is_flag=True)]
        )


def test_commands_that_are_made_late_stay_so_and_what_was_typed_stays_here(bench: Bench) -> None:
    tool = Lazy("tool")
    tool.made = []
    telemetry = bench.telemetry(catalog=None, accept=False)
    instrument(tool, telemetry, commands="")
    telemetry.consent.accept()
    assert tool.made == []
    assert run(tool, "dep", "--fast") == 0
    assert tool.made == ["deploy"]
    (event,) = sent(bench, telemetry)
    assert (event["name"], event["options"]) == ("deploy", []), "which options it has, nobody knew"


def test_a_release_can_declare_what_is_made_late(bench: Bench, tmp_path: Path) -> None:
    tool = Lazy("tool")
    tool.made = []
    telemetry = bench.telemetry(catalog=tool_catalog(tool, deep=True))
    instrument(tool, telemetry)
    assert run(tool, "deploy", "--fast") == 0
    (event,) = sent(bench, telemetry)
    assert (event["name"], event["options"]) == ("deploy", ["--fast"])


def test_the_catalog_is_printed_for_a_release_and_is_the_same_one(tmp_path: Path) -> None:
    (tmp_path / "mytool.py").write_text(
        "import click\n@click.group()\ndef cli(): pass\n"
        '@cli.command()\n@click.option("--fast", is_flag=True)\ndef build(fast): pass\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "aboveboard.integrations.click", "mytool:cli", "--app", "my-tool"]
    command += ["--privacy", "https://example.org/privacy"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    (tmp_path / "telemetry.toml").write_text(done.stdout, encoding="utf-8")
    assert lint_file(tmp_path / "telemetry.toml", date(2026, 11, 25)) == []
    printed = load(tmp_path / "telemetry.toml").events["cli.command"]
    assert printed.properties["name"].values == ("build", "cli")
    sys.path.insert(0, str(tmp_path))
    try:
        import mytool  # type: ignore[import-not-found]

        assert tool_catalog(mytool.cli).events["cli.command"] == printed
    finally:
        sys.path.remove(str(tmp_path))


def test_a_telemetry_that_cannot_be_made_stops_no_command(bench: Bench) -> None:
    def broken() -> Telemetry:
        raise RuntimeError("no")

    assert run(instrument(make_tool(), broken), "image", "pull") == 0
    assert run(instrument(make_tool(), broken), "start", "code") == 3


def test_help_and_completion_never_make_telemetry(capsys: pytest.CaptureFixture[str]) -> None:
    made: list[int] = []

    def make() -> Telemetry:
        made.append(1)
        raise AssertionError

    tool = instrument(make_tool(), make)
    assert run(tool, "--help") == 0
    assert "telemetry" in capsys.readouterr().out
    os.environ.update({"_TOOL_COMPLETE": "bash_complete", "COMP_WORDS": "tool image ", "COMP_CWORD": "2"})
    try:
        with pytest.raises(SystemExit):
            tool.main(prog_name="tool")
    finally:
        for name in ("_TOOL_COMPLETE", "COMP_WORDS", "COMP_CWORD"):
            del os.environ[name]
    assert "pull" in capsys.readouterr().out
    assert made == []


def test_the_commands_show_change_and_delete(
    bench: Bench, telemetry: Telemetry, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = instrument(make_tool(), telemetry)
    assert run(tool, "start", "phoenix") == 0
    assert run(tool, "telemetry", "send") == 0
    assert run(tool, "telemetry", "show", "--last", "1") == 0
    assert 'cli.command, sent: {"name": "start"' in capsys.readouterr().out
    assert run(tool, "telemetry", "show", "--raw") == 0
    assert json.loads(capsys.readouterr().out) == bench.collector.batches[0].body
    assert run(tool, "telemetry", "export", str(tmp_path / "all.jsonl")) == 0
    assert len((tmp_path / "all.jsonl").read_text().splitlines()) == 2
    assert run(tool, "telemetry", "export", str(tmp_path / "all.jsonl")) == 1
    assert run(tool, "telemetry", "export", str(tmp_path / "no/such/folder")) == 1
    said = capsys.readouterr().err
    assert "exists; name a file that does not" in said
    assert "could not be written" in said
    assert run(tool, "telemetry", "status", "--explain") == 0
    said = capsys.readouterr().out
    assert "telemetry: accepted (level usage)" in said
    assert "source:" in said
    assert run(tool, "telemetry", "on", "--level", "error") == 0
    assert "Usage data: accepted (level error)" in capsys.readouterr().err
    assert run(tool, "telemetry", "forget") == 0
    assert "confirmed by the collector" in capsys.readouterr().err
    assert run(tool, "telemetry", "off") == 0
    assert "Usage data: declined" in capsys.readouterr().err
    assert len(bench.collector.erasures) == 1
    assert len(bench.collector.named("cli.command")) == 1, "the commands about telemetry are no usage"


def test_one_extension_is_switched_off_and_on(
    bench: Bench, telemetry: Telemetry, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = instrument(make_tool(), telemetry)
    assert run(tool, "telemetry", "off", "--extension", "me.kind") == 0
    assert "The extension me.kind sends nothing" in capsys.readouterr().err
    assert telemetry.consent.state == "accepted"
    assert run(tool, "telemetry", "status") == 0
    assert "off:       extensions me.kind" in capsys.readouterr().out
    assert run(tool, "telemetry", "on", "--extension", "me.kind") == 0
    assert telemetry.consent.extensions_off == ()
    bench.settings.write_text("not JSON")
    assert run(tool, "telemetry", "off", "--extension", "me.kind") == 1, "it holds in this process only"
    assert "telemetry status --explain" in capsys.readouterr().err


def test_preview_shows_invented_events_before_there_are_any(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = instrument(make_tool(), bench.telemetry(catalog=None, accept=False))
    assert run(tool, "telemetry", "preview") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["event"] == "cli.command"
    assert shown["properties"]["name"] in {"image", "image pull", "start", "tool"}


def test_the_group_can_stand_where_the_tool_wants_it(bench: Bench, telemetry: Telemetry) -> None:
    tool = make_tool()
    tool.add_command(telemetry_group(telemetry), "privacy")
    instrument(tool, telemetry, commands="")
    assert run(tool, "privacy", "status") == 0
    assert sent(bench, telemetry) == []


def test_help_costs_a_fraction_of_what_the_tool_itself_does() -> None:
    """Loose, for a busy machine; `python -m tests.bench click` measures."""
    found = bench_click.main(rounds=3)
    assert found["--help"]["cpu_ms"] < 0.4 * found["--help"]["tool_cpu_ms"]
    assert found["a run, after a yes"]["cpu_ms"] < 4 * found["a run, after a yes"]["tool_cpu_ms"]
