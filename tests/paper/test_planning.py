"""What a suite's seeds can show of its report's questions, before and after trainings."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from synthetic import ROOT, TINY, make_results, make_scores, write_output

from reportgen.paper.analysis import replicates
from reportgen.paper.analysis.planning import (
    FACTORS,
    Lack,
    Outlook,
    PlannedContrast,
    Subject,
    choose_planned_fid,
    plan_contrasts,
)
from reportgen.paper.analysis.power import compare_means
from reportgen.paper.analysis.quantities import QUANTITIES
from reportgen.paper.analysis.replicates import collect_own, collect_shipped, find_prior, merge
from reportgen.paper.analysis.results import Cohort, load_cohort
from reportgen.suite.loading import Suite, load_suite
from reportgen.suite.plan import RunSpec, plan_runs
from reportgen.suite.settings import GanSettings, Settings, VaeSettings


def write(folder: Path, text: str) -> Suite:
    path = folder / "suite.yaml"
    path.write_text(text, encoding="utf-8")
    return load_suite(path)


def plan(suite: Suite, chosen: Callable[[RunSpec], bool] = lambda spec: True) -> dict[Subject, PlannedContrast]:
    specs = [spec for spec in plan_runs(suite) if chosen(spec)]
    return {found.subject: found for found in plan_contrasts(suite, specs, Cohort())}


def get_outlook(found: PlannedContrast) -> Outlook:
    assert found.outlook is not None
    return found.outlook


def label(found: PlannedContrast) -> tuple[list[str], list[str]]:
    return [c.label for c in found.a], [c.label for c in found.b]


def test_each_question_of_the_homework_is_a_contrast() -> None:
    planned = plan(load_suite(ROOT / "experiments.yaml"))
    assert {subject: label(found) for subject, found in planned.items()} == {
        "vae_latent": (["VAE-100"], ["VAE-3"]),
        "vae_architecture": (["VAE-64 linear"], ["VAE-64"]),
        "gan_grid.hidden_dim": (["GAN 16_100", "GAN 100_100"], ["GAN 16_16", "GAN 100_16"]),
        "gan_grid.latent_dim": (["GAN 100_16", "GAN 100_100"], ["GAN 16_16", "GAN 16_100"]),
        "gan_hidden": (["GAN 100_64"], ["GAN 100_4"]),
        "gan_mlp": (["MLP GAN 100_100"], ["GAN 100_100"]),
        "gan_relu": (["ReLU GAN 100_100"], ["GAN 100_100"]),
        "comparison": (["VAE-100"], [f"GAN 100_{h}" for h in (16, 100, 4, 8, 32, 64)]),
    }
    assert {found.num_seeds for found in planned.values()} == {3}


def test_each_contrast_has_the_spread_of_its_classes() -> None:
    planned = plan(load_suite(ROOT / "experiments.yaml", "quick"))
    gan, vae = (
        find_prior(QUANTITIES["fid_classifier"], planned[subject].a[0].settings, Cohort())
        for subject in ("gan_relu", "vae_latent")
    )
    assert gan is not None
    assert vae is not None
    assert gan != vae
    for subject, design in {
        "vae_latent": compare_means([vae], [vae]),
        "gan_relu": compare_means([gan], [gan]),
        "gan_grid.latent_dim": compare_means([gan] * 2, [gan] * 2),
        "comparison": compare_means([vae], [gan]),
    }.items():
        outlook = get_outlook(planned[subject])  # type: ignore[index]
        assert outlook.smallest == pytest.approx(math.exp(design.find_smallest(1)))
        assert outlook.powers == [design.find_power(1, math.log(factor)) for factor in FACTORS]
        assert outlook.nums_needed == [design.find_num_seeds(math.log(factor), 0.8) for factor in FACTORS]


@pytest.mark.parametrize(
    ("old", "new", "subject", "lack"),
    [
        ("model: vae, latent_dim: [3, 10]", "model: vae, latent_dim: 3", "vae_latent", "single"),
        ("[3, 10]", "[3, 10], learning_rate: [0.1, 0.2]", "vae_latent", "several"),
        ("linear, latent_dim: 10", "linear, latent_dim: 11", "vae_architecture", "no_baseline"),
        ("latent_dim: [4, 10], hidden_dim: [4, 8]", "latent_dim: 4", "gan_grid.latent_dim", "single"),
        (
            "hidden_dim: [4, 8]}\n",
            "hidden_dim: 4}\n  x: {section: gan_grid, model: gan}\n",
            "gan_grid.hidden_dim",
            "no_pair",
        ),
        ("model: vae, latent_dim: [3, 10]", "model: vae, latent_dim: [3, 5]", "comparison", "no_partner"),
    ],
)
def test_what_stands_in_the_way_of_a_contrast_is_named(
    tmp_path: Path, old: str, new: str, subject: Subject, lack: Lack
) -> None:
    assert old in TINY
    found = plan(write(tmp_path, TINY.replace(old, new)))[subject]
    assert found.lack == lack
    assert found.outlook is None


def test_without_any_replicates_nothing_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(replicates, "read_shipped", tuple)
    planned = plan(write(tmp_path, TINY))
    assert {found.lack for found in planned.values()} == {"no_prior"}


def test_questions_that_the_outline_leaves_out_are_left_out(tmp_path: Path) -> None:
    shipped = (ROOT / "experiments.yaml").read_text(encoding="utf-8")
    planned = plan(write(tmp_path, shipped.replace("outline: full", "outline: gan")))
    assert planned
    assert not {"vae_latent", "vae_architecture", "comparison"} & planned.keys()
    (tmp_path / "short.yaml").write_text("sections: [{id: gan_mlp}, {id: gan_fid, runs: gan_hidden}]")
    assert plan(write(tmp_path, shipped.replace("outline: full", "outline: short.yaml"))).keys() == {
        "gan_mlp",
        "gan_hidden",
    }


def test_runs_without_a_question_have_none(tmp_path: Path) -> None:
    assert plan(write(tmp_path, "runs: {a: {model: vae, latent_dim: [3, 10]}}")) == {}


def test_runs_that_are_not_chosen_do_not_count(tmp_path: Path) -> None:
    suite = write(tmp_path, "seeds: [0, 1, 2]\n" + TINY)
    planned = plan(suite, lambda spec: spec.settings.model == "vae" and spec.name != "vae-10-s1")
    assert planned.keys() == {"vae_latent", "vae_architecture"}
    assert planned["vae_latent"].num_seeds == 2  # of one of both ends


def test_own_trainings_count_whichever_suite_was_run_last(tmp_path: Path) -> None:
    text = TINY.replace("dataset", "seeds: [0, 1, 2]\ndataset", 1)
    path, folder = tmp_path / "suite.yaml", tmp_path / "out"
    path.write_text(text, encoding="utf-8")

    def change(spec: RunSpec, evaluation: dict) -> None:  # type: ignore[type-arg]
        evaluation["scores"]["classifier"] = make_scores("classifier", 2.0 * 3.0**spec.seed)

    suite = write_output(folder, suite_file=path, profile="full", change=change)
    settings = GanSettings(latent_dim=10, hidden_dim=8, num_training_steps=12, batch_size=8)
    fid = QUANTITIES["fid_classifier"]
    shipped, own = find_prior(fid, settings, Cohort()), find_prior(fid, settings, load_cohort(suite, folder))
    assert shipped is not None
    assert own is not None
    assert own.variance > 2 * shipped.variance
    assert own.degrees == shipped.degrees + 2 * 6  # six convolutional GANs of three seeds
    (folder / "suite.json").unlink(missing_ok=True)
    assert len(load_cohort(suite, folder).members) == len({spec.settings for spec in plan_runs(suite)})
    shutil.rmtree(folder)
    assert load_cohort(suite, folder).members == []


def test_a_prior_is_found_of_settings_that_were_never_trained() -> None:
    fid = QUANTITIES["fid_classifier"]
    unusual: list[Settings] = [VaeSettings(latent_dim=7, num_training_steps=3), GanSettings(hidden_dim=3)]
    assert all(find_prior(fid, settings, Cohort()) is not None for settings in unusual)


def test_the_fid_is_that_on_which_the_report_will_rest() -> None:
    assert choose_planned_fid(load_suite(ROOT / "experiments.yaml")) == "fid_inception"
    assert choose_planned_fid(load_suite(ROOT / "experiments.yaml", "quick")) == "fid_classifier"


def test_values_that_stand_in_for_a_quantity_are_not_mixed_with_its_own() -> None:
    """The own Inception FIDs of shipped configurations are sets of their own beside the classifier's."""
    results = make_results(load_suite(ROOT / "experiments.yaml", "quick"))
    shipped = collect_shipped("fid_inception", "conv_gan")
    own = collect_own("fid_classifier", results.configurations)
    assert shipped.keys() & own.keys()  # some are of the same configurations
    as_inception = {("fid_inception", *key[1:]): dict.fromkeys(range(4), 9.0) for key in own}
    sets = merge(shipped, as_inception)
    assert len(sets) == len(shipped) + len(own)
    assert all(len({value == 9.0 for value in values}) == 1 for values in sets)
    assert json.loads(next(iter(own))[2])["model"]
