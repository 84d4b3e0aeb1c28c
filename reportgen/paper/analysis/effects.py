"""Comparisons of trainings: a ratio or a difference with its interval, and one of a few outcomes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reportgen.paper.analysis.estimates import Estimate, Scale
from reportgen.paper.analysis.seed_model import CONFIDENCE, Contrast, contrast

Outcome = Literal["lower", "higher", "alike", "open", "equal", "single", "unknown"]
"""The first of two values relative to the second; ``compare`` defines the words."""

SHOWN: tuple[Outcome, ...] = ("lower", "higher")
"""Outcomes by which a difference is shown."""


@dataclass(frozen=True)
class Effect:
    """A contrast of configurations in one quantity, on the quantity's scale."""

    contrast: Contrast
    scale: Scale
    band: float | None
    """Largest difference on the scale that counts as none; None if no difference does."""
    confidence: float = CONFIDENCE
    start: float = math.nan
    """Level before the change: the mean on the scale of those with negative weights, above the quantity's floor."""

    @property
    def differences(self) -> tuple[float, float, float]:
        """The effect and the ends of its interval as differences in the quantity's unit, from ``start``."""
        found = (self.value, *self.interval)
        value, low, high = (self.start * (ratio - 1) for ratio in found) if self.scale == "log" else found
        return value, low, high

    @property
    def value(self) -> float:
        """The ratio of a quantity on the logarithmic scale, otherwise the difference."""
        return self._read(self.contrast.value)

    @property
    def interval(self) -> tuple[float, float]:
        """The confidence interval of the ratio or of the difference."""
        low, high = self._ends
        return self._read(low), self._read(high)

    @property
    def bound(self) -> float:
        """The largest factor (1 or more), or the largest difference, either way that the interval allows."""
        return self._read(max(map(abs, self._ends)))

    @property
    def outcome(self) -> Outcome:
        """``lower`` or ``higher`` if the interval leaves out no difference, ``alike`` within the band, or ``open``."""
        low, high = self._ends
        if low > 0 or high < 0:
            return "higher" if low > 0 else "lower"
        return "alike" if self.band is not None and max(-low, high) <= self.band else "open"

    @property
    def _ends(self) -> tuple[float, float]:
        half = self.contrast.half_width(self.confidence)
        return self.contrast.value - half, self.contrast.value + half

    def _read(self, position: float) -> float:
        return math.exp(position) if self.scale == "log" else position


def find_effect(weights: Sequence[float], estimates: Sequence[Estimate]) -> Effect | None:
    """Return a weighted sum of configurations' levels in one quantity; None if one of them has no level.

    Args:
        weights: one for each estimate, 0 in sum.
    """
    levels = [estimate.level for estimate in estimates]
    known = [level for level in levels if level is not None]
    if len(known) < len(levels) or not known:
        return None
    before = [(-weight, level.seeds.mean) for weight, level in zip(weights, known, strict=True) if weight < 0]
    start = sum(weight * mean for weight, mean in before) / sum(weight for weight, _ in before)
    first = known[0]
    found = contrast(weights, [level.seeds for level in known])
    return Effect(found, first.scale, first.band, start=math.exp(start) if first.scale == "log" else start)


def find_change(a: Estimate, b: Estimate) -> Effect | None:
    """Return ``a`` over ``b`` as a ratio, or less ``b`` as a difference; None if one has no level."""
    return find_effect((1, -1), (a, b))


def compare(a: Estimate, b: Estimate) -> Outcome:
    """Compare a quantity of two configurations of one or several seeds each.

    Returns:
        ``lower`` or ``higher`` if the 95 % interval of the ratio or difference leaves out none; ``alike`` if it lies
        within what counts as none; ``open`` otherwise; ``equal`` for one and the same value; ``single`` if nothing is
        known of how far seeds differ; ``unknown`` if a value is missing.
    """
    if math.isnan(a.mean - b.mean):
        return "unknown"
    if a.mean == b.mean:
        return "equal"
    effect = find_change(a, b)
    return "single" if effect is None else effect.outcome


def judge_together(effects: Sequence[Effect]) -> list[Effect]:
    """Widen the intervals of several effects that answer one question, so that their outcomes agree with Holm's.

    Holm (1979) holds the k-th smallest of m p values against 0.05 / (m - k + 1), up to the first that is larger. Each
    interval has that level, and those after the first failure have its level too.
    """
    p_values = [effect.contrast.p_value for effect in effects]
    judged, failed = list(effects), None
    for rank, index in enumerate(sorted(range(len(effects)), key=p_values.__getitem__)):
        level = failed or (1 - CONFIDENCE) / (len(effects) - rank)
        if p_values[index] > level:
            failed = level
        judged[index] = replace(effects[index], confidence=1 - level)
    return judged


def find_steps(estimates: Sequence[Estimate]) -> list[Effect] | None:
    """Return each value over the one before, judged together; None if one has no level."""
    steps = [find_change(b, a) for a, b in itertools.pairwise(estimates)]
    known = [step for step in steps if step is not None]
    return judge_together(known) if len(known) == len(steps) else None
