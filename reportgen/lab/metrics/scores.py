"""All scores on the features of one detector, with those of real images as yardsticks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.lab.metrics.features import Detector
from reportgen.lab.metrics.frechet import (
    Moments,
    bootstrap_frechet_error,
    compute_frechet_distance,
    compute_moments,
    compute_root,
)
from reportgen.lab.metrics.kid import compute_kid
from reportgen.lab.metrics.manifold import compute_manifold_scores
from reportgen.store.records import Scores

NUM_COPIED = 100
"""Number of real images that, repeated, stand for a model without variety; at most a tenth of the scored images."""

RESAMPLES = 50
"""Bootstrap resamples for the standard error of the FID."""
RESAMPLES_HIGH_DIMENSION = 20
"""Bootstrap resamples for features of more than 256 dimensions, for which one FID takes seconds."""


@dataclass(frozen=True)
class Yardstick:
    """Scores of real images in place of samples: ``num`` different images, repeated to the number of the reference."""

    num: int
    fid: float
    kid: float
    precision: float
    recall: float
    density: float
    coverage: float


@dataclass(frozen=True)
class RealSide:
    """Features of real images, float32 [N, D], and all that depends on them alone, computed once per detector.

    ``root`` is the symmetric square root of their covariance, float64 [D, D]. ``best`` has the scores of a perfect
    model, ``copies`` those of a model that repeats a few real images.
    """

    features: np.ndarray
    moments: Moments
    root: np.ndarray
    best: Yardstick
    copies: Yardstick


def build_real_side(features: np.ndarray, num_images: int) -> RealSide:
    """Build the real side from features [M, D] of shuffled real images.

    The first ``num_images`` rows are the reference; the yardsticks compare the first half of the rows, at most
    ``num_images``, with as many of the other rows.

    Raises:
        ValueError: there are fewer than 12 rows.
    """
    num = min(num_images, len(features) // 2)
    reference = features[:num_images]
    moments = compute_moments(reference)
    real, others = features[:num], features[num : 2 * num]
    best = measure_yardstick(real, others, num)
    copies = measure_yardstick(real, others, max(1, min(NUM_COPIED, num // 10)))
    return RealSide(reference, moments, compute_root(moments.covariance), best, copies)


def measure_yardstick(real: np.ndarray, others: np.ndarray, num: int) -> Yardstick:
    """Score the first ``num`` rows of ``others`` [N, D], repeated N / ``num`` times, against ``real`` [N, D]."""
    others = np.resize(others[:num], others.shape)
    manifold = compute_manifold_scores(real, others)
    return Yardstick(
        num=num,
        fid=compute_frechet_distance(compute_moments(real), compute_moments(others)),
        kid=compute_kid(real, others).value,
        precision=manifold.precision,
        recall=manifold.recall,
        density=manifold.density,
        coverage=manifold.coverage,
    )


def compute_scores(detector: Detector, real: RealSide, fake: np.ndarray) -> Scores:
    """Compute all scores of generated images from their features [N, D].

    Raises:
        ValueError: there are fewer than six images on either side, or a feature is not finite.
    """
    kid, manifold = compute_kid(real.features, fake), compute_manifold_scores(real.features, fake)
    best, copies = real.best, real.copies
    resamples = RESAMPLES if fake.shape[1] <= 256 else RESAMPLES_HIGH_DIMENSION
    return Scores(
        detector=detector.name,
        sha256=detector.sha256,
        resize=detector.resize,
        num_real=real.moments.num_images,
        num_fake=len(fake),
        floor=best.fid,
        floor_num=best.num,
        real_kid=best.kid,
        real_precision=best.precision,
        real_recall=best.recall,
        real_density=best.density,
        real_coverage=best.coverage,
        copies_num=copies.num,
        copies_fid=copies.fid,
        copies_kid=copies.kid,
        copies_precision=copies.precision,
        copies_recall=copies.recall,
        copies_density=copies.density,
        copies_coverage=copies.coverage,
        fid=compute_frechet_distance(real.moments, compute_moments(fake), real.root),
        fid_error=bootstrap_frechet_error(fake, real.moments, real.root, num_resamples=resamples, seed=0),
        kid=kid.value,
        kid_error=kid.standard_error,
        precision=manifold.precision,
        recall=manifold.recall,
        density=manifold.density,
        coverage=manifold.coverage,
    )
