"""Means with standard errors and confidence intervals, over seeds or within one run."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reportgen.paper.analysis.seed_model import Seeds, contrast, find_t

Over = Literal["seeds", "samples", "steps", "pairs", "nothing"]
"""The source of variation that an interval covers; ``Estimate`` defines the words."""


Scale = Literal["linear", "log"]
"""The scale on which a quantity varies about equally between seeds wherever it lies.

Distances and ratios change by factors and are compared by their logarithms, shares by their differences.
"""


@dataclass(frozen=True)
class Level:
    """A configuration's level of a quantity over its seeds, on the quantity's scale.

    ``band`` is the largest difference there that counts as none, None if no difference does. ``floor`` was subtracted
    from the values before they were put on the scale. No value can lie outside ``limits``.
    """

    seeds: Seeds
    scale: Scale
    band: float | None
    floor: float = 0.0
    limits: tuple[float, float] = (-math.inf, math.inf)

    def read(self, position: float) -> float:
        """Return the value at a position on the scale, within the limits."""
        value = (math.exp(position) if self.scale == "log" else position) + self.floor
        return min(max(value, self.limits[0]), self.limits[1])

    @property
    def mean(self) -> float:
        """The mean over seeds, taken on the scale: of distances and ratios the geometric one."""
        return self.read(self.seeds.mean)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of the mean, which covers other seeds."""
        half = contrast([1], [self.seeds]).half_width()
        return self.read(self.seeds.mean - half), self.read(self.seeds.mean + half)


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error and the ends of its 95 % confidence interval, None where unknown.

    ``values`` has one value per seed. ``over`` is the source of variation that the interval covers: ``seeds``,
    ``samples`` (of one seed; other seeds may lie outside), ``steps`` (blocks of steps of one training), ``pairs``
    (random pairs of latents of one run), or ``nothing``. ``degrees`` are the degrees of freedom of Student's t,
    infinite for a normal approximation. ``level`` is what comparisons with other trainings rest on; None if nothing is
    known of how far seeds differ.
    """

    mean: float
    interval: tuple[float, float] | None
    error: float | None
    values: tuple[float, ...]
    over: Over
    degrees: float = math.inf
    level: Level | None = None

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval."""
        return None if self.interval is None else (self.interval[1] - self.interval[0]) / 2

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
        return _estimate(float(array.mean()), standard_error, per_seed, "seeds", len(array) - 1)
    mean = float(array[0]) if len(array) else float("nan")
    if error is None:
        return Estimate(mean, None, None, per_seed, "nothing")
    return _estimate(mean, error, per_seed, over, degrees)


def _estimate(mean: float, error: float, values: tuple[float, ...], over: Over, degrees: float) -> Estimate:
    half = find_t(degrees) * error
    return Estimate(mean, (mean - half, mean + half), error, values, over, degrees)


def estimate_share_error(count: int, num: int) -> float:
    """Return the standard error of the share ``count / num``, by Agresti and Coull (1998).

    Two successes and two failures are added first, so that the error is above 0 even if none or all were counted: to
    see none among 3,000 does not show that there is none.
    """
    share = (count + 2) / (num + 4)
    return math.sqrt(share * (1 - share) / (num + 4))
