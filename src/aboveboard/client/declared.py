"""What may this app collect? Its catalog with those of its extensions, and the check of each call."""

import os
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path

from aboveboard import catalog as catalogs
from aboveboard.catalog import Catalog, CatalogError, Safety, Verdict
from aboveboard.client import levels
from aboveboard.client.answer import Offer
from aboveboard.client.gate import GATE
from aboveboard.client.host import Host, new_id
from aboveboard.client.record import Call, Event, Note
from aboveboard.privacy import Cleaner, Hasher

Included = str | Path | Catalog | Callable[[], Catalog]
MOST_HINTS = 100
UNNAMED = "<undeclared>"
# ValueError and TypeError: a path that is none.
UNUSABLE = (CatalogError, OSError, ValueError, TypeError)
EPOCH = date(1970, 1, 1).toordinal()


class Declared:
    """The catalog, read when first needed, and what makes values safe.

    `key` returns this install's key for hashes; it is asked for once, when the first event is checked.
    `hint` takes a line for a developer where something is not declared; a released app has none.
    """

    def __init__(
        self,
        catalog: str | Path | Catalog | None,
        host: Host,
        key: Callable[[], bytes],
        hint: Callable[[str], None] | None = None,
    ) -> None:
        self._given = catalog
        self._host = host
        self._key = key
        self.hint = hint
        self._hinted: set[tuple[str, str]] = set()
        self._loaded: Catalog | None = None
        self._included: list[Included] = []
        self._sensitive: dict[tuple[str, str], None] = {}
        self._safety: Safety | None = None
        self._broken: dict[str, str] = {}
        self._own_problem = (
            "" if catalog is not None else "there is no catalog, so nothing is collected or sent"
        )

    @property
    def problem(self) -> str:
        """Return what is wrong with the app's catalog and with those of its extensions, "" where nothing is."""
        return "; ".join(text for text in (self._own_problem, *self._broken.values()) if text)

    def catalog(self) -> Catalog | None:
        """Return the catalog with its extensions; None where there is none or it cannot be used."""
        if self._loaded is None and not self._own_problem:
            with GATE:
                self._loaded = self._load()
        return self._loaded

    def offer(self, *, digest: bool = True) -> Offer:
        """Return what the app asks the person for; without the digest it costs almost nothing."""
        catalog = self.catalog()
        if catalog is None:
            return Offer()
        top = levels.highest([event.level for event in catalog.events.values()])
        return Offer(catalog.notice, catalog.digest if digest else "", top, catalog.privacy)

    def add_extension(self, extension_id: str, catalog: str | Path | Catalog) -> None:
        """Declare an extension's events as well; one whose catalog cannot be used declares none."""
        try:
            found = catalog if isinstance(catalog, Catalog) else catalogs.load(catalog)
            whole = self.catalog()
            if whole is not None:
                self._loaded = whole.with_extension(extension_id, found)
                self._safety = None
            self._broken.pop(extension_id, None)
        except UNUSABLE as error:
            self._broken[extension_id] = f"the catalog of {extension_id} cannot be used: {error}"

    def include(self, app: str, catalog: Included) -> None:
        """Declare what an integration logs; where `app` has no catalog of its own, it has these alone."""
        if self._given is None:
            self._given, self._own_problem = Catalog(app, 1, "", {}), ""
        self._included.append(catalog)
        if self._loaded is not None:
            self._loaded, self._safety = self._with(self._loaded, catalog), None

    def sensitive(self, value: str, kind: str) -> None:
        """Learn a value that must not leave this machine."""
        if (value, kind) in self._sensitive:
            return  # an app may say it again before each action
        self._sensitive[value, kind] = None
        if self._safety is not None:
            self._safety.cleaner.sensitive(value, kind)

    def declares(self, event: str) -> bool:
        """Tell whether an event of this name may be sent at all."""
        catalog = self.catalog()
        return catalog is not None and event in catalog.events

    def check(self, call: Call) -> tuple[Event | None, tuple[Note, ...]]:
        """Return the call as an event that may be kept, or None and the reasons why not."""
        catalog = self.catalog()
        if catalog is None:
            return None, (Note("", "dropped", "no catalog"),)
        safety = self._safety or self.safety(catalog)
        verdict = catalogs.check(
            catalog, call.event, call.properties, today=_day(call.time // 86_400), safety=safety
        )
        notes = _notes(verdict) if verdict.drops or verdict.replacements else ()
        if self.hint is not None:
            self._tell(catalog, call, verdict)
        if verdict.event is None:
            return None, notes
        kept = verdict.properties
        if call.extension.id:
            named = {"common.extensionName": call.extension.id}
            kept = {**kept, **named, "common.extensionVersion": call.extension.version}
        checked = Event(
            new_id(self._host),
            call.kind,
            verdict.event,
            verdict.level,
            kept,
            call.time,
            call.extension,
            notes,
        )
        return checked, notes

    def _tell(self, catalog: Catalog, call: Call, verdict: Verdict) -> None:
        """Tell a developer, once for each name, what would declare what was dropped."""
        for drop in verdict.drops:
            name = (str(call.event), drop.path)
            if self.hint is not None and name not in self._hinted and len(self._hinted) < MOST_HINTS:
                self._hinted.add(name)
                self.hint(catalogs.how_to_declare(catalog, str(call.event), drop))

    def safety(self, catalog: Catalog) -> Safety:
        """Return the cleaner with the app's vocabulary and this machine's names, and the hasher."""
        if self._safety is None:
            cleaner = Cleaner(lambda: machine_names(self._host), words=lambda: catalog.words, small=True)
            for value, kind in list(self._sensitive):
                cleaner.sensitive(value, kind)
            self._safety = Safety(cleaner, Hasher(self._key()))
        return self._safety

    def renew(self) -> None:
        """Ask for the key again, because the old one was given up."""
        self._safety = None

    def after_fork(self) -> None:
        """Forget the cleaner: another thread may have held its lock at the moment of the fork."""
        self._safety = None

    def _load(self) -> Catalog | None:
        try:
            whole = self._given if isinstance(self._given, Catalog) else catalogs.load(str(self._given))
        except (CatalogError, OSError) as error:
            self._own_problem = f"the catalog cannot be used, so nothing is collected or sent: {error}"
            return None
        for catalog in self._included:
            whole = self._with(whole, catalog)
        return whole

    def _with(self, whole: Catalog, included: Included) -> Catalog:
        """Return the catalog with an integration's events; one that cannot be used declares none."""
        try:
            if not isinstance(included, Catalog):
                included = included() if callable(included) else catalogs.load(included)
            return whole.with_events(included)
        except UNUSABLE as error:
            self._broken["integration"] = f"the catalog of an integration cannot be used: {error}"
            return whole


@lru_cache(maxsize=8)
def _day(number: float) -> date:
    return date.fromordinal(EPOCH + int(number))


def _notes(verdict: Verdict) -> tuple[Note, ...]:
    dropped = tuple(Note(drop.path, "dropped", drop.reason) for drop in verdict.drops)
    return dropped + tuple(
        Note(path, f"replaced by {made.placeholder}", made.step) for path, made in verdict.replacements
    )


def machine_names(host: Host) -> list[str]:
    """Return the names that this machine goes by: the person's, the computer's, the home folder's."""
    from aboveboard.privacy.machine import full_name, values_of

    node = os.uname().nodename if hasattr(os, "uname") else ""
    return [*values_of(host.environ, node, str(host.home), full_name()), host.home.name]
