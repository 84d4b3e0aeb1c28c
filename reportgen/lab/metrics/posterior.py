"""Codes of a VAE's images: the Gaussians q(z|x) that its encoder gives, held against the prior N(0, I).

Functions take means ``mu`` and logarithms of variances ``logvar``, float [N, D]: N images, D latent dimensions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reportgen.store.records import Measured

ACTIVE_VARIANCE = 0.01
"""Variance over images of a posterior mean above which its dimension is active (Burda et al. 2016)."""

NUM_GROUPS = 20
"""Groups of images that the jackknife leaves out in turn."""


def compute_kl_per_dimension(mu: np.ndarray, logvar: np.ndarray) -> np.ndarray:
    """Compute KL(q(z|x) || N(0, I)) of each latent dimension, in nats, averaged over images; float64 [D]."""
    mu, logvar = mu.astype(np.float64), logvar.astype(np.float64)
    kl: np.ndarray = 0.5 * (np.square(mu) + np.exp(logvar) - 1 - logvar).mean(axis=0)
    return kl


def count_active_units(mu: np.ndarray) -> int:
    """Count the dimensions whose posterior mean depends on the image."""
    return int((mu.astype(np.float64).var(axis=0) > ACTIVE_VARIANCE).sum())


def compute_prior_distance(mu: np.ndarray, logvar: np.ndarray) -> float:
    """Compute the KL divergence, in nats, from N(0, I) of the Gaussian with the aggregated posterior's moments.

    The aggregated posterior q(z) is the mean of q(z|x) over images. Of all distributions with its mean and covariance
    the Gaussian lies nearest to the prior, so the result is a lower bound of KL(q(z) || N(0, I)): that part of the mean
    KL that tells nothing of the image (Hoffman and Johnson 2016).
    """
    mean = mu.mean(axis=0)
    covariance = np.cov(mu, rowvar=False, bias=True).reshape(len(mean), -1) + np.diag(np.exp(logvar).mean(axis=0))
    _, log_determinant = np.linalg.slogdet(covariance)
    return float(np.trace(covariance) + mean @ mean - len(mean) - log_determinant) / 2


def estimate_prior_distance(mu: np.ndarray, logvar: np.ndarray) -> Measured:
    """Estimate ``compute_prior_distance`` over all images of the kind, with its standard error.

    Both are the jackknife's over ``NUM_GROUPS`` groups of images: of few images with many dimensions the plain value
    is too high. The error is None for fewer than two images.
    """
    mu, logvar = mu.astype(np.float64), logvar.astype(np.float64)
    plain, num = compute_prior_distance(mu, logvar), min(NUM_GROUPS, len(mu))
    if num < 2:
        return Measured(plain, None, len(mu))
    group = np.arange(len(mu)) % num
    left_out = np.array([compute_prior_distance(mu[group != g], logvar[group != g]) for g in range(num)])
    value = num * plain - (num - 1) * left_out.mean()
    return Measured(float(value), float(left_out.std() * math.sqrt(num - 1)), len(mu))


@dataclass(frozen=True)
class Projection:
    """Posterior means on a few axes: the latent dimensions themselves up to three, else the two principal axes."""

    points: np.ndarray
    """float64 [N, K]; on principal axes relative to the mean."""
    shares: np.ndarray
    """Share of the variance of all posterior means that lies along each axis, float64 [K]; 0 where none varies."""


def project(mu: np.ndarray) -> Projection:
    """Project posterior means on the axes that a picture can show; principal axes point to their largest loading."""
    mu = mu.astype(np.float64)
    centred = mu - mu.mean(axis=0)
    points = mu
    if mu.shape[1] > 3:
        axes = np.linalg.eigh(centred.T @ centred).eigenvectors[:, :-3:-1]  # [D, 2], of the largest eigenvalues
        points = centred @ (axes * np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]]))
    total = centred.var(axis=0).sum()
    return Projection(points, points.var(axis=0) / total if total else np.zeros(points.shape[1]))
