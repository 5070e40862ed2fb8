"""What does a cleaning show afterwards: the text as it would be sent, and why each part was replaced."""

from aboveboard.frozen import Named

__all__ = ["Cleaned", "Replacement"]


class Replacement(Named):
    """One part of a text that was replaced; what stood there is not kept.

    `kind` says what it was taken for ("path", "host", "secret", "word" …), `placeholder` what stands there
    now, `step` which step decided: "bounds", "known", "secret", "place" or "vocabulary".
    """

    kind: str
    placeholder: str
    step: str


class Cleaned(Named):
    """A cleaned text, and its replacements in the order in which they stand in it."""

    text: str
    replacements: tuple[Replacement, ...]
