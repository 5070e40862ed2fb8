"""What is a catalog made of, and what does a check answer?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from aboveboard.errors import CatalogError
from aboveboard.frozen import Named, field, record, replace

if TYPE_CHECKING:
    from datetime import date

    from aboveboard.privacy import Cleaner, Hasher, Replacement

JSON: TypeAlias = "bool | int | float | str | list[JSON] | dict[str, JSON] | None"

LEVELS = ("off", "crash", "error", "usage")
"""From nothing to everything; agreeing to one includes those on its left."""

MAX_BYTES = 32 * 1024
"""No verdict's properties are longer than this as JSON, the limit of Segment's format for one event."""

UNDECLARED_EVENT = "undeclared event"
EXPIRED_EVENT = "expired event"
UNDECLARED_PROPERTY = "undeclared property"
UNLISTED_VALUE = "unlisted enum value"
WRONG_TYPE = "wrong type"
OUT_OF_RANGE = "out of range"
TOO_DEEP = "too deep"
TOO_LARGE = "too large"
WITHHELD = "withheld field"
SAME_KEY = "same key after cleaning"

REASONS = (
    UNDECLARED_EVENT,
    EXPIRED_EVENT,
    UNDECLARED_PROPERTY,
    UNLISTED_VALUE,
    WRONG_TYPE,
    OUT_OF_RANGE,
    TOO_DEEP,
    TOO_LARGE,
    WITHHELD,
    SAME_KEY,
)
"""Every reason a `Drop` can carry; they are counted by these words in the client and the collector."""


def covers(agreed: str, level: str) -> bool:
    """Tell whether a person who agreed to the level `agreed` agreed to an event of `level`."""
    return level in LEVELS and agreed in LEVELS and 0 < LEVELS.index(level) <= LEVELS.index(agreed)


@record(frozen=True, slots=True)
class Property:
    """One declared property: its type says what is done with a value before anybody may see it."""

    name: str
    type: str
    description: str = ""
    values: tuple[str, ...] = ()
    """For `enum`: the closed list."""
    edges: tuple[float, ...] = ()
    """For `bucket`: rising limits between the buckets."""
    unit: str = ""
    """For `number`, `duration`, `integer`: where the name does not say it."""
    kind: str = "name"
    """For `name`: what it names; equal values of one kind have equal hashes on one machine."""
    keys: tuple[str, ...] | str = "text"
    """For `map` with `of`: the closed list of keys, or the type they are treated as, `name` or `text`."""
    of: Property | None = None
    """For `list` and `map`: what each item or value is."""
    fields: Mapping[str, Property] = field(default_factory=dict)
    """For `map` without `of`: the declared members."""
    example: object = None
    """A value as the app would give it, for USAGE_DATA.md, which shows it as it would be sent."""
    exempt: Mapping[str, str] = field(default_factory=dict)
    """Rules of lint that do not apply here, each with the reason."""


@record(frozen=True, slots=True)
class Event:
    """One declared event: what is sent under this name, why, and until when."""

    name: str
    description: str
    question: str
    level: str
    owner: str
    issue: str
    added: date | None
    expires: date | None
    action: bool
    properties: Mapping[str, Property]
    exempt: Mapping[str, str] = field(default_factory=dict)


@record(frozen=True)
class Catalog:
    """All that an app, with the extensions merged into it, may collect."""

    app: str
    notice: int
    privacy: str
    events: Mapping[str, Event]
    is_extension: bool = False
    extensions: tuple[str, ...] = ()
    source: str = ""
    """The file it was read from, for messages."""
    plans: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """Compiled checks by event, filled on first use."""

    def _extension_of(self, event: str) -> str:
        owners = [known for known in self.extensions if event.startswith(known + ".")]
        return max(owners, key=len, default="")

    @cached_property
    def digest(self) -> str:
        """The same 16 hex digits for the same content, whatever its comments and order."""
        from aboveboard.catalog.canonical import digest

        return digest(self)

    @cached_property
    def words(self) -> frozenset[str]:
        """The app's own vocabulary: enum values, event and property names, split into words."""
        from aboveboard.catalog.canonical import words

        return words(self)

    def with_extension(self, extension_id: str, catalog: Catalog) -> Catalog:
        """Return a catalog that also holds `catalog`'s events as `<extension id>.<event>`.

        Merging an id again replaces what it declared before. Raises `CatalogError` where the new names
        would take over an event of the app or of another extension.
        """
        prefix = extension_id + "."
        kept = {
            name: event for name, event in self.events.items() if self._extension_of(name) != extension_id
        }
        new = {prefix + name: replace(event, name=prefix + name) for name, event in catalog.events.items()}
        taken = sorted(kept.keys() & new.keys())
        if taken or not extension_id:
            raise CatalogError(
                f"{catalog.source or extension_id or 'an extension'} declares {', '.join(taken) or 'no id'}, "
                f"which {self.source or self.app} declares already; rename the event or the extension"
            )
        ids = tuple(sorted({*self.extensions, extension_id}))
        return replace(self, events={**kept, **new}, extensions=ids, plans={})

    def with_events(self, catalog: Catalog) -> Catalog:
        """Return a catalog that also has `catalog`'s events; where both declare one, this catalog's stays."""
        return replace(self, events={**catalog.events, **self.events}, plans={})


@record(frozen=True, slots=True)
class Safety:
    """What makes values safe: the cleaner for text, and in an app the hasher for names.

    Without a hasher (in the collector) a raw name becomes `<name>` and a hashed one passes.
    """

    cleaner: Cleaner
    hasher: Hasher | None = None


@record(frozen=True, slots=True)
class Drop:
    """One part that is not sent: where it stood (cleaned, never its value) and one of `REASONS`."""

    path: str
    reason: str


class Verdict(Named):
    """What may be sent of an event, and what was dropped or replaced to get there."""

    event: str | None
    """None: the whole event is dropped."""
    level: str
    properties: dict[str, JSON]
    drops: tuple[Drop, ...] = ()
    replacements: tuple[tuple[str, Replacement], ...] = ()


@record(frozen=True, slots=True)
class Finding:
    """Something in a catalog that wants changing: where, by which rule, and what to do."""

    file: str
    line: int
    rule: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} [{self.rule}]; {self.remedy}"
