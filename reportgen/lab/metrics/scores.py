"""All scores on the features of one detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.lab.metrics.features import Detector
from reportgen.lab.metrics.frechet import (
    Moments,
    compute_frechet_distance,
    compute_moments,
    compute_root,
    estimate_frechet_error,
)
from reportgen.lab.metrics.kid import compute_kid
from reportgen.lab.metrics.manifold import compute_manifold_scores, find_radii
from reportgen.store.records import Rung, Scores, Yardstick


@dataclass(frozen=True)
class RealSide:
    """Features of real images and all that depends on them alone, computed once per detector."""

    features: np.ndarray
    """float32 [N, D]"""
    moments: Moments
    root: np.ndarray
    """The symmetric square root of their covariance, float64 [D, D]."""
    radii: np.ndarray
    """Squared distances to the k-th nearest other image, float64 [N]."""


def build_real_side(features: np.ndarray) -> RealSide:
    """Build the real side from features [N, D], float32.

    Raises:
        ValueError: there are fewer than six rows, or a value is not finite.
    """
    moments = compute_moments(features)
    return RealSide(features, moments, compute_root(moments.covariance), find_radii(features))


def measure_yardstick(
    rung: Rung, num: int, real: RealSide, features: np.ndarray, missing_digit: int | None = None
) -> Yardstick:
    """Score a set of real images, of which ``num`` are different, in place of samples, from their features [N, D]."""
    manifold = compute_manifold_scores(real.features, features, real.radii)
    return Yardstick(
        rung=rung,
        missing_digit=missing_digit,
        num=num,
        fid=compute_frechet_distance(real.moments, compute_moments(features), real.root),
        kid=compute_kid(real.features, features).value,
        precision=manifold.precision,
        recall=manifold.recall,
        density=manifold.density,
        coverage=manifold.coverage,
    )


def compute_scores(detector: Detector, real: RealSide, ladder: Sequence[Yardstick], fake: np.ndarray) -> Scores:
    """Compute all scores of generated images from their features [N, D].

    Raises:
        ValueError: there are fewer than six images on either side, or a feature is not finite.
    """
    moments = compute_moments(fake)
    kid, manifold = compute_kid(real.features, fake), compute_manifold_scores(real.features, fake, real.radii)
    return Scores(
        detector=detector.name,
        sha256=detector.sha256,
        resize=detector.resize,
        num_real=real.moments.num_images,
        num_fake=len(fake),
        yardsticks=tuple(ladder),
        fid=compute_frechet_distance(real.moments, moments, real.root),
        fid_error=estimate_frechet_error(real.features, fake, real.root),
        kid=kid.value,
        kid_error=kid.standard_error,
        precision=manifold.precision,
        recall=manifold.recall,
        density=manifold.density,
        coverage=manifold.coverage,
    )
