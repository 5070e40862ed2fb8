"""Which events does a question look at? The same filters, in the same words, for every question."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from aboveboard.access import Sources

__all__ = ["FINAL", "MOST_STEPS", "FilterError", "Filters", "filters_from"]

FINAL = {"do_not_merge_across_partitions_select_final": 1}
"""Settings for every question: the copies of one event share a partition, so days need not be merged."""

_COLUMNS = {
    "version": "app_version",
    "os": "os",
    "arch": "arch",
    "country": "country",
    "extension": "extension",
    "event": "event",
    "reason": "fingerprint",
}


MOST_STEPS = 8
"""Of a funnel, from the first to the last."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_MOST_CHARACTERS = 100
"""Of a version that others are compared with; those of real apps have 5 to 40."""


class FilterError(ValueError):
    """A filter in the address is wrong; the text says which, and what it takes."""


@dataclass(frozen=True)
class Filters:
    """The sources, the span of time (UTC, `until` exclusive) and exact values to look at.

    `open_sources` are those whose texts may be shown whatever the size of a group (development); `steps` are the
    events of a funnel; with `new_since` only failures are told that were seen first in that version or a newer one.
    `declared` is what catalogs declare, as (source, event, property).
    """

    sources: Sequence[str]
    since: datetime
    until: datetime
    equal: Mapping[str, str]
    open_sources: Sequence[str] = ()
    steps: Sequence[str] = ()
    new_since: str = ""
    declared: Sequence[tuple[str, str, str]] = ()

    def where(self) -> str:
        """Return the condition on events, all values as parameters."""
        span = ["time >= {since:DateTime64(3, 'UTC')}", "time < {until:DateTime64(3, 'UTC')}"]
        return "\n    AND ".join([*span, self.kept()])

    def kept(self, *known: str) -> str:
        """Return the condition without its span of time, of all filters or only of `known` ones."""
        # With its table, or an alias of the same name would stand in its place.
        equal = (
            f"events.{_COLUMNS[name]} = {{{name}:String}}"
            for name in self.equal
            if not known or name in known
        )
        return "\n    AND ".join(["source IN {sources:Array(String)}", *equal])

    def of_places(self) -> str:
        """Return the condition of the filters that a version, system, architecture and country can meet."""
        return self.kept("source", "version", "os", "arch", "country")

    def parameters(self) -> dict[str, object]:
        """Return the values of the parameters in `where`."""
        return {
            "sources": list(self.sources),
            "open_sources": list(self.open_sources),
            "since": self.since,
            "until": self.until,
            **self.equal,
        }


def filters_from(query: Mapping[str, str], sources: Sources, now: datetime) -> Filters:
    """Read the filters of an address: source, from, to, version, os, arch, country, extension, event, reason, steps.

    Without `source`: all production sources, or the development sources where there is no other. `from` and `to`
    are days (2026-11-23, `to` included) or moments (ISO 8601 with a time, UTC where no zone is said); by default the
    last 30 days. `reason` is a fingerprint, `steps` are names of events with commas between, MOST_STEPS at the most;
    `new_since` is a version. Raises FilterError.
    """
    names = [query["source"]] if query.get("source") else sources.answering()
    for name in names:
        if sources.get(name) is None:
            known = ", ".join(source.name for source in sources)
            raise FilterError(f"There is no source {name!r}. The sources are: {known}.")
    # Whole days, of which there are rollups.
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    until = _moment("to", query["to"], end=True) if query.get("to") else today + timedelta(days=2)
    since = _moment("from", query["from"]) if query.get("from") else today - timedelta(days=30)
    if since >= until:
        raise FilterError(f"`from` ({since:%Y-%m-%d}) is not before `to` ({until:%Y-%m-%d}). Exchange them.")
    new_since = query.get("new_since", "")
    if len(new_since) > _MOST_CHARACTERS:
        raise FilterError(
            f"`new_since` has {len(new_since)} characters. Write a version, such as 1.4.0, "
            f"of {_MOST_CHARACTERS} at the most."
        )
    steps = [step.strip() for step in query.get("steps", "").split(",") if step.strip()]
    if len(steps) > MOST_STEPS:
        raise FilterError(
            f"`steps` names {len(steps)} events. A funnel has {MOST_STEPS} at the most: take some away."
        )
    return Filters(
        sources=names,
        since=since,
        until=until,
        equal={name: query[name] for name in _COLUMNS if query.get(name)},
        open_sources=[source.name for source in sources if source.development],
        steps=steps,
        new_since=new_since,
    )


def _moment(name: str, text: str, *, end: bool = False) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        # Days and weeks are those of UTC: in another zone the address would choose where they begin.
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise FilterError(f"`{name}` is {text!r}. Write a day, such as 2026-11-23.") from None
    if not 1970 <= moment.year < 2100:
        raise FilterError(f"`{name}` is {text!r}. Write a day between 1970 and 2099.")
    if _DAY.fullmatch(text):
        return moment + timedelta(days=1) if end else moment
    if _without_time(text):
        # A week, or a day without hyphens: as the moment at which it begins it would not be within `to`.
        raise FilterError(f"`{name}` is {text!r}. Write a day as in 2026-11-23, or a moment with its time.")
    return moment


def _without_time(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
