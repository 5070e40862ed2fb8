"""The statistics of Explain a second time: sums over rows of plain tables, and binomials term by term."""

from math import comb, erfc, exp, inf, log, sqrt

Z95 = 1.959963984540054

Table = list[tuple[float, float, float, float]]
"""Failing and all with something, failing and all without it, by stratum."""


def risk(table: Table) -> tuple[float, float, float, float]:
    """Relative risk of Mantel and Haenszel, its interval, and the standard error of its logarithm."""
    if not sum(row[0] for row in table) or not sum(row[2] for row in table):
        table = [(a + 0.5, n1 + 1, c + 0.5, n0 + 1) for a, n1, c, n0 in table]
    above = below = spread = 0.0
    for a, n1, c, n0 in table:
        n = max(n1 + n0, 1)
        above += a * n0 / n
        below += c * n1 / n
        spread += (n1 * n0 * (a + c) - a * c * n) / n**2
    if not above or not below:
        return 1.0, 0.0, inf, inf
    error = sqrt(spread / (above * below))
    ratio = above / below
    return ratio, ratio * exp(-Z95 * error), ratio * exp(Z95 * error), error


def moments(table: Table) -> tuple[float, float, float]:
    mean = variance = 0.0
    for a, n1, c, n0 in table:
        share = (a + c) / max(n1 + n0, 1)
        mean += n1 * share
        variance += n1 * n0 * share * (1 - share) / max(n1 + n0 - 1, 1)
    return sum(row[0] for row in table), mean, variance


def chance(table: Table) -> float:
    seen, mean, _ = moments(table)
    if seen <= mean:
        return 1.0
    trials = sum(row[1] for row in table), sum(row[0] + row[2] for row in table)
    return min(at_least(int(seen), int(most), mean) for most in trials)


def at_least(seen: int, trials: int, mean: float) -> float:
    share = min(max(mean / max(trials, 1), 0.0), 1.0)
    return sum(
        comb(trials, count) * share**count * (1 - share) ** (trials - count)
        for count in range(seen, trials + 1)
    )


def strength(table: Table) -> float:
    seen, mean, variance = moments(table)
    return (seen - mean) / sqrt(variance) if variance > 0 else 0.0


def excess(one: tuple[float, ...], two: tuple[float, ...]) -> float:
    error = sqrt(one[3] ** 2 + two[3] ** 2)
    return 0.5 * erfc((log(one[0]) - log(two[0])) / error / sqrt(2)) if error < inf else 1.0


def hochberg(chances: list[float]) -> float:
    """The largest chance that may be believed."""
    fitting = [p for rank, p in enumerate(sorted(chances), 1) if p <= 0.05 * rank / len(chances)]
    return max(fitting, default=-1.0)
