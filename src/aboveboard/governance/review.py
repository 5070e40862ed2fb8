"""What does a data review ask about a changed entry, and which answers does the catalog know?"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from aboveboard.catalog.builtin import implied
from aboveboard.catalog.document import sent_as
from aboveboard.catalog.model import Catalog, Event, Property
from aboveboard.governance.diff import GROWING, Change

__all__ = ["questionnaire"]

_BLANK: Final = "*(to be answered by whoever proposes this)*"
_REACH: Final = {
    "crash": "everybody who agreed to anything", "error": "whoever agreed to errors or more",
    "usage": "whoever agreed to usage data",
}  # fmt: skip
_RISK: Final = {
    "text": "free text: cleaned, and shown only once five installs have sent the same",
    "error": "an error: its message is cleaned, its codes and type are checked",
    "name": "a name that people gave: hashed with a key that stays on their machine",
    "path": "a path: only its kind of file is sent",
}  # fmt: skip


def questionnaire(catalog: Catalog, events: Iterable[str], changes: Sequence[Change] = ()) -> str:
    """Return the questions of a data review in Markdown, for some events, filled where the catalog answers."""
    chosen = [catalog.events[name] for name in events if name in catalog.events]
    if not chosen:
        return "# Data review\n\nNothing more is collected than before: there is nothing to review.\n"
    head = [f"# Data review: {catalog.app}", "", f"Notice {catalog.notice}, catalog `{catalog.digest}`.", ""]
    return (
        "\n".join([*head, *(line for event in chosen for line in _event(catalog, event, changes)), *_whole()])
        + "\n"
    )


def _event(catalog: Catalog, event: Event, changes: Sequence[Change]) -> Iterator[str]:
    yield from (f"## {event.name}", "")
    mine = [each for each in changes if each.event == event.name and each.kind in GROWING]
    if mine:
        yield from (*(f"- {each.kind}: {each.path or 'the event'}: {each.what}" for each in mine), "")
    period = (
        f"since {event.added or '?'}, until {event.expires}"
        if event.expires
        else "without an end: say until when"
    )
    answers = [
        ("When is it sent?", event.description),
        ("Which question does it answer?", event.question),
        ("Who will read the answer, and what will be decided by it?", ""),
        ("Could less answer it: a count, a bucket, a yes or no, or asking people?", ""),
        ("What exactly is sent?", _sent(event)),
        ("Which parts could tell something about a person?", _risks(event)),
        ("From whom?", f"{_REACH.get(event.level, '')} (level `{event.level}`)"),
        ("For how long?", period),
        ("Who answers for it?", event.owner),
        ("Where was it agreed?", event.issue),
        (
            "Does it change in kind what the notice says? Then the notice must be raised and everybody asked again.",
            "",
        ),
    ]
    for number, (asked, answer) in enumerate(answers, 1):
        yield from (
            f"{number}. **{asked}**",
            "",
            *(f"   {line}" for line in (answer.strip() or _BLANK).split("\n")),
            "",
        )


def _sent(event: Event) -> str:
    rows = [
        f"- `{name}`: {sent_as(prop)}. {prop.description}".rstrip() for name, prop in event.properties.items()
    ]
    rows += [f"- `{name}`: {sent_as(prop)}, as every such event has it." for name, prop in implied(event).items()
             if name not in event.properties]  # fmt: skip
    return "\n".join(rows) or "Nothing but that it happened."


def _risks(event: Event) -> str:
    properties = {**implied(event), **event.properties}
    rows = [
        f"- `{name}` is {_RISK[kind]}."
        for name, prop in properties.items()
        for kind in sorted(_kinds(prop))
        if kind in _RISK
    ]
    return "\n".join(rows) or "None: only listed values, numbers, versions, and yes or no."


def _kinds(prop: Property) -> set[str]:
    inner = [prop.of] if prop.of is not None else []
    return {prop.type}.union(*(_kinds(each) for each in [*inner, *prop.fields.values()]))


def _whole() -> list[str]:
    return [
        "## For all of it", "",
        "- **How do people see it?** In the app's journal, event by event, as it was sent; in USAGE_DATA.md;",
        "  before they answer, in the preview.",
        "- **How do they stop it?** By switching it off: every process stops within a second.",
        "- **How do they delete it?** Switching it off also asks the collector to delete, and they see its receipt.",
        "- **Is USAGE_DATA.md current?** `aboveboard catalog document -o USAGE_DATA.md`", "",
        "Reviewed by: ____________________  on: ____________",
    ]  # fmt: skip
