"""What a number of seeds can show: the smallest effect, its power, and the seeds that an effect takes."""

from __future__ import annotations

import math

from scipy import special

from reportgen.paper.analysis.seed_model import PRIOR_DEGREES, Prior, find_t

MAX_SEEDS = 50
"""Largest number of seeds per configuration that is thought of."""


def find_smallest(prior: Prior, num_seeds: int) -> float:
    """Return the difference, on the scale, from which two configurations of so many seeds each are told apart.

    For configurations that vary over seeds as is typical for their class.
    """
    return find_t(prior.own_degrees + num_seeds - 1) * _find_error(prior, num_seeds)


def find_power(prior: Prior, num_seeds: int, difference: float) -> float:
    """Return the probability, in [0, 1], that a true difference on the scale is shown in its direction.

    The variance over seeds of a configuration is drawn from the prior, so that the observed difference follows
    Student's t around the true one.
    """
    shift = (difference - find_smallest(prior, num_seeds)) / _find_error(prior, num_seeds)
    return float(special.stdtr(PRIOR_DEGREES + num_seeds - 1, shift))


def find_num_seeds(prior: Prior, difference: float, power: float) -> int | None:
    """Return the number of seeds per configuration that shows a difference with this power; None above MAX_SEEDS."""
    return next((n for n in range(1, MAX_SEEDS + 1) if find_power(prior, n, difference) >= power), None)


def _find_error(prior: Prior, num_seeds: int) -> float:
    """Return the standard error of a difference of two configurations."""
    return math.sqrt(2 * prior.variance / num_seeds)
