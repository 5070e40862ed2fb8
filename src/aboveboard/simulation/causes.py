"""Which causes of failure can be planted, so that an answer can be compared with the truth?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from aboveboard.simulation.population import Population

__all__ = ["Cause", "plant"]

_LEAST, _MOST = 0.01, 0.30
_TRIES = 400


@dataclass(frozen=True)
class Cause:
    """Installs with these attributes fail `risk` times as often at each attempt of an action.

    `share` is that of the installs that have them on some day.
    """

    event: str
    attributes: Mapping[str, str]
    risk: float
    share: float

    def __str__(self) -> str:
        named = ", ".join(f"{name} = {value}" for name, value in self.attributes.items())
        return f"{self.event} fails {self.risk:.1f} × as often where {named} ({self.share:.0%} of installs)"


def plant(
    population: "Population",
    event: str,
    count: int,
    rng: np.random.Generator,
    *,
    risks: tuple[float, float] = (2, 10),
) -> list[Cause]:
    """Draw causes, single attributes and pairs, that 1 to 30 % of the installs of a population have.

    Causes of one population share no attribute, so that each is one.
    """
    causes: list[Cause] = []
    taken: set[str] = set()
    for _ in range(_TRIES):
        if len(causes) == count:
            break
        attributes = _attributes(population, int(rng.integers(1, 3)), rng)
        share = float(_matching(population, attributes).mean())
        if taken & {name.partition("_")[0] for name in attributes} or not _LEAST <= share <= _MOST:
            continue
        if _idle(population, attributes):
            continue
        taken |= {name.partition("_")[0] for name in attributes}
        causes.append(Cause(event, attributes, float(rng.uniform(*risks)), share))
    return causes


def _attributes(population: "Population", count: int, rng: np.random.Generator) -> dict[str, str]:
    attributes = {}
    known = [name for name, values in population.facts.items() if (values != "").any()]
    for name in rng.choice([*known, "version"], count, replace=False):
        if name == "version":
            attributes["version"] = str(rng.choice(np.array(population.releases)))
            continue
        values = np.unique(population.facts[name])
        values = values[values != ""]
        attributes[str(name)] = str(rng.choice(values))
    return attributes


def _matching(
    population: "Population", attributes: Mapping[str, str]
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    fits = np.ones(population.plan.installs, bool)
    for name, value in attributes.items():
        if name == "version":
            fits &= (population.versions == list(population.releases).index(value)).any(axis=1)
        else:
            fits &= population.facts[name] == value
    return fits


def _idle(population: "Population", attributes: Mapping[str, str]) -> bool:
    """Whether a part of a pair says nothing: nearly all installs with the one have the other too."""
    if len(attributes) == 1:
        return False
    both = _matching(population, attributes).sum()
    parts = [_matching(population, {name: value}).sum() for name, value in attributes.items()]
    return bool(both > 0.7 * min(parts))
