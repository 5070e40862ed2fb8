"""What would the store say of one action in a population, without storing its events?

The shortcut for questions of statistics, which need hundreds of populations: attempts are drawn day by day for all
installs at once, and become the same rows that `insights.causes.read_units` reads from the store.
"""

import numpy as np

from aboveboard.insights.causes import Column, Rows, Units
from aboveboard.simulation.population import Population
from aboveboard.simulation.world import ACTIONS

__all__ = ["units"]

_MOST_RISK = 0.9


def units(population: Population, event: str) -> Units:
    """Draw all attempts of an action and return who failed, by install and app version."""
    plan = population.plan
    rng = np.random.default_rng([plan.seed, 2])
    action = next(each for each in ACTIONS if each.name == event)
    shape = plan.installs, len(population.releases)
    tried, failed, days = (np.zeros(shape) for _ in range(3))
    everyone = np.arange(plan.installs)
    for day in range(plan.days):
        version = population.versions[:, day]
        used = version >= 0
        attempts = rng.poisson(action.daily * (0.5 + population.eagerness))
        risk = np.minimum(action.failing * plan.rate * population.risk(event, day), _MOST_RISK)
        bad = rng.binomial(attempts, risk)
        place = everyone[used], version[used]
        tried[place] += attempts[used]
        days[place] += failed[place] == 0
        failed[place] += bad[used]
    install, version = np.nonzero(tried > 0)
    columns = [Column("version", ["", *population.releases], version + 1)]
    for name, values in population.facts.items():
        texts, codes = np.unique(np.append(values, ""), return_inverse=True)
        codes = codes[:-1][install]
        if ":" in name:
            columns.append(Column(name, ["", "any"], (codes > 0).astype(np.int64)))
        columns.append(Column(name, [str(text) for text in texts], codes))
    return Units(Rows(install, failed[install, version] > 0, days[install, version], columns))
