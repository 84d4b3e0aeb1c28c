"""The Frechet distance between two Gaussians, in three separable steps: moments, root of the real side, distance."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, eigvalsh

RELATIVE_RANK = 1e-10
"""Eigenvalues below this share of the largest one count as zero where a matrix is inverted."""


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


def estimate_frechet_error(real: np.ndarray, fake: np.ndarray, real_root: np.ndarray) -> float:
    """Estimate the standard error of the Frechet distance of two sets of features, [N, D] and [M, D].

    It is the delta method's (Efron & Tibshirani 1993, chapter 21): an image x adds to the distance, to first order,
    2 (mu - mu_other).(x - mu) + (x - mu)^T (I - T) (x - mu), where T is the optimal transport map of its Gaussian to
    the other one. Both sets count: with other real images the distance would be another, too.

    Args:
        real_root: ``compute_root`` of the covariance of ``real``.
    """
    r, f = compute_moments(real), compute_moments(fake)
    inner = real_root @ f.covariance @ real_root
    values, vectors = eigh(inner)
    kept = values > values[-1] * RELATIVE_RANK
    roots, directions = np.sqrt(values[kept]), real_root @ vectors[:, kept]
    to_real = (directions / roots) @ directions.T  # T of the fake Gaussian: S1^(1/2) inner^(-1/2) S1^(1/2)
    to_fake = _invert(to_real)
    parts = ((real, r.mean - f.mean, to_fake), (fake, f.mean - r.mean, to_real))
    return math.sqrt(sum(_vary(rows.astype(np.float64), shift, transport) for rows, shift, transport in parts))


def _invert(matrix: np.ndarray) -> np.ndarray:
    """Return the pseudo-inverse of a symmetric, positive semidefinite matrix, float64 [D, D]."""
    values, vectors = eigh(matrix)
    kept = values > values[-1] * RELATIVE_RANK
    return (vectors[:, kept] / values[kept]) @ vectors[:, kept].T


def _vary(rows: np.ndarray, shift: np.ndarray, transport: np.ndarray) -> float:
    """Return the variance of the mean influence of images, given their features [N, D]."""
    centred = rows - rows.mean(axis=0)
    influence = 2 * centred @ shift + np.square(centred).sum(axis=1) - ((centred @ transport) * centred).sum(axis=1)
    return float(influence.var(ddof=1) / len(rows))
