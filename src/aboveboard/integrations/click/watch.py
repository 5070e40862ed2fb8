"""Which command ran, with which options, and how did it end? One event a command, and never a value.

Works on the objects of click and of Typer, which has a click of its own inside, by what they have in common. A
command is watched when its group hands it out, so that commands which are imported late stay so.
"""

import sys
import time

from aboveboard.client.boundary import attempt, never_raises
from aboveboard.integrations.click.tree import EVENT, is_group, is_own, options_of, path_of, tool_catalog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from aboveboard.client.telemetry import Telemetry

    Given = Telemetry | Callable[[], Telemetry]

WATCHED = "_aboveboard_original"
RUN = "aboveboard.integrations.click"
CANCELLED = ("Abort", "KeyboardInterrupt", "BrokenPipeError")
HELP = "NoArgsIsHelpError"


def instrument(cli: "Any", telemetry: "Given", *, commands: str = "telemetry") -> "Any":
    """Watch every command of a click command or a Typer app, ask at the first interactive run, and return it.

    Of a Typer app the command to call is returned: `instrument(app, telemetry)()`. `telemetry` may be a function
    that makes it, which is then called once, after the first command has been found: `--help` never pays for
    it. A group gets the subcommands of `telemetry_group` under the name `commands`; "" leaves them out.
    """
    root = command_of(cli)
    attempt(lambda: _instrument(root, telemetry, commands), None)
    return root


def _instrument(root: "Any", telemetry: "Given", commands: str) -> None:
    watcher = Watcher(root, telemetry)
    watcher.watch(root)
    if commands and is_group(root):
        _add_commands(root, commands, watcher.telemetry)


def command_of(cli: "Any") -> "Any":
    """Return the command that a Typer app makes of itself; a click command is one."""
    if not hasattr(cli, "registered_commands"):
        return cli
    from typer.main import get_command

    return get_command(cli)


def _add_commands(root: "Any", name: str, telemetry: "Callable[[], Telemetry]") -> None:
    known = getattr(root, "commands", {})
    if name in known or not hasattr(root, "add_command"):
        return
    from aboveboard.integrations.click.lazy import lazy_group

    root.add_command(lazy_group(root, name, telemetry), name)


class Watcher:
    """Watches the commands of one tool, and logs what it saw when the tool's own work is done."""

    def __init__(self, root: "Any", telemetry: "Given") -> None:
        self.root = root
        self._given = telemetry
        self._made: Telemetry | None = None
        if not callable(telemetry):
            self._made = telemetry
            self._include(telemetry)

    def telemetry(self) -> "Telemetry":
        """Return the telemetry, made now if it was not needed before."""
        if self._made is None:
            assert callable(self._given)  # noqa: S101 - else it was there from the start
            self._made = self._given()
            self._include(self._made)
        return self._made

    def _include(self, telemetry: "Telemetry") -> None:
        telemetry.include(lambda: tool_catalog(self.root))

    def watch(self, command: "Any") -> None:
        """Take the place of a command's methods that run it and that hand out its subcommands."""
        had = vars(command).get(WATCHED)
        invoke, find, make = had or (
            command.invoke,
            getattr(command, "get_command", None),
            command.make_context,
        )
        own = {WATCHED: (invoke, find, make), "invoke": lambda ctx: self._invoke(invoke, ctx)}
        if is_own(command):
            own["invoke"] = lambda ctx: _leave_out(invoke, ctx)
        elif find is not None:
            own["get_command"] = lambda ctx, name: self._hand_out(find(ctx, name))
        if command is self.root:
            own["make_context"] = self._parsing(make)
        vars(command).update(own)

    def _hand_out(self, command: "Any") -> "Any":
        if command is not None:
            attempt(lambda: self.watch(command), None)
        return command

    def _parsing(self, make: "Callable[..., Any]") -> "Callable[..., Any]":
        def make_context(info_name: "Any", args: "Any", *rest: "Any", **extra: "Any") -> "Any":
            started = time.monotonic()
            try:
                return make(info_name, args, *rest, **extra)
            except Exception as error:
                if getattr(error, "ctx", None) is not None and not extra.get("resilient_parsing"):
                    self._end(Run(started), error)
                raise

        return make_context

    def _invoke(self, invoke: "Callable[[Any], Any]", ctx: "Any") -> "Any":
        run = ctx.meta.get(RUN)
        if run is not None:
            self._enter(run, ctx)
            return invoke(ctx)
        if ctx.command is not self.root:
            return invoke(ctx)
        run = ctx.meta[RUN] = Run(time.monotonic())
        self._enter(run, ctx)
        error: BaseException | None = None
        try:
            return invoke(ctx)
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._end(run, error)

    @never_raises()
    def _enter(self, run: "Run", ctx: "Any") -> None:
        run.enter(ctx)
        if not is_group(ctx.command) or not _rest(ctx):
            self._ask(ctx)

    @never_raises()
    def _ask(self, ctx: "Any") -> None:
        if all(attempt(stream.isatty, False) for stream in (sys.stdin, sys.stdout, sys.stderr)):
            from aboveboard.integrations.click.ask import ask_at_first_run

            ask_at_first_run(self.telemetry(), str(ctx.find_root().info_name or "the tool"))

    @never_raises()
    def _end(self, run: "Run", error: BaseException | None) -> None:
        if run.is_own or type(error).__name__ == HELP or run.finish(error, self.root):
            return
        telemetry = self.telemetry()
        if telemetry.consent.state != "accepted":
            return  # nobody will have answered before the tool ends
        for reached in run.reached:
            telemetry.log_usage(EVENT, reached.properties())


def _leave_out(invoke: "Callable[[Any], Any]", ctx: "Any") -> "Any":
    """The commands about telemetry are no usage of the tool, and ask nobody."""
    run = ctx.meta.get(RUN)
    if run is not None:
        run.is_own = True
    return invoke(ctx)


def _rest(ctx: "Any") -> bool:
    """Tell whether arguments are left that name a subcommand."""
    return bool(getattr(ctx, "_protected_args", None) or ctx.args)


class Run:
    """One run of the tool: the commands that were reached, one unless the group chains them."""

    def __init__(self, started: float) -> None:
        self.reached: list[Reached] = []
        self.is_own = False
        self._started = started
        self._last: Any = None
        self._is_looking = False

    def enter(self, ctx: "Any") -> None:
        """A command begins to run: below the group before it, or after a command that has ended."""
        if self.reached and ctx.parent is self._last:
            started = self.reached.pop().started
        elif self.reached:
            started = self.reached[-1].end(None)
        else:
            started = self._started
        self.reached.append(Reached(path_of(ctx), options_of(ctx), started))
        self._last = ctx
        self._is_looking = is_group(ctx.command) and _rest(ctx)

    def finish(self, error: BaseException | None, root: "Any") -> bool:
        """End the last command with what ended the tool; true where nothing of a command was run."""
        ctx = getattr(error, "ctx", None)
        if ctx is not None and ctx.find_root().command is root and ctx is not self._last:
            # Wrong arguments: the command that they were given to never began to run.
            self.reached = [*self.reached[:-1], Reached(path_of(ctx), (), self._since())]
        elif self._is_help(error):
            return True
        if self.reached:
            self.reached[-1].end(error)
        return False

    def _since(self) -> float:
        return self.reached[-1].started if self.reached else self._started

    def _is_help(self, error: BaseException | None) -> bool:
        """`mytool sub --help` leaves while the group still looks for its subcommand: nothing was run."""
        return self._is_looking and type(error).__name__ == "Exit" and exit_code(error) == 0


class Reached:
    """A command that began, and how it ended."""

    def __init__(self, path: str, options: "tuple[str, ...]", started: float) -> None:
        self.path = path
        self.started = started
        self._options = options
        self._ended = started
        self._error: BaseException | None = None

    def end(self, error: BaseException | None) -> float:
        """Take the time, and what was raised."""
        self._ended, self._error = time.monotonic(), error
        return self._ended

    def properties(self) -> "dict[str, Any]":
        """Return what the event says: names that stand in the tool's code, numbers and flags."""
        said: dict[str, Any] = {"name": self.path, "options": list(self._options)}
        said["duration_ms"] = round((self._ended - self.started) * 1000, 3)
        error, code = self._error, exit_code(self._error)
        if code is None:
            return {**said, "outcome": "cancelled"}
        said |= {"exit_code": code, "success": code == 0, "outcome": "success" if code == 0 else "failure"}
        if error is not None and code != 0:
            said["error"] = {"type": type(error).__name__}
        return said


def exit_code(error: BaseException | None) -> int | None:
    """Return the code with which an exception ends the tool, None where the person, or a closed pipe, ended it."""
    if error is None:
        return 0
    if type(error).__name__ in CANCELLED:
        return None
    code = error.code if isinstance(error, SystemExit) else getattr(error, "exit_code", 1)
    if type(code) is int:
        return code
    if isinstance(error, SystemExit):
        return 0 if code is None else 1
    return 1 if isinstance(error, Exception) else None
