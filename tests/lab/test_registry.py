"""What the settings of a model say of it, and what its networks do, are one."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from reportgen.lab.models import gan, vae
from reportgen.lab.training.registry import build_objective, find_decoder, find_encoder, list_networks, list_shown_code
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
        decode, encode = find_decoder(settings, objective.modules), find_encoder(settings, objective.modules)
        images = decode(objective.fixed_z.flatten(1))
        assert (encode is not None) == ("reconstructions" in grids)
        if encode is not None:
            again = decode(encode(torch.zeros(32, 1, 32, 32))[0])
            torch.testing.assert_close(again * 255, grids["reconstructions"].float(), atol=0.51, rtol=0)
    torch.testing.assert_close(images * 255, grids["samples"].float(), atol=0.51, rtol=0)


def count_macs(network: nn.Module, *inputs: torch.Tensor) -> int:
    """Count the multiply-accumulates of a pass by what each layer reads and writes."""
    counts: list[int] = []

    def count(layer: nn.Module, args: tuple[torch.Tensor], output: torch.Tensor) -> None:
        match layer:
            case nn.ConvTranspose2d():
                counts.append(args[0].numel() * layer.out_channels * math.prod(layer.kernel_size))
            case nn.Conv2d():
                counts.append(output.numel() * layer.in_channels * math.prod(layer.kernel_size))
            case nn.Linear():
                counts.append(output.numel() * layer.in_features)

    for layer in network.modules():
        layer.register_forward_hook(count)
    network(*inputs)
    return sum(counts)


WIDE: list[Settings] = [
    VaeSettings(latent_dim=7),
    VaeSettings(latent_dim=7, architecture="linear"),
    GanSettings(latent_dim=7, hidden_dim=5),
    GanSettings(latent_dim=7, hidden_dim=5, architecture="mlp"),
]


@pytest.mark.parametrize("settings", WIDE, ids=lambda settings: settings.label)
def test_multiply_accumulates_are_those_of_the_layers(settings: Settings) -> None:
    """A batch of two, so that BatchNorm has something to normalise."""
    modules = build_objective(settings, CPU, torch.Generator().manual_seed(0)).modules
    networks = list_networks(settings, modules)
    x, z = torch.zeros(2, 1, 32, 32), torch.zeros(2, 7)
    if isinstance(settings, VaeSettings):
        encoder, image = count_macs(networks["encoder"], x) // 2, count_macs(networks["decoder"], z) // 2
        step = 3 * (encoder + image)
    else:
        judge, image = (
            count_macs(networks["discriminator"], x) // 2,
            count_macs(networks["generator"], z[..., None, None]) // 2,
        )
        step = 3 * image + 8 * judge
    assert settings.count_image_macs() == image
    assert settings.count_step_macs() == step * settings.batch_size


@pytest.mark.parametrize("settings", NETWORKS, ids=lambda settings: settings.label)
def test_the_networks_of_a_model_have_all_its_parameters(settings: Settings) -> None:
    modules = build_objective(settings, CPU, torch.Generator().manual_seed(0)).modules
    of_networks, of_modules = (
        sum(weights.numel() for network in found.values() for weights in network.parameters())
        for found in (list_networks(settings, modules), modules)
    )
    assert of_networks == of_modules


def test_the_listing_of_an_ablation_shows_what_it_changes() -> None:
    assert list_shown_code(GanSettings(activation="relu")) == (gan.build_activation, gan.ConvDiscriminator)
    both = (gan.MlpGenerator, gan.MlpDiscriminator)
    assert list_shown_code(GanSettings(architecture="mlp", activation="relu")) == both
    assert list_shown_code(VaeSettings(encoder_output_relu=True)) == (vae.ConvEncoder, vae.ConvDecoder)
