"""What does the content of a message become: which events, how did they go, and what was left out?"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from aboveboard.collector.cleaning import Kept, SourceCleaning
from aboveboard.collector.outcome import Outcome, outcome
from aboveboard.collector.remember import Remembered
from aboveboard.privacy import fingerprint

__all__ = ["Content", "Contents"]

_MOST_PARTS = 1000
_REMEMBERED = 64 * 1024 * 1024
_LONGEST = 2048

_Question = tuple[str, bytes, str, date]
_Read = tuple[list["Content"], list[tuple[str, str, str]]]


class Content(msgspec.Struct, frozen=True, gc=False):
    """One event's part of its row, the same for every message of the same content.

    `part` is its index among those that one message brought (`{"aggregated": [{…}, …]}`).
    """

    part: int
    event: str
    level: str
    extension: str
    extension_version: str
    how: Outcome
    weight: float
    fingerprint: str
    properties: str
    cleaned: list[str]


class Contents:
    """The policy of one source, applied to each content once.

    Many events of many installs say the same: what a content becomes is kept under the content itself, the catalog
    that its client names, and the day (a declared event may expire).
    """

    def __init__(self, cleaning: SourceCleaning) -> None:
        self._cleaning = cleaning
        self._remembered: Remembered[_Question, _Read] = Remembered(self._read, _size, _REMEMBERED)

    def of(self, event: str, properties: Mapping[str, Any], digest: str, today: date) -> _Read:
        """Return the events of a message and what was left out of it as (event, path, reason), names cleaned."""
        text = msgspec.json.encode(properties)
        read = self._remembered if len(text) <= _LONGEST else self._read
        return read((event, text, digest, today))

    def _read(self, question: _Question) -> _Read:
        event, text, digest, today = question
        contents, drops = [], []
        for part, properties in enumerate(_opened(msgspec.json.decode(text))):
            kept = self._cleaning.keep(event, properties, digest, today)
            name = kept.event or self._cleaning.name(event)
            drops += [(name, path, reason) for path, reason in kept.drops]
            if kept.event is not None:
                contents.append(_content(part, kept.event, kept))
        return contents, drops


def _size(question: _Question, read: _Read) -> int:
    contents, drops = read
    size = 500 + len(question[1]) + 300 * len(drops)
    for content in contents:
        size += 1000 + len(content.properties) + 60 * len(content.cleaned) + sum(map(len, content.cleaned))
    return size


def _opened(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """`{"aggregated": [{…}, …]}` is many events in one message: each part with what the parts share."""
    parts = properties.get("aggregated")
    if not isinstance(parts, list) or not parts:
        return [properties]
    shared = {key: value for key, value in properties.items() if key != "aggregated"}
    return [shared | part for part in parts[:_MOST_PARTS] if isinstance(part, dict)]


def _content(part: int, event: str, kept: Kept) -> Content:
    how = outcome(event, kept.properties)
    code = how.error_code or str(how.status_code or how.exit_code or "")
    return Content(
        part=part,
        event=event,
        level=kept.level,
        extension=_common(kept.properties, "extensionName"),
        extension_version=_common(kept.properties, "extensionVersion"),
        how=how,
        weight=_weight(kept.properties),
        fingerprint=fingerprint(how.error_type, code, how.error_text) if how.failed else "",
        properties=msgspec.json.encode(kept.properties, order="sorted").decode(),
        cleaned=kept.cleaned,
    )


def _common(properties: Mapping[str, Any], name: str) -> str:
    nested = properties.get("common")
    value = properties.get(f"common.{name}", nested.get(name) if isinstance(nested, Mapping) else None)
    return value[:128] if isinstance(value, str) else ""


def _weight(properties: Mapping[str, Any]) -> float:
    value = properties.get("common.weight", 1)
    return float(value) if isinstance(value, int | float) and 1 <= value <= 1e6 else 1.0
