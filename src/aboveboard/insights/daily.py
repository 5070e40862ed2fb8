"""Which installs were in use on each day, and with which version did they begin and end it? All of it as bits."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import NamedTuple

import numpy as np

from aboveboard.insights.bits import Bitmaps, Bits
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look, Numbers

__all__ = ["Day", "days_in_use", "holds", "joined", "settle"]

# A build has each day's first and last moment of an install for itself: only two of the same day can disagree.
_DAYS = """
SELECT
    toInt64(toUInt16(day)) AS of_day,
    toInt64(indexOf({{{{versions:Array(String)}}}}, app_version) - 1) AS version,
    toInt64(build) AS of_build,
    groupBitmapMergeState(installs) AS here,
    groupBitmapMergeState({which}) AS by_version,
    groupBitmapMergeStateIf(installs, {{chosen}}) AS of_some
FROM {{{table}}} AS events
WHERE {{of_installs}}
    AND app_version IN {{{{versions:Array(String)}}}}
GROUP BY of_day, version, of_build
ORDER BY of_day, version, of_build
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


def days_in_use(
    look: Look, versions: list[str], *, last: bool, chosen: Filters | None = None
) -> tuple[dict[int, Day], Bitmaps]:
    """Return the days (since 1970) in order, each with its installs by first or `last` version, and what bits mean.

    Of versions at the same moment the first in `versions` counts, with `last` the last one. `chosen` are other
    filters than those of the look, and of it is told on which days they let an install through.
    """
    which = "ended" if last else "began"
    if "version" in look.named:
        # Who went on to another version on that day has not ended it with this one, but the filters see no other.
        which = "installs"
    rows = look.bitmaps(
        _DAYS.format(which=which, table="places" if chosen and chosen.equal else "versions"),
        keys=3,
        states=3,
        words={"chosen": chosen.of_places() if chosen else "0"},
        versions=versions,
        **(chosen.equal if chosen else {}),
    )
    of_days: dict[int, list[tuple[int, int, Bits, Bits, Bits]]] = defaultdict(list)
    for (day, version, build), (here, those, of_some) in zip(rows.keys, rows.bits, strict=True):
        of_days[day].append((version, build, here, those, of_some))
    found = {
        day: _day(those, rows.none(), last=last, places=bool(look.named)) for day, those in of_days.items()
    }
    return found, rows


def _day(rows: list[tuple[int, int, Bits, Bits, Bits]], none: Bits, *, last: bool, places: bool) -> Day:
    by_version: dict[int, Bits] = {}
    by_build: dict[int, Bits] = {}
    for version, build, _, those, _ in rows:
        by_version[version] = by_version.get(version, none) | those
        by_build[build] = by_build.get(build, none) | those
    unsettled = _twice(by_version.values(), none)
    if not places:
        unsettled = unsettled & _twice(by_build.values(), none)
    taken, found = unsettled, {}
    for version in sorted(by_version, reverse=last):
        found[version] = by_version[version] & ~taken
        taken = taken | by_version[version]
    here = joined((here for _, _, here, _, _ in rows), none)
    return Day(here, found, unsettled, joined((of_some for *_, of_some in rows), none))


def joined(several: Iterable[Bits], none: Bits) -> Bits:
    """Return the installs of any of these."""
    return reduce(np.bitwise_or, several, none)


def settle(day: Day, versions: Mapping[int, Numbers]) -> None:
    """Put installs of `unsettled`, by the places of their bits, under the versions that they turned out to have."""
    for version, at in versions.items():
        bits = day.versions.get(version, np.zeros_like(day.installs)).copy()
        np.bitwise_or.at(bits, at >> 3, (1 << (at & 7)).astype(np.uint8))
        day.versions[version] = bits


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
