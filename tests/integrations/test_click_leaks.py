"""Does a value of any command ever reach an event? Random tools, random values, and everything that leaves is read."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import StringIO
from types import SimpleNamespace
from typing import Any

import click
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aboveboard.catalog import Safety, check
from aboveboard.integrations.click import instrument
from aboveboard.privacy import Cleaner

NAMES = st.from_regex(r"[a-z]{2,8}(-[a-z]{2,6})?", fullmatch=True)
# Every value begins with letters that no name of a command or an option can have.
SECRETS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\n\r"), max_size=20).map(
    lambda text: f"QZX{text}"
)
OUTCOMES = ("return", "raise", "usage", "click", "exit", "text", "abort", "attribute")


class Recording:
    """A telemetry that keeps what it is given, before any cleaning, and what the catalog then lets through."""

    def __init__(self) -> None:
        self.given: list[tuple[str, dict[str, Any]]] = []
        self.catalogs: list[Any] = []
        self.consent = SimpleNamespace(state="accepted")

    def include(self, catalog: Any) -> None:
        self.catalogs.append(catalog)

    def log_usage(self, event: str, properties: dict[str, Any]) -> None:
        self.given.append((event, properties))

    def everything(self) -> str:
        """Return all that was given, as text, and check that the catalog declares it to the last part."""
        (catalog,) = [make() for make in self.catalogs]
        for event, properties in self.given:
            verdict = check(
                catalog, event, properties, today=catalog.events[event].added, safety=Safety(Cleaner())
            )
            assert [drop for drop in verdict.drops if not drop.path.startswith("error")] == []
        return json.dumps(self.given) + repr(self.given)


@dataclass(frozen=True)
class Call:
    """One command of a random tool, and how it is called."""

    path: tuple[str, ...]
    options: tuple[str, ...]
    flags: tuple[str, ...]
    prompted: bool
    environment: bool
    outcome: str
    values: tuple[str, ...]


CALLS = st.builds(
    Call,
    st.lists(NAMES, min_size=1, max_size=4).map(tuple),
    st.lists(NAMES, max_size=4, unique=True).map(tuple),
    st.lists(NAMES, max_size=3, unique=True).map(tuple),
    st.booleans(),
    st.booleans(),
    st.sampled_from(OUTCOMES),
    st.lists(SECRETS, min_size=8, max_size=8).map(tuple),
)


def tool_for(call: Call) -> click.Command:
    """Return a tool with this command: an argument, options, flags, an option from the environment, a prompt."""

    def run(**values: object) -> None:
        secret = call.values[0]
        if call.outcome == "raise":
            raise type("PersonError", (Exception,), {})(secret, values)
        if call.outcome == "usage":
            raise click.UsageError(secret)
        if call.outcome == "click":
            raise click.ClickException(secret)
        if call.outcome == "exit":
            click.get_current_context().exit(7)
        if call.outcome == "text":
            sys.exit(secret)
        if call.outcome == "abort":
            raise click.Abort
        if call.outcome == "attribute":
            error = RuntimeError(secret)
            error.exit_code = secret  # type: ignore[attr-defined]
            raise error

    params: list[click.Parameter] = [click.Argument(["argument"])]
    params += [click.Option([f"--o-{name}"]) for name in call.options]
    params += [click.Option([f"--f-{name}/--no-f-{name}"], default=None) for name in call.flags]
    params += [click.Option(["--env"], envvar="QZX_ENVIRONMENT")] if call.environment else []
    params += [click.Option(["--asked"], prompt="Which", hide_input=False)] if call.prompted else []
    command: click.Command = click.Command(call.path[-1], callback=run, params=params)
    for name in reversed(call.path[:-1]):
        command = click.Group(name, commands=[command])
    return click.Group("tool", commands=[command])


def arguments_for(call: Call) -> list[str]:
    arguments = list(call.path)
    for name, value in zip(call.options, call.values[1:], strict=False):
        arguments += [f"--o-{name}", value]
    arguments += [f"--f-{name}" if index % 2 else f"--no-f-{name}" for index, name in enumerate(call.flags)]
    return [*arguments, "--", call.values[6]]


@contextmanager
def typing(text: str) -> Iterator[None]:
    before, sys.stdin = sys.stdin, StringIO(text)
    try:
        yield
    finally:
        sys.stdin = before


def run(tool: click.Command, arguments: list[str], typed: str) -> None:
    with typing(typed), suppress(SystemExit, Exception):
        tool.main(arguments, prog_name="QZX-as-the-person-named-it")


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CALLS)
def test_no_value_of_a_command_reaches_an_event(call: Call) -> None:
    telemetry = Recording()
    tool = instrument(tool_for(call), telemetry, commands="")  # type: ignore[arg-type]
    with_environment(
        {"QZX_ENVIRONMENT": call.values[7]}, lambda: run(tool, arguments_for(call), f"{call.values[5]}\n")
    )
    said = telemetry.everything()
    assert "QZX" not in said.upper()
    assert len(telemetry.given) == 1
    assert telemetry.given[0][1]["name"] == " ".join(call.path)


@settings(max_examples=100)
@given(
    CALLS, st.lists(st.one_of(SECRETS, SECRETS.map(lambda text: f"--{text}"), NAMES), max_size=5), st.data()
)
def test_nor_do_wrong_arguments_whatever_is_typed(call: Call, more: list[str], data: st.DataObject) -> None:
    telemetry = Recording()
    tool = instrument(tool_for(call), telemetry, commands="")  # type: ignore[arg-type]
    arguments = arguments_for(call)
    cut = data.draw(st.integers(0, len(arguments)))
    run(tool, [*arguments[:cut], *more, *arguments[cut:]], "")
    assert "QZX" not in telemetry.everything().upper()


def with_environment(variables: dict[str, str], act: Any) -> None:
    clean = {name: value.replace("\x00", "") for name, value in variables.items()}
    os.environ.update(clean)
    try:
        act()
    finally:
        for name in clean:
            del os.environ[name]
