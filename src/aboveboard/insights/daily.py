"""Which installs were in use on each day, and with which version did they begin and end it? All of it as bits."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from aboveboard.insights.bits import Bitmaps, Bits
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look, Numbers

__all__ = ["Day", "InUse", "days_in_use", "holds", "joined", "put", "settle"]

# A build has each day's first and last moment of an install for itself: only two of the same day can disagree.
_DAYS = """
SELECT
    toInt64(toUInt16(day)) AS of_day,
    toInt64(build) AS of_build,
    toInt64({chosen}) AS of_some,
    toInt64(toUnixTimestamp64Milli(min(first_time))) AS first_ms,
    toInt64(toUnixTimestamp64Milli(max(last_time))) AS last_ms,
    app_version,
    groupBitmapMergeState(installs) AS here,
    groupBitmapMergeState({which}) AS by_version
FROM {{{table}}} AS events
WHERE {{of_installs}}{named}
GROUP BY of_day, of_build, of_some, app_version
"""


class Day(NamedTuple):
    """One day: all that were in use, each install once under a version (by its place), and those in `unsettled`.

    The unsettled have events of several versions in several builds or places, whose moments only their rows know.
    `chosen` are those of the installs that the filters let through.
    """

    installs: Bits
    versions: dict[int, Bits]
    unsettled: Bits
    chosen: Bits


class InUse(NamedTuple):
    """The days (since 1970) in order, the versions in theirs, and what bits mean.

    `seen` has of each version its first and last millisecond, and the installs that had it.
    """

    days: dict[int, Day]
    versions: list[str]
    seen: dict[str, tuple[int, int, Bits]]
    rows: Bitmaps


def days_in_use(
    look: Look,
    order: Callable[[str], Any] = str,
    *,
    last: bool = False,
    named: bool = False,
    chosen: Filters | None = None,
) -> InUse:
    """Return each day with its installs by first or `last` version; with `named` no events that name no version.

    Of versions at the same moment the first in their `order` counts, with `last` the last one. `chosen` are other
    filters than those of the look, and of it is told on which days they let an install through.
    """
    which = "ended" if last else "began"
    if "version" in look.named:
        # Who went on to another version on that day has not ended it with this one, but the filters see no other.
        which = "installs"
    some = chosen.equal if chosen else {}
    sql = _DAYS.format(
        which=which,
        table="places" if some else "versions",
        chosen="{chosen}" if some else "1",
        named="\n    AND app_version != ''" if named else "",
    )
    words = {"chosen": chosen.of_places()} if chosen else {}
    rows = look.bitmaps(sql, keys=5, texts=1, states=2, words=words, **some)
    seen: dict[str, tuple[int, int, Bits]] = {}
    for (*_, first, final), (version,), (here, _) in zip(rows.keys, rows.texts, rows.bits, strict=True):
        before = seen.get(version, (first, final, rows.none()))
        seen[version] = min(first, before[0]), max(final, before[1]), here | before[2]
    versions = sorted(sorted(seen), key=order)
    return InUse(_of_days(rows, versions, last=last, places=bool(look.named)), versions, seen, rows)


def _of_days(rows: Bitmaps, versions: list[str], *, last: bool, places: bool) -> dict[int, Day]:
    at = {version: place for place, version in enumerate(versions)}
    of_days: dict[int, list[_Row]] = defaultdict(list)
    for (day, build, some, *_), (version,), (here, those) in zip(
        rows.keys, rows.texts, rows.bits, strict=True
    ):
        of_days[day].append(_Row(at[version], build, bool(some), here, those))
    return {day: _day(of_days[day], rows.none(), last=last, places=places) for day in sorted(of_days)}


class _Row(NamedTuple):
    version: int
    build: int
    some: bool
    here: Bits
    those: Bits


def _day(rows: list[_Row], none: Bits, *, last: bool, places: bool) -> Day:
    by_version: dict[int, Bits] = {}
    by_build: dict[int, Bits] = {}
    for row in rows:
        by_version[row.version] = by_version.get(row.version, none) | row.those
        by_build[row.build] = by_build.get(row.build, none) | row.those
    unsettled = _twice(by_version.values(), none)
    if not places:
        unsettled = unsettled & _twice(by_build.values(), none)
    taken, found = unsettled, {}
    for version in sorted(by_version, reverse=last):
        found[version] = by_version[version] & ~taken
        taken = taken | by_version[version]
    chosen = joined((row.here for row in rows if row.some), none)
    return Day(joined((row.here for row in rows), none), found, unsettled, chosen)


def joined(several: Iterable[Bits], none: Bits) -> Bits:
    """Return the installs of any of these."""
    return reduce(np.bitwise_or, several, none)


def settle(day: Day, versions: Mapping[int, Numbers]) -> None:
    """Put installs of `unsettled`, by the places of their bits, under the versions that they turned out to have."""
    for version, at in versions.items():
        day.versions[version] = put(day.versions.get(version, np.zeros_like(day.installs)), at)


def put(bits: Bits, at: Numbers) -> Bits:
    """Return the same bits with those at places set."""
    if not at.size:
        return bits
    flags = np.unpackbits(bits, bitorder="little")
    flags[at] = 1
    return np.packbits(flags, bitorder="little")


def holds(bits: Bits, at: Numbers) -> Numbers:
    """Return of places of bits whether they are set."""
    held: Numbers = (bits[at >> 3] >> (at & 7).astype(np.uint8) & 1).astype(np.bool_)
    return held


def _twice(several: Iterable[Bits], none: Bits) -> Bits:
    once, twice = none, none
    for bits in several:
        twice = twice | (once & bits)
        once = once | bits
    return twice
