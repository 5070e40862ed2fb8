"""Which events does each install send on each day of its use?"""

import json
import random
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aboveboard.simulation.population import Population
from aboveboard.simulation.world import ACTIONS, EXTENSIONS, PAGES, PROVIDERS, REASONS, Action

__all__ = ["DAY", "Event", "events"]

DAY = 86_400_000
"""One day in milliseconds."""

_MOST_RISK = 0.9
_CLEAN_ENDS = 0.93
_SPACING = 37_000

_COUNTED = {"listContainers": 1.0, "listImages": 1.8, "listPods": 0.2, "listVolumes": 0.6}
_GIVEN = {"playKube": ("build", "replace"), "podman.machine.start": ("autoStart",)}


class Event(NamedTuple):
    """One event as a client would send it; `time` is in milliseconds since 1970, `context` JSON."""

    kind: str
    name: str
    time: int
    install: str
    message: str
    properties: dict[str, Any]
    context: bytes


class _Install:
    """One install, with what it says at each start."""

    def __init__(self, population: Population, number: int, dice: random.Random) -> None:
        facts = {name: str(values[number]) for name, values in population.facts.items()}
        self.id = _uuid(dice)
        self.facts = facts
        self.objects = int(population.objects[number])
        self.contexts: dict[str, bytes] = {}

    def context(self, version: str) -> bytes:
        """Return the context under an app version, as JSON."""
        if version not in self.contexts:
            facts = self.facts
            system = {"name": facts["os"], "version": facts["os_version"], "arch": facts["arch"]}
            if facts["distribution"]:
                system["distribution"] = facts["distribution"]
            context = {
                "app": {"name": "podman-desktop", "version": version},
                "os": system,
                "locale": f"en-{facts['country']}",
                "location": {"country": facts["country"]},
                "library": {"name": "aboveboard-simulation", "version": "1"},
            }
            self.contexts[version] = json.dumps(context, separators=(",", ":")).encode()
        return self.contexts[version]


def events(population: Population, start: datetime) -> Iterator[list[Event]]:
    """Yield all events of each day from `start` on, a day at a time; the same for the same plan and start."""
    plan = population.plan
    dice = random.Random(f"{plan.seed} events")  # noqa: S311  (what is drawn here is no secret)
    rng = np.random.default_rng([plan.seed, 3])
    installs = [_Install(population, number, dice) for number in range(plan.installs)]
    first = int(start.timestamp() * 1000)
    for day in range(plan.days):
        yield _day(population, installs, day, first + day * DAY, dice, rng)


def _day(
    population: Population,
    installs: list[_Install],
    day: int,
    midnight: int,
    dice: random.Random,
    rng: np.random.Generator,
) -> list[Event]:
    tried = [_attempts(population, action, day, rng) for action in ACTIONS]
    found: list[Event] = []
    for number in np.flatnonzero(population.versions[:, day] >= 0):
        install = installs[number]
        context = install.context(population.releases[population.versions[number, day]])
        said = [
            *_started(install, dice),
            *_looked(install, dice),
            *(
                event
                for action, (attempts, failed) in zip(ACTIONS, tried, strict=True)
                for event in _acted(install, action, int(attempts[number]), int(failed[number]), dice)
            ),
        ]
        if dice.random() < _CLEAN_ENDS:
            said.append(("track", "shutdown", {}))
        time = midnight + int(dice.uniform(7, 17) * 3_600_000)
        for kind, name, properties in said:
            time += dice.randint(500, _SPACING)
            found.append(Event(kind, name, time, install.id, _uuid(dice), properties, context))
    return found


def _attempts(
    population: Population, action: Action, day: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How often each install tries an action on a day, and how often that fails."""
    often = rng.poisson(action.daily * (0.5 + population.eagerness))
    risk = action.failing * population.plan.rate * population.risk(action.name, day)
    return often, rng.binomial(often, np.minimum(risk, _MOST_RISK))


_Said = tuple[str, str, dict[str, Any]]


def _started(install: _Install, dice: random.Random) -> Iterator[_Said]:
    yield "track", "startup", {}
    for extension in EXTENSIONS:
        version = install.facts[f"extension:{extension.name}"]
        if version:
            said = {"extensionId": extension.name, "extensionVersion": version}
            yield "track", "activateExtension", said | {"duration": round(dice.lognormvariate(5, 0.7), 1)}
    for provider in PROVIDERS:
        version = install.facts[f"provider:{provider.name}"]
        if version:
            yield "track", "createProvider", {"name": provider.name, "status": "ready", "version": version}


def _looked(install: _Install, dice: random.Random) -> Iterator[_Said]:
    for name, times in _COUNTED.items():
        yield "track", name, {"total": int(install.objects * times)}
    for page in dice.choices(PAGES, weights=range(len(PAGES), 0, -1), k=dice.randint(1, 4)):
        yield "page", page, {"name": page}


def _acted(
    install: _Install, action: Action, attempts: int, failed: int, dice: random.Random
) -> Iterator[_Said]:
    for number in range(attempts):
        properties: dict[str, Any] = {"durationMs": round(dice.lognormvariate(0, 0.6) * action.typical_ms, 1)}
        for name in _GIVEN.get(action.name, ()):
            properties[name] = dice.random() < 0.3
        if number < failed:
            # Of all reasons an action has two: which, follows from its name.
            text, status, code = REASONS[(len(action.name) + (dice.random() < 0.2)) % len(REASONS)]
            error: dict[str, Any] = {"message": text}
            error |= {"statusCode": status} if status else {}
            error |= {"exitCode": code} if code else {}
            properties["error"] = error
        yield "track", action.name, properties


def _uuid(dice: random.Random) -> str:
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))
