"""What a reconstruction loss cannot go below."""

from __future__ import annotations

import torch


def compute_pixel_entropy(images: torch.Tensor) -> float:
    """The mean over images, uint8 [N, 1, H, W], of the summed entropies of their grey values x / 255, in nats.

    The binary cross-entropy between x and a prediction is lowest where the prediction is x, and is the entropy of x
    there: 0 for black and white, log 2 for a pixel half way between.
    """
    x = torch.arange(256, dtype=torch.float64) / 255
    entropy = -(torch.xlogy(x, x) + torch.xlogy(1 - x, 1 - x))
    counts = torch.bincount(images.flatten(), minlength=256).cpu()
    return float((counts * entropy).sum() / len(images))
