"""Which of all compared attributes are causes, which follow from a stronger one, and which are noise?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from aboveboard.insights.causes.frames import Candidate, Codes, Flags, Frame, at_risk, frames, mask
from aboveboard.insights.causes.units import Rows, Units
from aboveboard.insights.statistics import (
    Comparison,
    Risk,
    benjamini_hochberg,
    chance,
    excess_of,
    relative_risk,
    strength,
)

__all__ = ["FALSE_RATE", "Finding", "Findings", "findings"]

FALSE_RATE = 0.05
"""The share of findings that may be false, over all that was tested (Benjamini and Hochberg)."""

_LEAST_FAILING = 5
_LEAST_SHARE = 0.02
_LEAST_RISK = 1.2
_MOST_CAUSES = 8
_SYSTEM = ("os", "os_version", "distribution")


@dataclass(frozen=True)
class Finding:
    """One attribute, or a pair, with which installs fail more often.

    Counts are installs; `relative_risk` is the ratio of their shares that fail, with its 95 % interval; where the
    attribute changes with time (the app's version) it is the risk of a day in use, since counts of installs would
    compare those that had a version for a day with those that had it for weeks. `share` is that of all failing
    installs; `implied_by` are the attributes of the stronger finding without which nothing would be left of this.
    """

    attributes: Mapping[str, str]
    failing: int
    installs: int
    failing_without: int
    without: int
    relative_risk: float
    low: float
    high: float
    share: float
    daily_low: float
    strength: float
    implied_by: Mapping[str, str] | None = None
    same: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True)
class Findings:
    """Causes first, strongest first, then what they imply; how much was tested; how many installs fail."""

    found: Sequence[Finding]
    tested: int
    failing: int
    installs: int

    @property
    def causes(self) -> list[Finding]:
        """What is implied by nothing else."""
        return [finding for finding in self.found if finding.implied_by is None]


@dataclass(frozen=True)
class _Tested:
    """One candidate with its comparison; `apart` holds what a pair adds to its parts (chance, lower bound)."""

    candidate: Candidate
    finding: Finding
    chance: float
    apart: tuple[float, float] = (0.0, np.inf)


def findings(units: Units) -> Findings:
    """Compare every attribute and every pair, and say which make the difference.

    A candidate passes with at least 5 failing installs, 2 % of the failures, a lower bound over 1.2 and a false
    discovery rate of 5 % over everything that was tested. A pair must also add to both of its parts.
    """
    failing, installs = units.failing, units.installs
    tested = [each for frame in frames(units.states, units.given) for each in _tested(units, frame, failing)]
    kept = benjamini_hochberg(np.array([each.chance for each in tested]), FALSE_RATE)
    passed = [each for each, real in zip(tested, kept, strict=True) if real and _passes(each.finding)]
    chosen = _Choice(units, _without_same(units, _with_real_pairs(passed)))
    return Findings(chosen.made(), len(tested), failing, installs)


def _passes(finding: Finding) -> bool:
    enough = finding.failing >= _LEAST_FAILING and finding.share >= _LEAST_SHARE
    return enough and min(finding.low, finding.daily_low) > _LEAST_RISK


def _with_real_pairs(passed: Sequence[_Tested]) -> list[_Tested]:
    """Leave out pairs that add nothing to one of their parts, or no more than both parts add on their own."""
    pairs = [each for each in passed if len(each.candidate) == 2]
    kept = benjamini_hochberg(np.array([each.apart[0] for each in pairs]), FALSE_RATE)
    real = {id(each) for each, adds in zip(pairs, kept, strict=True) if adds and each.apart[1] > _LEAST_RISK}
    return [each for each in passed if len(each.candidate) == 1 or id(each) in real]


def _tested(units: Units, frame: Frame, failing: int) -> Iterable[_Tested]:
    if not frame.own:
        return
    rows = _rows_of(units, (*frame.own[:1], *frame.other[:1]))
    tables = frame.tables()
    candidates: list[Candidate] = [(mark,) for mark in frame.own]
    steady = frame.by is None or frame.by >= len(units.states.columns)
    yield from _judged(rows, candidates, tables.singles(), failing, steady)
    one, two = frame.pairs()
    if one.size:
        both: list[Candidate] = [
            tuple(sorted((frame.own[i], frame.other[j]))) for i, j in zip(one, two, strict=True)
        ]
        judged = _judged(rows, both, tables.pairs(one, two), failing, steady)
        adds = _adds(frame, one, two)
        yield from (replace(each, apart=added) for each, added in zip(judged, adds, strict=True))


def _adds(frame: Frame, one: Codes, two: Codes) -> list[tuple[float, float]]:
    """For each pair: the chance that it adds nothing, and the lower bound of what it adds to its likelier part."""
    tables = frame.tables()
    chances, lows = [], []
    for where, elsewhere in (tables.added_by_other(one, two), tables.added_by_own(one, two)):
        there, beyond = relative_risk(where), relative_risk(elsewhere)
        _, more = excess_of(there, beyond)
        chances += [chance(where), more]
        lows.append(there.low)
    return list(zip(np.max(chances, axis=0).tolist(), np.min(lows, axis=0).tolist(), strict=True))


def _judged(
    rows: Rows, candidates: Sequence[Candidate], table: Comparison, failing: int, steady: bool
) -> Iterable[_Tested]:
    daily, chances, deviations = relative_risk(table), chance(table), strength(table)
    # The days of the first stratum are the installs.
    installs = Comparison(
        table.failing.sum(0), table.installs[0], table.failing_without.sum(0), table.without[0]
    )
    risk = relative_risk(Comparison(*(side[None, :] for side in installs))) if steady else daily
    for place, candidate in enumerate(candidates):
        counts = [int(side[place]) for side in installs]
        finding = Finding(
            attributes=_attributes(rows, candidate),
            failing=counts[0],
            installs=counts[1],
            failing_without=counts[2],
            without=counts[3],
            relative_risk=float(risk.ratio[place]),
            low=float(risk.low[place]),
            high=float(risk.high[place]),
            share=counts[0] / max(failing, 1),
            daily_low=float(daily.low[place]),
            strength=float(deviations[place]),
        )
        yield _Tested(candidate, finding, float(chances[place]))


def _attributes(rows: Rows, candidate: Candidate) -> dict[str, str]:
    return {rows.columns[mark.column].name: rows.columns[mark.column].values[mark.code] for mark in candidate}


def _rows_of(units: Units, candidate: Candidate) -> Rows:
    """Return the rows that know all columns of a candidate."""
    known = len(units.states.columns)
    if units.given is not None and any(mark.column >= known for mark in candidate):
        return units.given
    return units.states


def _without_same(units: Units, passed: Sequence[_Tested]) -> list[_Tested]:
    """Put together what the very same installs have (a version of the app and of what comes with it)."""
    groups: dict[tuple[int, bytes], list[_Tested]] = {}
    for each in sorted(passed, key=lambda each: (len(each.candidate), each.candidate)):
        rows = _rows_of(units, each.candidate)
        groups.setdefault((id(rows), mask(rows, each.candidate).tobytes()), []).append(each)
    return [
        replace(first, finding=replace(first.finding, same=[other.finding.attributes for other in others]))
        for first, *others in groups.values()
    ]


class _Choice:
    """Takes the strongest candidate, then the strongest of what it does not explain, and so on."""

    def __init__(self, units: Units, passed: Sequence[_Tested]) -> None:
        self.units = units
        self.passed = sorted(passed, key=lambda each: -each.finding.strength)
        # A difference that is left is believed as if each candidate had been looked at on its own.
        self.limit = FALSE_RATE / max(len(self.passed), 1)

    def made(self) -> list[Finding]:
        """Return the causes, strongest first, then what they imply."""
        chosen: list[_Tested] = []
        waiting = [each for each in self.passed if not self._by_system(each)]
        while len(chosen) < _MOST_CAUSES:
            left = [(self._left(each, chosen), each) for each in waiting]
            left = [(power, each) for power, each in left if power > 0]
            if not left:
                break
            _, best = max(left, key=lambda pair: pair[0])
            chosen.append(best)
            waiting.remove(best)
            chosen = [each for each in chosen if self._still(each, chosen)]
        chosen.sort(key=lambda each: -each.finding.strength)
        rest = [each for each in self.passed if each not in chosen]
        return [each.finding for each in chosen] + [self._implied(each, chosen) for each in rest]

    def _still(self, each: _Tested, chosen: Sequence[_Tested]) -> bool:
        others = [other for other in chosen if other is not each]
        return not others or self._left(each, others) > 0

    def _left(self, each: _Tested, others: Sequence[_Tested]) -> float:
        """Return the strength that is left where all others are equal, 0 where it may be chance."""
        if not others:
            return each.finding.strength
        rows, has = self._seen(each, others)
        strata = np.zeros(rows.install.size, np.int64)
        for other in others:
            strata = strata * 2 + mask(rows, other.candidate)
        return self._judge(rows, has, strata)

    def _by_system(self, each: _Tested) -> bool:
        """Whether nothing is left of a finding among installs of one app version and one system."""
        names = set(each.finding.attributes)
        stronger = [
            other
            for other in self.passed
            if other is not each
            and other.finding.strength > each.finding.strength
            and set(other.finding.attributes) <= {"version", *_SYSTEM}
        ]
        if not stronger:
            return False
        rows, has = self._seen(each, ())
        strata = np.zeros(rows.install.size, np.int64)
        for place, column in enumerate(rows.columns):
            own = column.name in names or (column.name == "os" and names & set(_SYSTEM))
            if column.name in ("version", "os") and not own:
                strata = strata * len(column.values) + rows.columns[place].codes
        return self._judge(rows, has, strata, limit=FALSE_RATE) <= 0

    def _seen(self, each: _Tested, others: Sequence[_Tested]) -> tuple[Rows, Flags]:
        marks = [mark for one in (each, *others) for mark in one.candidate]
        rows = _rows_of(self.units, tuple(marks))
        return rows, mask(rows, each.candidate)

    def _judge(self, rows: Rows, has: Flags, strata: Codes, limit: float | None = None) -> float:
        table = _table(rows, has, strata)
        risk: Risk = relative_risk(table)
        real = chance(table)[0] <= (self.limit if limit is None else limit) and risk.low[0] > 1
        return float(strength(table)[0]) if real else 0.0

    def _implied(self, each: _Tested, chosen: Sequence[_Tested]) -> Finding:
        """Say which cause explains most of a finding: the one that leaves least of it."""
        others = [other for other in chosen if other.candidate != each.candidate]
        if not others:
            return each.finding
        left = [self._left(each, [other]) for other in others]
        return replace(each.finding, implied_by=others[int(np.argmin(left))].finding.attributes)


def _table(rows: Rows, has: Flags, strata: Codes) -> Comparison:
    """Count one comparison in strata of its own, each again by days (strata × 1)."""
    _, group = np.unique(strata, return_inverse=True)
    most = int(group.max(initial=0)) + 1
    parts = []
    for failing, days in at_risk(rows.failed, rows.days):
        sides = [(failing, has), (days, has), (failing, ~has), (days, ~has)]
        parts.append(
            [np.bincount(group[side], weights=weights[side], minlength=most) for weights, side in sides]
        )
    return Comparison(*(np.concatenate(side)[:, None] for side in zip(*parts, strict=True)))
