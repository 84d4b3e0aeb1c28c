"""The variety of images within a digit, relative to that of real ones."""

from __future__ import annotations

import torch

MIN_PER_DIGIT = 20
"""Number of images of a digit below which its variety is not measured."""
MAX_PER_DIGIT = 300
"""Number of images of a digit that are compared with each other at most."""


def measure_variety(
    samples: torch.Tensor, read: torch.Tensor, real: torch.Tensor, labels: torch.Tensor
) -> tuple[float | None, ...]:
    """Compare how far images of one digit lie apart, among samples and among real images.

    Blur and a style of writing that is missing lower the result. A few images that are repeated hardly do, since they
    lie far apart themselves: recall shows those.

    Args:
        samples, real: uint8 [N, 1, H, W] and [M, 1, H, W].
        read: int64 [N], the digit that each sample reads as; others than 0 to 9 are left out.
        labels: int64 [M], the digit of each real image.

    Returns:
        For each digit, 0 to 9, the mean Euclidean pixel distance of two samples over that of two real images; None
        where there are fewer than ``MIN_PER_DIGIT`` of either, or all real images are one.
    """
    return tuple(_compare(samples[read == digit], real[labels == digit]) for digit in range(10))


def _compare(samples: torch.Tensor, real: torch.Tensor) -> float | None:
    if min(len(samples), len(real)) < MIN_PER_DIGIT:
        return None
    ours, theirs = compute_mean_distance(samples[:MAX_PER_DIGIT]), compute_mean_distance(real[:MAX_PER_DIGIT])
    return ours / theirs if theirs else None


def compute_mean_distance(images: torch.Tensor) -> float:
    """Compute the mean Euclidean distance of two of N > 1 images, uint8 [N, 1, H, W], with pixels scaled to [0, 1]."""
    rows = images.flatten(1).float() / 255
    rows = rows - rows[0]  # exactly 0 if all are equal
    squares = rows.square().sum(dim=1)
    squared = squares[:, None] + squares[None] - 2 * (rows @ rows.T)
    return float(squared.fill_diagonal_(0).clamp(min=0).sqrt().double().sum() / (len(rows) * (len(rows) - 1)))
