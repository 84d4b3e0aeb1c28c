"""Summaries of logged curves: their end, their lowest value, and their trend over the last fifth of training."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

TAIL_SHARE = 0.2
"""The share of training that a report calls its end: the last fifth of the steps."""

NUM_BLOCKS = 10
"""The number of blocks of consecutive points that the tail of a curve is cut into."""
MIN_BLOCKS = 3
"""The fewest blocks from which an error or a slope is estimated."""


@dataclass(frozen=True)
class CurveSummary:
    """The summary of one logged metric of one run; "tail" is the last fifth of training.

    ``last`` is the last logged value, ``tail_mean`` and ``tail_spread`` are the mean and the standard deviation of the
    tail. ``tail_slope`` is the change per 1,000 steps, fitted by least squares to the means of up to ten blocks, which
    are less correlated than single points. ``tail_error`` and ``tail_slope_error`` are standard errors from the same
    blocks; both and the slope are NaN for fewer than three blocks. ``lowest`` is the lowest value of the whole curve,
    first reached at ``lowest_step``.
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
    """Summarise a non-empty curve of values, indexed by ascending training step."""
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
    """Fit a line through at least three points by least squares.

    Returns:
        The slope and its standard error, both in units of y per unit of x.
    """
    dx, dy = np.asarray(x) - np.mean(x), np.asarray(y) - np.mean(y)
    slope = float(dx @ dy / (dx @ dx))
    residuals = dy - slope * dx
    return slope, float(np.sqrt(residuals @ residuals / (len(dx) - 2) / (dx @ dx)))
