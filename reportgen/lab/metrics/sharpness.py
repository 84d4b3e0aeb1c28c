"""The sharpness of images: variance of the Laplacian (Pech-Pacheco et al. 2000) and energy of the gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F

LAPLACIAN = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])


def compute_sharpness(images: torch.Tensor) -> float:
    """Compute the variance of the Laplacian of uint8 images [N, 1, H, W], averaged over images.

    Pixels are scaled to [0, 1]. The variance is 0 for a constant image; blur lowers it and noise raises it, so it means
    something only next to that of real images.
    """
    x = images.float() / 255
    response = F.conv2d(x, LAPLACIAN.to(x.device)[None, None])
    return float(response.flatten(1).var(dim=1, correction=0).mean())


def compute_gradient_energy(images: torch.Tensor) -> float:
    """Compute the mean squared difference of neighbouring pixels, horizontal plus vertical, of uint8 [N, 1, H, W].

    Pixels are scaled to [0, 1]. Compared with the Laplacian, the gradient weighs coarse edges more and noise less.
    """
    x = images.float() / 255
    return float(x.diff(dim=3).square().mean() + x.diff(dim=2).square().mean())


IMAGE_STATISTICS: Mapping[str, Callable[[torch.Tensor], float]] = {
    "sharpness": compute_sharpness,
    "gradient_energy": compute_gradient_energy,
}
"""Field of ``EvaluationRecord`` -> the measure of uint8 images [N, 1, H, W] that fills it."""
