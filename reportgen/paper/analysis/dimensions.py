"""Effects of raising a dimension, from pairs of configurations that differ in nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from reportgen.paper.analysis.effects import SHOWN, Effect, Outcome, find_change, find_effect, judge_together
from reportgen.paper.analysis.measuring import choose_fid, is_measured, measure
from reportgen.paper.analysis.results import C, Configuration

Dimension = Literal["hidden_dim", "latent_dim"]
"""A setting that a grid of GANs varies."""
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
Pair = tuple[Configuration, Configuration]
"""Configurations at the smallest and at the largest value of a dimension, alike in all other settings."""
Raising = Literal[Outcome, "mixed"]
"""The direction in which raising a dimension moves a quantity; ``Influence.verdict`` defines the words."""


def pair_along(grid: Sequence[C], field: Dimension) -> list[tuple[C, C]]:
    """Return the pairs of configurations at the smallest and the largest value of a dimension.

    The two of a pair agree in all other settings. Pairs are in ascending order of the other dimension; the list is
    empty if the grid has a single value of this one.
    """
    other = "latent_dim" if field == "hidden_dim" else "hidden_dim"
    values = sorted({getattr(c.settings, field) for c in grid})
    if len(values) < 2:
        return []
    low, high = (
        {
            c.settings.without_digest().model_copy(update={field: 0}): c
            for c in grid
            if getattr(c.settings, field) == value
        }
        for value in (values[0], values[-1])
    )
    return [(low[key], high[key]) for key in sorted(low.keys() & high.keys(), key=lambda key: getattr(key, other))]


@dataclass(frozen=True)
class Influence:
    """The effect of raising a dimension from its smallest to its largest value on a quantity.

    ``main`` is the mean over the other dimension, ``each`` the effect in each pair, judged together, and
    ``interaction`` the effect in the last pair over that in the first, None for a single pair.
    """

    pairs: Sequence[Pair]
    main: Effect
    each: Sequence[Effect]
    interaction: Effect | None

    @property
    def verdict(self) -> Raising:
        """The outcome of the mean effect, or ``mixed`` if pairs are shown to go opposite ways."""
        shown = {effect.outcome for effect in self.each} & set(SHOWN)
        return "mixed" if len(shown) > 1 else self.main.outcome

    @property
    def depends(self) -> bool:
        """True if the effect is shown to depend on the other dimension."""
        return self.interaction is not None and self.interaction.outcome in SHOWN


def judge_influence(quantity: str, pairs: Sequence[Pair]) -> Influence | None:
    """Judge the effect of raising a dimension on a quantity; None if a value or its spread over seeds is unknown."""
    lows, highs = ([measure(quantity, pair[end]) for pair in pairs] for end in (0, 1))
    each = [effect for low, high in zip(lows, highs, strict=True) if (effect := find_change(high, low)) is not None]
    weights = [1 / len(pairs)] * len(pairs)
    main = find_effect([*weights, *(-w for w in weights)], [*highs, *lows])
    if main is None or len(each) < len(pairs):
        return None
    ends = (highs[-1], lows[-1], highs[0], lows[0])
    return Influence(pairs, main, judge_together(each), find_effect((1, -1, -1, 1), ends) if len(pairs) > 1 else None)


@dataclass(frozen=True)
class LargerEffect:
    """The dimension with the larger effect on the FID named ``fid``, and the one with the smaller.

    The effects are means over the other dimension. ``is_told_apart`` is True if the data show that the larger is
    larger.
    """

    fid: str
    larger: Dimension
    smaller: Dimension
    larger_effect: Effect
    smaller_effect: Effect
    is_told_apart: bool


def judge_larger_effect(grid: Sequence[Configuration]) -> LargerEffect | None:
    """Find the dimension that moves FID by the larger factor, on average over the other one.

    None if only one dimension varies, a corner of the grid is missing, or a FID is.
    """
    fid = choose_fid(grid)
    pairs = {field: pair_along(grid, field) for field in DIMENSIONS}
    if any(len(found) < 2 for found in pairs.values()) or not is_measured(fid, grid):
        return None
    first, *_, last = pairs["hidden_dim"]
    estimates = [measure(fid, c) for c in (*first, *last)]
    weights: dict[Dimension, tuple[float, ...]] = {
        "hidden_dim": (-0.5, 0.5, -0.5, 0.5),
        "latent_dim": (-0.5, -0.5, 0.5, 0.5),
    }
    effects = {field: effect for field, w in weights.items() if (effect := find_effect(w, estimates)) is not None}
    if len(effects) < len(weights):
        return None
    larger, smaller = sorted(effects, key=lambda field: -abs(effects[field].contrast.value))
    signs = {field: math.copysign(1, effect.contrast.value) for field, effect in effects.items()}
    less = [signs[larger] * a - signs[smaller] * b for a, b in zip(weights[larger], weights[smaller], strict=True)]
    difference = find_effect(less, estimates)
    is_told_apart = difference is not None and difference.outcome == "higher"
    return LargerEffect(fid, larger, smaller, effects[larger], effects[smaller], is_told_apart)
