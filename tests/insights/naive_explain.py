"""Explain a second time: plain loops over the stored events, as slow and as simple as can be."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, pairwise
from math import inf
from typing import Any, NamedTuple

from aboveboard.collector.event import Event
from aboveboard.insights.buckets import bucket_of
from aboveboard.insights.versions import order
from tests.insights import naive
from tests.insights.naive_statistics import Table, chance, excess, hochberg, risk, strength

STRATA = list(pairwise([0, 1, 2, 3, 5, 8, 13, 21, inf]))
CONTEXT = ("app_version", "os", "os_version", "distribution", "arch", "country")


class Column(NamedTuple):
    """One attribute, by its place among all, with what it is called and its values in order."""

    place: int
    name: str
    values: Sequence[str]


class Seen(NamedTuple):
    """One observation: values by the place of their column; `when` are the (state, day) of an attempt's property."""

    install: str
    days: float
    failed: bool
    values: dict[int, str]
    when: frozenset[Any] = frozenset()


Mark = tuple[int, int]
Candidate = tuple[Mark, ...]


class Tested(NamedTuple):
    """A candidate with all that is said of it."""

    candidate: Candidate
    row: dict[str, Any]
    chance: float
    strength: float
    daily_low: float
    apart: tuple[float, float] = (0.0, inf)


class Answer(NamedTuple):
    """The rows of Explain without sentences, how much was tested, and how many installs failed and tried."""

    rows: list[dict[str, Any]]
    tested: int
    failing: int
    installs: int


def explain(
    events: Sequence[Event], name: str, reason: str = "", every: Sequence[Event] | None = None
) -> Answer:
    """Answer for one action; `reason` is a fingerprint.

    Which properties have few values is asked of `every` event, whatever filters let through.
    """
    return World(events, name, reason, events if every is None else every).answer()


class World:
    """The states in which an action was tried, and what attempts gave, with their columns."""

    def __init__(self, events: Sequence[Event], name: str, reason: str, every: Sequence[Event]) -> None:
        self.events = [event for event in events if event.install]
        self.tried, self.every = (
            [
                event
                for event in some
                if event.install and event.event == name and event.outcome not in ("cancelled", "skipped")
            ]
            for some in (events, every)
        )
        self.bad: Callable[[Event], bool] = lambda event: (
            event.failed and (not reason or event.fingerprint == reason)
        )
        self.columns: list[Column] = []
        self.states = self._states()
        self.known = len(self.columns)
        self.given = {place: self._given(key, place) for key, place in self._properties()}
        self.failing = len({seen.install for seen in self.states.values() if seen.failed})

    def answer(self) -> Answer:
        tested = [each for frame in self._frames() for each in frame]
        limit = hochberg([each.chance for each in tested])
        passed = [each for each in tested if each.chance <= limit and passes(each)]
        made = Choice(self, same(self, real_pairs(passed))).made()[:25]
        installs = len({seen.install for seen in self.states.values()})
        return Answer(made, len(tested), self.failing, installs)

    # What is observed

    def _states(self) -> dict[Any, Seen]:
        by_state = naive.by(
            self.events, lambda event: (event.install, *(getattr(event, name) for name in CONTEXT))
        )
        having = {state for event in self.tried for state in [self.state_of(event)]}
        mine = {state: own for state, own in by_state.items() if state in having}
        facts = self._facts(list(mine))
        for place, name in enumerate(CONTEXT):
            key: Callable[[str], Any] = (
                (lambda text: (order(text), text)) if not place else (lambda text: text)
            )
            values = sorted({state[1 + place] for state in mine} - {""}, key=key)
            self._column("version" if not place else name, values)
        for name, values, _ in facts:
            self._column(name, values)
        found = {}
        for state in sorted(mine, key=lambda state: self._when(state, mine[state])):
            days, failed = at_risk(
                mine[state], [event for event in mine[state] if event in self.tried], self.bad
            )
            texts = [*state[1:], *(said[state] for *_, said in facts)]
            found[state] = Seen(state[0], days, failed, dict(enumerate(texts)))
        return found

    def state_of(self, event: Event) -> tuple[str, ...]:
        return (event.install, *(getattr(event, name) for name in CONTEXT))

    def _when(self, state: tuple[str, ...], own: Sequence[Event]) -> tuple[Any, ...]:
        days = [naive.day(event) for event in own]
        return state[0], max(days), min(days), order(state[1]), state[1:]

    def _column(self, name: str, values: Sequence[str]) -> int:
        self.columns.append(Column(len(self.columns), name, ["", *values]))
        return len(self.columns) - 1

    def _facts(self, states: Sequence[tuple[str, ...]]) -> list[tuple[str, list[str], dict[Any, str]]]:
        """What each state says of extensions, providers and counts: name, values in order, value by state."""
        said: dict[tuple[str, str], dict[tuple[str, ...], set[str]]] = defaultdict(lambda: defaultdict(set))
        for event, kind, name, value in naive.facts(self.events):
            text = bucket_of(float(value)) if kind == "count" else value
            said[kind, name][event.install, event.app_version].add(text)
            said[kind, name][event.install,].add(text)
        found = []
        for (kind, name), by in sorted(said.items()):
            key = bucket_order if kind == "count" else (lambda text: (text != "", order(text), text))
            of = {state: by.get(state[:2]) or by.get(state[:1]) or set() for state in states}
            value = {state: max(texts, key=key) if texts else "" for state, texts in of.items()}
            values = sorted(set().union(*by.values()) - {""}, key=key)
            if kind == "count":
                found.append((name, values, value))
            else:
                there = {state: "any" if texts else "" for state, texts in of.items()}
                found += [(f"{kind}:{name}", ["any"], there), (f"{kind}:{name}", values, value)]
        return found

    def _properties(self) -> list[tuple[str, int]]:
        said: dict[str, list[tuple[Event, Any]]] = defaultdict(list)
        for event in self.every:
            for key, value in naive.properties(event).items():
                if not is_result(key):
                    said[key].append((event, value))
        kept = []
        for key, told in said.items():
            numbers = [isinstance(value, int | float) and not isinstance(value, bool) for _, value in told]
            words = [
                isinstance(value, bool) or (isinstance(value, str) and 0 < len(value) <= 64)
                for _, value in told
            ]
            texts = {text_of(value) for _, value in told}
            if (all(numbers) or all(words)) and 1 < len(texts) <= 50:
                seen = {(text_of(value), self.state_of(event)) for event, value in told}
                kept.append((-len(seen), key, sorted(texts, key=bucket_order if all(numbers) else str)))
        return [(key, self._column(f"property:{key}", texts)) for _, key, texts in sorted(kept)[:8]]

    def _given(self, key: str, place: int) -> list[Seen]:
        by = naive.by(
            (event for event in self.tried if key in naive.properties(event)),
            lambda event: (self.state_of(event), text_of(naive.properties(event)[key])),
        )
        ranks = {state: rank for rank, state in enumerate(self.states)}
        found = []
        for (state, text), own in sorted(by.items(), key=lambda item: (ranks[item[0][0]], item[0][1])):
            days, failed = at_risk(own, own, self.bad)
            values = self.states[state].values | {place: text}
            when = frozenset((state, naive.day(event)) for event in own)
            found.append(Seen(state[0], days, failed, values, when))
        return found

    # What is compared

    def _frames(self) -> Iterable[list[Tested]]:
        seen = list(self.states.values())
        installs = len({each.install for each in seen})
        varying = [place for place in range(self.known) if self._changes(place) > 0.005 * installs]
        steady = [place for place in range(self.known) if place not in varying]
        yield self._frame(once(seen, None), steady, None, steady=True)
        for rank, place in enumerate(varying):
            yield self._frame(once(seen, place), [*steady, *varying[rank + 1 :]], place, steady=False)
        for place, given in self.given.items():
            yield self._frame(once(given, place), steady, place, steady=True)

    def _changes(self, place: int) -> int:
        """How many installs have several values of a column."""
        values = defaultdict(set)
        for each in self.states.values():
            values[each.install].add(each.values[place])
        return sum(len(those) > 1 for those in values.values())

    def _frame(self, seen: list[Seen], others: list[int], by: int | None, *, steady: bool) -> list[Tested]:
        other = [mark for place in others for mark in self._marks(seen, place)]
        own = other if by is None else self._marks(seen, by)
        found = [self._tested(seen, (mark,), steady) for mark in own]
        common = [mark for mark in {*own, *other} if self._having(seen, [mark]) >= 0.01 * len(seen)]
        pairs = list(combinations(own, 2)) if by is None else [(one, two) for one in own for two in other]
        for one, two in pairs:
            if not {one, two} <= set(common) or self.name(one) == self.name(two):
                continue
            if self._having(seen, [one, two]) >= 5:
                tested = self._tested(seen, tuple(sorted((one, two))), steady)
                found.append(tested._replace(apart=self._apart(seen, one, two)))
        return found

    def _marks(self, seen: list[Seen], place: int) -> list[Mark]:
        codes = range(1, len(self.columns[place].values))
        marks = [(place, code) for code in codes]
        return [mark for mark in marks if 5 <= self._having(seen, [mark]) <= len(seen) - 5]

    def _having(self, seen: list[Seen], marks: Sequence[Mark]) -> int:
        return sum(self.has(each, marks) for each in seen)

    def has(self, seen: Seen, marks: Sequence[Mark]) -> bool:
        """Whether an observation has all marks; another property is looked up among what the same days gave."""
        for place, code in marks:
            value = self.columns[place].values[code]
            if place in seen.values:
                if seen.values[place] != value:
                    return False
            elif not any(each.values[place] == value and each.when & seen.when for each in self.given[place]):
                return False
        return True

    def name(self, mark: Mark) -> str:
        return self.columns[mark[0]].name

    def attributes(self, candidate: Candidate) -> dict[str, str]:
        return {self.name((place, code)): self.columns[place].values[code] for place, code in candidate}

    def _tested(self, seen: list[Seen], candidate: Candidate, steady: bool) -> Tested:
        those = [each for each in seen if self.has(each, candidate)]
        rest = [each for each in seen if not self.has(each, candidate)]
        table = by_days(those, rest)
        failing, without = (sum(each.failed for each in part) for part in (those, rest))
        daily = risk(table)
        shown = risk([(failing, len(those), without, len(rest))]) if steady else daily
        row = {
            "attributes": self.attributes(candidate),
            "failing_installs": failing,
            "installs": len(those),
            "failing_without": without,
            "installs_without": len(rest),
            "relative_risk": shown[0],
            "low": shown[1],
            "high": shown[2],
            "share_of_failures": failing / max(self.failing, 1),
        }
        return Tested(candidate, row, chance(table), strength(table), daily[1])

    def _apart(self, seen: list[Seen], one: Mark, two: Mark) -> tuple[float, float]:
        chances, lows = [], []
        for first, second in ((one, two), (two, one)):
            tables = []
            for there in (True, False):
                part = [each for each in seen if self.has(each, [first]) == there]
                yes = [each for each in part if self.has(each, [second])]
                tables.append(by_days(yes, [each for each in part if not self.has(each, [second])]))
            chances += [chance(tables[0]), excess(risk(tables[0]), risk(tables[1]))]
            lows.append(risk(tables[0])[1])
        return max(chances), min(lows)


class Choice:
    """Takes the strongest candidate, then the strongest of what it does not explain, and so on."""

    def __init__(self, world: World, passed: list[Tested]) -> None:
        self.world = world
        self.passed = sorted(passed, key=lambda each: -each.strength)

    def made(self) -> list[dict[str, Any]]:
        chosen: list[Tested] = []
        waiting = [each for each in self.passed if not self._by_system(each)]
        while len(chosen) < 8:
            left = [(self._left(each, chosen), each) for each in waiting]
            left = [pair for pair in left if pair[0] > 0]
            if not left:
                break
            best = max(left, key=lambda pair: pair[0])[1]
            chosen.append(best)
            waiting.remove(best)
            chosen = [
                each
                for each in chosen
                if self._left(each, [other for other in chosen if other is not each]) > 0
            ]
        chosen.sort(key=lambda each: -each.strength)
        rest = [each for each in self.passed if not any(each is other for other in chosen)]
        return [each.row | {"implied_by": None} for each in chosen] + [
            each.row | {"implied_by": self._implied(each, chosen)} for each in rest
        ]

    def _implied(self, each: Tested, chosen: list[Tested]) -> dict[str, str] | None:
        if not chosen:
            return None
        found: dict[str, str] = min(chosen, key=lambda other: self._left(each, [other])).row["attributes"]
        return found

    def _left(self, each: Tested, others: list[Tested]) -> float:
        if not others:
            return each.strength
        seen = self._rows([each, *others])
        kinds = [[self.world.has(one, other.candidate) for other in others] for one in seen]
        return self._judged(each, seen, kinds, 0.05 / max(len(self.passed), 1))

    def _by_system(self, each: Tested) -> bool:
        system = {"os", "os_version", "distribution"}
        names = set(each.row["attributes"])
        if not any(
            other is not each
            and other.strength > each.strength
            and set(other.row["attributes"]) <= {"version", *system}
            for other in self.passed
        ):
            return False
        seen = self._rows([each])
        kinds = [
            ["" if "version" in names else one.values[0], "" if names & system else one.values[1]]
            for one in seen
        ]
        return self._judged(each, seen, kinds, 0.05) <= 0

    def _rows(self, several: list[Tested]) -> list[Seen]:
        places = [place for one in several for place, _ in one.candidate if place >= self.world.known]
        return self.world.given[places[0]] if places else list(self.world.states.values())

    def _judged(self, each: Tested, seen: list[Seen], kinds: list[Any], limit: float) -> float:
        table: Table = []
        for kind in sorted({tuple(kind) for kind in kinds}):
            part = [one for one, own in zip(seen, kinds, strict=True) if tuple(own) == kind]
            those = [one for one in part if self.world.has(one, each.candidate)]
            table += by_days(those, [one for one in part if not self.world.has(one, each.candidate)])
        return strength(table) if chance(table) <= limit and risk(table)[1] > 1 else 0.0


def same(world: World, passed: list[Tested]) -> list[Tested]:
    """Put together what the very same observations have."""
    found: dict[Any, list[Tested]] = defaultdict(list)
    for each in sorted(passed, key=lambda each: (len(each.candidate), each.candidate)):
        places = [place for place, _ in each.candidate if place >= world.known]
        seen = world.given[places[0]] if places else list(world.states.values())
        found[places[0] if places else None, tuple(world.has(one, each.candidate) for one in seen)].append(
            each
        )
    return [
        first._replace(row=first.row | {"same_installs": [other.row["attributes"] for other in others]})
        for first, *others in found.values()
    ]


def real_pairs(passed: list[Tested]) -> list[Tested]:
    """Leave out pairs that add nothing to one of their parts, or no more than both do."""
    limit = hochberg([each.apart[0] for each in passed if len(each.candidate) == 2])
    return [
        each
        for each in passed
        if len(each.candidate) == 1 or (each.apart[0] <= limit and each.apart[1] > 1.2)
    ]


def passes(each: Tested) -> bool:
    enough = each.row["failing_installs"] >= 5 and each.row["share_of_failures"] >= 0.02
    return enough and min(each.row["low"], each.daily_low) > 1.2


def once(seen: Sequence[Seen], place: int | None) -> list[Seen]:
    """Each install once, or once for each value of a column: the last row stands for all."""
    found = []
    for own in naive.by(seen, lambda each: (each.install, place is not None and each.values[place])).values():
        days = 0.0
        for each in own:
            days += each.days
            if each.failed:
                break
        found.append(own[-1]._replace(days=days, failed=any(each.failed for each in own)))
    return found


def at_risk(own: Iterable[Event], tried: Iterable[Event], bad: Callable[[Event], bool]) -> tuple[int, bool]:
    """On how many days something was so until the first failure, and whether there was one."""
    days = {naive.day(event) for event in own}
    failing = [naive.day(event) for event in tried if bad(event)]
    return len([each for each in days if not failing or each <= min(failing)]), bool(failing)


def by_days(those: list[Seen], rest: list[Seen]) -> Table:
    table = []
    for first, last in STRATA:
        sides = []
        for part in (those, rest):
            sides.append(sum(each.failed and first < each.days <= last for each in part))
            sides.append(sum(min(max(each.days - first, 0), last - first) for each in part))
        table.append((sides[0], sides[1], sides[2], sides[3]))
    return table


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else bucket_of(float(value))


def bucket_order(text: str) -> float:
    return float(text.removeprefix("over ").split("–")[0])


def is_result(key: str) -> bool:
    return key in ("error", "success", "outcome", "durationMs", "aggregated", "duration") or key.startswith(
        "common."
    )
