"""Effects of raising a dimension, from pairs of configurations that differ in nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.findings import Comparison, compare_by, estimate_difference, find_best
from reportgen.paper.analysis.quantities import choose_fid, is_measured, measure
from reportgen.paper.analysis.results import Configuration

Dimension = Literal["hidden_dim", "latent_dim"]
"""A setting that a grid of GANs varies."""
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
Pair = tuple[Configuration, Configuration]
"""Configurations at the smallest and at the largest value of a dimension, alike in all other settings."""
Raising = Literal[Comparison, "partly_lower", "partly_higher", "mixed"]
"""The direction in which raising a dimension moves a quantity; ``judge_raising`` defines the words."""


def pair_along(grid: Sequence[Configuration], field: Dimension) -> list[Pair]:
    """Return the pairs of configurations at the smallest and the largest value of a dimension.

    The two of a pair agree in all other settings. Pairs are in ascending order of the other dimension; the list is
    empty if the grid has a single value of this one.
    """
    other = "latent_dim" if field == "hidden_dim" else "hidden_dim"
    values = sorted({getattr(c.settings, field) for c in grid})
    if len(values) < 2:
        return []
    low, high = (
        {c.settings.model_copy(update={field: 0}): c for c in grid if getattr(c.settings, field) == value}
        for value in (values[0], values[-1])
    )
    return [(low[key], high[key]) for key in sorted(low.keys() & high.keys(), key=lambda key: getattr(key, other))]


def judge_raising(quantity: str, pairs: Sequence[Pair]) -> Raising:
    """Judge the direction in which raising a dimension moves a quantity over at least one pair.

    ``lower`` and ``higher`` hold if every pair says so; ``partly_lower`` and ``partly_higher`` if some do and the
    others are undecided; ``mixed`` if pairs contradict each other.
    """
    decisions = {compare_by(quantity, high, low) for low, high in pairs}
    if len(decisions) == 1:
        return decisions.pop()
    decided = decisions - {"undecided", "equal"}
    if decided == {"lower"}:
        return "partly_lower"
    if decided == {"higher"}:
        return "partly_higher"
    return "mixed" if decided else "undecided"


@dataclass(frozen=True)
class LargerEffect:
    """The dimension with the larger effect on FID, and the one with the smaller.

    The changes are absolute changes of the FID named ``fid``, averaged over the other dimension. ``is_told_apart`` is
    True if the data show that the larger effect is larger.
    """

    fid: str
    larger: Dimension
    smaller: Dimension
    larger_change: Estimate
    smaller_change: Estimate
    is_told_apart: bool


def judge_larger_effect(grid: Sequence[Configuration]) -> LargerEffect | None:
    """Find the dimension that moves FID more, on average over the other one.

    None if only one dimension varies, or a FID is missing.
    """
    fid = choose_fid(grid)
    effects = {field: _average_change(fid, pair_along(grid, field)) for field in DIMENSIONS}
    if any(not math.isfinite(effect.mean) for effect in effects.values()):
        return None
    larger, smaller = sorted(effects, key=lambda field: -effects[field].mean)
    difference = effects[larger].mean - effects[smaller].mean
    # Both effects are of the same four trainings, so their errors may add up.
    is_told_apart = (
        difference > sum(effect.half_width or 0 for effect in effects.values())
        and any(compare_by(fid, low, high) != "undecided" for low, high in pair_along(grid, larger))
        and not _corners_may_be_alike(fid, grid)
    )
    return LargerEffect(fid, larger, smaller, effects[larger], effects[smaller], is_told_apart)


def _corners_may_be_alike(fid: str, grid: Sequence[Configuration]) -> bool:
    """Return True if the data do not tell apart the two corners in which one dimension alone is raised.

    Where all changes have the same sign, the difference between the two mean effects is that between these corners.
    """
    lows, highs = zip(*pair_along(grid, "hidden_dim"), strict=True)
    wide, deep = highs[0], lows[-1]  # the smallest latent with the largest hidden dimension, and the reverse
    return compare_by(fid, wide, deep) == "undecided"


def _average_change(fid: str, pairs: Sequence[Pair]) -> Estimate:
    """Return the mean absolute change of a FID over the pairs, with the half-width propagated from each change."""
    changes = [estimate_difference(*(measure(fid, c) for c in (high, low))) for low, high in pairs]
    if not changes:
        return Estimate(math.nan, None, None, (), "nothing")
    mean = sum(abs(change.mean) for change in changes) / len(changes)
    half_width = math.hypot(*(change.half_width or 0 for change in changes)) / len(changes)
    return Estimate(mean, half_width or None, None, (mean,), changes[0].over)


@dataclass(frozen=True)
class BestVaes:
    """The VAE that reconstructs best and the one that samples best.

    ``verdict`` is ``agree`` if they are one, ``differ`` if the data tell them apart in dev reconstruction loss and in
    FID, and ``open`` otherwise.
    """

    reconstructs: Configuration
    samples: Configuration
    verdict: Literal["agree", "differ", "open"]


def judge_best_vaes(sweep: Sequence[Configuration]) -> BestVaes | None:
    """Judge whether the VAE that reconstructs best also samples best; None if no VAE has a FID."""
    fid = choose_fid(sweep)
    if not any(is_measured(fid, [c]) for c in sweep):
        return None
    reconstructs, samples = find_best(sweep, "dev_reconstruction"), find_best(sweep, fid)
    if reconstructs is samples:
        return BestVaes(reconstructs, samples, "agree")
    by_loss = compare_by("dev_reconstruction", reconstructs, samples)
    by_fid = compare_by(fid, samples, reconstructs)
    return BestVaes(reconstructs, samples, "differ" if by_loss == by_fid == "lower" else "open")
