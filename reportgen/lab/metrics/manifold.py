"""Precision and recall, density and coverage: separate scores of fidelity and diversity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NUM_NEIGHBOURS = 5


@dataclass(frozen=True)
class ManifoldScores:
    """Scores of Kynkaanniemi et al. 2019 (precision, recall) and Naeem et al. 2020 (density, coverage).

    The ball of an image reaches to its k-th nearest neighbour in its own set.
    """

    precision: float
    """Share of samples that lie in the ball of a real image; high for realistic samples."""
    recall: float
    """Share of real images that lie in the ball of a sample; high for varied samples."""
    density: float
    """Mean number of real balls that a sample lies in, divided by k; may exceed 1."""
    coverage: float
    """Share of real balls that contain a sample."""


def compute_manifold_scores(
    real: np.ndarray, fake: np.ndarray, real_radius: np.ndarray | None = None, k: int = NUM_NEIGHBOURS
) -> ManifoldScores:
    """Compute the four scores from features [N, D] and [M, D], N and M > k.

    Args:
        real_radius: ``find_radii(real, k)`` if it was computed before; it saves time only.

    Raises:
        ValueError: a set has too few rows for k neighbours.
    """
    if min(len(real), len(fake)) <= k:
        raise ValueError(f"{k} neighbours need more than {k} images on both sides, found {len(real)} and {len(fake)}")
    real_radius = find_radii(real, k) if real_radius is None else real_radius
    fake_radius = find_radii(fake, k)
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
    """Compute the squared Euclidean distances between the rows of two sets, float64 [N, M], never negative."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    squares = np.square(a).sum(axis=1)[:, None] + np.square(b).sum(axis=1)[None, :]
    return (squares - 2 * (a @ b.T)).clip(min=0)


def find_radii(features: np.ndarray, k: int = NUM_NEIGHBOURS) -> np.ndarray:
    """Return the squared distance of each row to its k-th nearest other row, float64 [N]."""
    distance = compute_squared_distances(features, features)
    np.fill_diagonal(distance, np.inf)
    return np.partition(distance, k - 1, axis=1)[:, k - 1]
