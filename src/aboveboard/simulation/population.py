"""Who are the installs, on which days are they in use, with which version, and what do they try?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aboveboard.simulation.causes import Cause
from aboveboard.simulation.world import COUNTRIES, EXTENSIONS, PROVIDERS, SYSTEMS, Choice

__all__ = ["Plan", "Population", "populate"]

_WEEK = np.array([1.0, 1.05, 1.05, 1.0, 0.9, 0.35, 0.3])
"""How much an app is used from Monday to Sunday."""

_MOST_IN_USE = 0.9
_STRAGGLING = 0.12


@dataclass(frozen=True)
class Plan:
    """How large a population is, how long it is watched, and what makes its actions fail.

    `weekday` is that of the first day (0: Monday); `rate` multiplies how often all actions fail.
    """

    installs: int
    days: int
    seed: int
    causes: Sequence[Cause] = ()
    weekday: int = 0
    rate: float = 1.0


@dataclass(frozen=True)
class Population:
    """Installs by their number; `facts` are attributes that stay, in the words of an answer's `attributes`.

    `versions` holds the app version (a place in `releases`) of each install on each day, −1 on days without use.
    """

    plan: Plan
    facts: Mapping[str, NDArray[np.str_]]
    releases: Sequence[str]
    versions: NDArray[np.int64]
    eagerness: NDArray[np.float64]
    objects: NDArray[np.int64]

    def risk(self, event: str, day: int) -> NDArray[np.float64]:
        """Return by how much each install's risk is multiplied on a day."""
        risk = np.ones(self.plan.installs)
        for cause in self.plan.causes:
            if cause.event == event:
                risk *= np.where(self.matching(cause, day), cause.risk, 1.0)
        return risk

    def matching(self, cause: Cause, day: int) -> NDArray[np.bool_]:
        """Return which installs have all attributes of a cause on a day."""
        fits = np.ones(self.plan.installs, bool)
        for name, value in cause.attributes.items():
            if name == "version":
                fits &= self.versions[:, day] == list(self.releases).index(value)
            else:
                fits &= has(self.facts, name, value)
        return fits


def has(facts: Mapping[str, NDArray[np.str_]], name: str, value: str) -> NDArray[np.bool_]:
    """Return which installs have an attribute; the value `any` stands for every version of a thing."""
    wanted = np.array(value)
    column = facts[name]
    found: NDArray[np.bool_] = column != "" if value == "any" else column == wanted
    return found


def populate(plan: Plan) -> Population:
    """Draw a population; the same plan gives the same one."""
    rng = np.random.default_rng([plan.seed, 1])
    facts = dict(_systems(rng, plan.installs))
    facts["country"] = _drawn(rng, COUNTRIES, 1 / np.arange(1, len(COUNTRIES) + 1), plan.installs)
    # Who uses the app more has more of everything; who does not update has old versions of everything.
    eagerness = np.clip(rng.gamma(2.0, 0.16, plan.installs), 0.03, _MOST_IN_USE)
    straggling = rng.random(plan.installs) < _STRAGGLING
    for kind, choices in (("extension", EXTENSIONS), ("provider", PROVIDERS)):
        for choice in choices:
            facts[f"{kind}:{choice.name}"] = _thing(rng, choice, eagerness, straggling, facts["os"])
    releases, versions = _versions(rng, plan, straggling)
    versions = np.where(_in_use(rng, plan, eagerness), versions, -1)
    objects = rng.geometric(0.08, plan.installs)
    return Population(plan, facts, releases, versions, eagerness, objects)


def _drawn(
    rng: np.random.Generator, values: Sequence[str], shares: NDArray[Any], size: int
) -> NDArray[np.str_]:
    return rng.choice(np.array(values), size, p=shares / shares.sum())


def _systems(rng: np.random.Generator, size: int) -> Iterator[tuple[str, NDArray[np.str_]]]:
    shares = np.array([system.share for system in SYSTEMS])
    chosen = rng.choice(len(SYSTEMS), size, p=shares / shares.sum())
    columns = {name: np.full(size, "", dtype="<U24") for name in ("os", "os_version", "distribution", "arch")}
    for place, system in enumerate(SYSTEMS):
        here = chosen == place
        count = int(here.sum())
        columns["os"][here] = system.name
        columns["os_version"][here] = _drawn(rng, system.versions, rng.random(3) + 0.3, count)
        columns["distribution"][here] = rng.choice(np.array(system.distributions), count)
        columns["arch"][here] = np.where(rng.random(count) < system.arm64, "arm64", "x64")
    yield from columns.items()


def _thing(
    rng: np.random.Generator,
    choice: Choice,
    eagerness: NDArray[np.float64],
    straggling: NDArray[np.bool_],
    system: NDArray[np.str_],
) -> NDArray[np.str_]:
    """Who has an extension or provider, in which version: both differ from system to system."""
    versions = np.full(eagerness.size, "", dtype="<U24")
    for name in np.unique(system):
        here = np.flatnonzero(system == name)
        share = np.clip(choice.share * rng.uniform(0.4, 1.4) * (0.7 + eagerness[here]), 0, 0.97)
        there = here[rng.random(here.size) < share]
        weights = np.arange(1, len(choice.versions) + 1) ** rng.uniform(0.5, 2.0)
        versions[there] = _drawn(rng, choice.versions, weights, there.size)
    old = straggling & (versions != "") & (rng.random(versions.size) < 0.7)
    return np.where(old, choice.versions[0], versions)


def _versions(
    rng: np.random.Generator, plan: Plan, straggling: NDArray[np.bool_]
) -> tuple[list[str], NDArray[np.int64]]:
    """Releases every two or three weeks; an install takes each some days after it came out, stragglers none."""
    gaps = rng.integers(14, 22, size=plan.days // 14 + 4)
    out = np.cumsum(gaps) - int(gaps[:3].sum()) + int(rng.integers(0, 14))
    out = out[out < plan.days]
    releases = [f"1.{26 + number}.{rng.integers(0, 3)}" for number in range(out.size)]
    lag = rng.exponential(6.0, plan.installs)
    stuck = rng.integers(0, max(out.size, 1), plan.installs)
    days = np.arange(plan.days)
    came = (days[None, :, None] - lag[:, None, None]) >= out[None, None, :]
    newest = np.maximum(came.sum(axis=2) - 1, 0)
    return releases, np.where(straggling[:, None], np.minimum(newest, stuck[:, None]), newest)


def _in_use(rng: np.random.Generator, plan: Plan, eagerness: NDArray[np.float64]) -> NDArray[np.bool_]:
    """On which days each install is in use: newcomers come evenly, some leave, and weekends are quiet."""
    came = np.where(rng.random(plan.installs) < 0.6, 0, rng.integers(0, plan.days, plan.installs))
    left = np.where(rng.random(plan.installs) < 0.8, plan.days, came + rng.geometric(0.1, plan.installs))
    days = np.arange(plan.days)
    there = (days[None, :] >= came[:, None]) & (days[None, :] < left[:, None])
    rhythm = _WEEK[(days + plan.weekday) % 7]
    used = rng.random((plan.installs, plan.days)) < eagerness[:, None] * rhythm[None, :]
    used[np.arange(plan.installs), came] = True
    found: NDArray[np.bool_] = there & used
    return found
