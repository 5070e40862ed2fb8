"""How is a person at a terminal asked? Once, before their first command, with two answers of one key each."""

import sys
from typing import TYPE_CHECKING, Final, TextIO

from aboveboard.integrations.notice import NEVER, WITH_EACH, Notice, events_so_far, notice_of

if TYPE_CHECKING:
    from aboveboard.client.telemetry import Telemetry

QUESTION: Final = "Send usage data? [y]es, [n]o, [p]review, [l]ater: "
YES: Final = ("y", "yes")
NO: Final = ("n", "no")
PREVIEW: Final = ("p", "preview")
LATER: Final = ("l", "later")


def ask_at_first_run(
    telemetry: "Telemetry", tool: str, typed: TextIO | None = None, screen: TextIO | None = None
) -> None:
    """Ask whoever has not answered this notice, and record the answer; Enter alone is none, and leaving neither."""
    if not telemetry.consent.ask:
        return
    notice = notice_of(telemetry, tool)
    if notice is not None:
        _ask(telemetry, notice, typed or sys.stdin, screen or sys.stderr)


def _ask(telemetry: "Telemetry", notice: Notice, typed: TextIO, screen: TextIO) -> None:
    screen.write(_text(notice))
    while True:
        screen.write(QUESTION)
        screen.flush()
        line = typed.readline()
        answer = line.strip().lower()
        if not line or answer in LATER:
            screen.write("\nYou will be asked again.\n" if not line else "You will be asked again.\n")
            return
        if answer in PREVIEW:
            screen.write(f"{events_so_far(telemetry)}\n\n")
        elif answer in YES + NO:
            screen.write(keep_answer(telemetry, yes=answer in YES) + "\n")
            return
        else:
            screen.write("Please type y, n, p or l.\n")


def _text(notice: Notice) -> str:
    lines = [
        f"{notice.title} can tell its makers how it is used. With your yes it sends to {notice.host}:",
        "",
    ]
    lines += [f"  {line}" for line in notice.lines()]
    lines += ["", WITH_EACH, NEVER, ""]
    lines += [f"Privacy statement: {notice.privacy}"] if notice.privacy else []
    own = f"{notice.title} telemetry"
    lines += [f"Change your answer: {own} on | off      See what was sent: {own} show", ""]
    return "\n".join(lines) + "\n"


def keep_answer(telemetry: "Telemetry", *, yes: bool, level: str = "usage") -> str:
    """Record the person's answer, and return a sentence that says what holds now."""
    kept = telemetry.consent.accept(level) if yes else telemetry.consent.decline()
    status = telemetry.status()
    if status is None:
        return "Usage data: off."
    at = f" (level {status.level})" if status.state == "accepted" else ""
    said = f"Usage data: {status.state}{at}, decided by {status.decided_by}."
    return said if kept else f"{said} Your answer could not be recorded{_why(status.problem)}."


def _why(problem: str) -> str:
    return f": {problem}" if problem else ""
