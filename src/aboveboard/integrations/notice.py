"""What is a person told before they answer? The same words in a terminal and in a window."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from aboveboard.client.telemetry import Telemetry

MOST_EVENTS: Final = 12
WITH_EACH: Final = (
    "With each event: the time, a random number for this installation, the app's version, and this system's name, "
    "version, architecture, language, time zone and country as they are set here."
)
NEVER: Final = (
    "Never sent: names, files, arguments, addresses, or what you typed. Nothing is sent before a yes."
)

# The words of the dialogs, the same in every toolkit.
TITLE: Final = "Usage data"
QUESTION: Final = "May %s send usage data?"
INTRO: Final = (
    "It would tell its makers what works and what fails. The data goes to %s. "
    "You can change your answer, see every byte and have it deleted in the settings."
)
NOBODY: Final = "nobody: there is no collector"
COLLECTED: Final = "What is collected"
YOUR_EVENTS: Final = "Your events so far"
SO_FAR: Final = "%d events wait in memory for your answer. With yes, they are sent exactly like this:"
NOTHING_YET: Final = "Nothing has happened yet. Invented events, as they would be sent:"
PRIVACY: Final = "Privacy statement"
LATER: Final = "Ask me later"
NO: Final = "No, do not send"
YES: Final = "Yes, send"
DECIDED_BY: Final = "decided by %s"
NOT_RECORDED: Final = "Your answer could not be recorded, so you will be asked again. %s"
NOT_KEPT: Final = "Nothing is sent while this runs, but your answer could not be kept. %s"


@dataclass(frozen=True, slots=True)
class Notice:
    """What may be sent, by name and description, to which host, and where the privacy statement is ("" if nowhere)."""

    title: str
    host: str
    privacy: str
    events: tuple[tuple[str, str], ...]

    def lines(self) -> list[str]:
        """Return the events as lines, the first dozen one by one."""
        width = max((len(name) for name, _ in self.events[:MOST_EVENTS]), default=0)
        shown = [f"{name:{width}}  {description}" for name, description in self.events[:MOST_EVENTS]]
        more = len(self.events) - MOST_EVENTS
        return [*shown, f"and {more} more"] if more > 0 else shown


def notice_of(telemetry: "Telemetry", title: str) -> Notice | None:
    """Return what to tell before the question; None where there is nothing to ask for or nowhere to send it."""
    status, catalog = telemetry.status(), telemetry.catalog()
    if status is None or catalog is None or not status.has_collector or not catalog.events:
        return None
    events = tuple((event.name, event.description) for event in catalog.events.values())
    return Notice(title, status.host, catalog.privacy, events)


def events_so_far(telemetry: "Telemetry") -> str:
    """Return as JSON what waits for the answer, as it would be sent; before anything waits, invented events."""
    # A terminal imports this for its help, which need not know how to invent events.
    import json

    from aboveboard.catalog.samples import whole

    waiting: list[Any] = list(telemetry.preview())
    catalog = telemetry.catalog()
    if not waiting and catalog is not None:
        waiting = [whole(catalog, event) for event in catalog.events.values()]
    return "\n".join(json.dumps(event, ensure_ascii=False, indent=2) for event in waiting)
