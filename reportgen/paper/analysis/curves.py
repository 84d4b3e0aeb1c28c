"""Summaries of logged curves: their lowest value, means over each fifth of training, and the trend of the last one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

NUM_WINDOWS = 5
"""The number of windows of equal length that the steps of a training are cut into."""

TAIL_SHARE = 1 / NUM_WINDOWS
"""The share of training that a report calls its end: the last fifth of the steps."""

NUM_BLOCKS = 10
"""The number of blocks of consecutive points that a fifth of a curve is cut into."""
MIN_BLOCKS = 3
"""The fewest blocks from which an error or a slope is estimated."""

MAX_SHOWN_POINTS = 250
"""The most points of a curve that figures are drawn from and a PDF carries."""
SHOWN_DIGITS = 5
"""The significant digits of these points."""


@dataclass(frozen=True)
class CurveSummary:
    """The summary of one logged metric of one run; "tail" is the last fifth of training.

    ``last`` is the last logged value. ``fifths`` are the means over each fifth of training, NaN where nothing was
    logged, and ``fifth_errors`` their standard errors, from the means of up to ten blocks of consecutive points, which
    are less correlated than single points. ``tail_spread`` is the standard deviation of the tail; ``tail_slope`` is its
    change per 1,000 steps, fitted by least squares to the means of its ``num_blocks`` blocks, and ``tail_slope_error``
    the standard error. Errors and the slope are NaN for fewer than three blocks. ``lowest`` is the lowest value of the
    whole curve, first reached at ``lowest_step``.
    """

    last: float
    fifths: tuple[float, ...]
    fifth_errors: tuple[float, ...]
    tail_spread: float
    tail_slope: float
    tail_slope_error: float
    num_blocks: int
    lowest: float
    lowest_step: int


UNLOGGED = CurveSummary(
    last=math.nan,
    fifths=(math.nan,) * NUM_WINDOWS,
    fifth_errors=(math.nan,) * NUM_WINDOWS,
    tail_spread=math.nan,
    tail_slope=math.nan,
    tail_slope_error=math.nan,
    num_blocks=0,
    lowest=math.nan,
    lowest_step=0,
)
"""The summary of a metric that an imported training did not log."""


@dataclass(frozen=True)
class _Window:
    """The part of a curve that lies in one fifth of training, cut into blocks of consecutive points."""

    values: np.ndarray
    block_steps: np.ndarray
    block_means: np.ndarray

    @property
    def mean(self) -> float:
        """The mean of all points; NaN without any."""
        return float(self.values.mean()) if len(self.values) else math.nan

    @property
    def error(self) -> float:
        """The standard error of the mean, from the blocks; NaN for fewer than ``MIN_BLOCKS``."""
        if len(self.block_means) < MIN_BLOCKS:
            return math.nan
        return float(np.std(self.block_means, ddof=1) / np.sqrt(len(self.block_means)))

    def fit_slope(self) -> tuple[float, float]:
        """Return the change per 1,000 steps and its standard error, NaN for fewer than ``MIN_BLOCKS`` blocks."""
        if len(self.block_means) < MIN_BLOCKS:
            return math.nan, math.nan
        return fit_line(self.block_steps / 1000, self.block_means)


def _cut_window(steps: np.ndarray, values: np.ndarray, index: int) -> _Window:
    """Cut out the window number ``index`` of a curve, from 0; it includes its last step and not its first."""
    chosen = (steps * NUM_WINDOWS > steps[-1] * index) & (steps * NUM_WINDOWS <= steps[-1] * (index + 1))
    steps, values = steps[chosen], values[chosen]
    edges = np.arange(NUM_BLOCKS + 1) * len(values) // NUM_BLOCKS
    sizes = np.diff(edges)
    starts, sizes = edges[:-1][sizes > 0], sizes[sizes > 0]
    if not len(starts):
        return _Window(values, np.empty(0), np.empty(0))
    return _Window(values, np.add.reduceat(steps, starts) / sizes, np.add.reduceat(values, starts) / sizes)


def summarise_curve(curve: pd.Series) -> CurveSummary:
    """Summarise a non-empty curve of values, indexed by ascending training step."""
    steps, values = curve.index.to_numpy(), curve.to_numpy()
    lowest = int(values.argmin())
    windows = [_cut_window(steps, values, index) for index in range(NUM_WINDOWS)]
    tail = windows[-1]
    slope, slope_error = tail.fit_slope()
    return CurveSummary(
        last=float(values[-1]),
        fifths=tuple(window.mean for window in windows),
        fifth_errors=tuple(window.error for window in windows),
        tail_spread=float(tail.values.std()),
        tail_slope=slope,
        tail_slope_error=slope_error,
        num_blocks=len(tail.block_means),
        lowest=float(values[lowest]),
        lowest_step=int(steps[lowest]),
    )


def fit_line(x: Sequence[float] | np.ndarray, y: Sequence[float] | np.ndarray) -> tuple[float, float]:
    """Fit a line through at least three points by least squares.

    Returns:
        The slope and its standard error, both in units of y per unit of x.
    """
    dx, dy = np.asarray(x) - np.mean(x), np.asarray(y) - np.mean(y)
    slope = float(dx @ dy / (dx @ dx))
    residuals = dy - slope * dx
    return slope, float(np.sqrt(residuals @ residuals / (len(dx) - 2) / (dx @ dx)))


def thin_curve(curve: pd.Series) -> pd.Series:
    """Return a curve as figures draw it: means of blocks of consecutive points, at the last step of each block.

    There are at most ``MAX_SHOWN_POINTS`` blocks; values are rounded to ``SHOWN_DIGITS`` significant digits, so that
    the text of a number gives it back.
    """
    num = min(len(curve), MAX_SHOWN_POINTS)
    edges = np.arange(num + 1) * len(curve) // max(num, 1)
    means = np.add.reduceat(curve.to_numpy(), edges[:-1]) / np.diff(edges) if num else ()
    rounded = [float(f"{mean:.{SHOWN_DIGITS}g}") for mean in means]
    return pd.Series(rounded, pd.Index(curve.index.to_numpy()[edges[1:] - 1], name="step"), name=curve.name)
