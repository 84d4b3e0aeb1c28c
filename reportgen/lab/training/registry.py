"""The lab's list of models: how each is trained, draws images, reconstructs them, and which code is its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, assert_never

import torch
from torch import nn

from reportgen.lab.models import gan, vae
from reportgen.lab.training.gan import GanObjective
from reportgen.lab.training.objectives import Objective
from reportgen.lab.training.vae import VaeObjective
from reportgen.suite.settings import GanSettings, Settings, VaeSettings

Modules = Mapping[str, nn.Module]
"""The networks of a model by their names in its objective's ``modules``."""

ToImages = Callable[[torch.Tensor], torch.Tensor]
"""Function from latents to images in [0, 1], float [B, 1, 32, 32]."""

Encode = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
"""Function from images to the mean and log-variance of their codes, float [B, latent_dim] each.

The decoder makes an image's reconstruction of the mean.
"""


def build_objective(settings: Settings, device: torch.device, generator: torch.Generator) -> Objective:
    """Build the networks and optimisers of a model on ``device``; their noise will come from ``generator``."""
    match settings:
        case VaeSettings():
            return VaeObjective(settings, device, generator)
        case GanSettings():
            return GanObjective(settings, device, generator)
        case _:
            assert_never(settings)


def find_decoder(settings: Settings, modules: Modules) -> ToImages:
    """Return the function from latents, float32 [B, latent_dim], to images; its network is put into eval mode."""
    match settings:
        case VaeSettings():
            return vae.find_vae(modules).eval().decode
        case GanSettings():
            return partial(gan.draw_images, modules["generator"].eval())
        case _:
            assert_never(settings)


def find_encoder(settings: Settings, modules: Modules) -> Encode | None:
    """Return the function from images in [0, 1], [B, 1, 32, 32], to their codes, in eval mode.

    None for a model that encodes nothing.
    """
    match settings:
        case VaeSettings():
            return vae.find_vae(modules).eval().encode
        case GanSettings():
            return None
        case _:
            assert_never(settings)


def list_networks(settings: Settings, modules: Modules) -> Modules:
    """Return the networks that parameters are counted of, by the names that a report gives them."""
    match settings:
        case VaeSettings():
            found = vae.find_vae(modules)
            return {"encoder": found.encoder, "decoder": found.decoder}
        case GanSettings():
            return modules
        case _:
            assert_never(settings)


def list_shown_code(settings: Settings) -> Sequence[Callable[..., Any]]:
    """Return the classes and functions that a listing of the report shows for a variant."""
    match settings:
        case VaeSettings():
            return vae.choose_networks(settings)
        case GanSettings():
            return gan.list_shown_code(settings)
        case _:
            assert_never(settings)
