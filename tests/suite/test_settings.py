from __future__ import annotations

import itertools
from typing import Any, get_args

import pytest
from synthetic import ROOT

from reportgen.assets import load_published_scores
from reportgen.suite.loading import load_suite
from reportgen.suite.settings import MODELS, GanSettings, ModelName, Settings, VaeSettings

NAMES = [
    (VaeSettings(), "conv", "vae-100", "VAE-100"),
    (VaeSettings(architecture="linear", latent_dim=64), "linear", "vae-linear-64", "VAE-64 linear"),
    (VaeSettings(encoder_output_relu=True), "conv_output_relu", "vae-outrelu-100", "VAE-100 (output ReLU)"),
    (
        VaeSettings(architecture="linear", encoder_output_relu=True),
        "linear_output_relu",
        "vae-linear-outrelu-100",
        "VAE-100 linear (output ReLU)",
    ),
    (GanSettings(hidden_dim=16), "conv", "gan-100_16", "GAN 100_16"),
    (GanSettings(architecture="mlp"), "mlp", "gan-mlp-100_100", "MLP GAN 100_100"),
    (GanSettings(activation="relu"), "relu", "gan-relu-100_100", "ReLU GAN 100_100"),
    (GanSettings(architecture="mlp", activation="relu"), "mlp_relu", "gan-mlp-relu-100_100", "MLP ReLU GAN 100_100"),
]


def list_networks(model: type[Settings]) -> list[Settings]:
    """Return settings of all combinations of what a network is chosen by."""
    choices = {
        name: [False, True] if info.annotation is bool else get_args(info.annotation)
        for name, info in model.model_fields.items()
        if info.annotation is bool or (get_args(info.annotation) and name not in ("model", "precision", "imported"))
    }
    rows = itertools.product(*choices.values())
    return [model(**dict(zip(choices, row, strict=True))) for row in rows]


@pytest.mark.parametrize(("settings", "variant", "base_name", "label"), NAMES)
def test_a_network_has_one_variant_one_folder_and_one_label(
    settings: Settings, variant: str, base_name: str, label: str
) -> None:
    assert (settings.variant, settings.base_name, settings.label) == (variant, base_name, label)


def test_every_network_that_a_file_can_ask_for_is_a_variant_of_its_own() -> None:
    networks = [settings for model in MODELS.values() for settings in list_networks(model)]
    assert len(networks) == len(NAMES) == len({s.base_name for s in networks}) == len({s.label for s in networks})


@pytest.mark.parametrize("name", MODELS)
def test_a_file_may_name_every_model(name: ModelName, tmp_path: Any) -> None:
    path = tmp_path / "suite.yaml"
    path.write_text(
        f"defaults: {{{name}: {{batch_size: 7}}}}\nruns: {{a: {{model: {name}, latent_dim: [2, 3]}}}}\n"
        f"profiles: {{p: {{{name}: {{num_training_steps: 5}}}}}}\n"
    )
    (group,) = load_suite(path, "p").groups
    assert [type(s) for s in group.settings] == [MODELS[name]] * 2
    assert [(s.latent_dim, s.batch_size, s.num_training_steps) for s in group.settings] == [(2, 7, 5), (3, 7, 5)]


@pytest.mark.parametrize("settings", [row[0] for row in NAMES])
def test_an_ablation_is_compared_with_the_homeworks_network_of_its_other_settings(settings: Settings) -> None:
    assert settings.is_ablation == (settings.variant != "conv")
    baseline = settings.model_copy(update={"batch_size": 7}).baseline
    assert (baseline.variant, baseline.dimensions, baseline.batch_size) == ("conv", settings.dimensions, 7)
    assert baseline.baseline == baseline


def test_published_scores_are_found_by_the_settings_that_they_are_of() -> None:
    keys = {(s.model, s.variant, s.latent_dim, s.hidden_dim) for s in load_published_scores()}
    homework = {s for group in load_suite(ROOT / "experiments.yaml").groups for s in group.settings}
    unpublished = {s.label for s in homework if s.published_key not in keys}
    assert unpublished == {"VAE-64 linear"}
    odd = VaeSettings(architecture="linear", encoder_output_relu=True, latent_dim=64)
    assert odd.published_key == ("vae", "mlp-output-relu", 64, None)
    assert GanSettings(architecture="mlp", hidden_dim=8).published_key == ("gan", "mlp", 100, None)
