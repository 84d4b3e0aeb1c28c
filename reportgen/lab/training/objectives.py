"""The interface between the training loop and the models, and tensor helpers that both use."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import nn

from reportgen.lab.training.convolutions import use_matrix_products
from reportgen.suite.settings import TrainingSettings

Scalars = dict[str, torch.Tensor]
"""Mapping from metric names to 0-d tensors on the training device, none of them fetched to the host yet."""

NUM_GRID_IMAGES = 32
"""Number of images in a grid, eight to a row."""


class Objective(Protocol):
    """Interface of a model in training: one step, the losses it logs, the images it shows."""

    modules: dict[str, nn.Module]
    """Networks by name; their weights are saved as ``<name>.<parameter>``."""

    optimisers: dict[str, torch.optim.Optimizer]
    """Optimisers by the name of the network that each updates."""

    fixed_z: torch.Tensor
    """Noise of the sample grids, drawn once before the first step."""

    def step(self, images: torch.Tensor) -> Scalars:
        """Update the parameters once on uint8 images [B, 1, 32, 32]; return the losses of this step."""
        ...

    def compute_dev_losses(self, images: torch.Tensor) -> Scalars:
        """Return the losses over the dev set, uint8 [N, 1, 32, 32], in eval mode; empty if the homework asks none."""
        ...

    def draw_grids(self, dev_images: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return image grids by name, uint8 [32, 1, 32, 32], made in eval mode; samples come from ``fixed_z``."""
        ...


def choose_autocast(settings: TrainingSettings, device: torch.device) -> torch.autocast:
    """Return the autocast context of a step's forward passes.

    With ``precision: bf16`` it computes in bfloat16; parameters, BatchNorm statistics and losses stay float32.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bf16")


def use_precision(precision: str) -> None:
    """Set, for this process, the mantissa of float32 products on a GPU: 10 bits for ``tf32``, else all 23."""
    products = "tf32" if precision == "tf32" else "ieee"
    torch.backends.cuda.matmul.fp32_precision = products
    torch.backends.cudnn.conv.fp32_precision = products  # type: ignore[attr-defined] # missing in torch's annotations


def make_adam(network: nn.Module, learning_rate: float, betas: tuple[float, float] = (0.9, 0.999)) -> torch.optim.Adam:
    """Return Adam (Kingma & Ba 2015) in its fused form, one kernel for all parameters."""
    return torch.optim.Adam(network.parameters(), learning_rate, betas, fused=True)


def to_channels_last(network: nn.Module) -> None:
    """Convert 4-d weights to the channels-last memory format, in place."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # missing in torch's own annotations


def lay_out(network: nn.Module, settings: TrainingSettings, device: torch.device) -> None:
    """Optimise a network's memory format and convolutions for the device, in place.

    Channels-last is fastest on a CPU and on a GPU's tensor cores; a GPU's float32 kernels are faster channels-first.
    Names and values of the parameters do not change.
    """
    if device.type == "cpu" or settings.precision != "fp32":
        to_channels_last(network)
    if device.type == "cpu":
        use_matrix_products(network, is_low=settings.precision == "bf16")


def to_unit(images: torch.Tensor) -> torch.Tensor:
    """Scale uint8 images in 0..255 to float32 in [0, 1]."""
    return images.float() / 255


def to_uint8(images: torch.Tensor) -> torch.Tensor:
    """Scale float images in [0, 1] to uint8 in 0..255, rounded to nearest; values outside the range are clamped."""
    return (images * 255).round().clamp(0, 255).to(torch.uint8)
