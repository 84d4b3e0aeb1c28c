"""The Frechet distance between two Gaussians, in three separable steps: moments, root of the real side, distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, eigvalsh


@dataclass(frozen=True)
class Moments:
    """Mean and covariance of a set of features."""

    mean: np.ndarray
    """float64 [D]"""
    covariance: np.ndarray
    """float64 [D, D], unbiased"""
    num_images: int
    factor: np.ndarray | None = None
    """float64 [N, D] with factor.T @ factor = covariance if N <= D, else None.

    The N x N Gram matrix of the factor is smaller than the covariance and lacks its D - N eigenvalues that are zero up
    to rounding.
    """


def compute_moments(features: np.ndarray) -> Moments:
    """Compute the moments of features [N, D], N >= 2, in float64.

    Raises:
        ValueError: there are fewer than two rows, or a value is not finite.
    """
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f"a covariance needs at least 2 feature rows, found an array of shape {features.shape}")
    if not np.isfinite(features).all():
        raise ValueError("the features contain NaN or infinite values")
    rows = features.astype(np.float64)
    mean = rows.mean(axis=0)
    factor = (rows - mean) / np.sqrt(len(rows) - 1)
    return Moments(mean, factor.T @ factor, len(rows), factor if len(rows) <= rows.shape[1] else None)


def compute_root(covariance: np.ndarray) -> np.ndarray:
    """Compute the symmetric square root of a covariance, float64 [D, D]; eigenvalues below zero count as zero."""
    values, vectors = eigh(covariance)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T


def compute_frechet_distance(real: Moments, fake: Moments, real_root: np.ndarray | None = None) -> float:
    """Compute the squared Frechet distance of two Gaussians, which on Inception features is the FID.

    It is |mu1 - mu2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)) (Dowson & Landau 1982; Heusel et al. 2017). Tr (S1 S2)^(1/2) is
    the sum of the square roots of the eigenvalues of R S2 R with R = S1^(1/2). That matrix is symmetric, so no result
    becomes complex, not even for few images or for a generator that emits a single image.

    Args:
        real_root: ``compute_root(real.covariance)`` if it was computed before; it saves time only.

    Returns:
        A distance >= 0; negative values from rounding become 0.
    """
    spectrum = eigvalsh(_build_product(real, fake, real_root))
    trace_of_root = np.sqrt(spectrum.clip(min=0)).sum()
    distance = np.square(real.mean - fake.mean).sum()
    distance += np.trace(real.covariance) + np.trace(fake.covariance) - 2 * trace_of_root
    return max(0.0, float(distance))


def _build_product(real: Moments, fake: Moments, real_root: np.ndarray | None) -> np.ndarray:
    """Build a symmetric matrix with the non-zero eigenvalues of S1 S2, from a factor if there is one."""
    if fake.factor is not None:
        return fake.factor @ real.covariance @ fake.factor.T
    if real.factor is not None:
        return real.factor @ fake.covariance @ real.factor.T
    root = compute_root(real.covariance) if real_root is None else real_root
    return root @ fake.covariance @ root


def bootstrap_frechet_error(
    features: np.ndarray, real: Moments, real_root: np.ndarray | None, *, num_resamples: int, seed: int
) -> float:
    """Estimate the standard error of the Frechet distance by resampling the fake features [N, D] with replacement.

    Resampled sets contain fewer distinct images, which biases their distances upwards; only their spread is used (Efron
    & Tibshirani 1993, chapter 6).
    """
    rng = np.random.default_rng(seed)
    values = [
        compute_frechet_distance(
            real, compute_moments(features[rng.integers(0, len(features), len(features))]), real_root
        )
        for _ in range(num_resamples)
    ]
    return float(np.std(values, ddof=1))
