"""Distances of images to their nearest training image, which reveal samples copied from the training set."""

from __future__ import annotations

import numpy as np
import torch

BLOCK = 4096


def compute_nearest_distances(images: torch.Tensor, training: torch.Tensor) -> np.ndarray:
    """Compute the Euclidean distance of each image to its nearest training image, with pixels scaled to [0, 1].

    Args:
        images, training: uint8 [N, 1, H, W] and [M, 1, H, W], on one device.

    Returns:
        Distances, float64 [N]; 0 for an exact copy.
    """
    x = images.flatten(1).float() / 255
    nearest = torch.full((len(x),), float("inf"), device=x.device)
    for block in training.split(BLOCK):
        y = block.flatten(1).float() / 255
        squared = x.square().sum(1)[:, None] + y.square().sum(1)[None] - 2 * (x @ y.T)
        nearest = torch.minimum(nearest, squared.amin(dim=1))
    return nearest.clamp(min=0).sqrt().double().cpu().numpy()
