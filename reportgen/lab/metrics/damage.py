"""Real images, damaged in known ways: a ladder by which a score is judged before it judges a model.

Each function takes images uint8 [N, 1, H, W] in 0..255 and returns a set of equal size and type. A score that sees a
fault puts its rung far above that of other real images.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F


def repeat_images(images: torch.Tensor, num: int) -> torch.Tensor:
    """Return the first ``num`` images, repeated in turn: a model that knows a few images by heart.

    Raises:
        ValueError: fewer than ``num`` images, or ``num`` below 1.
    """
    if not 1 <= num <= len(images):
        raise ValueError(f"expected 1 to {len(images)} images to repeat, found {num}")
    return images[torch.arange(len(images), device=images.device) % num]


def drop_class(images: torch.Tensor, labels: torch.Tensor, missing: int) -> torch.Tensor:
    """Return images of all classes but one, repeated in turn where they are too few: a model that lost a mode.

    Args:
        labels: int64 [N].

    Raises:
        ValueError: no image of another class.
    """
    others = images[labels != missing]
    if not len(others):
        raise ValueError(f"all {len(images)} images are of the class {missing}")
    return others[torch.arange(len(images), device=images.device) % len(others)]


def add_speckle(images: torch.Tensor, share: float, seed: int = 0) -> torch.Tensor:
    """Return the images with a random share of their pixels, in [0, 1], turned black or white."""
    generator = torch.Generator().manual_seed(seed)
    draw = torch.rand(images.shape, generator=generator).to(images.device)
    return torch.where(draw < share / 2, 0, torch.where(draw < share, 255, images)).to(torch.uint8)


def blur(images: torch.Tensor, sigma: float) -> torch.Tensor:
    """Return the images convolved with a Gaussian of this standard deviation in pixels, edges repeated."""
    reach = max(1, round(3 * sigma))
    kernel = torch.exp(-torch.arange(-reach, reach + 1).float().square() / (2 * sigma**2)).to(images.device)
    kernel /= kernel.sum()
    padded = F.pad(images.float(), (reach,) * 4, mode="replicate")
    across = F.conv2d(padded, kernel[None, None, None, :])
    return F.conv2d(across, kernel[None, None, :, None]).round().clamp(0, 255).to(torch.uint8)


def shift(images: torch.Tensor, pixels: int) -> torch.Tensor:
    """Return the images moved to the right by a number of pixels, black moving in."""
    return F.pad(images, (pixels, 0))[..., : images.shape[-1]]


def thicken(images: torch.Tensor) -> torch.Tensor:
    """Return the images with each pixel as bright as the brightest of four neighbours: strokes a pixel thicker."""
    return F.max_pool2d(F.pad(images.float(), (1, 0, 1, 0)), 2, stride=1).to(torch.uint8)
