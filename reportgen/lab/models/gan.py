"""The homework's DCGAN (Radford et al. 2016) and its losses (Goodfellow et al. 2014)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, assert_never

import torch
import torch.nn.functional as F
from torch import nn

from reportgen.suite.settings import GanSettings


def build_activation(name: str) -> nn.Module:
    """Return the discriminator's activation: ``leaky_relu``, or ``relu`` for the ablation."""
    return {"leaky_relu": nn.LeakyReLU(0.2), "relu": nn.ReLU()}[name]


class ConvGenerator(nn.Module):
    """Generator: z [B, latent_dim, 1, 1] -> images in [-1, 1], [B, 1, 32, 32]."""

    def __init__(self, latent_dim: int, hidden_dim: int) -> None:
        super().__init__()
        h = hidden_dim
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(latent_dim, 4 * h, 4, stride=1, padding=0),  # 4h x 4 x 4
            nn.BatchNorm2d(4 * h),
            nn.ReLU(),
            nn.ConvTranspose2d(4 * h, 2 * h, 4, stride=2, padding=1),  # 2h x 8 x 8
            nn.BatchNorm2d(2 * h),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * h, h, 4, stride=2, padding=1),  # h x 16 x 16
            nn.BatchNorm2d(h),
            nn.ReLU(),
            nn.ConvTranspose2d(h, 1, 4, stride=2, padding=1),  # 1 x 32 x 32
            nn.Tanh(),
        )

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.layers(z)


class ConvDiscriminator(nn.Module):
    """Discriminator: x in [-1, 1], [B, 1, 32, 32] -> logits of D(x), the probability that x is real, [B]."""

    def __init__(self, hidden_dim: int, activation: str) -> None:
        super().__init__()
        h = hidden_dim
        self.layers = nn.Sequential(
            nn.Conv2d(1, h, 4, stride=2, padding=1, bias=False),  # h x 16 x 16
            build_activation(activation),
            nn.Conv2d(h, 2 * h, 4, stride=2, padding=1, bias=False),  # 2h x 8 x 8
            nn.BatchNorm2d(2 * h),
            build_activation(activation),
            nn.Conv2d(2 * h, 4 * h, 4, stride=2, padding=1, bias=False),  # 4h x 4 x 4
            nn.BatchNorm2d(4 * h),
            build_activation(activation),
            nn.Conv2d(4 * h, 1, 4, stride=1, padding=0, bias=False),  # 1 x 1 x 1
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x).flatten().float()  # also where autocast computed it in bfloat16


class MlpGenerator(nn.Module):
    """Generator of the MLP ablation, without convolutions; its shapes are those of ``ConvGenerator``."""

    def __init__(self, latent_dim: int, hidden_dim: int) -> None:
        super().__init__()
        h = hidden_dim
        self.layers = nn.Sequential(
            nn.Linear(latent_dim, 4 * h),
            nn.BatchNorm1d(4 * h),
            nn.ReLU(),
            nn.Linear(4 * h, 2 * h),
            nn.BatchNorm1d(2 * h),
            nn.ReLU(),
            nn.Linear(2 * h, h),
            nn.BatchNorm1d(h),
            nn.ReLU(),
            nn.Linear(h, 32 * 32),
            nn.Tanh(),
        )

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.layers(z.flatten(1)).view(-1, 1, 32, 32)


class MlpDiscriminator(nn.Module):
    """Discriminator of the MLP ablation, without convolutions; its shapes are those of ``ConvDiscriminator``."""

    def __init__(self, hidden_dim: int, activation: str) -> None:
        super().__init__()
        h = hidden_dim
        self.layers = nn.Sequential(
            nn.Linear(32 * 32, h),
            build_activation(activation),
            nn.Linear(h, 2 * h),
            nn.Dropout(0.2),
            build_activation(activation),
            nn.Linear(2 * h, 4 * h),
            nn.Dropout(0.2),
            build_activation(activation),
            nn.Linear(4 * h, 1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x.flatten(1)).flatten().float()  # also where autocast computed it in bfloat16


def choose_networks(settings: GanSettings) -> tuple[type[nn.Module], type[nn.Module]]:
    """Return the classes of the generator and the discriminator."""
    match settings.architecture:
        case "conv":
            return ConvGenerator, ConvDiscriminator
        case "mlp":
            return MlpGenerator, MlpDiscriminator
        case _:
            assert_never(settings.architecture)


def list_shown_code(settings: GanSettings) -> Sequence[Callable[..., Any]]:
    """Return what the report lists of a variant: both networks, or what the ablation changes."""
    match settings.variant:
        case "conv" | "mlp" | "mlp_relu":
            return choose_networks(settings)
        case "relu":
            return build_activation, ConvDiscriminator
        case _:
            assert_never(settings.variant)


def draw_images(generator: nn.Module, z: torch.Tensor) -> torch.Tensor:
    """Draw images in [0, 1], [B, 1, 32, 32], from latents [B, latent_dim]."""
    return (generator(z[:, :, None, None]) + 1) / 2


def build_generator(settings: GanSettings) -> nn.Module:
    """Build a generator: latents [B, latent_dim, 1, 1] in, images [B, 1, 32, 32] in [-1, 1] out."""
    build, _ = choose_networks(settings)
    return build(settings.latent_dim, settings.hidden_dim).apply(initialise_weights)


def build_discriminator(settings: GanSettings) -> nn.Module:
    """Build a discriminator: images [B, 1, 32, 32] in [-1, 1] in, logits [B] out."""
    _, build = choose_networks(settings)
    return build(settings.hidden_dim, settings.activation).apply(initialise_weights)


def initialise_weights(module: nn.Module) -> None:
    """Initialise a module as DCGAN does: conv weights N(0, 0.02), BatchNorm weights N(1, 0.02) and biases 0."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


def compute_discriminator_loss(real_logit: torch.Tensor, fake_logit: torch.Tensor) -> torch.Tensor:
    """Return BCE(D(x), 1) + BCE(D(G(z)), 0), a scalar in nats; 2 log 2 = 1.386 at the equilibrium.

    Args:
        real_logit, fake_logit: logits of D(x) and D(G(z)), [B] each.
    """
    # -log sigmoid(a) = softplus(-a), without the overflow of a sigmoid followed by a logarithm
    return F.softplus(-real_logit).mean() + F.softplus(fake_logit).mean()


def compute_generator_loss(fake_logit: torch.Tensor) -> torch.Tensor:
    """Return the non-saturating loss BCE(D(G(z)), 1), a scalar in nats; log 2 = 0.693 at the equilibrium."""
    return F.softplus(-fake_logit).mean()
