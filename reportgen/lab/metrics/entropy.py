"""The entropy of grey values: the lower bound of a reconstruction loss."""

from __future__ import annotations

import torch


def compute_pixel_entropy(images: torch.Tensor) -> float:
    """Return the entropy of the grey values x / 255, summed over pixels and averaged over images, in nats.

    The binary cross-entropy of a prediction against x has its minimum where the prediction equals x. There it is the
    entropy of x: 0 for black and white, log 2 for a medium grey.

    Args:
        images: uint8 [N, 1, H, W].
    """
    x = torch.arange(256, dtype=torch.float64) / 255
    entropy = -(torch.xlogy(x, x) + torch.xlogy(1 - x, 1 - x))
    counts = torch.bincount(images.flatten(), minlength=256).cpu()
    return float((counts * entropy).sum() / len(images))
