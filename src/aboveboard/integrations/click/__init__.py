"""How does a command-line tool made with click or Typer get telemetry? `instrument(cli, telemetry)`.

Each command is one action `cli.command`; the person is asked at the first interactive run, and has
`mytool telemetry …` from then on. Nothing of this imports click before the tool does.
"""

from aboveboard.integrations.click.watch import instrument

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aboveboard.integrations.click.commands import telemetry_group

__all__ = ["instrument", "telemetry_group"]


def __getattr__(name: str) -> object:
    """Import the commands, and click with them, when somebody asks for them."""
    if name != "telemetry_group":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from aboveboard.integrations.click.commands import telemetry_group

    return telemetry_group
