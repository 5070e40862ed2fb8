"""How does a person see and change what a tool sends? `mytool telemetry status | on | off | show | …`.

A tool's `--help` imports this file, so what only a command needs is imported there.
"""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click

from aboveboard.client.levels import LEVELS
from aboveboard.integrations.click.lazy import HELP
from aboveboard.integrations.click.tree import OWN

if TYPE_CHECKING:
    from aboveboard.client.journal import Entry
    from aboveboard.client.telemetry import Telemetry

SEND_SECONDS: Final = 10.0
DELETE_SECONDS: Final = 3.0
Make = Callable[[], "Telemetry"]


def telemetry_group(telemetry: "Telemetry | Make") -> click.Group:
    """Return the commands about a tool's telemetry, to be added to it; `instrument` adds them by itself.

    `telemetry` may be a function that returns it, called when one of the commands is.
    """
    make: Make = telemetry if callable(telemetry) else lambda: telemetry
    group = click.Group("telemetry", help=HELP)
    vars(group)[OWN] = True
    for name, (run, params) in COMMANDS.items():
        group.add_command(
            click.Command(name, callback=partial(run, make), params=list(params), help=run.__doc__)
        )
    return group


def status(make: Make, explain: bool) -> None:
    """Say whether anything is sent, and who decided that."""
    click.echo(make().status(explain=explain))


def on(make: Make, level: str, extension: str | None) -> None:
    """Agree to sending usage data, or a part of it."""
    if extension is not None:
        _switch(make(), extension, True)
        return
    from aboveboard.integrations.click.ask import keep_answer

    click.echo(keep_answer(make(), yes=True, level=level), err=True)


def off(make: Make, extension: str | None) -> None:
    """Refuse, or take an earlier yes back and have the collector delete."""
    if extension is not None:
        _switch(make(), extension, False)
        return
    from aboveboard.integrations.click.ask import keep_answer

    telemetry = make()
    click.echo(keep_answer(telemetry, yes=False), err=True)
    _await_deletions(telemetry)


def show(make: Make, last: int | None, raw: bool) -> None:
    """Print every event, sent or waiting, and what was changed in it, and why."""
    wanted = ("request", "deletion") if raw else ("event",)
    entries = [entry for entry in make().journal() if entry.what in wanted]
    for entry in entries[-last:] if last else entries:
        click.echo(entry.body if raw else describe(entry))


def export(make: Make, file: str) -> None:
    """Write all of the journal to FILE, as JSON Lines."""
    if os.path.lexists(file):
        raise click.ClickException(f"{file} exists; name a file that does not")
    lines = make().export(file)
    if not os.path.lexists(file):
        raise click.ClickException(
            f"{file} could not be written; is there such a folder, and may you write there?"
        )
    click.echo(f"{lines} lines written to {file}.", err=True)


def forget(make: Make) -> None:
    """Delete journal, id and key here, and all that the collector has of this install."""
    telemetry = make()
    telemetry.forget()
    click.echo("Deleted on this computer. Your answer stays as it is.", err=True)
    _await_deletions(telemetry)


def preview(make: Make) -> None:
    """Print what would be sent with a yes."""
    from aboveboard.integrations.notice import events_so_far

    click.echo(events_so_far(make()))


def send(make: Make) -> None:
    """Send what waits now instead of with a later run."""
    telemetry = make()
    if not telemetry.flush(SEND_SECONDS):
        found = telemetry.status()
        why = (
            found.problem if found is not None and found.problem else "the collector was not reached in time"
        )
        raise click.ClickException(f"not everything could be sent: {why}")


EXTENSION: Final = click.Option(
    ["--extension"], metavar="ID", help="Only this extension, or plugin, of the tool; the others stay."
)
COMMANDS: Final[dict[str, tuple[Callable[..., None], tuple[click.Parameter, ...]]]] = {
    "status": (
        status,
        (click.Option(["--explain"], is_flag=True, help="Name every source that was asked."),),
    ),
    "on": (
        on,
        (
            click.Option(
                ["--level"], type=click.Choice(LEVELS[1:]), default=LEVELS[-1], help="How much may be sent."
            ),
            EXTENSION,
        ),
    ),
    "off": (off, (EXTENSION,)),
    "show": (
        show,
        (
            click.Option(["--last"], type=click.IntRange(min=1), help="Only the last N of them."),
            click.Option(["--raw"], is_flag=True, help="Print the requests, each exactly as it was sent."),
        ),
    ),
    "export": (export, (click.Argument(["file"]),)),
    "forget": (forget, ()),
    "preview": (preview, ()),
    "send": (send, ()),
}


def describe(entry: "Entry") -> str:
    """Return an event of the journal as lines for a person."""
    import json

    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.time))
    content: dict[str, Any] = entry.content or {}
    properties = json.dumps(content.get("properties", {}), ensure_ascii=False)
    lines = [f"{when}  {entry.name}, {entry.state}: {properties}"]
    return "\n".join(lines + [f"    {path} {done} ({why})" for path, done, why in entry.notes])


def _switch(telemetry: "Telemetry", extension: str, on: bool) -> None:
    """Switch one extension, and say what holds for it then."""
    change = telemetry.consent.allow_extension if on else telemetry.consent.refuse_extension
    found = telemetry.status() if change(extension) else None
    if found is None:
        raise click.ClickException(
            f"this could not be recorded for {extension}; see {click.get_current_context().find_root().info_name}"
            " telemetry status --explain"
        )
    said = "may send what you agreed to" if on else "sends nothing; what waited of it is dropped"
    click.echo(f"The extension {extension} {said}.", err=True)


def _await_deletions(telemetry: "Telemetry") -> None:
    """Say what came of the deletion: a receipt, or that it is asked for again."""
    pending = [erasure for erasure in telemetry.receipts() if not erasure.receipt]
    if not pending:
        return
    telemetry.flush(DELETE_SECONDS)
    left = {erasure.deletion_id for erasure in telemetry.receipts() if not erasure.receipt}
    for erasure in pending:
        said = (
            "is asked for again with later runs"
            if erasure.deletion_id in left
            else "confirmed by the collector"
        )
        click.echo(f"Deletion {erasure.deletion_id}: {said}.", err=True)
