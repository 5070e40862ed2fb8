"""How do the commands about telemetry get into a tool, whichever click it is made with?"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from aboveboard.client.telemetry import Telemetry

HELP = "See and change what this tool tells its makers."


def lazy_group(root: "Any", name: str, telemetry: "Callable[[], Telemetry]") -> "Any":
    """Return the group of commands for `root`; a Typer with a click of its own gets a command that hands over."""
    click = sys.modules.get("click")
    if click is not None and isinstance(root, click.Group):
        return _filled_late(click, telemetry)
    return _handing_over(name, telemetry)


def _filled_late(click: "Any", telemetry: "Callable[[], Telemetry]") -> "Any":
    """Return a group whose commands are made when somebody asks for one of them: few runs do."""
    from aboveboard.integrations.click.tree import OWN

    group = click.Group("telemetry", help=HELP)

    def filled() -> "Any":
        if not group.commands:
            from aboveboard.integrations.click.commands import telemetry_group

            group.commands.update(telemetry_group(telemetry).commands)
        return group.commands

    own = {"list_commands": lambda ctx: sorted(filled()), "get_command": lambda ctx, name: filled().get(name)}
    vars(group).update({**own, OWN: True})
    return group


def _handing_over(name: str, telemetry: "Callable[[], Telemetry]") -> "Any":
    from typer.core import TyperCommand

    from aboveboard.integrations.click.tree import OWN

    as_they_are = {"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False}
    command = TyperCommand(name, help=HELP, add_help_option=False, context_settings=as_they_are)

    def invoke(ctx: "Any") -> "Any":
        from aboveboard.integrations.click.commands import telemetry_group

        return telemetry_group(telemetry).main(list(ctx.args), prog_name=ctx.command_path)

    vars(command).update({"invoke": invoke, OWN: True})
    return command
