"""What a number of seeds can show: the smallest effect, its power, and the seeds that an effect takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import special

from reportgen.paper.analysis.seed_model import PRIOR_DEGREES, Contrast, Prior, Seeds, contrast, find_t

MAX_SEEDS = 50
"""Largest number of seeds per configuration that is thought of."""
NUM_DRAWS = 4000
"""Simulated suites of which the power is the mean: at most 0.8 percentage points off, by its standard error."""


@dataclass(frozen=True)
class Design:
    """A contrast of configurations that need not be trained yet, with as many seeds for each."""

    weights: tuple[float, ...]
    """One for each configuration; those of a comparison add up to 0."""
    priors: tuple[Prior, ...]
    """How far seeds usually differ, for each configuration."""

    def find_smallest(self, num_seeds: int) -> float:
        """Return the difference on the scale that has to be observed to be shown.

        For configurations that vary over seeds as is typical for their classes.
        """
        return self._expect(num_seeds).half_width()

    def find_power(self, num_seeds: int, difference: float) -> float:
        """Return the probability, in [0, 1], that a true difference on the scale is shown in its direction."""
        errors, half_widths = _simulate(self, num_seeds)
        return float(special.ndtr((difference - half_widths) / errors).mean())

    def find_num_seeds(self, difference: float, power: float) -> int | None:
        """Return the number of seeds per configuration that shows a difference with this power.

        None if it is above ``MAX_SEEDS``.
        """
        return next((n for n in range(1, MAX_SEEDS + 1) if self.find_power(n, difference) >= power), None)

    def _expect(self, num_seeds: int) -> Contrast:
        return contrast(self.weights, [Seeds(0.0, num_seeds, prior.variance, prior) for prior in self.priors])


def compare_means(a: Sequence[Prior], b: Sequence[Prior]) -> Design:
    """Return the mean of some configurations less that of others, each by its prior."""
    weights = (*[1 / len(a)] * len(a), *[-1 / len(b)] * len(b))
    return Design(weights, (*a, *b))


@lru_cache(maxsize=64)
def _simulate(design: Design, num_seeds: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw suites and return for each the true standard error of the contrast and half the width of its interval.

    The true variances over seeds are drawn from the priors, the observed ones from those, and both enter as in
    ``seed_model``. The draws are the same in every call.
    """
    rng = np.random.default_rng(0)
    weights, scales = np.array(design.weights), np.array([prior.variance for prior in design.priors])
    shape, own = (NUM_DRAWS, len(scales)), num_seeds - 1
    true = scales * PRIOR_DEGREES / rng.chisquare(PRIOR_DEGREES, shape)
    observed = true * rng.chisquare(own, shape) if own else np.zeros(shape)
    moderated = (PRIOR_DEGREES * scales + observed) / (PRIOR_DEGREES + own)
    shares = weights**2 * moderated / num_seeds
    quantiles = np.array([find_t(prior.own_degrees + own) for prior in design.priors])
    half_widths = np.sqrt(shares.sum(axis=1)) * quantiles[shares.argmax(axis=1)]
    return np.sqrt((weights**2 * true / num_seeds).sum(axis=1)), half_widths
