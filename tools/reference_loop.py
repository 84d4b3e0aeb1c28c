"""The homework's training as tutorials write it, with which `make bench` compares ours.

It has a torchvision-style dataset of PIL images with transforms, a DataLoader with two workers, PyTorch's default
memory format and Adam, a host synchronisation per logged scalar and step, and superfluous gradients of D in G's step.
The networks and losses are those of the homework.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

import torch
import torch.nn.functional as F
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from reportgen.lab.data import declare_missing_torchvision_ops
from reportgen.lab.models.gan import build_discriminator, build_generator
from reportgen.lab.models.vae import Vae
from reportgen.suite.settings import GanSettings, Settings, VaeSettings

NUM_WORKERS = 2
EPOCH = 60_000
"""Images per epoch, as many as MNIST has; the given images are repeated to reach it."""


class PilDigits(Dataset[tuple[torch.Tensor, int]]):
    """Dataset of uint8 images [N, 28, 28], each converted to PIL, resized and scaled on every access."""

    def __init__(self, images: torch.Tensor, *, centred: bool) -> None:
        declare_missing_torchvision_ops()
        from torchvision import transforms

        steps = [transforms.Resize((32, 32)), transforms.ToTensor()]
        self.transform = transforms.Compose([*steps, transforms.Normalize((0.5,), (0.5,))] if centred else steps)
        self.images = images

    def __len__(self) -> int:
        return EPOCH

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        image = Image.fromarray(self.images[index % len(self.images)].numpy())
        return self.transform(image), 0


Loader = DataLoader[tuple[torch.Tensor, int]]


def run_reference(settings: Settings, images: torch.Tensor, device: str = "cpu") -> Iterator[dict[str, float]]:
    """Train without end; yield the logged scalars after every step.

    Args:
        images: uint8 [N, 28, 28], on the CPU.
    """
    dataset = PilDigits(images, centred=isinstance(settings, GanSettings))
    loader = DataLoader(dataset, settings.batch_size, shuffle=True, drop_last=True, num_workers=NUM_WORKERS)
    while True:
        match settings:
            case VaeSettings():
                yield from _train_vae(settings, loader, device)
            case GanSettings():
                yield from _train_gan(settings, loader, device)
            case _:
                assert_never(settings)


def _train_vae(settings: VaeSettings, loader: Loader, device: str) -> Iterator[dict[str, float]]:
    vae = Vae(settings).to(device)
    optimiser = torch.optim.Adam(vae.parameters(), settings.learning_rate)
    for batch, _ in loader:
        x = batch.to(device)
        mu, logvar = vae.encode(x)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        reconstruction = F.binary_cross_entropy(vae.decode(z), x, reduction="sum") / len(x)
        kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp()) / len(x)
        loss = reconstruction + kl
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        yield {"reconstruction": reconstruction.item(), "kl": kl.item(), "total": loss.item()}


def _train_gan(settings: GanSettings, loader: Loader, device: str) -> Iterator[dict[str, float]]:
    generator, discriminator = build_generator(settings).to(device), build_discriminator(settings).to(device)
    optimiser_g, optimiser_d = (
        torch.optim.Adam(network.parameters(), settings.learning_rate, betas=(0.5, 0.999))
        for network in (generator, discriminator)
    )
    for batch, _ in loader:
        x = batch.to(device)
        ones, zeros = torch.ones(len(x), device=device), torch.zeros(len(x), device=device)
        fake = generator(torch.randn(len(x), settings.latent_dim, 1, 1, device=device))
        d_x = torch.sigmoid(discriminator(x))
        d_g_z1 = torch.sigmoid(discriminator(fake.detach()))
        loss_d = F.binary_cross_entropy(d_x, ones) + F.binary_cross_entropy(d_g_z1, zeros)
        optimiser_d.zero_grad()
        loss_d.backward()
        optimiser_d.step()
        d_g_z2 = torch.sigmoid(discriminator(fake))
        loss_g = F.binary_cross_entropy(d_g_z2, ones)
        optimiser_g.zero_grad()
        loss_g.backward()
        optimiser_g.step()
        yield {
            "discriminator_loss": loss_d.item(),
            "generator_loss": loss_g.item(),
            "D_x": d_x.mean().item(),
            "D_G_z1": d_g_z1.mean().item(),
            "D_G_z2": d_g_z2.mean().item(),
        }
