"""When was each install seen first, and with which version of the app? Whatever filters let through."""

from dataclasses import replace
from datetime import time
from typing import NamedTuple

import numpy as np

from aboveboard.insights.bits import Bitmaps, Bits
from aboveboard.insights.daily import Day, days_in_use, settle
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look, Numbers

__all__ = ["Begun", "Firsts", "begun", "firsts"]

_VERSIONS = """
SELECT arraySort(groupUniqArray(app_version)) AS versions
FROM {versions} AS events
WHERE {of_installs}
"""

# One number holds the moment and the version, so that the smallest is found at once: of versions at the same moment
# the smaller text counts, as `versions` are sorted.
_FIRSTS = """
SELECT
    toInt64(number) AS install,
    min(
        toUnixTimestamp64Milli(first_time) * 65536
        + toInt64(indexOf({{{{versions:Array(String)}}}}, app_version))
    ) AS both
FROM {{stays}} AS events
WHERE {{of_installs}}
    AND number > 0{of_these}
GROUP BY number
ORDER BY install
"""

_THESE = "\n    AND number IN {{some:Array(UInt64)}}"

_DAY = 86_400_000


class Firsts(NamedTuple):
    """By install (in the order of their numbers): day since 1970, milliseconds, place in `versions` (from 1)."""

    number: Numbers
    day: Numbers
    moment: Numbers
    version: Numbers
    versions: list[str]


class Begun(NamedTuple):
    """Every day up to the end of what is looked at, and for whom it was the first of all, by place in `versions`."""

    days: dict[int, Day]
    new: dict[int, dict[int, Bits]]
    rows: Bitmaps
    versions: list[str]


def begun(look: Look, filters: Filters) -> Begun:
    """Return the first days of all installs of the sources, as bits."""
    everyone = look.under(replace(filters, equal={}), ever=True)
    days, versions, _, rows = days_in_use(everyone, chosen=filters)
    seen = unsettled = rows.none()
    for day in days.values():
        unsettled = unsettled | (day.unsettled & ~seen)
        seen = seen | day.installs
    if unsettled.any():
        _settle(everyone, days, rows, unsettled, versions)
    seen = rows.none()
    new = {}
    for number, day in days.items():
        new[number] = {version: bits & ~seen for version, bits in day.versions.items()}
        seen = seen | day.installs
    return Begun(days, new, rows, versions)


def _settle(look: Look, days: dict[int, Day], rows: Bitmaps, unsettled: Bits, versions: list[str]) -> None:
    """Ask the rows of those few installs whose first day was counted in two parts that differ."""
    number, both = look.some(_FIRSTS.format(of_these=_THESE), rows.named(unsettled), versions=versions)[:2]
    at = np.searchsorted(rows.numbers, number)
    of_day, version = (both >> 16) // _DAY, (both & 65535) - 1
    for day in np.unique(of_day).tolist():
        here = of_day == day
        settle(days[day], {each: at[here & (version == each)] for each in np.unique(version[here]).tolist()})


def firsts(look: Look, filters: Filters) -> Firsts:
    """Return the first event of all installs of the sources, up to the end of what is looked at.

    Where that begins at midnight the moments are those of their days, which is all that is asked of them then.
    """
    if filters.since.time() != time():
        everyone = look.under(replace(filters, equal={}), ever=True)
        (row,) = everyone.rows(_VERSIONS)
        number, both = everyone.columns(_FIRSTS.format(of_these=""), versions=row["versions"])[:2]
        moment = both >> 16
        return Firsts(number, moment // _DAY, moment, both & 65535, row["versions"])
    found = begun(look, filters)
    size = found.rows.numbers.size
    of_day, version = np.full(size, -1), np.zeros(size, np.int64)
    for day, new in found.new.items():
        for place, bits in new.items():
            at = np.flatnonzero(np.unpackbits(bits, bitorder="little")[:size])
            of_day[at], version[at] = day, place + 1
    at = np.flatnonzero(of_day >= 0)
    return Firsts(found.rows.numbers[at], of_day[at], of_day[at] * _DAY, version[at], found.versions)
