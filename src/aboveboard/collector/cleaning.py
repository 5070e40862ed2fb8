"""What of an event may be kept, by its source's policy and catalogs?"""

import math
import re
import sys
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.access import Source
from aboveboard.catalog import Catalog, Safety, Verdict, check, clean_all, load
from aboveboard.collector.outcome import DURATIONS
from aboveboard.collector.remember import Remembered
from aboveboard.privacy import Cleaned, Cleaner

__all__ = ["Kept", "SourceCleaning"]

_CACHED_NAMES = 20_000
_REMEMBERED = 32 * 1024 * 1024
_EVENT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,199}")
_NUMBER = re.compile(r"\d{5}|[0-9a-f]{16}")
"""What makes a name one of a kind: an id, a date, a digest."""
_NOTHING = Catalog(app="", notice=0, privacy="", events={})
"""What a source without a catalog has declared."""


def _number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def _of_form(form: str) -> Callable[[object], bool]:
    pattern = re.compile(form)
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


_FACTS: Mapping[str, Callable[[object], bool]] = {
    **dict.fromkeys(DURATIONS, _number),
    "common.weight": _number,
    "common.extensionName": _of_form(r"[A-Za-z0-9][\w-]{0,63}(?:\.[A-Za-z0-9][\w-]{0,63}){0,3}"),
    "common.extensionVersion": _of_form(r"v?\d{1,6}(?:[.+-][A-Za-z0-9]{1,12}){0,6}"),
    "app_version": _of_form(r"v?\d{1,6}(?:[.+-][A-Za-z0-9]{1,12}){0,6}"),
}
"""What clients add to each event, kept as it is where it has its form: durations would be folded else."""


class Kept(msgspec.Struct):
    """What is left of an event; `event` is None when the whole of it is dropped.

    `cleaned` tells where something was replaced and by what, `drops` where something was left out and why.
    """

    event: str | None
    level: str
    properties: dict[str, Any]
    cleaned: list[str]
    drops: list[tuple[str, str]]


class _CachingCleaner:
    """A Cleaner that does not clean the same text twice: error messages repeat from machine to machine."""

    def __init__(self, cleaner: Cleaner) -> None:
        self.explain: Callable[[str], Cleaned] = Remembered(cleaner.explain, _weight, _REMEMBERED)

    def clean(self, text: str) -> str:
        """Return the cleaned text."""
        return self.explain(text).text


def _weight(text: str, cleaned: Cleaned) -> int:
    return 500 + sys.getsizeof(text) + sys.getsizeof(cleaned.text) + 250 * len(cleaned.replacements)


def _weight_of(text: bytes, verdict: Verdict) -> int:
    return 2000 + 8 * len(text) + 250 * (len(verdict.drops) + len(verdict.replacements))


class SourceCleaning:
    """The policy of one source, with its catalogs loaded; `folder` is where their relative paths start."""

    def __init__(self, source: Source, folder: Path) -> None:
        self.source = source
        self._catalogs = _load(source, folder)
        words = frozenset().union(*(catalog.words for catalog in self._catalogs))
        cleaner: Any = _CachingCleaner(Cleaner(words=words))
        self._safety = Safety(cleaner=cleaner, hasher=None)
        self._cleaner = cleaner
        self.name: Callable[[str], str] = lru_cache(maxsize=_CACHED_NAMES)(self._name)
        self._rest: Callable[[bytes], Verdict] = Remembered(
            lambda text: clean_all(msgspec.json.decode(text), safety=self._safety), _weight_of, _REMEMBERED
        )

    def keep(self, event: str, properties: Mapping[str, Any], digest: str, today: date) -> Kept:
        """Return what the policy keeps of one event."""
        if self.source.policy == "declared":
            verdict = check(self._catalog(digest, event), event, properties, today=today, safety=self._safety)
            name, kept = verdict.event, verdict.properties
        else:
            facts = {key: value for key, value in properties.items() if key in _FACTS and _FACTS[key](value)}
            rest = (
                {key: value for key, value in properties.items() if key not in facts} if facts else properties
            )
            # Durations are of no two events the same; what is left often is.
            verdict = self._rest(msgspec.json.encode(rest)) if facts else clean_all(rest, safety=self._safety)
            name, kept = self.name(event), facts | verdict.properties
        return Kept(
            event=name,
            level=verdict.level,
            properties=kept,
            cleaned=[f"{path}: {made.placeholder}" for path, made in verdict.replacements],
            drops=[(drop.path, drop.reason) for drop in verdict.drops],
        )

    def clean(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Return properties with every value cleaned and none trusted, for what is not taken as an event."""
        return clean_all(properties, safety=self._safety).properties

    def page(self, route: str) -> str:
        """Return a page's route with each step cleaned on its own, since routes embed object names."""
        return "/".join(self._cleaner.clean(step) if step else "" for step in route.split("/"))

    def _name(self, event: str) -> str:
        """An event's name is a constant in somebody's code, and is the key to every answer: it stays in its form."""
        return (
            event
            if _EVENT_NAME.fullmatch(event) and not _NUMBER.search(event)
            else self._cleaner.clean(event)
        )

    def _catalog(self, digest: str, event: str) -> Catalog:
        """The catalog that a client names, else the newest that declares the event, else the newest."""
        newest_first = self._catalogs[::-1]
        named = (catalog for catalog in newest_first if catalog.digest == digest)
        declaring = (catalog for catalog in newest_first if event in catalog.events)
        return next(named, None) or next(declaring, None) or next(iter(newest_first), _NOTHING)


def _load(source: Source, folder: Path) -> list[Catalog]:
    """Every released catalog of a source, oldest first, each with the extensions' own merged in."""
    extensions = {name: load(folder / file) for name, file in source.extensions.items()}
    loaded = []
    for file in source.catalogs:
        catalog = load(folder / file)
        for name, extension in extensions.items():
            catalog = catalog.with_extension(name, extension)
        loaded.append(catalog)
    return loaded
