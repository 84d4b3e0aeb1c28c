"""The GAN's training step."""

from __future__ import annotations

import torch
from torch import nn

from reportgen.lab.models.gan import (
    build_discriminator,
    build_generator,
    compute_discriminator_loss,
    compute_generator_loss,
)
from reportgen.lab.training.objectives import (
    NUM_GRID_IMAGES,
    Scalars,
    choose_autocast,
    lay_out,
    make_adam,
    to_uint8,
    to_unit,
)
from reportgen.suite.settings import GanSettings

ADAM_BETAS = (0.5, 0.999)  # Radford et al. 2016, section 4


class GanObjective:
    """Objective of a GAN: one discriminator and one generator update per step, both with Adam."""

    def __init__(self, settings: GanSettings, device: torch.device, generator: torch.Generator) -> None:
        self.latent_dim = settings.latent_dim
        self.generator = build_generator(settings).to(device)
        self.discriminator = build_discriminator(settings).to(device)
        for network in (self.generator, self.discriminator):
            lay_out(network, settings, device)
        self.modules: dict[str, nn.Module] = {"generator": self.generator, "discriminator": self.discriminator}
        self.generator_optimiser, self.discriminator_optimiser = (
            make_adam(network, settings.learning_rate, ADAM_BETAS) for network in (self.generator, self.discriminator)
        )
        self.optimisers: dict[str, torch.optim.Optimizer] = {
            "generator": self.generator_optimiser,
            "discriminator": self.discriminator_optimiser,
        }
        self.autocast = choose_autocast(settings, device)
        self.noise_source = generator
        self.fixed_z = self.draw_noise(NUM_GRID_IMAGES)

    def draw_noise(self, count: int) -> torch.Tensor:
        """Draw standard normal latents, float32 [count, latent_dim, 1, 1]."""
        shape = (count, self.latent_dim, 1, 1)
        return torch.randn(shape, generator=self.noise_source, device=self.noise_source.device)

    def step(self, images: torch.Tensor) -> Scalars:
        """Update D once, then G once, on uint8 images [B, 1, 32, 32]; return losses and mean probabilities."""
        x, z = to_unit(images) * 2 - 1, self.draw_noise(len(images))
        with self.autocast:
            fake = self.generator(z)
            # Real and fake images go through D in separate batches, each with BatchNorm statistics of its own.
            real_logit = self.discriminator(x)
            fake_logit = self.discriminator(fake.detach())
        discriminator_loss = compute_discriminator_loss(real_logit, fake_logit)
        self.discriminator_optimiser.zero_grad()
        discriminator_loss.backward()
        self.discriminator_optimiser.step()

        # G's loss uses these fakes and the updated D, whose own gradients are not needed.
        self.discriminator.requires_grad_(False)
        with self.autocast:
            new_fake_logit = self.discriminator(fake)
        generator_loss = compute_generator_loss(new_fake_logit)
        self.generator_optimiser.zero_grad()
        generator_loss.backward()
        self.generator_optimiser.step()
        self.discriminator.requires_grad_(True)

        return {
            "discriminator_loss": discriminator_loss.detach(),
            "generator_loss": generator_loss.detach(),
            "D_x": real_logit.detach().sigmoid().mean(),
            "D_G_z1": fake_logit.detach().sigmoid().mean(),
            "D_G_z2": new_fake_logit.detach().sigmoid().mean(),
        }

    def compute_dev_losses(self, images: torch.Tensor) -> Scalars:  # noqa: ARG002
        """Return no losses: the homework asks for a GAN's losses on training batches only."""
        return {}

    @torch.no_grad()
    def draw_grids(self, dev_images: torch.Tensor) -> dict[str, torch.Tensor]:  # noqa: ARG002
        """Return the grid ``samples``, uint8 [32, 1, 32, 32], drawn in eval mode from the fixed noise."""
        self.generator.eval()
        samples = to_uint8((self.generator(self.fixed_z) + 1) / 2)
        self.generator.train()
        return {"samples": samples}
