"""How much more often does something fail in one group than in another, and could that be chance?

A comparison is a table of four counts in each stratum: failing and all installs with an attribute, failing and all
without it. Arrays hold strata on their first axis and comparisons on the others.
"""

from math import sqrt
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Z95",
    "Comparison",
    "Risk",
    "benjamini_hochberg",
    "chance",
    "chance_and_strength",
    "excess_of",
    "load",
    "relative_risk",
    "wilson",
]

Numbers: TypeAlias = NDArray[np.float64]

Z95 = 1.959963984540054
"""How many standard errors a 95 % interval reaches to each side."""


class Comparison(NamedTuple):
    """Counts by stratum: `failing` of `installs` with the attribute, `failing_without` of `without`."""

    failing: Numbers
    installs: Numbers
    failing_without: Numbers
    without: Numbers


class Risk(NamedTuple):
    """Relative risks with their 95 % intervals and the standard error of their logarithm."""

    ratio: Numbers
    low: Numbers
    high: Numbers
    error: Numbers


def relative_risk(table: Comparison) -> Risk:
    """Return the relative risk of Mantel and Haenszel over the strata; with one stratum the plain ratio of risks.

    Interval: Greenland and Robins, "Estimation of a common effect parameter from sparse follow-up data", Biometrics
    41 (1985); with one stratum that is the usual interval on the logarithm. Where nobody fails on one side, half an
    install is added to each cell (one to each side's sum), so that the ratio stays finite.
    """
    empty = (table.failing.sum(axis=0) == 0) | (table.failing_without.sum(axis=0) == 0)
    added = np.where(empty, 0.5, 0.0)
    a, n1, c, n0 = (
        table.failing + added,
        table.installs + 2 * added,
        table.failing_without + added,
        table.without + 2 * added,
    )
    every = np.maximum(n1 + n0, 1)
    above, below = (a * n0 / every).sum(axis=0), (c * n1 / every).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = above / below
        spread = ((n1 * n0 * (a + c) - a * c * every) / every**2).sum(axis=0)
        error = np.sqrt(spread / (above * below))
    # Strata in which all or none have the attribute say nothing: then there is no ratio, and no limit to it.
    silent = ~np.isfinite(ratio) | ~np.isfinite(error) | (ratio == 0)
    ratio, error = np.where(silent, 1.0, ratio), np.where(silent, np.inf, error)
    with np.errstate(over="ignore"):
        return Risk(ratio, ratio * np.exp(-Z95 * error), ratio * np.exp(Z95 * error), error)


def chance(table: Comparison) -> Numbers:
    """Return the probability of at least as many failing installs with the attribute, if it made no difference.

    Their number is then a sum of hypergeometric ones, one a stratum (the exact test that goes with Mantel and
    Haenszel). Its tail is bounded by two binomial ones of the same mean, over the installs with the attribute and
    over the failing ones: Hoeffding, "On the distribution of the number of successes in independent trials", Ann.
    Math. Statist. 27 (1956). So, from one more than the mean on, it is never
    said to be less than it is, also where few fail.
    """
    return _chance(table, _moments(table))


def chance_and_strength(table: Comparison) -> tuple[Numbers, Numbers]:
    """Return `chance`, and by how many standard deviations the failing installs with the attribute exceed the mean."""
    moments = _moments(table)
    seen, mean, variance = moments
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.where(variance > 0, (seen - mean) / np.sqrt(variance), 0.0)
    return _chance(table, moments), power


def _chance(table: Comparison, moments: tuple[Numbers, Numbers, Numbers]) -> Numbers:
    seen, mean, _ = moments
    found = np.ones(np.shape(seen))
    # Most comparisons show no more than the mean, and the function takes longer than all else here.
    more = seen > mean
    with_it = table.installs.sum(axis=0)[more]
    failing = (table.failing + table.failing_without).sum(axis=0)[more]
    bounds = (_at_least(seen[more], trials, mean[more]) for trials in (with_it, failing))
    found[more] = np.minimum(*bounds)
    return found


def _at_least(seen: Numbers, trials: Numbers, mean: Numbers) -> Numbers:
    """The chance that a binomial number of a mean is at least `seen`."""
    from scipy.special import betainc  # type: ignore[import-untyped]  # 0.35 s: a server loads it beside its start

    share = np.clip(mean / np.maximum(trials, 1), 0, 1)
    found: Numbers = betainc(np.maximum(seen, 1), np.maximum(trials - seen + 1, 1), share)
    return found


def _moments(table: Comparison) -> tuple[Numbers, Numbers, Numbers]:
    """Failing installs with the attribute: seen, expected if it made no difference, and the variance of that."""
    every = table.installs + table.without
    failing = table.failing + table.failing_without
    share = failing / np.maximum(every, 1)
    mean = (table.installs * share).sum(axis=0)
    spread = table.installs * table.without * share * (1 - share) / np.maximum(every - 1, 1)
    return table.failing.sum(axis=0), mean, spread.sum(axis=0)


def benjamini_hochberg(chances: Numbers, rate: float) -> NDArray[np.bool_]:
    """Say which of all tested comparisons may be believed if a share `rate` of those may be false.

    Benjamini and Hochberg, "Controlling the false discovery rate", J. R. Statist. Soc. B 57 (1995).
    """
    if not chances.size:
        return np.zeros(0, bool)
    ranked = np.sort(chances)
    allowed = rate * np.arange(1, chances.size + 1) / chances.size
    fitting = np.flatnonzero(ranked <= allowed)
    limit = ranked[fitting[-1]] if fitting.size else -1.0
    return np.asarray(chances <= limit)


def excess_of(first: Risk, second: Risk) -> tuple[Numbers, Numbers]:
    """Compare two relative risks of separate groups: the lower 95 % bound of their ratio, and its chance if 1."""
    from scipy.special import ndtr  # as above

    with np.errstate(invalid="ignore", over="ignore"):
        error = np.hypot(first.error, second.error)
        apart = np.log(first.ratio) - np.log(second.ratio)
        low: Numbers = np.where(np.isfinite(error), np.exp(apart - Z95 * error), 0.0)
        found: Numbers = np.where(np.isfinite(error), ndtr(-apart / error), 1.0)
    return low, found


def load() -> None:
    """Load the library of statistics, so that no question waits for it."""
    import scipy.special  # type: ignore[import-untyped]  # noqa: F401


def wilson(share: float | None, count: int) -> tuple[float | None, float | None]:
    """Return the 95 % interval of a share among so many (Wilson, J. Am. Stat. Assoc. 22, 1927)."""
    if share is None or not count:
        return None, None
    square = Z95**2
    middle = (share + square / (2 * count)) / (1 + square / count)
    reach = Z95 * sqrt(share * (1 - share) / count + square / (4 * count**2)) / (1 + square / count)
    return max(middle - reach, 0.0), min(middle + reach, 1.0)
