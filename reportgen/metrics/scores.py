"""All scores of one detector, with the passport that tells how far they can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.metrics.features import Detector
from reportgen.metrics.frechet import (
    Moments,
    bootstrap_frechet_error,
    compute_frechet_distance,
    compute_moments,
    compute_root,
)
from reportgen.metrics.kid import compute_kid
from reportgen.metrics.manifold import compute_manifold_scores

RESAMPLES = 50
RESAMPLES_HIGH_DIMENSION = 20
"""Where one distance takes seconds (2,048 dimensions), fewer resamples have to do."""


@dataclass(frozen=True)
class RealSide:
    """What is computed once per dataset and detector: features float32 [N, D], their moments, the root, the floor.

    ``floor`` is the Frechet distance between two disjoint sets of ``floor_num`` real images each: no generator can be
    expected to come below it.
    """

    features: np.ndarray
    moments: Moments
    root: np.ndarray
    floor: float
    floor_num: int


def build_real_side(features: np.ndarray, num_images: int) -> RealSide:
    """From features of shuffled real images: the first ``num_images`` are the reference, all serve for the floor."""
    floor_num = min(num_images, len(features) // 2)
    first, second = (compute_moments(features[start : start + floor_num]) for start in (0, floor_num))
    reference = features[:num_images]
    moments = compute_moments(reference)
    return RealSide(
        reference, moments, compute_root(moments.covariance), compute_frechet_distance(first, second), floor_num
    )


@dataclass(frozen=True)
class Scores:
    """One detector's scores of one run; ``fid_error`` and ``kid_error`` are standard errors over samples."""

    detector: str
    sha256: str
    resize: str
    num_real: int
    num_fake: int
    floor: float
    floor_num: int
    fid: float
    fid_error: float
    kid: float
    kid_error: float
    precision: float
    recall: float
    density: float
    coverage: float


def compute_scores(detector: Detector, real: RealSide, fake: np.ndarray) -> Scores:
    """Score the features [N, D] of generated images.

    Raises:
        ValueError: fewer than six images on either side, or values that are not finite.
    """
    kid, manifold = compute_kid(real.features, fake), compute_manifold_scores(real.features, fake)
    resamples = RESAMPLES if fake.shape[1] <= 256 else RESAMPLES_HIGH_DIMENSION
    return Scores(
        detector=detector.name,
        sha256=detector.sha256,
        resize=detector.resize,
        num_real=real.moments.num_images,
        num_fake=len(fake),
        floor=real.floor,
        floor_num=real.floor_num,
        fid=compute_frechet_distance(real.moments, compute_moments(fake), real.root),
        fid_error=bootstrap_frechet_error(fake, real.moments, real.root, num_resamples=resamples, seed=0),
        kid=kid.value,
        kid_error=kid.standard_error,
        precision=manifold.precision,
        recall=manifold.recall,
        density=manifold.density,
        coverage=manifold.coverage,
    )
