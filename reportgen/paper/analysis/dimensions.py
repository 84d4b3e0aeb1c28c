"""What raising a dimension does: pairs of configurations that differ in it alone, and which dimension does more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.findings import Comparison, compare_by, estimate_difference, find_best
from reportgen.paper.analysis.quantities import is_measured, measure
from reportgen.paper.analysis.results import Configuration

Dimension = Literal["hidden_dim", "latent_dim"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
Pair = tuple[Configuration, Configuration]
Raising = Literal[Comparison, "partly_lower", "partly_higher", "mixed"]


def pair_along(grid: Sequence[Configuration], field: Dimension) -> list[Pair]:
    """Return the pairs at the smallest and the largest value of a dimension that are alike in all else.

    They are ordered by the other dimension; there are none where the dimension has one value only.
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
    """Return which way raising a dimension moves a quantity over all pairs, each (low, high).

    ``partly_..``: in some pairs, while the others decide nothing; ``mixed``: up in some pairs and down in others.
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
    """Which dimension moves FID more; ``is_told_apart``: the data tell the two effects apart.

    The changes are means over the other dimension of the absolute change of FID.
    """

    larger: Dimension
    smaller: Dimension
    larger_change: Estimate
    smaller_change: Estimate
    is_told_apart: bool


def judge_larger_effect(grid: Sequence[Configuration]) -> LargerEffect | None:
    """Return which dimension moves FID more, on average over the other; None where only one of them varies."""
    effects = {field: _average_change(pair_along(grid, field)) for field in DIMENSIONS}
    if any(not math.isfinite(effect.mean) for effect in effects.values()):
        return None
    larger, smaller = sorted(effects, key=lambda field: -effects[field].mean)
    difference = effects[larger].mean - effects[smaller].mean
    # Both effects are of the same four trainings, so their errors may add up.
    is_told_apart = (
        difference > sum(effect.half_width or 0 for effect in effects.values())
        and any(compare_by("fid_classifier", low, high) != "undecided" for low, high in pair_along(grid, larger))
        and not _is_one_pair_within_seeds(grid)
    )
    return LargerEffect(larger, smaller, effects[larger], effects[smaller], is_told_apart)


def _is_one_pair_within_seeds(grid: Sequence[Configuration]) -> bool:
    """Return whether the two corners that both effects differ by, each with one dimension raised, may be alike.

    Where all changes have one sign, the difference of both mean effects is that of these two corners.
    """
    lows, highs = zip(*pair_along(grid, "hidden_dim"), strict=True)
    wide, deep = highs[0], lows[-1]  # the smallest latent with the largest hidden dimension, and the reverse
    return compare_by("fid_classifier", wide, deep) == "undecided"


def _average_change(pairs: Sequence[Pair]) -> Estimate:
    """Return the mean of the absolute changes of FID, its half width from those of the changes."""
    changes = [estimate_difference(*(measure("fid_classifier", c) for c in (high, low))) for low, high in pairs]
    if not changes:
        return Estimate(math.nan, None, None, (), "nothing")
    mean = sum(abs(change.mean) for change in changes) / len(changes)
    half_width = math.hypot(*(change.half_width or 0 for change in changes)) / len(changes)
    return Estimate(mean, half_width or None, None, (mean,), changes[0].over)


@dataclass(frozen=True)
class BestVaes:
    """The VAE that reconstructs best and the one that samples best.

    ``agree`` where they are one; ``differ`` where the data tell them apart both in reconstruction and in FID.
    """

    reconstructs: Configuration
    samples: Configuration
    verdict: Literal["agree", "differ", "open"]


def judge_best_vaes(sweep: Sequence[Configuration]) -> BestVaes | None:
    """Return whether reconstruction and sampling have the same best; None without any FID."""
    if not any(is_measured("fid_classifier", [c]) for c in sweep):
        return None
    reconstructs, samples = find_best(sweep, "dev_reconstruction"), find_best(sweep)
    if reconstructs is samples:
        return BestVaes(reconstructs, samples, "agree")
    by_loss = compare_by("dev_reconstruction", reconstructs, samples)
    by_fid = compare_by("fid_classifier", samples, reconstructs)
    return BestVaes(reconstructs, samples, "differ" if by_loss == by_fid == "lower" else "open")
