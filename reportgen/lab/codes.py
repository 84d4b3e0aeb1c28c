"""Codes of a VAE: the Gaussians q(z|x) that its encoder gives to dev images, and what is decoded of them."""

from __future__ import annotations

import numpy as np
import torch

from reportgen.base.errors import RunError
from reportgen.lab.interpolation import Draw
from reportgen.lab.metrics.features import ClassifierDetector
from reportgen.lab.metrics.posterior import (
    compute_kl_per_dimension,
    count_active_units,
    estimate_prior_distance,
    project,
)
from reportgen.lab.models.classifier import UNREAD
from reportgen.lab.training.objectives import to_unit
from reportgen.lab.training.registry import Encode
from reportgen.store.records import Posterior, ReconstructionReadings

BATCH_SIZE = 250

NUM_POINTS = 1000
"""Largest number of images whose posterior means are kept for a picture."""


@torch.no_grad()
def encode_images(encode: Encode, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and log-variance of the codes of images uint8 [N, 1, 32, 32], float32 [N, latent_dim] each.

    Raises:
        RunError: a code is NaN or infinite.
    """
    codes = [encode(to_unit(block)) for block in images.split(BATCH_SIZE)]
    mu, logvar = (torch.cat(parts) for parts in zip(*codes, strict=True))
    if not (torch.isfinite(mu).all() and torch.isfinite(logvar).all()):
        raise RunError("the trained model encodes images as NaN or infinity; try a smaller learning_rate")
    return mu, logvar


def describe_posterior(mu: torch.Tensor, logvar: torch.Tensor) -> Posterior:
    """Describe the codes of images by their means and log-variances, [N, latent_dim] each."""
    means, logs = mu.cpu().numpy(), logvar.cpu().numpy()
    return Posterior(
        kl=_round(compute_kl_per_dimension(means, logs), 5),
        active_units=count_active_units(means),
        prior_distance=estimate_prior_distance(means, logs),
        axis_shares=_round(project(means).shares, 5),
    )


def list_latents(mu: torch.Tensor, labels: torch.Tensor) -> list[tuple[float, ...]]:
    """Return class and coordinates of the posterior means of the first ``NUM_POINTS`` images, for a picture.

    The axes are those of ``project``; coordinates are rounded to three decimals.

    Args:
        mu: posterior means [N, latent_dim].
        labels: classes int64 [N].
    """
    points = project(mu.cpu().numpy()).points[:NUM_POINTS]
    return [(label, *_round(point, 3)) for label, point in zip(labels[:NUM_POINTS].tolist(), points, strict=True)]


def _round(values: np.ndarray, decimals: int) -> tuple[float, ...]:
    return tuple(round(value, decimals) for value in values.tolist())


def read_reconstructions(
    draw: Draw, mu: torch.Tensor, classifier: ClassifierDetector, images: torch.Tensor
) -> ReconstructionReadings:
    """Count the digits that images and their reconstructions read as; images that read as no digit are left out.

    Args:
        mu: posterior means of at least these images, from the first on, [M, latent_dim].
        images: uint8 [N, 1, 32, 32].
    """
    before, after = (classifier.look(row).labels for row in (images, draw(mu[: len(images)])))
    counts = torch.bincount(11 * before + after, minlength=121).reshape(11, 11)
    return ReconstructionReadings(counts=tuple(map(tuple, counts[:UNREAD].tolist())))
