"""What the loop trains: one step, the losses it logs, the images it shows."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import nn

from reportgen.lab.training.convolutions import use_matrix_products
from reportgen.suite.settings import TrainingSettings

Scalars = dict[str, torch.Tensor]
"""Metric name -> 0-d tensor on the training device; nothing is fetched to the host here."""

NUM_GRID_IMAGES = 32
"""Images per grid, eight to a row."""


class Objective(Protocol):
    """A model in training."""

    modules: dict[str, nn.Module]
    """What a run's weights are: saved as ``<name>.<parameter>``."""

    optimisers: dict[str, torch.optim.Optimizer]
    """What else training goes on from, by the name of the module that it updates."""

    fixed_z: torch.Tensor
    """The noise of the sample grids, drawn once before the first step."""

    def step(self, images: torch.Tensor) -> Scalars:
        """Update the parameters once on uint8 images [B, 1, 32, 32]; return the losses of this step."""
        ...

    def compute_dev_losses(self, images: torch.Tensor) -> Scalars:
        """The losses over the dev set, uint8 [N, 1, 32, 32], in eval mode; empty if the homework asks for none."""
        ...

    def draw_grids(self, dev_images: torch.Tensor) -> dict[str, torch.Tensor]:
        """Grids to show: name -> uint8 [32, 1, 32, 32], in eval mode; samples are from noise that never changes."""
        ...


def choose_autocast(settings: TrainingSettings, device: torch.device) -> torch.autocast:
    """The context of a step's forward passes; parameters, BatchNorm's statistics and losses stay float32 in bf16."""
    return torch.autocast(device.type, torch.bfloat16, enabled=settings.precision == "bf16")


def use_precision(precision: str) -> None:
    """Set for this process what float32 products mean on a GPU: 10 bits of mantissa for ``tf32``, else all 23."""
    products = "tf32" if precision == "tf32" else "ieee"
    torch.backends.cuda.matmul.fp32_precision = products
    torch.backends.cudnn.conv.fp32_precision = products  # type: ignore[attr-defined] # missing in torch's annotations


def make_adam(network: nn.Module, learning_rate: float, betas: tuple[float, float] = (0.9, 0.999)) -> torch.optim.Adam:
    """Adam (Kingma & Ba 2015) as one kernel for all parameters."""
    return torch.optim.Adam(network.parameters(), learning_rate, betas, fused=True)


def to_channels_last(network: nn.Module) -> None:
    """Lay out 4-d weights channels-last in place."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload] # missing in torch's own annotations


def lay_out(network: nn.Module, settings: TrainingSettings, device: torch.device) -> None:
    """Arrange a network in place for training on the device; its parameters' names and values stay.

    Channels last is what a CPU and a GPU's tensor cores are fastest with; a GPU's float32 kernels want them first.
    """
    if device.type == "cpu" or settings.precision != "fp32":
        to_channels_last(network)
    if device.type == "cpu":
        use_matrix_products(network, is_low=settings.precision == "bf16")


def to_unit(images: torch.Tensor) -> torch.Tensor:
    """uint8 0..255 -> float32 in [0, 1]."""
    return images.float() / 255


def to_uint8(images: torch.Tensor) -> torch.Tensor:
    """float in [0, 1] -> uint8 0..255, rounded to nearest."""
    return (images * 255).round().clamp(0, 255).to(torch.uint8)
