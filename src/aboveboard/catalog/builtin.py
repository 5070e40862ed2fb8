"""Which properties need no declaration?

Those that every action has, those of every error, and the few that the client, its rules and Podman Desktop
add to each event.
"""

import re
from collections.abc import Callable
from typing import TypeAlias

from aboveboard.catalog.model import JSON, OUT_OF_RANGE, UNLISTED_VALUE, WRONG_TYPE, Event, Property
from aboveboard.catalog.scalars import NUMBER_BYTES, Check, number_of
from aboveboard.catalog.types import compile_check
from aboveboard.catalog.walk import Dropped, Walk, plain

OUTCOMES = ("success", "failure", "cancelled", "timeout", "skipped")

OF_ACTIONS = {
    "success": Property("success", "bool", "Whether it worked."),
    "duration_ms": Property("duration_ms", "duration", "How long it took, in milliseconds."),
    "error": Property(
        "error", "error", "Why it failed, where it did: its cleaned message, its type and codes."
    ),
    "outcome": Property("outcome", "enum", "How it ended.", values=OUTCOMES),
}
"""Part of every action, unless the action declares its own."""

OF_ERRORS = {
    "error": OF_ACTIONS["error"],
    "sourceError": Property("sourceError", "error", "The error as the extension gave it, cleaned."),
}
"""Part of every event of the levels `crash` and `error`, unless it declares its own."""

OF_ROLLUPS = {name: OF_ACTIONS[name] for name in ("success", "duration_ms")}
"""Part of every entry of `aggregated`: what a day's rollup says of the events it stands for."""

_EXTENSION = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}(?:\.[A-Za-z0-9][A-Za-z0-9_-]{0,63}){0,3}"
_MAX_COUNT = 1_000_000_000


def implied(event: Event) -> dict[str, Property]:
    """Return the properties that `event` has without declaring them."""
    of_errors = OF_ERRORS if event.level in ("crash", "error") else {}
    return {**of_errors, **(OF_ACTIONS if event.action else {})}


def _count(path: str, low: int) -> "Maker":
    """How many events one stands for, or of which kind: more than `low`, less than any app ever sends."""

    def make(event: Event, app: str) -> Check:
        def check(value: object, walk: Walk) -> "JSON | Dropped":
            number = number_of(value)
            if number is None:
                return walk.drop(path, WRONG_TYPE)
            return number if low <= number <= _MAX_COUNT else walk.drop(path, OUT_OF_RANGE)

        return check

    return make


def _extension_name(event: Event, app: str) -> Check:
    """Only the id that the declared event's own name begins with says nothing new."""

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        text = plain(value)
        if type(text) is not str:
            return walk.drop("common.extensionName", WRONG_TYPE)
        if re.fullmatch(_EXTENSION, text) and (event.name.startswith(text + ".") or text == app):
            return text
        return walk.drop("common.extensionName", UNLISTED_VALUE)

    return check


def _app_name(event: Event, app: str) -> Check:
    """Only the app's own name passes, however it is spelt (`Podman Desktop` for `podman-desktop`)."""
    own = _letters(app)

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        text = plain(value)
        if type(text) is not str:
            return walk.drop("app_name", WRONG_TYPE)
        same = len(text) <= 2 * len(app) and text.isprintable() and _letters(text) == own
        return text if same else walk.drop("app_name", UNLISTED_VALUE)

    return check


def _letters(text: str) -> str:
    return "".join([sign for sign in text if not (sign.isspace() or sign in "_.-")]).casefold()


def _version(path: str) -> "Callable[[Event, str], Check]":
    return lambda event, app: compile_check(Property(path, "version"), path)


Maker: TypeAlias = "Callable[[Event, str], Check]"

BUILT_IN: dict[str, tuple[Maker, int]] = {
    "common.extensionName": (_extension_name, 260),
    "common.extensionVersion": (_version("common.extensionVersion"), 130),
    "common.weight": (_count("common.weight", 1), NUMBER_BYTES),
    "common.count": (_count("common.count", 0), NUMBER_BYTES),
    "common.ok": (_count("common.ok", 0), NUMBER_BYTES),
    "common.failed": (_count("common.failed", 0), NUMBER_BYTES),
    "common.suppressed": (_count("common.suppressed", 0), NUMBER_BYTES),
    "app_name": (_app_name, 260),
    "app_version": (_version("app_version"), 130),
}
"""Properties that any event may have: how each is checked, and the most bytes its value takes as JSON."""
