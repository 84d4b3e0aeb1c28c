"""All scores of one detector, with the passport that tells how far they can be trusted."""

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
"""So few real images, repeated, stand for a model without variety; at most a tenth of the images that are scored."""

RESAMPLES = 50
RESAMPLES_HIGH_DIMENSION = 20
"""Where one distance takes seconds (2,048 dimensions), fewer resamples have to do."""


@dataclass(frozen=True)
class Yardstick:
    """Scores of real images in place of samples: ``num`` different ones, repeated up to the number of the others."""

    num: int
    fid: float
    kid: float
    precision: float
    recall: float
    density: float
    coverage: float


@dataclass(frozen=True)
class RealSide:
    """What is computed once per dataset and detector: features float32 [N, D], their moments, the root, yardsticks.

    ``best`` is what a perfect model would score; ``copies`` one that knows a few real images by heart and no others.
    """

    features: np.ndarray
    moments: Moments
    root: np.ndarray
    best: Yardstick
    copies: Yardstick


def build_real_side(features: np.ndarray, num_images: int) -> RealSide:
    """From features of shuffled real images: the first ``num_images`` are the reference, all serve for the yardsticks.

    Raises:
        ValueError: fewer than 12 images.
    """
    num = min(num_images, len(features) // 2)
    reference = features[:num_images]
    moments = compute_moments(reference)
    real, others = features[:num], features[num : 2 * num]
    best = measure_yardstick(real, others, num)
    copies = measure_yardstick(real, others, max(1, min(NUM_COPIED, num // 10)))
    return RealSide(reference, moments, compute_root(moments.covariance), best, copies)


def measure_yardstick(real: np.ndarray, others: np.ndarray, num: int) -> Yardstick:
    """From features [N, D] of two disjoint sets of real images, of which the first ``num`` of the second are used."""
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
    """Score the features [N, D] of generated images.

    Raises:
        ValueError: fewer than six images on either side, or values that are not finite.
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
