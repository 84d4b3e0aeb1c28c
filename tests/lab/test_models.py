from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from reportgen.assets import CLASSIFIER_WEIGHTS, load_card
from reportgen.lab.models.classifier import (
    FEATURE_DIM,
    UNREAD,
    DigitClassifier,
    fold_norms,
    load_classifier,
    read_digits,
)
from reportgen.lab.models.gan import (
    build_discriminator,
    build_generator,
    compute_discriminator_loss,
    compute_generator_loss,
)
from reportgen.lab.models.vae import Vae, compute_vae_losses
from reportgen.suite.settings import GanSettings, VaeSettings


def shapes(
    module: nn.Module, kind: type[nn.Conv2d] | type[nn.ConvTranspose2d]
) -> list[tuple[int, int, int, int, int | str, bool]]:
    return [
        (m.in_channels, m.out_channels, m.kernel_size[0], m.stride[0], m.padding[0], m.bias is not None)
        for m in module.modules()
        if isinstance(m, kind)
    ]


def list_layers(discriminator: nn.Module) -> list[str]:
    """Return the class names of its layers in their order."""
    layers = discriminator.layers
    assert isinstance(layers, nn.Sequential)
    return [type(layer).__name__ for layer in layers]


# ---- VAE ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ["conv", "linear"])
def test_vae_shapes_and_ranges(architecture: Literal["conv", "linear"]) -> None:
    vae = Vae(VaeSettings(latent_dim=7, architecture=architecture))
    mu, logvar = vae.encode(torch.rand(5, 1, 32, 32))
    assert mu.shape == logvar.shape == (5, 7)
    x = vae.decode(torch.randn(5, 7))
    assert x.shape == (5, 1, 32, 32)
    assert 0 <= x.min() <= x.max() <= 1


def test_vae_layers_are_those_of_the_homework() -> None:
    vae = Vae(VaeSettings(latent_dim=10))
    assert shapes(vae.encoder, nn.Conv2d) == [
        (1, 16, 3, 1, 1, True),
        (16, 32, 3, 2, 1, True),
        (32, 32, 3, 1, 1, True),
        (32, 16, 3, 2, 1, True),
    ]
    assert shapes(vae.decoder, nn.ConvTranspose2d) == [
        (16, 32, 3, 2, 1, True),
        (32, 32, 3, 1, 1, True),
        (32, 16, 3, 2, 1, True),
        (16, 1, 3, 1, 1, True),
    ]
    linear = [(m.in_features, m.out_features) for m in vae.modules() if isinstance(m, nn.Linear)]
    assert linear == [(1024, 20), (20, 20), (10, 10), (10, 1024)]


def test_vae_losses_are_the_closed_forms() -> None:
    torch.manual_seed(0)
    vae = Vae(VaeSettings(latent_dim=4)).double()
    x, eps = torch.rand(6, 1, 32, 32).double(), torch.randn(6, 4).double()
    reconstruction, kl = compute_vae_losses(vae, x, eps)
    mu, logvar = vae.encode(x)
    sigma = (logvar / 2).exp()
    p = vae.decode(mu + sigma * eps)
    expected = -(x * p.log() + (1 - x) * (1 - p).log()).flatten(1).sum(1).mean()
    torch.testing.assert_close(reconstruction, expected)
    torch.testing.assert_close(kl, kl_divergence(Normal(mu, sigma), Normal(0.0, 1.0)).sum(1).mean())


def test_kl_of_the_prior_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    vae = Vae(VaeSettings(latent_dim=4))
    monkeypatch.setattr(vae, "encode", lambda x: (torch.zeros(len(x), 4), torch.zeros(len(x), 4)))
    _, kl = compute_vae_losses(vae, torch.rand(3, 1, 32, 32), torch.zeros(3, 4))
    assert kl == 0


def test_output_relu_is_an_option() -> None:
    x = torch.rand(8, 1, 32, 32)
    torch.manual_seed(0)
    plain, _ = Vae(VaeSettings()).encode(x)
    torch.manual_seed(0)
    rectified, _ = Vae(VaeSettings(encoder_output_relu=True)).encode(x)
    assert plain.min() < 0
    torch.testing.assert_close(rectified, plain.clamp(min=0))


# ---- GAN ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("architecture", ["conv", "mlp"])
def test_gan_shapes_and_ranges(architecture: Literal["conv", "mlp"]) -> None:
    settings = GanSettings(latent_dim=5, hidden_dim=6, architecture=architecture)
    x = build_generator(settings)(torch.randn(3, 5, 1, 1))
    assert x.shape == (3, 1, 32, 32)
    assert -1 <= x.min() <= x.max() <= 1
    assert build_discriminator(settings)(x).shape == (3,)


def test_gan_layers_are_those_of_the_homework() -> None:
    settings = GanSettings(latent_dim=100, hidden_dim=16)
    generator, discriminator = build_generator(settings), build_discriminator(settings)
    assert shapes(generator, nn.ConvTranspose2d) == [
        (100, 64, 4, 1, 0, True),
        (64, 32, 4, 2, 1, True),
        (32, 16, 4, 2, 1, True),
        (16, 1, 4, 2, 1, True),
    ]
    assert shapes(discriminator, nn.Conv2d) == [
        (1, 16, 4, 2, 1, False),
        (16, 32, 4, 2, 1, False),
        (32, 64, 4, 2, 1, False),
        (64, 1, 4, 1, 0, False),
    ]
    assert list_layers(discriminator) == ["Conv2d", "LeakyReLU", *["Conv2d", "BatchNorm2d", "LeakyReLU"] * 2, "Conv2d"]


def test_mlp_layers_are_those_of_the_homework() -> None:
    settings = GanSettings(architecture="mlp", latent_dim=100, hidden_dim=10)
    linear = [(m.in_features, m.out_features) for m in build_generator(settings).modules() if isinstance(m, nn.Linear)]
    assert linear == [(100, 40), (40, 20), (20, 10), (10, 1024)]
    assert list_layers(build_discriminator(settings)) == [
        "Linear",
        "LeakyReLU",
        *["Linear", "Dropout", "LeakyReLU"] * 2,
        "Linear",
    ]


def test_relu_ablation_has_no_leaky_relu() -> None:
    modules = list(build_discriminator(GanSettings(hidden_dim=4, activation="relu")).modules())
    assert sum(isinstance(m, nn.ReLU) for m in modules) == 3
    assert not any(isinstance(m, nn.LeakyReLU) for m in modules)


def test_initialisation_is_dcgans() -> None:
    torch.manual_seed(0)
    generator = build_generator(GanSettings(hidden_dim=64))
    convs = [m.weight for m in generator.modules() if isinstance(m, nn.ConvTranspose2d)]
    norms = [m for m in generator.modules() if isinstance(m, nn.BatchNorm2d)]
    for weight in convs:
        assert weight.std().item() == pytest.approx(0.02, rel=0.1)
    for norm in norms:
        assert norm.weight.mean().item() == pytest.approx(1, abs=0.02)
        assert norm.bias.abs().max() == 0


def test_losses_at_the_equilibrium() -> None:
    zero = torch.zeros(4)  # D = 1/2
    assert compute_discriminator_loss(zero, zero).item() == pytest.approx(math.log(4))
    assert compute_generator_loss(zero).item() == pytest.approx(math.log(2))


def test_losses_are_binary_cross_entropies() -> None:
    real, fake = torch.randn(9).double(), torch.randn(9).double()
    bce = nn.BCELoss()
    expected = bce(real.sigmoid(), torch.ones(9).double()) + bce(fake.sigmoid(), torch.zeros(9).double())
    torch.testing.assert_close(compute_discriminator_loss(real, fake), expected)
    torch.testing.assert_close(compute_generator_loss(fake), bce(fake.sigmoid(), torch.ones(9).double()))


# ---- classifier -----------------------------------------------------------------------------------------------------


def read(images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    model, card = load_classifier(), load_card()
    features = model.features(images.float() / 255)
    return read_digits(model, features, temperature=card.temperature, threshold=card.threshold)


def test_shipped_classifier_is_small_and_accurate() -> None:
    assert CLASSIFIER_WEIGHTS.stat().st_size < 2_000_000
    assert load_card().test_accuracy >= 0.99
    assert load_classifier().features(torch.rand(2, 1, 32, 32)).shape == (2, FEATURE_DIM)


def test_folded_norms_leave_the_features_as_they_were() -> None:
    torch.manual_seed(0)
    model = DigitClassifier().double()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 2)
            module.bias.data.normal_()
    x = torch.rand(3, 1, 32, 32, dtype=torch.float64)
    expected = model.eval().features(x)
    fold_norms(model)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in model.modules())
    torch.testing.assert_close(model.features(x), expected)


def test_damaged_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from reportgen.base.errors import DataError
    from reportgen.lab.models import classifier

    card = load_card().model_copy(update={"sha256": "0" * 64})
    monkeypatch.setattr(classifier, "load_card", lambda: card)
    with pytest.raises(DataError, match="SHA-256"):
        load_classifier.__wrapped__()


def test_card_holds_on_the_test_set(shared_data: Path) -> None:
    from reportgen.lab.data import load_dataset

    test, card = load_dataset("mnist", data_dir=shared_data).dev, load_card()
    labels, confidence = read(test.images[:2000])
    is_read = labels != UNREAD
    assert is_read.float().mean() > 0.97
    assert (labels[is_read] == test.labels[:2000][is_read]).float().mean() > 0.99
    assert (confidence[~is_read] < card.threshold).all()


def test_noise_reads_as_unread() -> None:
    labels, _ = read((torch.rand(200, 1, 32, 32) * 255).to(torch.uint8))
    assert (labels == UNREAD).float().mean() > 0.95
