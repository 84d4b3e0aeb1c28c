"""The homework's variational autoencoder and its loss (Kingma & Welling 2014)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import torch
import torch.nn.functional as F
from torch import nn

from reportgen.suite.settings import VaeSettings


class ConvEncoder(nn.Module):
    """Encoder: x in [0, 1], [B, 1, 32, 32] -> mu and logvar side by side, [B, 2 * latent_dim]."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=1, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, stride=1, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 16, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.fc = nn.Sequential(
            nn.Linear(16 * 8 * 8, 2 * latent_dim),
            nn.ReLU(),
            nn.Linear(2 * latent_dim, 2 * latent_dim),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.conv(x).flatten(1))


class ConvDecoder(nn.Module):
    """Decoder: z [B, latent_dim] -> logits of the pixels, [B, 1, 32, 32]; their sigmoid is the image."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(latent_dim, latent_dim), nn.ReLU(), nn.Linear(latent_dim, 16 * 8 * 8))
        self.conv = nn.Sequential(
            nn.ConvTranspose2d(16, 32, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 32, 3, stride=1, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(16, 1, 3, stride=1, padding=1),
        )

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.conv(self.fc(z).view(-1, 16, 8, 8))


class LinearEncoder(nn.Module):
    """Encoder of the all-linear ablation: 1024 -> 400 + ReLU -> 2 * latent_dim."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(32 * 32, 400), nn.ReLU(), nn.Linear(400, 2 * latent_dim))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(x.flatten(1))


class LinearDecoder(nn.Module):
    """Decoder of the all-linear ablation: latent_dim -> 400 + ReLU -> logits of 1024 pixels."""

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(latent_dim, 400), nn.ReLU(), nn.Linear(400, 32 * 32))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return self.fc(z).view(-1, 1, 32, 32)


class Vae(nn.Module):
    """Variational autoencoder: encoder q(z|x), decoder p(x|z), prior N(0, I)."""

    def __init__(self, settings: VaeSettings) -> None:
        super().__init__()
        build_encoder, build_decoder = choose_networks(settings)
        self.latent_dim = settings.latent_dim
        self.encoder = build_encoder(settings.latent_dim)
        self.decoder = build_decoder(settings.latent_dim)
        self.output_relu = settings.encoder_output_relu

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mu and logvar of q(z|x), [B, latent_dim] each, for images x [B, 1, 32, 32] in [0, 1]."""
        outputs = self.encoder(x).float()  # also where autocast computed it in bfloat16
        mu, logvar = (F.relu(outputs) if self.output_relu else outputs).chunk(2, dim=1)
        return mu, logvar

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """Return the pixel means of p(x|z), [B, 1, 32, 32] in [0, 1], for latents z [B, latent_dim]."""
        return self.decoder(z).sigmoid()

    def reconstruct(self, x: torch.Tensor) -> torch.Tensor:
        """Return the decoded posterior means of images x; both are [B, 1, 32, 32] in [0, 1]."""
        mu, _ = self.encode(x)
        return self.decode(mu)


def choose_networks(settings: VaeSettings) -> tuple[type[nn.Module], type[nn.Module]]:
    """Return the classes of the encoder and the decoder."""
    match settings.architecture:
        case "conv":
            return ConvEncoder, ConvDecoder
        case "linear":
            return LinearEncoder, LinearDecoder
        case _:
            assert_never(settings.architecture)


def find_vae(modules: Mapping[str, nn.Module]) -> Vae:
    """Return the network among a run's modules."""
    vae = modules["vae"]
    assert isinstance(vae, Vae), "a VAE's only module"
    return vae


def compute_vae_losses(vae: Vae, x: torch.Tensor, eps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the two terms of the negative evidence lower bound, scalars averaged over the batch, in nats.

    Args:
        x: images in [0, 1], [B, 1, 32, 32].
        eps: standard normal noise, [B, latent_dim].

    Returns:
        reconstruction: binary cross-entropy, summed over the pixels.
        kl: KL(q(z|x) || N(0, I)) = -1/2 sum(1 + logvar - mu^2 - exp(logvar)).
    """
    mu, logvar = vae.encode(x)
    z = mu + (0.5 * logvar).exp() * eps
    reconstruction = F.binary_cross_entropy_with_logits(vae.decoder(z).float(), x, reduction="sum") / len(x)
    kl = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(dim=1).mean()
    return reconstruction, kl
