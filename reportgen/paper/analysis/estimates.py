"""Means with standard errors and confidence intervals, over seeds or within one run."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special  # not stats: its import alone takes a second

CONFIDENCE = 0.95
"""The confidence level of all intervals."""
Over = Literal["seeds", "samples", "steps", "pairs", "nothing"]
"""The source of variation that an interval covers; ``Estimate`` defines the words."""


@dataclass(frozen=True)
class SeedRule:
    """The largest gap between two values, each of one seed, that a change of seed alone may cause.

    ``ratio`` bounds the higher value as a multiple of the lower one, ``difference`` bounds their difference in the
    quantity's unit. The defaults rule out nothing.
    """

    ratio: float = 1.0
    difference: float = 0.0

    def covers(self, low: float, high: float) -> bool:
        """Return True if another seed alone may turn a value of ``low`` into one of ``high``."""
        return high < self.ratio * low or high - low < self.difference


NO_RULE = SeedRule()
"""The rule of a quantity whose variation between seeds was not measured."""


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error and the half-width of its 95 % confidence interval, None where unknown.

    ``values`` has one value per seed. ``over`` is the source of variation that the interval covers: ``seeds``
    (Student's t over several), ``samples`` (of one seed; other seeds may lie outside), ``steps``
    (blocks of steps of one training), ``pairs`` (random pairs of latents of one run), or ``nothing``. ``degrees`` are
    the degrees of freedom of Student's t, infinite for a normal approximation. ``rule`` bounds the effect of another
    seed on a single value.
    """

    mean: float
    half_width: float | None
    error: float | None
    values: tuple[float, ...]
    over: Over
    degrees: float = math.inf
    rule: SeedRule = NO_RULE

    @property
    def num_seeds(self) -> int:
        """The number of seeds that have a value."""
        return len(self.values)


def estimate_mean(
    values: Iterable[float],
    error: float | None = None,
    over: Literal["samples", "steps", "pairs"] = "samples",
    degrees: float = math.inf,
) -> Estimate:
    """Estimate the mean of values, one per seed, with a 95 % confidence interval.

    Several seeds give an interval by Student's t over seeds, and the other arguments are ignored. The mean of no values
    is NaN.

    Args:
        error: standard error of a single seed's value, within its run; None if unknown.
        over: the source of variation that this error covers.
        degrees: the degrees of freedom of this error.
    """
    per_seed = tuple(float(value) for value in values)
    array = np.array(per_seed)
    if len(array) > 1:
        standard_error = float(array.std(ddof=1) / np.sqrt(len(array)))
        half_width = find_quantile(len(array) - 1) * standard_error
        return Estimate(float(array.mean()), half_width, standard_error, per_seed, "seeds", len(array) - 1)
    mean = float(array[0]) if len(array) else float("nan")
    if error is None:
        return Estimate(mean, None, None, per_seed, "nothing")
    return Estimate(mean, find_quantile(degrees) * error, error, per_seed, over, degrees)


def estimate_share_error(count: int, num: int) -> float:
    """Return the standard error of the share ``count / num``, by Agresti and Coull (1998).

    Two successes and two failures are added first, so that the error is above 0 even if none or all were counted: to
    see none among 3,000 does not show that there is none.
    """
    share = (count + 2) / (num + 4)
    return math.sqrt(share * (1 - share) / (num + 4))


def find_quantile(degrees: float, confidence: float = CONFIDENCE) -> float:
    """Return the half-width of a two-sided interval in standard errors.

    It is a quantile of Student's t distribution, which is the normal one for infinite degrees of freedom.
    """
    return float(special.stdtrit(degrees, (1 + confidence) / 2))
