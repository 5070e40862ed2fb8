"""Which catalog does a tool release? `python -m aboveboard.integrations.click my_tool.cli:cli --app my-tool`"""

import argparse
import json
import sys
from importlib import import_module

from aboveboard.catalog import Event, Property
from aboveboard.integrations.click.tree import EVENT, tool_catalog
from aboveboard.integrations.click.watch import command_of

HEAD = """\
app = {app}
notice = 1
privacy = {privacy}

"""


def main() -> None:
    """Print a telemetry.toml with `cli.command`, all late commands loaded; or its event alone, to be added to one."""
    parser = argparse.ArgumentParser(prog="python -m aboveboard.integrations.click", description=main.__doc__)
    parser.add_argument("tool", help="where the click command or Typer app is: module:name")
    parser.add_argument("--app", help="the app's id; without it, only the event is printed")
    parser.add_argument("--privacy", default="", help="the link to the privacy statement")
    given = parser.parse_args()
    sys.path.insert(0, "")
    module, _, name = given.tool.partition(":")
    try:
        tool = getattr(import_module(module), name or "cli")
    except (ImportError, AttributeError) as error:
        parser.error(f"{given.tool} cannot be imported: {error}; write it as package.module:name")
    event = tool_catalog(command_of(tool), deep=True).events[EVENT]
    head = HEAD.format(app=json.dumps(given.app), privacy=json.dumps(given.privacy)) if given.app else ""
    sys.stdout.write(head + as_toml(event))


def as_toml(event: Event) -> str:
    """Return the event as it stands in a telemetry.toml; JSON's strings and lists are TOML's too."""
    command, options, code = (event.properties[name] for name in ("name", "options", "exit_code"))
    listed = options.of.values if options.of is not None else ()
    return f"""\
[events.{json.dumps(event.name)}]
description = {json.dumps(event.description)}
question = {json.dumps(event.question)}
level = "{event.level}"
action = true
owner = {json.dumps(event.owner)}
issue = {json.dumps(event.issue)}
added = {event.added}
expires = {event.expires}

[events.{json.dumps(event.name)}.properties]
exit_code = {{ type = "integer", description = {json.dumps(code.description)} }}

[events.{json.dumps(event.name)}.properties.name]
type = "enum"
values = {_listed(command.values)}
description = {json.dumps(command.description)}
{_exempt(command)}
[events.{json.dumps(event.name)}.properties.options]
type = "list"
description = {json.dumps(options.description)}
{_exempt(options)}
[events.{json.dumps(event.name)}.properties.options.of]
type = "enum"
values = {_listed(listed)}
"""


def _exempt(prop: Property) -> str:
    reasons = ", ".join(f"{rule} = {json.dumps(why)}" for rule, why in prop.exempt.items())
    return f"exempt = {{ {reasons} }}\n" if reasons else ""


def _listed(values: tuple[str, ...]) -> str:
    return "[\n" + "".join(f"    {json.dumps(value)},\n" for value in values) + "]"


if __name__ == "__main__":
    main()
