"""What a report says of a logged curve: its end, its lowest value, how it still moves."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

TAIL_SHARE = 0.2
"""The end of training, wherever "at the end" is said of a curve: its last fifth."""

NUM_BLOCKS = 10
MIN_BLOCKS = 3


@dataclass(frozen=True)
class CurveSummary:
    """What a report says of one curve of one run; "tail" is the last fifth of training.

    ``tail_slope`` is the change per 1,000 steps over the tail, by least squares on ten block means, for their
    independence; the two errors are standard errors from the same blocks. NaN where there are too few points.
    ``lowest`` is the lowest value of all, first logged at ``lowest_step``.
    """

    last: float
    tail_mean: float
    tail_error: float
    tail_spread: float
    tail_slope: float
    tail_slope_error: float
    num_blocks: int
    lowest: float
    lowest_step: int


def summarise_curve(curve: pd.Series) -> CurveSummary:
    """A curve over steps (its index) -> what is said of it."""
    all_steps, values = curve.index.to_numpy(), curve.to_numpy()
    lowest = int(values.argmin())
    in_tail = all_steps > all_steps[-1] * (1 - TAIL_SHARE)
    steps, tail = all_steps[in_tail], values[in_tail]
    edges = np.unique(np.linspace(0, len(tail), NUM_BLOCKS + 1).astype(int))
    blocks = [slice(first, last) for first, last in itertools.pairwise(edges)]
    means = [float(tail[block].mean()) for block in blocks]
    error = slope = slope_error = float("nan")
    if len(blocks) >= MIN_BLOCKS:
        slope, slope_error = fit_line([float(steps[block].mean()) / 1000 for block in blocks], means)
        error = float(np.std(means, ddof=1) / np.sqrt(len(means)))
    return CurveSummary(
        last=float(values[-1]),
        tail_mean=float(tail.mean()),
        tail_error=error,
        tail_spread=float(tail.std()),
        tail_slope=slope,
        tail_slope_error=slope_error,
        num_blocks=len(blocks),
        lowest=float(values[lowest]),
        lowest_step=int(all_steps[lowest]),
    )


def fit_line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float]:
    """The slope of the least-squares line through at least three points, and its standard error."""
    dx, dy = np.asarray(x) - np.mean(x), np.asarray(y) - np.mean(y)
    slope = float(dx @ dy / (dx @ dx))
    residuals = dy - slope * dx
    return slope, float(np.sqrt(residuals @ residuals / (len(dx) - 2) / (dx @ dx)))
