"""Several comparisons at once: adjusted p values, the best of many, trends over a sweep, two families."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from reportgen.paper.analysis.seed_model import CONFIDENCE, Seeds, compare_pair, find_t

MAX_EXACT = 200_000
"""Largest number of divisions into two families that are all looked at."""


def adjust_by_holm(p_values: Sequence[float]) -> list[float]:
    """Return p values that may each be held against one level, in the same order (Holm 1979)."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def find_not_worse(members: Sequence[Seeds], *, is_lower_better: bool = True) -> list[int]:
    """Return the indices of those that the data do not show to be worse than the best: the best is among them.

    One-sided tests against the lowest (or highest) mean, adjusted by Holm. The true best is kept in 95 % of suites or
    more, although the one tested against is chosen by the same values (simulated in the tests).
    """
    if not members:
        return []
    sign = 1 if is_lower_better else -1
    best = min(range(len(members)), key=lambda index: sign * members[index].mean)
    others = [index for index in range(len(members)) if index != best]
    contrasts = [compare_pair(members[index], members[best]) for index in others]
    p_values = adjust_by_holm([c.p_above(sign * c.value) for c in contrasts])
    worse = {index for index, p in zip(others, p_values, strict=True) if p < 1 - CONFIDENCE}
    return [index for index in range(len(members)) if index not in worse]


def find_order_p_value(means: Sequence[float]) -> float:
    """Return the probability that means in random order are at least as monotone as these, in the same direction.

    The measure is the number of pairs in the wrong order (Kendall 1938, exact without ties). A sweep of six settings
    that moves one way at every step has 1/720.
    """
    pairs = list(itertools.combinations(means, 2))
    rising, falling = sum(a < b for a, b in pairs), sum(a > b for a, b in pairs)
    counts = _count_inversions(len(means))
    return sum(counts[: len(pairs) - max(rising, falling) + 1]) / math.factorial(len(means))


def _count_inversions(num: int) -> list[int]:
    """Return for each number of inversions how many permutations of ``num`` things have it."""
    counts = [1]
    for size in range(2, num + 1):
        padded = np.convolve(counts, np.ones(size, dtype=object))
        counts = [int(count) for count in padded]
    return counts


@dataclass(frozen=True)
class PowerLaw:
    """A straight line through means of logarithms over the logarithm of a dimension: y ~ x^exponent."""

    exponent: float
    half_width: float
    """Half the width of the 95 % confidence interval of the exponent."""
    misfit: float
    """p value of the deviations from the line; small if there is no single power law."""

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of the exponent."""
        return self.exponent - self.half_width, self.exponent + self.half_width


def fit_power_law(x: Sequence[float], members: Sequence[Seeds]) -> PowerLaw | None:
    """Fit a power law by weighted least squares; None for fewer than three values of x > 0, which any line would fit.

    Args:
        members: means of the logarithm of the quantity, one for each x.
    """
    if len(set(x)) < 3:
        return None
    position, y = np.log(np.asarray(x, float)), np.array([member.mean for member in members])
    weights = 1 / np.array([member.squared_error for member in members])
    centred = position - (weights * position).sum() / weights.sum()
    information = float((weights * centred**2).sum())
    exponent = float((weights * centred * y).sum() / information)
    residuals = y - (weights * y).sum() / weights.sum() - exponent * centred
    degrees = min(member.prior.own_degrees + member.num - 1 for member in members)
    spare = len(members) - 2
    misfit = special.fdtrc(spare, degrees, float((weights * residuals**2).sum()) / spare)
    return PowerLaw(exponent, find_t(degrees) / math.sqrt(information), float(misfit))


def permute_families(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Return the two-sided exact p value that two families of configurations differ in their means.

    All divisions of the values into families of these sizes are equally likely if family does not matter. None if there
    are more than ``MAX_EXACT`` of them or a family is empty.
    """
    together = np.array([*a, *b])
    num = math.comb(len(together), len(a))
    if not a or not b or num > MAX_EXACT:
        return None
    found = abs(np.mean(a) - np.mean(b))
    total, rest = together.sum(), len(b)
    sums = np.array([together[list(chosen)].sum() for chosen in itertools.combinations(range(len(together)), len(a))])
    gaps = np.abs(sums / len(a) - (total - sums) / rest)
    return float((gaps >= found - 1e-12).sum() / num)
