"""How sharp images are: the variance of the Laplacian (Pech-Pacheco et al. 2000) and the energy of the gradient."""

from __future__ import annotations

import torch
import torch.nn.functional as F

LAPLACIAN = torch.tensor([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])


def compute_sharpness(images: torch.Tensor) -> float:
    """uint8 [N, 1, H, W] -> the mean over images of the variance of their Laplacian, pixels taken in [0, 1].

    0 for a constant image; blur lowers it, noise raises it: compare it with the same number of real images.
    """
    x = images.float() / 255
    response = F.conv2d(x, LAPLACIAN.to(x.device)[None, None])
    return float(response.flatten(1).var(dim=1, correction=0).mean())


def compute_gradient_energy(images: torch.Tensor) -> float:
    """uint8 [N, 1, H, W] -> the mean squared difference of neighbours, across plus down, pixels taken in [0, 1].

    It weighs coarse edges more than the Laplacian does, and noise less.
    """
    x = images.float() / 255
    return float(x.diff(dim=3).square().mean() + x.diff(dim=2).square().mean())
