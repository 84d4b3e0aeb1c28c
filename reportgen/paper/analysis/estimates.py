"""Means with what is known of their error: over seeds, or within one run."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special  # not stats: its import alone takes a second

CONFIDENCE = 0.95
Over = Literal["seeds", "samples", "steps", "pairs", "nothing"]


@dataclass(frozen=True)
class SeedRule:
    """How far apart two values of one training each must be to be told apart: by a factor, by a difference."""

    ratio: float = 1.0
    difference: float = 0.0

    def covers(self, low: float, high: float) -> bool:
        """Whether another seed alone may make of ``low`` what ``high`` is."""
        return high < self.ratio * low or high - low < self.difference


NO_RULE = SeedRule()


@dataclass(frozen=True)
class Estimate:
    """A mean with the half width of its interval at ``CONFIDENCE`` and its standard error, where there are any.

    ``values`` are one per seed. ``over`` says what the interval covers: ``seeds`` (Student's t over several),
    ``samples`` (one seed's bootstrap or jackknife; other seeds may lie outside), ``steps`` (one training's blocks of
    steps), ``pairs`` (one run's random pairs of latents), or ``nothing``. ``degrees`` are those of Student's t,
    infinite where the error is known well. ``rule`` says how far another seed may move a single value.
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
        return len(self.values)


def estimate_mean(
    values: Iterable[float],
    error: float | None = None,
    over: Literal["samples", "steps", "pairs"] = "samples",
    degrees: float = math.inf,
) -> Estimate:
    """From one value per seed; ``error`` is the standard error within a run, for the case of a single seed."""
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
    """The standard error of ``count`` of ``num`` after two more of each kind are added (Agresti and Coull 1998).

    So it is not 0 where none or all are of the kind: none seen among 3,000 does not mean that there is none.
    """
    share = (count + 2) / (num + 4)
    return math.sqrt(share * (1 - share) / (num + 4))


def find_quantile(degrees: float, confidence: float = CONFIDENCE) -> float:
    """How many standard errors an interval reaches to both sides: Student's t, the normal for infinitely many."""
    return float(special.stdtrit(degrees, (1 + confidence) / 2))
