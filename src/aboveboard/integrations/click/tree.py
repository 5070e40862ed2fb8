"""Which commands and options does a tool have? Its own tree, as the catalog of the event `cli.command`.

A name is taken from the tree only, never from what was typed. Commands of which a group knows only the name
until they are called are listed by it and not imported; `deep=True` imports them, for the release.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from aboveboard.catalog import Catalog

EVENT = "cli.command"
OWN = "_aboveboard_own"
MAIN = "main"
MOST_OPTIONS = 64
DEEPEST = 8


def is_group(command: "Any") -> bool:
    """Tell whether a command has subcommands."""
    return hasattr(command, "list_commands")


def is_own(command: "Any") -> bool:
    """Tell whether these are the commands about telemetry, which are never watched."""
    return bool(getattr(command, OWN, False))


def path_of(ctx: "Any") -> str:
    """Return the path of a running command as the tree has it, such as "image pull"; the tool itself by its name."""
    names: list[str] = []
    for inner in _chain(ctx)[1:]:
        name = _name_in(inner.parent, inner)
        if name is None:
            break
        names.append(name)
    return " ".join(names) or label(_chain(ctx)[0].command)


def label(root: "Any") -> str:
    """Return what the tool itself is called in its code, whatever the file that was started is called."""
    return str(root.name or MAIN)


def _name_in(parent: "Any", ctx: "Any") -> str | None:
    listed = parent.command.list_commands(parent)
    # An alias or an abbreviation is what the person typed.
    return next((str(name) for name in (ctx.info_name, ctx.command.name) if name in listed), None)


def _chain(ctx: "Any") -> "list[Any]":
    found = [ctx]
    while found[-1].parent is not None:
        found.append(found[-1].parent)
    return found[::-1]


def options_of(ctx: "Any") -> tuple[str, ...]:
    """Return the names of the options on the command line, of the command and of the groups around it."""
    found = {
        option_name(param): None
        for inner in _chain(ctx)
        for param in inner.command.params
        if param.param_type_name == "option" and _was_typed(inner, param)
    }
    return tuple(found)[:MOST_OPTIONS]


def _was_typed(ctx: "Any", param: "Any") -> bool:
    source = ctx.get_parameter_source(param.name)
    return source is not None and source.name == "COMMANDLINE"


def option_name(param: "Any") -> str:
    """Return an option's first long name; whether `--color` or `--no-color` was typed is a value."""
    return str(next((name for name in param.opts if name.startswith("--")), param.opts[0]))


def walk(root: "Any", deep: bool = False) -> "Iterator[tuple[str, Any]]":
    """Yield the path of each command, and the command where it is loaded; `deep` loads all."""
    ctx = root.context_class(root, info_name=label(root))
    yield label(root), root
    yield from _below(ctx, (), deep)


def _below(ctx: "Any", path: tuple[str, ...], deep: bool) -> "Iterator[tuple[str, Any]]":
    group = ctx.command
    if not is_group(group) or len(path) >= DEEPEST:
        return
    for name in group.list_commands(ctx):
        command = getattr(group, "commands", {}).get(name)
        if command is None and deep:
            command = group.get_command(ctx, name)
        if command is not None and is_own(command):
            continue
        yield " ".join((*path, name)), command
        if command is not None:
            inner = command.context_class(command, info_name=name, parent=ctx)
            yield from _below(inner, (*path, name), deep)


def tool_catalog(root: "Any", deep: bool = False) -> "Catalog":
    """Return the catalog of `cli.command` for one tool."""
    from datetime import date

    from aboveboard.catalog import Catalog, Event, Property

    paths: dict[str, None] = {}
    options: dict[str, None] = {}
    for path, command in walk(root, deep):
        paths[path] = None
        for param in command.params if command is not None else ():
            if param.param_type_name == "option":
                options[option_name(param)] = None
    names, given = tuple(sorted(paths)), tuple(sorted(options)) or ("--help",)
    properties = {
        "name": Property(
            "name", "enum", "The command, as the tool names it.", values=names, exempt=_exempt(names)
        ),
        "options": Property(
            "options",
            "list",
            "The names of the options that were given.",
            of=Property("options", "enum", values=given),
            exempt=_exempt(given),
        ),
        "exit_code": Property("exit_code", "integer", "The code with which the tool ended."),
    }
    event = Event(
        name=EVENT,
        description="A command of the tool ran to its end, failed, or was given wrong arguments.",
        question="Which commands and options are used, how long do they take, and which fail?",
        level="usage",
        owner="the tool's makers",
        issue="https://github.com/aboveboard/aboveboard/blob/main/docs/integrations/click.md",
        added=date(2026, 11, 25),
        expires=date(2028, 11, 1),
        action=True,
        properties=properties,
    )
    return Catalog(label(root), 1, "", {EVENT: event}, source="the commands of the tool")


def _exempt(values: tuple[str, ...]) -> dict[str, str]:
    return {"one-value": "the tool has just this one"} if len(values) == 1 else {}
