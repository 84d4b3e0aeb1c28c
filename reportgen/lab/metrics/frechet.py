"""The Frechet distance between two Gaussians, in three separable steps: moments, root of the real side, distance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, eigvalsh


@dataclass(frozen=True)
class Moments:
    """Mean float64 [D] and covariance float64 [D, D] (unbiased) of a set of features, and the size of the set.

    ``factor`` float64 [N, D] has factor.T @ factor = covariance. It is kept where N <= D: the spectrum of the N x N
    Gram matrix is then smaller and free of the D - N eigenvalues that only rounding makes.
    """

    mean: np.ndarray
    covariance: np.ndarray
    num_images: int
    factor: np.ndarray | None = None


def compute_moments(features: np.ndarray) -> Moments:
    """features [N, D], N >= 2 -> their moments.

    Raises:
        ValueError: fewer than two rows, or a value that is not finite.
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
    """The symmetric square root of a covariance, float64 [D, D]; negative rounding in its spectrum counts as zero."""
    values, vectors = eigh(covariance)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T


def compute_frechet_distance(real: Moments, fake: Moments, real_root: np.ndarray | None = None) -> float:
    """|mu1 - mu2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2)), Dowson & Landau 1982; the FID of Heusel et al. 2017.

    Tr (S1 S2)^(1/2) is the sum of the square roots of the eigenvalues of R S2 R with R = S1^(1/2). That matrix is
    symmetric, so nothing here can become complex, at small N and for a generator that emits one image just as well.

    Args:
        real_root: ``compute_root(real.covariance)``, if it is at hand.

    Returns:
        A distance >= 0; what rounding leaves below zero is zero.
    """
    spectrum = eigvalsh(_build_product(real, fake, real_root))
    trace_of_root = np.sqrt(spectrum.clip(min=0)).sum()
    distance = np.square(real.mean - fake.mean).sum()
    distance += np.trace(real.covariance) + np.trace(fake.covariance) - 2 * trace_of_root
    return max(0.0, float(distance))


def _build_product(real: Moments, fake: Moments, real_root: np.ndarray | None) -> np.ndarray:
    """The smallest symmetric matrix at hand that has the non-zero eigenvalues of S1 S2."""
    if fake.factor is not None:
        return fake.factor @ real.covariance @ fake.factor.T
    if real.factor is not None:
        return real.factor @ fake.covariance @ real.factor.T
    root = compute_root(real.covariance) if real_root is None else real_root
    return root @ fake.covariance @ root


def bootstrap_frechet_error(
    features: np.ndarray, real: Moments, real_root: np.ndarray | None, *, num_resamples: int, seed: int
) -> float:
    """The standard error of the Frechet distance over samples, from resampling the fake features [N, D].

    Resampled sets have fewer distinct images, which biases their distances upwards; their spread is what counts, not
    their level (Efron & Tibshirani 1993, chapter 6).
    """
    rng = np.random.default_rng(seed)
    values = [
        compute_frechet_distance(
            real, compute_moments(features[rng.integers(0, len(features), len(features))]), real_root
        )
        for _ in range(num_resamples)
    ]
    return float(np.std(values, ddof=1))
