"""What would the person whose data it is want to read?

`document` turns a catalog into USAGE_DATA.md: what is sent, why, for how long, how to see, stop and delete it,
and each event as it would be sent.
"""

from collections.abc import Callable, Iterator

from aboveboard.catalog.builtin import OF_ACTIONS, OF_ERRORS
from aboveboard.catalog.model import Catalog, Event, Property
from aboveboard.catalog.samples import as_json, sample, whole
from aboveboard.catalog.types import bucket_labels

LEVEL_SENTENCES = {
    "crash": "that the app crashed, and where in its own code",
    "error": "what went wrong while it ran",
    "usage": "which features are used, and whether they work",
}
KEYS = {"text": "*cleaned text*", "name": "*fingerprint*"}

_INTRODUCTION = """\
# Usage data of {app}

{app} can tell its makers how it is used and where it fails. **It sends nothing until you say yes**, and everything that
it may send stands in this file. What does not stand here is not sent: each event is checked against the same list, on
your computer, before anything leaves it.

*Generated from `telemetry.toml` (notice {notice}, catalog `{digest}`); change that file, not this one.*
"""

_CHOICE = """\
## Your choice

You are asked once, and can change your answer at any time. You can say yes to a part:

| level | what is sent |
| --- | --- |
| off | nothing |
{levels}

## See it, stop it, delete it

- **See it.** The app keeps a journal on your computer: every request exactly as it was sent, what waits, and what was
  dropped or replaced in each event, and why. It can be shown and saved to a file, and before you answer you can look at
  what would be sent.
- **Stop it.** Switch it off in the settings: every window of the app stops within a second, what waits is thrown
  away, and an upload under way is broken off. Setting the environment variable `DO_NOT_TRACK=1` or
  `{variable}=1` keeps it off, whatever the settings say.
- **Delete it.** Switching it off also asks the collector to delete what it has of this install; you see its receipt
  when it has. The random id of the install goes with it.
{privacy}
## What never leaves your computer

- Your name, your user name, the names of your computer, your files and folders, and the names you gave to things.
- Your address: the collector stores no IP address, and the country is that of your system's region setting.
- Command lines, what programs printed, and the contents of files.
- The key that turns names into fingerprints. Without it nobody can tell a name from its fingerprint.

Cleaning text is good, not perfect: a name that is also an everyday word can remain in a message where nothing around it
shows that it is a name. The journal shows what did.

This is pseudonymous data, not anonymous: events of one install carry the same random id, so that one computer in
trouble is not taken for a thousand.

## How values are made safe

| shown below as | what is sent |
| --- | --- |
| *fingerprint* | a keyed hash in place of a name, such as `h:9a3f0c1d2e4b5a67`; the key stays on your computer |
| *kind of path* | `<path>` and the file's ending, such as `<path>.yaml`, in place of a path |
| *cleaned text* | the text with names, paths, hosts, secrets and unknown words replaced, such as `<path>` or `<word>` |
| *error* | the cleaned message, the error's type and its codes; never the command or its output |
| *version* | the version number, without words that are no part of a release |

## One event, whole

Around its properties, which are listed below, each event carries the time, two random numbers (of the event and of the
install), the app's name and version, and your system's name, version, architecture, language, time zone and country:

```json
{whole}
```
"""


def document(catalog: Catalog) -> str:
    """Return USAGE_DATA.md for the users of a catalog's app."""
    return "\n".join([_introduction(catalog), _overview(catalog), *_sections(catalog)]).rstrip() + "\n"


def _introduction(catalog: Catalog) -> str:
    used = {event.level for event in catalog.events.values()}
    said = [(level, sentence) for level, sentence in LEVEL_SENTENCES.items() if level in used]
    levels = "\n".join(
        f"| {level} | {'also ' if at else ''}{sentence} |" for at, (level, sentence) in enumerate(said)
    )
    link = f"- **Read more.** The privacy statement: <{catalog.privacy}>\n" if catalog.privacy else ""
    variable = "".join(char if char.isalnum() else "_" for char in catalog.app.upper()) + "_DISABLE_TELEMETRY"
    start = _INTRODUCTION.format(app=title(catalog.app), notice=catalog.notice, digest=catalog.digest)
    shown = sorted(catalog.events.values(), key=lambda event: not event.action)[:1]
    first = [as_json(whole(catalog, event)) for event in shown]
    return start + "\n" + _CHOICE.format(levels=levels, variable=variable, privacy=link, whole="".join(first))


def title(app: str) -> str:
    """Return an app's id as a person would write it.

    >>> title("podman-desktop")
    'Podman Desktop'
    """
    return " ".join(word[:1].upper() + word[1:] for word in app.replace("_", "-").split("-"))


def _overview(catalog: Catalog) -> str:
    rows = [
        f"| {_link(event)} | {_cell(event.question)} | {event.level} |" for event in catalog.events.values()
    ]
    count = len(rows)
    head = f"## Everything at a glance\n\n{count} event{'s' * (count != 1)}, each for a question:\n"
    return "\n".join([head, "| event | question | level |", "| --- | --- | --- |", *rows, ""])


def _link(event: Event) -> str:
    anchor = "".join(char for char in event.name.lower() if char.isalnum() or char in "-_ ").replace(" ", "-")
    return f"[`{event.name}`](#{anchor})"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|") or "(not said)"


def _sections(catalog: Catalog) -> Iterator[str]:
    """Yield the app's own events, then those of each extension."""
    groups: dict[str, list[Event]] = {"": []}
    for event in catalog.events.values():
        owners = [known for known in catalog.extensions if event.name.startswith(known + ".")]
        groups.setdefault(max(owners, key=len, default=""), []).append(event)
    for extension, events in groups.items():
        if events:
            yield f"## Events of the extension {extension}\n" if extension else "## Events\n"
            yield from (_event(catalog, event) for event in events)


def _event(catalog: Catalog, event: Event) -> str:
    lines = [f"### {event.name}", "", event.description, "", f"*Why:* {event.question or '(not said)'}", ""]
    lines += [f"*How long:* {_period(event)}{_agreed(event)}", ""]
    rows = [row for name, prop in event.properties.items() for row in _rows(name, prop, "")]
    lines += [*rows, *_implied(event)] or ["Nothing but that it happened."]
    lines += ["", "As it would be sent:", "", "```json", as_json(sample(catalog, event)), "```", ""]
    return "\n".join(lines)


def _period(event: Event) -> str:
    since = f"since {event.added}, " if event.added else ""
    until = f"until {event.expires}, unless it is asked for again" if event.expires else "without an end"
    return f"{since}{until}."


def _agreed(event: Event) -> str:
    owner = f" Answerable: {event.owner}." if event.owner else ""
    return owner + (f" [Where it was agreed]({event.issue})." if event.issue else "")


def _implied(event: Event) -> list[str]:
    if event.action:
        names = [f"`{name}`" for name in OF_ACTIONS if name not in event.properties]
        return [
            f"- {', '.join(names)}: how it went, as for every action: whether it worked, how long it took, and why not."
        ]
    if event.level in ("crash", "error"):
        names = [f"`{name}`" for name in OF_ERRORS if name not in event.properties]
        return [f"- {', '.join(names)}: what went wrong (*error*)."] if names else []
    return []


def _rows(name: str, prop: Property, indent: str) -> Iterator[str]:
    """Yield a line for a property, and one for each declared member inside it."""
    yield f"{indent}- `{name}` ({sent_as(prop)}): {prop.description or '(not said)'}"
    inner = prop
    while inner.of is not None:
        inner = inner.of
    for member, declared in inner.fields.items():
        yield from _rows(member, declared, indent + "  ")


def sent_as(prop: Property) -> str:
    """Return in a few words what is sent of a property, for people."""
    return _SENT[prop.type](prop)


def _unit(prop: Property, said: str) -> str:
    return f"{said} in {prop.unit}" if prop.unit not in ("", "1", "count") else said


def _one_of(texts: "tuple[str, ...] | list[str]") -> str:
    return "one of " + ", ".join(f"`{text}`" for text in texts)


def _members(prop: Property) -> str:
    if prop.of is None:
        return "several values"
    by = KEYS[prop.keys] if isinstance(prop.keys, str) else _one_of(prop.keys)
    return f"by {by}: {sent_as(prop.of)}"


_SENT: dict[str, Callable[[Property], str]] = {
    "bool": lambda prop: "yes or no",
    "integer": lambda prop: _unit(prop, "a whole number"),
    "number": lambda prop: _unit(prop, "a number"),
    "duration": lambda prop: _unit(prop, "a length of time"),
    "version": lambda prop: "*version*",
    "enum": lambda prop: _one_of(prop.values),
    "bucket": lambda prop: _unit(prop, _one_of(bucket_labels(prop.edges))),
    "name": lambda prop: "*fingerprint*",
    "path": lambda prop: "*kind of path*",
    "text": lambda prop: "*cleaned text*",
    "error": lambda prop: "*error*",
    "list": lambda prop: f"a list of: {sent_as(prop.of)}" if prop.of else "a list",
    "map": _members,
}
