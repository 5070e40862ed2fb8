"""How are numbers, shares, durations and days written for the person who reads the page?"""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["ENGLISH", "FRENCH", "GERMAN", "Formats", "formats_for"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NOTHING = "–"


@dataclass(frozen=True)
class Formats:
    """How one language writes what a page shows; a value that is not known (None) is a dash everywhere."""

    language: str
    group: str
    point: str
    months: tuple[str, ...]
    percent: str = "%"

    def number(self, value: float | None, digits: int = 0) -> str:
        """Write a number with its thousands apart and a fixed count of decimal digits."""
        if value is None:
            return _NOTHING
        return f"{value:,.{digits}f}".translate({ord(","): self.group, ord("."): self.point})

    def share(self, value: float | None) -> str:
        """Write a share (0 to 1) in percent; what is not all never reads as 100%, what is not none never as 0%."""
        if value is None:
            return _NOTHING
        percent = value * 100
        if 0 < percent < 0.1:
            return f"<{self.number(0.1, 1)}{self.percent}"
        if 99.9 < percent < 100:
            return f">{self.number(99.9, 1)}{self.percent}"
        return f"{self.number(percent, 0 if percent in (0, 100) else 1)}{self.percent}"

    def duration(self, milliseconds: float | None) -> str:
        """Write a duration in the unit that a person would choose, to about three digits."""
        if milliseconds is None:
            return _NOTHING
        if milliseconds < 999.5:
            return f"{self._three_digits(milliseconds)} ms"
        if milliseconds < 59_995:
            return f"{self._three_digits(milliseconds / 1000)} s"
        seconds = round(milliseconds / 1000)
        if seconds < 3600:
            return f"{seconds // 60} min {seconds % 60} s" if seconds % 60 else f"{seconds // 60} min"
        minutes = round(seconds / 60)
        hours = self.number(minutes // 60)
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"

    def day(self, moment: datetime) -> str:
        """Write a day."""
        return f"{moment.day} {self.months[moment.month - 1]} {moment.year}"

    def days(self, first: datetime, last: datetime) -> str:
        """Write a span of days, both included, naming month and year once where they are the same."""
        if first.date() == last.date():
            return self.day(first)
        if first.year != last.year:
            return f"{self.day(first)} to {self.day(last)}"
        if first.month != last.month:
            return f"{first.day} {self.months[first.month - 1]} to {self.day(last)}"
        return f"{first.day} to {self.day(last)}"

    def clock(self, moment: datetime) -> str:
        """Write a time of day to the second."""
        return f"{moment:%H:%M:%S}"

    def count(self, value: int, one: str, many: str) -> str:
        """Write a count with its noun: `1 install`, `2 installs`."""
        return f"{self.number(value)} {one if value == 1 else many}"

    def _three_digits(self, value: float) -> str:
        if value == 0:
            return "0"
        text = self.number(value, 2 if value < 9.995 else 1 if value < 99.95 else 0)
        return text.rstrip("0").rstrip(self.point) if self.point in text else text


ENGLISH = Formats(language="en", group=",", point=".", months=_MONTHS)


GERMAN = Formats(language="en", group=".", point=",", months=_MONTHS, percent="\N{NO-BREAK SPACE}%")
FRENCH = Formats(
    language="en",
    group="\N{NARROW NO-BREAK SPACE}",
    point=",",
    months=_MONTHS,
    percent="\N{NARROW NO-BREAK SPACE}%",
)
_BY_LANGUAGE = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH}


def formats_for(accept_language: str) -> Formats:
    """Choose the number formats for an `Accept-Language` header: English, German or French.

    The words of a page are English for everybody, and its `language` says so.
    """
    wanted = []
    for place, entry in enumerate(accept_language.lower().split(",")):
        language, _, parameter = entry.strip().partition(";")
        wanted.append((-_weight(parameter), place, language.partition("-")[0].strip()))
    known = [language for weight, _, language in sorted(wanted) if weight < 0 and language in _BY_LANGUAGE]
    return _BY_LANGUAGE[known[0]] if known else ENGLISH


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
