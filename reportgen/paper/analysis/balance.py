"""The balance of the digits that samples read as: how far their shares are from those of the training classes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from reportgen.paper.analysis.estimates import Estimate, estimate_mean, estimate_share_error


def estimate_imbalance(counts: Sequence[Sequence[int]], classes: Sequence[int]) -> Estimate:
    """Estimate the total variation distance of digits from the training classes, with one row of counts per seed.

    It is the share of samples that would have to read as other digits for the shares to agree: 0 is balanced. The
    standard error of a single seed is that of the share of the digits that come too often.

    Args:
        counts: numbers of samples that read as 0 to 9, [seeds][10]; the mean is NaN without any, or if a seed has none.
        classes: numbers of training images of each class, [10].
    """
    if not counts or not all(map(sum, counts)):
        return estimate_mean([])
    rows, expected = np.array(counts), np.array(classes) / sum(classes)
    excess = rows / rows.sum(axis=1, keepdims=True) - expected  # [seeds, 10]
    error = estimate_share_error(int(rows[0, excess[0] > 0].sum()), int(rows[0].sum()))
    return estimate_mean((np.abs(excess).sum(axis=1) / 2).tolist(), error)


def expect_imbalance(num: int, classes: Sequence[int]) -> float:
    """Return the distance to be expected of ``num`` images drawn from the training classes, which chance alone causes.

    It is the sum of the mean deviations of ten normally distributed shares; NaN for no image.
    """
    shares = np.array(classes) / sum(classes)
    return float(np.sqrt(shares * (1 - shares) / (2 * math.pi * num)).sum()) if num else math.nan


def estimate_smallest(counts: Sequence[Sequence[int]]) -> Estimate:
    """Estimate the share of the rarest digit among samples that read as digits; see ``estimate_imbalance``."""
    if not counts or not all(map(sum, counts)):
        return estimate_mean([])
    error = estimate_share_error(min(counts[0]), sum(counts[0]))
    return estimate_mean((min(row) / sum(row) for row in counts), error)
