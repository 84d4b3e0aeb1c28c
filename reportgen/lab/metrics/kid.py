"""The kernel inception distance: an unbiased squared maximum mean discrepancy, with its standard error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Kid:
    """A kernel inception distance; being unbiased, an estimate near zero may be negative."""

    value: float
    standard_error: float


def compute_kid(real: np.ndarray, fake: np.ndarray) -> Kid:
    """Compute the KID (Binkowski et al. 2018) of features [N, D], N >= 3, and its jackknife standard error.

    The kernel is (x.y / D + 1)^3, averaged over all pairs i != j. The larger set is cut to the size of the smaller one.
    For this U-statistic (Gretton et al. 2012, lemma 6) the jackknife follows from the row sums.

    Raises:
        ValueError: a set has fewer than three rows or is not 2-d, or the feature dimensions differ.
    """
    n = min(len(real), len(fake))
    if real.ndim != 2 or fake.ndim != 2 or real.shape[1] != fake.shape[1] or n < 3:
        raise ValueError(f"KID needs two sets of at least 3 feature rows, found shapes {real.shape} and {fake.shape}")
    x, y = real[:n].astype(np.float64), fake[:n].astype(np.float64)
    cross = _kernel(x, y)
    h = _kernel(x, x) + _kernel(y, y) - cross - cross.T
    np.fill_diagonal(h, 0.0)
    row_sums = h.sum(axis=1)
    total = row_sums.sum()
    without_one = (total - 2 * row_sums) / ((n - 1) * (n - 2))
    variance = (n - 1) / n * np.square(without_one - without_one.mean()).sum()
    return Kid(float(total / (n * (n - 1))), float(np.sqrt(variance)))


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a @ b.T / a.shape[1] + 1) ** 3
