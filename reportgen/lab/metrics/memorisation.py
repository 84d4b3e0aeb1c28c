"""Distances of images to the training images nearest to them, which reveal samples copied from the training set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

BLOCK = 4096

COPY_RATIO = 0.5
"""Distance to the nearest training image, over that to the second nearest, up to which an image is a copy.

Studies of diffusion models use 1/3 (Yoon et al. 2023), which misses most copies that are slightly blurred.
"""


@dataclass(frozen=True)
class Nearest:
    """The two training images nearest to each of N images."""

    distances: np.ndarray
    """Euclidean distances with pixels scaled to [0, 1], ascending, float64 [N, 2]; 0 for an exact copy."""
    indices: np.ndarray
    """Places in the training set, int64 [N, 2]."""

    @property
    def ratios(self) -> np.ndarray:
        """Distance to the nearest over that to the second nearest, float64 [N] in [0, 1]; 0 for an exact copy.

        The ratio, unlike the distance, is no smaller for images without detail, which are near to many.
        """
        first, second = self.distances.T
        return np.divide(first, second, out=np.zeros_like(first), where=second > 0)

    @property
    def are_copies(self) -> np.ndarray:
        """The images that are copies, bool [N]."""
        return self.ratios <= COPY_RATIO


def find_nearest(images: torch.Tensor, training: torch.Tensor) -> Nearest:
    """Find the two training images nearest to each image.

    Args:
        images, training: uint8 [N, 1, H, W] and [M, 1, H, W], M > 1, on one device.
    """
    x = images.flatten(1).float() / 255
    best = torch.full((len(x), 2), float("inf"), device=x.device)
    indices = torch.zeros((len(x), 2), dtype=torch.int64, device=x.device)
    for start in range(0, len(training), BLOCK):
        y = training[start : start + BLOCK].flatten(1).float() / 255
        squared = y.square().sum(1)[None] - 2 * (x @ y.T)  # less the square of x, which changes no order
        found = squared.topk(min(2, len(y)), dim=1, largest=False)
        best, places = torch.cat([best, found.values], dim=1).topk(2, dim=1, largest=False)
        indices = torch.cat([indices, found.indices + start], dim=1).gather(1, places)
    apart = x[:, None] - training[indices].flatten(2).float() / 255  # exact, where the squares above are rounded
    distances, order = apart.square().sum(dim=2).sqrt().sort(dim=1)
    return Nearest(distances.double().cpu().numpy(), indices.gather(1, order).cpu().numpy())
