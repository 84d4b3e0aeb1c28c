"""The VAE's training step."""

from __future__ import annotations

import torch
from torch import nn

from reportgen.lab.models.vae import Vae, compute_vae_losses
from reportgen.lab.training.objectives import (
    NUM_GRID_IMAGES,
    Scalars,
    choose_autocast,
    lay_out,
    make_adam,
    to_uint8,
    to_unit,
)
from reportgen.suite.settings import VaeSettings

DEV_BATCH_SIZE = {"cpu": 500, "cuda": 2500}
"""Dev images per forward pass, by device type; larger batches cost a GPU no extra time."""


class VaeObjective:
    """Objective of a VAE: reconstruction + KL, minimised with Adam."""

    def __init__(self, settings: VaeSettings, device: torch.device, generator: torch.Generator) -> None:
        self.vae = Vae(settings).to(device)
        lay_out(self.vae, settings, device)
        self.modules: dict[str, nn.Module] = {"vae": self.vae}
        self.optimiser = make_adam(self.vae, settings.learning_rate)
        self.optimisers: dict[str, torch.optim.Optimizer] = {"vae": self.optimiser}
        self.autocast = choose_autocast(settings, device)
        self.generator = generator
        self.fixed_z = self.draw_noise(NUM_GRID_IMAGES)

    def draw_noise(self, count: int) -> torch.Tensor:
        """Draw standard normal latents, float32 [count, latent_dim]."""
        shape = (count, self.vae.latent_dim)
        return torch.randn(shape, generator=self.generator, device=self.generator.device)

    def step(self, images: torch.Tensor) -> Scalars:
        """Update encoder and decoder once on uint8 images [B, 1, 32, 32]; return the losses, in nats per image."""
        x, eps = to_unit(images), self.draw_noise(len(images))
        with self.autocast:
            reconstruction, kl = compute_vae_losses(self.vae, x, eps)
        self.optimiser.zero_grad()
        (reconstruction + kl).backward()
        self.optimiser.step()
        return _name_losses("train", reconstruction.detach(), kl.detach())

    @torch.no_grad()
    def compute_dev_losses(self, images: torch.Tensor) -> Scalars:
        """Return the mean losses over the dev set, uint8 [N, 1, 32, 32], in eval mode, in nats per image."""
        self.vae.eval()
        totals = torch.zeros(2, device=images.device)
        for block in images.split(DEV_BATCH_SIZE[images.device.type]):
            losses = compute_vae_losses(self.vae, to_unit(block), self.draw_noise(len(block)))
            totals += torch.stack(losses) * len(block)
        self.vae.train()
        reconstruction, kl = totals / len(images)
        return _name_losses("dev", reconstruction, kl)

    @torch.no_grad()
    def draw_grids(self, dev_images: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the grids ``dev``, ``reconstructions`` and ``samples``, uint8 [32, 1, 32, 32] each, in eval mode."""
        shown = dev_images[:NUM_GRID_IMAGES]
        self.vae.eval()
        grids = {
            "dev": shown,
            "reconstructions": to_uint8(self.vae.reconstruct(to_unit(shown))),
            "samples": to_uint8(self.vae.decode(self.fixed_z)),
        }
        self.vae.train()
        return grids


def _name_losses(split: str, reconstruction: torch.Tensor, kl: torch.Tensor) -> Scalars:
    return {f"{split}_reconstruction": reconstruction, f"{split}_kl": kl, f"{split}_total": reconstruction + kl}
