"""How much did the person agree to? The four levels and their order."""

from typing import Final

OFF: Final = "off"
CRASH: Final = "crash"
ERROR: Final = "error"
USAGE: Final = "usage"
LEVELS: Final = (OFF, CRASH, ERROR, USAGE)


def is_level(value: object) -> bool:
    """Tell whether a value read from a file is one of the four levels."""
    return isinstance(value, str) and value in LEVELS


def covers(agreed: str, needed: str) -> bool:
    """Tell whether agreeing to `agreed` also agrees to an event of the level `needed`."""
    if needed not in LEVELS or needed == OFF:
        return False
    return LEVELS.index(needed) <= LEVELS.index(agreed)


def lower_of(first: str, second: str) -> str:
    """Return whichever of two levels allows less."""
    return LEVELS[min(LEVELS.index(first), LEVELS.index(second))]


def highest(levels: list[str]) -> str:
    """Return the level that allows most, `off` where there is none."""
    return LEVELS[max((LEVELS.index(level) for level in levels if level in LEVELS), default=0)]
