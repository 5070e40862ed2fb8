"""Which commands does `aboveboard` have? Each is a file here and is imported when it is called."""

import importlib
import sys
from typing import Any

try:
    import click
except ModuleNotFoundError:
    sys.exit("The commands need one more package. Install them with: pip install 'aboveboard[cli]'")

from aboveboard.cli.own_usage import watch
from aboveboard.errors import AboveboardError

__all__ = ["main"]

_COMMANDS = {
    "serve": "Start the collector and the dashboard.",
    "source": "Add, list and revoke the sources that may send.",
    "clean": "Print lines as they would be sent.",
    "catalog": "Check and document what may be collected.",
    "scan": "Find every telemetry call in source code.",
    "erase": "Delete everything about one install.",
    "audit": "Check the audit log and receipts of erasures.",
    "backup": "Copy the store of the running server.",
    "restore": "Put a backup in the place of the store.",
    "alert": "Try an alert of the settings.",
    "store": "Check that the store is whole.",
    "usage": "Say whether this tool tells its makers anything.",
    "simulate": "Send what a believable population would.",
}


class _Group(click.Group):
    """A group whose commands are imported when they are called: the server's take a second to import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        try:
            module = importlib.import_module(f"aboveboard.cli.{cmd_name}")
        except ModuleNotFoundError as error:
            if error.name and error.name.partition(".")[0] == "aboveboard":
                raise
            extra = "scan" if cmd_name == "scan" else "server"
            raise click.ClickException(
                f"`aboveboard {cmd_name}` needs the package {error.name!r}. "
                f"Install it with: pip install 'aboveboard[{extra}]'"
            ) from error
        command: click.Command = getattr(module, cmd_name)
        command.name, command.short_help = cmd_name, _COMMANDS[cmd_name]
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AboveboardError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="aboveboard")
def main() -> None:
    """Usage telemetry that an app can show its users line by line."""


watch(main)
