"""What the settings of a model say of it, and what its networks do, are one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from reportgen.lab.models import gan, vae
from reportgen.lab.training.registry import build_objective, find_decoder, find_reconstructor, list_shown_code
from reportgen.suite.settings import MODELS, GanSettings, Settings, VaeSettings

CPU = torch.device("cpu")
NETWORKS: list[Settings] = [
    VaeSettings(latent_dim=3),
    VaeSettings(latent_dim=3, architecture="linear"),
    GanSettings(latent_dim=3, hidden_dim=2),
    GanSettings(latent_dim=3, hidden_dim=2, architecture="mlp"),
]


def test_every_model_is_among_the_networks_of_this_file() -> None:
    assert {type(settings) for settings in NETWORKS} == set(MODELS.values())


@pytest.mark.parametrize("settings", NETWORKS, ids=lambda settings: settings.label)
def test_the_settings_tell_of_the_networks(settings: Settings) -> None:
    objective = build_objective(settings, CPU, torch.Generator().manual_seed(0))
    logged = objective.step(torch.zeros(4, 1, 32, 32, dtype=torch.uint8))
    assert settings.PROGRESS_LOSSES.keys() <= logged.keys()
    layers = [layer for network in objective.modules.values() for layer in network.modules()]
    assert settings.has_dropout == any(isinstance(layer, nn.Dropout) for layer in layers)
    shown = [item for item in list_shown_code(settings) if isinstance(item, type)]
    assert {type(layer) for layer in layers} >= set(shown) != set()


@pytest.mark.parametrize("settings", NETWORKS, ids=lambda settings: settings.label)
def test_images_are_drawn_as_training_shows_them(settings: Settings) -> None:
    objective = build_objective(settings, CPU, torch.Generator().manual_seed(0))
    grids = objective.draw_grids(torch.zeros(32, 1, 32, 32, dtype=torch.uint8))
    for network in objective.modules.values():
        network.train()
    with torch.no_grad():
        images = find_decoder(settings, objective.modules)(objective.fixed_z.flatten(1))
        reconstruct = find_reconstructor(settings, objective.modules)
        assert (reconstruct is not None) == ("reconstructions" in grids)
        if reconstruct is not None:
            again = reconstruct(torch.zeros(32, 1, 32, 32))
            torch.testing.assert_close(again * 255, grids["reconstructions"].float(), atol=0.51, rtol=0)
    torch.testing.assert_close(images * 255, grids["samples"].float(), atol=0.51, rtol=0)


def test_the_listing_of_an_ablation_shows_what_it_changes() -> None:
    assert list_shown_code(GanSettings(activation="relu")) == (gan.build_activation, gan.ConvDiscriminator)
    both = (gan.MlpGenerator, gan.MlpDiscriminator)
    assert list_shown_code(GanSettings(architecture="mlp", activation="relu")) == both
    assert list_shown_code(VaeSettings(encoder_output_relu=True)) == (vae.ConvEncoder, vae.ConvDecoder)
