"""Which of all compared attributes are causes, which follow from a stronger one, and which are noise?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from aboveboard.insights.causes.frames import Candidate, Frame, Pairs, frames
from aboveboard.insights.causes.observed import Flags
from aboveboard.insights.causes.units import Codes, Units
from aboveboard.insights.causes.weighed import Weighed, weighed
from aboveboard.insights.statistics import (
    Comparison,
    Numbers,
    Risk,
    benjamini_hochberg,
    chance,
    chance_and_strength,
    excess_of,
    relative_risk,
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


class _Tests(NamedTuple):
    """Candidates of one frame side by side: how they compare, and with what chance if they made no difference.

    `risk` is what is shown: of installs, or of days in use where the attribute changes with time.
    """

    pairs: Pairs | None
    candidates: Sequence[Candidate]
    installs: Comparison
    risk: Risk
    daily: Risk
    chance: Numbers
    strength: Numbers

    def some(self, chosen: Flags) -> "_Tests":
        """Return only the chosen candidates; pairs are named then."""
        pairs = None if self.pairs is None else self.pairs.some(chosen)
        places = np.flatnonzero(chosen).tolist()
        return _Tests(
            pairs,
            [self.candidates[place] for place in places] if pairs is None else pairs.candidates(),
            Comparison(*(side[places] for side in self.installs)),
            Risk(*(side[places] for side in self.risk)),
            Risk(*(side[places] for side in self.daily)),
            self.chance[places],
            self.strength[places],
        )


@dataclass(frozen=True)
class _Tested:
    """One candidate with its comparison; `apart` holds what a pair adds to its parts (chance, lower bound)."""

    candidate: Candidate
    finding: Finding
    apart: tuple[float, float] = (0.0, np.inf)


def findings(units: Units) -> Findings:
    """Compare every attribute and every pair, and say which make the difference.

    A candidate passes with at least 5 failing installs, 2 % of the failures, a lower bound over 1.2 and a false
    discovery rate of 5 % over everything that was tested. A pair must also add to both of its parts.
    """
    tests = [test for frame in frames(units) for test in _tests(units, frame)]
    if not tests:
        return Findings([], 0, units.failing, units.installs)
    chances = np.concatenate([test.chance for test in tests])
    places = np.cumsum([test.chance.size for test in tests])[:-1]
    kept = np.split(benjamini_hochberg(chances, FALSE_RATE), places)
    passed = [
        each
        for test, real in zip(tests, kept, strict=True)
        for each in _named(units, test.some(real & _passes(units, test)))
    ]
    chosen = _Choice(units, _with_real_pairs(passed))
    return Findings(chosen.made(), chances.size, units.failing, units.installs)


def _tests(units: Units, frame: Frame) -> Iterator[_Tests]:
    if not frame.own:
        return
    steady = frame.by is None or frame.by >= len(units.states.columns)
    yield _judged(frame.singles(), steady, [(mark,) for mark in frame.own], None)
    pairs = frame.pairs()
    if pairs is not None and pairs.one.size:
        yield _judged(pairs.compared(), steady, [], pairs)


def _judged(table: Comparison, steady: bool, candidates: Sequence[Candidate], pairs: Pairs | None) -> _Tests:
    daily = relative_risk(table)
    # The days of the first stratum are the installs.
    installs = Comparison(
        table.failing.sum(0), table.installs[0], table.failing_without.sum(0), table.without[0]
    )
    risk = relative_risk(Comparison(*(side[None, :] for side in installs))) if steady else daily
    return _Tests(pairs, candidates, installs, risk, daily, *chance_and_strength(table))


def _passes(units: Units, test: _Tests) -> Flags:
    failing = test.installs.failing
    enough = (failing >= _LEAST_FAILING) & (failing / max(units.failing, 1) >= _LEAST_SHARE)
    passes: Flags = enough & (np.minimum(test.risk.low, test.daily.low) > _LEAST_RISK)
    return passes


def _named(units: Units, test: _Tests) -> Iterator[_Tested]:
    apart = [(0.0, np.inf)] * len(test.candidates) if test.pairs is None else _adds(test.pairs)
    for place, candidate in enumerate(test.candidates):
        counts = [int(side[place]) for side in test.installs]
        finding = Finding(
            attributes=units.attributes(candidate),
            failing=counts[0],
            installs=counts[1],
            failing_without=counts[2],
            without=counts[3],
            relative_risk=float(test.risk.ratio[place]),
            low=float(test.risk.low[place]),
            high=float(test.risk.high[place]),
            share=counts[0] / max(units.failing, 1),
            daily_low=float(test.daily.low[place]),
            strength=float(test.strength[place]),
        )
        yield _Tested(candidate, finding, apart[place])


def _adds(pairs: Pairs) -> list[tuple[float, float]]:
    """For each pair: the chance that it adds nothing, and the lower bound of what it adds to its likelier part."""
    chances, lows = [], []
    for where, elsewhere in (pairs.added_by_other(), pairs.added_by_own()):
        there, beyond = relative_risk(where), relative_risk(elsewhere)
        _, more = excess_of(there, beyond)
        chances += [chance(where), more]
        lows.append(there.low)
    return list(zip(np.max(chances, axis=0).tolist(), np.min(lows, axis=0).tolist(), strict=True))


def _with_real_pairs(passed: Sequence[_Tested]) -> list[_Tested]:
    """Leave out pairs that add nothing to one of their parts, or no more than both parts add on their own."""
    pairs = [each for each in passed if len(each.candidate) == 2]
    kept = benjamini_hochberg(np.array([each.apart[0] for each in pairs]), FALSE_RATE)
    real = {id(each) for each, adds in zip(pairs, kept, strict=True) if adds and each.apart[1] > _LEAST_RISK}
    return [each for each in passed if len(each.candidate) == 1 or id(each) in real]


def _without_same(
    passed: Sequence[_Tested], rows: Mapping[Candidate, tuple[int | None, bytes]]
) -> list[_Tested]:
    """Put together what the very same installs have (a version of the app and of what comes with it)."""
    groups: dict[tuple[int | None, bytes], list[_Tested]] = {}
    for each in sorted(passed, key=lambda each: (len(each.candidate), each.candidate)):
        groups.setdefault(rows[each.candidate], []).append(each)
    return [
        replace(first, finding=replace(first.finding, same=[other.finding.attributes for other in others]))
        for first, *others in groups.values()
    ]


class _Choice:
    """Takes the strongest candidate, then the strongest of what it does not explain, and so on."""

    def __init__(self, units: Units, passed: Sequence[_Tested]) -> None:
        self._units = units
        candidates = [each.candidate for each in passed]
        self._rows: dict[int | None, Weighed] = {}
        for given in {units.property_of(candidate) for candidate in candidates} | {None}:
            self._rows[given] = weighed(units, given, candidates)
        same = {
            candidate: (given, self._rows[given].whole[candidate])
            for candidate in candidates
            for given in [units.property_of(candidate)]
        }
        self.passed = sorted(_without_same(passed, same), key=lambda each: -each.finding.strength)
        # A difference that is left is believed as if each candidate had been looked at on its own.
        self.limit = FALSE_RATE / max(len(self.passed), 1)

    def made(self) -> list[Finding]:
        """Return the causes, strongest first, then what they imply."""
        chosen: list[_Tested] = []
        waiting = self._not_by_system()
        while len(chosen) < _MOST_CAUSES:
            left = list(zip(self._lefts(waiting, chosen), waiting, strict=True))
            left = [(power, each) for power, each in left if power > 0]
            if not left:
                break
            _, best = max(left, key=lambda pair: pair[0])
            chosen.append(best)
            waiting.remove(best)
            # Of the best that was just now asked.
            chosen = [each for each in chosen if each is best or self._still(each, chosen)]
        chosen.sort(key=lambda each: -each.finding.strength)
        rest = [each for each in self.passed if each not in chosen]
        return [each.finding for each in chosen] + self._implied(rest, chosen)

    def _still(self, each: _Tested, chosen: Sequence[_Tested]) -> bool:
        others = [other for other in chosen if other is not each]
        return self._lefts([each], others)[0] > 0

    def _lefts(self, several: Sequence[_Tested], others: Sequence[_Tested]) -> list[float]:
        """Return the strength of each that is left where all others are equal, 0 where it may be chance."""
        if not others:
            return [each.finding.strength for each in several]
        by_rows: dict[int | None, list[int]] = {}
        for place, each in enumerate(several):
            by_rows.setdefault(self._seen(each, others), []).append(place)
        left = np.zeros(len(several))
        for seen, those in by_rows.items():
            rows = self._rows[seen]
            strata = np.zeros(rows.size, np.int64)
            for other in others:
                strata = strata * 2 + rows.has[other.candidate]
            left[those] = _judged_in(rows, [several[place].candidate for place in those], strata, self.limit)
        found: list[float] = left.tolist()
        return found

    def _not_by_system(self) -> list[_Tested]:
        """Return those of which something is left among installs of one app version and one system."""
        systems = [each for each in self.passed if set(each.finding.attributes) <= {"version", *_SYSTEM}]
        most = max((each.finding.strength for each in systems), default=-np.inf)
        asked: dict[tuple[int | None, bool, bool], list[_Tested]] = {}
        for each in self.passed:
            if each.finding.strength < most:
                names = set(each.finding.attributes)
                which = self._seen(each, ()), "version" not in names, not names & set(_SYSTEM)
                asked.setdefault(which, []).append(each)
        gone = [
            each
            for which, those in asked.items()
            for each, left in zip(those, self._within(those, *which).tolist(), strict=True)
            if left <= 0
        ]
        return [each for each in self.passed if not any(each is other for other in gone)]

    def _within(self, several: Sequence[_Tested], seen: int | None, version: bool, system: bool) -> Numbers:
        """Return what is left of each among installs of one app version, or of one system, or of both."""
        rows = self._rows[seen]
        strata = np.zeros(rows.size, np.int64)
        if version:
            strata = strata + rows.version
        if system:
            strata = strata * (int(rows.os.max(initial=0)) + 1) + rows.os
        return _judged_in(rows, [each.candidate for each in several], strata, FALSE_RATE)

    def _seen(self, each: _Tested, others: Sequence[_Tested]) -> int | None:
        """Return whose rows know all of a candidate, and of the others what was so on the same day."""
        return self._units.property_of([mark for one in (each, *others) for mark in one.candidate])

    def _implied(self, rest: Sequence[_Tested], chosen: Sequence[_Tested]) -> list[Finding]:
        """Say which cause explains most of each finding: the one that leaves least of it."""
        if not chosen:
            return [each.finding for each in rest]
        least = np.argmin([self._lefts(rest, [other]) for other in chosen], axis=0)
        return [
            replace(each.finding, implied_by=chosen[place].finding.attributes)
            for each, place in zip(rest, least.tolist(), strict=True)
        ]


def _judged_in(rows: Weighed, candidates: Sequence[Candidate], strata: Codes, limit: float) -> Numbers:
    """Return the strength of candidates within strata, 0 where it may be chance."""
    table = rows.table(candidates, strata)
    risk: Risk = relative_risk(table)
    by_chance, power = chance_and_strength(table)
    return np.where((by_chance <= limit) & (risk.low > 1), power, 0.0)
