"""What did the person answer, and to which notice? Reading and writing the keys `telemetry.*`."""

import time
from collections.abc import Iterable, Mapping
from typing import Final

from aboveboard.client import levels
from aboveboard.frozen import record

CHECK: Final = "telemetry.check"
ENABLED: Final = "telemetry.enabled"
LEVEL: Final = "telemetry.level"
NOTICE: Final = "telemetry.notice"
EXTENSIONS: Final = "telemetry.extensions"
KEYS: Final = (CHECK, ENABLED, LEVEL, NOTICE, EXTENSIONS)
EVERY: Final = "*"
NO_WORDS: Final = ("false", "no", "off", "0")


@record(frozen=True, slots=True)
class Offer:
    """What an app asks for: its notice's number and text address, its catalog, and the highest level in it."""

    notice: int = 0
    digest: str = ""
    highest: str = levels.USAGE
    privacy: str = ""


@record(frozen=True, slots=True)
class Answer:
    """What the settings file says: "yes", "no" or "none", to which notice, up to which level.

    `covers` is the highest level that the catalog asked for when the answer was given; a yes says
    nothing about what was added above it later.
    """

    given: str
    level: str = levels.USAGE
    notice: int = 0
    covers: str = levels.USAGE
    detail: str = ""
    extensions_off: frozenset[str] = frozenset()


def read_answer(settings: Mapping[str, object]) -> Answer:
    """Return the answer in these settings: any no is a no, and only two clear values are a yes."""
    check, enabled, level = settings.get(CHECK), settings.get(ENABLED), settings.get(LEVEL)
    off = switched_off(settings.get(EXTENSIONS))
    if _is_no(enabled):
        return Answer("no", levels.OFF, detail=f"{ENABLED} is {enabled!r}", extensions_off=off)
    if level == levels.OFF:
        return Answer("no", levels.OFF, detail=f"{LEVEL} is 'off'", extensions_off=off)
    if enabled is not True or check is not True:
        return Answer("none", levels.OFF, detail=_not_asked(check, enabled), extensions_off=off)
    if level is not None and not levels.is_level(level):
        return Answer(
            "none", levels.OFF, detail=f"{LEVEL} is {level!r}, which is no level", extensions_off=off
        )
    notice, covered = _notice(settings.get(NOTICE))
    return Answer("yes", str(level or levels.USAGE), notice, covered, f"yes to notice {notice}", off)


def switched_off(value: object) -> frozenset[str]:
    """Return the ids of the extensions that are off: those whose value is not true, or which a list names.

    What is neither a map nor a list says nothing clear, and switches off every extension.
    """
    if value is None or value is True:
        return frozenset()
    if isinstance(value, dict):
        return frozenset(str(extension) for extension, said in value.items() if said is not True)
    if isinstance(value, list):
        return frozenset(str(extension) for extension in value)
    return frozenset((EVERY,))


def switching(
    settings: Mapping[str, object], extension: str, on: bool, known: Iterable[str]
) -> dict[str, object]:
    """Return the settings that switch one extension on or off, and leave the others as they are.

    `known` are the extensions there are, which a value that switched off every one of them did not name.
    """
    off = switched_off(settings.get(EXTENSIONS))
    before = settings.get(EXTENSIONS)
    kept = dict(before) if isinstance(before, dict) else dict.fromkeys(sorted(off - {EVERY}), False)
    if EVERY in off:
        kept.pop(EVERY, None)
        kept.update(dict.fromkeys(known, False))
    return {EXTENSIONS: {**kept, extension: on}}


def most_careful(members: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Return the members of an object; of a key of ours that is there twice, the value that allows least."""
    found: dict[str, object] = {}
    for key, value in members:
        if key == EXTENSIONS and key in found:
            off = switched_off(found[key]) | switched_off(value)
            found[key] = dict.fromkeys(sorted(off), False)
        elif key not in found or key not in KEYS or _allows(key, value) <= _allows(key, found[key]):
            found[key] = value
    return found


def accepting(level: str, offer: Offer, now: float) -> dict[str, object]:
    """Return the settings that record a yes to `offer` at `level`."""
    return {CHECK: True, ENABLED: True, LEVEL: level, NOTICE: _record(offer, now)}


def declining(offer: Offer, now: float) -> dict[str, object]:
    """Return the settings that record a no."""
    return {CHECK: True, ENABLED: False, LEVEL: levels.OFF, NOTICE: _record(offer, now)}


def _record(offer: Offer, now: float) -> dict[str, object]:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    return {"version": offer.notice, "time": stamp, "catalog": offer.digest, "covers": offer.highest}


def _is_no(enabled: object) -> bool:
    if isinstance(enabled, str):
        return enabled.strip().lower() in NO_WORDS
    return enabled is False or (type(enabled) is int and enabled == 0)


def _allows(key: str, value: object) -> tuple[int, int]:
    """Return how much a value allows: a no nothing, a value that is no answer little."""
    if key == NOTICE:
        version, covered = _notice(value)
        return version, levels.LEVELS.index(covered)
    if key == LEVEL:
        level = levels.USAGE if value is None else str(value)
        known = level == levels.OFF or not levels.is_level(level)
        return int(not known), levels.LEVELS.index(level) if levels.is_level(level) else 1
    return (2, 0) if value is True else (int(not (key == ENABLED and _is_no(value))), 0)


def _not_asked(check: object, enabled: object) -> str:
    if check is None and enabled is None:
        return "no answer"
    return f"{ENABLED} is {enabled!r} and {CHECK} is {check!r}: only true and true is a yes"


def _notice(record: object) -> tuple[int, str]:
    """Read the notice's record; a yes without one is a yes to notice 0, which covered every level."""
    if not isinstance(record, dict):
        return 0, levels.USAGE
    version, covered = record.get("version"), record.get("covers")
    number = version if isinstance(version, int) and not isinstance(version, bool) else 0
    return number, str(covered) if levels.is_level(covered) else levels.USAGE
