"""Precision and recall, density and coverage: fidelity and diversity told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NUM_NEIGHBOURS = 5


@dataclass(frozen=True)
class ManifoldScores:
    """Kynkaanniemi et al. 2019 and Naeem et al. 2020, with balls that reach to the k-th nearest neighbour.

    ``precision``: share of samples within a ball of a real image; sharp samples have much of it. ``recall``: share of
    real images within a ball of a sample; varied samples have much of it. ``density`` counts, for each sample, the real
    balls it lies in (divided by k; may exceed 1). ``coverage``: share of real balls that hold a sample.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def compute_manifold_scores(real: np.ndarray, fake: np.ndarray, k: int = NUM_NEIGHBOURS) -> ManifoldScores:
    """All four from features [N, D] and [M, D], N and M > k.

    Raises:
        ValueError: too few rows for k neighbours.
    """
    if min(len(real), len(fake)) <= k:
        raise ValueError(f"{k} neighbours need more than {k} images on both sides, found {len(real)} and {len(fake)}")
    real_radius, fake_radius = _find_radii(real, k), _find_radii(fake, k)
    distance = compute_squared_distances(real, fake)  # [N, M]
    in_real_ball = distance <= real_radius[:, None]
    in_fake_ball = distance <= fake_radius[None, :]
    return ManifoldScores(
        precision=float(in_real_ball.any(axis=0).mean()),
        recall=float(in_fake_ball.any(axis=1).mean()),
        density=float(in_real_ball.sum(axis=0).mean() / k),
        coverage=float(in_real_ball.any(axis=1).mean()),
    )


def compute_squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances between rows, float64 [N, M], never negative."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None, :]
    return (squares - 2 * (a @ b.T)).clip(min=0)


def _find_radii(features: np.ndarray, k: int) -> np.ndarray:
    """The squared distance of each row to its k-th nearest other row."""
    distance = compute_squared_distances(features, features)
    np.fill_diagonal(distance, np.inf)
    return np.partition(distance, k - 1, axis=1)[:, k - 1]
