"""A configuration's value of a quantity, with how far other seeds would lie."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from reportgen.paper.analysis.estimates import Estimate, Level
from reportgen.paper.analysis.quantities import QUANTITIES, Quantity
from reportgen.paper.analysis.replicates import find_prior, put_on_scale
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.seed_model import moderate


def measure(name: str, configuration: Configuration) -> Estimate:
    """Return a configuration's value of a quantity, with its level over seeds.

    The mean and the interval of several seeds are those of the level; a single seed has the interval within its run.
    The mean is NaN if the configuration has no value.

    Raises:
        KeyError: there is no quantity of this name, or the configuration's model does not have it.
    """
    quantity = QUANTITIES[name]
    estimate = quantity.read(configuration)
    level = find_level(quantity, configuration, estimate)
    if level is None or len(estimate.values) < 2:
        return replace(estimate, level=level)
    return replace(estimate, mean=level.mean, interval=level.interval, level=level)


def find_level(quantity: Quantity, configuration: Configuration, estimate: Estimate) -> Level | None:
    """Return the level of an estimate; None if a value has no place on the scale or nothing is known of seeds."""
    values = put_on_scale(quantity, configuration, estimate.values)
    prior = find_prior(quantity, configuration.settings, configuration.cohort) if values else None
    if not values or prior is None:
        return None
    seeds, floor = moderate(values, prior), quantity.find_floor(configuration)
    return Level(seeds, quantity.scale, quantity.band, floor, quantity.limits)


def is_measured(name: str, configurations: Iterable[Configuration]) -> bool:
    """Return True if each of the configurations has a value of a quantity."""
    return all(math.isfinite(QUANTITIES[name].read(c).mean) for c in configurations)


def has_any(name: str, configurations: Iterable[Configuration]) -> bool:
    """Return True if at least one of the configurations has a value of a quantity."""
    return any(is_measured(name, [c]) for c in configurations)


def choose_fid(configurations: Iterable[Configuration]) -> str:
    """Return the name of the FID that comparisons of these configurations rest on.

    It is the course's own, Inception's, if all of them have it, and otherwise the classifier's.
    """
    return "fid_inception" if is_measured("fid_inception", configurations) else "fid_classifier"
