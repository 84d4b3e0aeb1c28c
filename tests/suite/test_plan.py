from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from synthetic import ROOT

from reportgen.suite.loading import load_suite
from reportgen.suite.plan import RunSpec, estimate_training_seconds, plan_runs, schedule
from reportgen.suite.settings import GanSettings, Settings, VaeSettings

EXPERIMENTS = ROOT / "experiments.yaml"


def plan(tmp_path: Path, text: str) -> list[RunSpec]:
    path = tmp_path / "suite.yaml"
    path.write_text(text, encoding="utf-8")
    return plan_runs(load_suite(path))


def test_homework_is_fifteen_runs_of_each_seed_and_the_shared_one_is_one() -> None:
    assert load_suite(EXPERIMENTS).seeds == (0, 1, 2)
    specs = [spec for spec in plan_runs(load_suite(EXPERIMENTS)) if spec.seed == 0]
    assert len(specs) == len(plan_runs(load_suite(EXPERIMENTS, "quick"))) == 15
    assert len({spec.name for spec in specs}) == len({spec.folder_name for spec in specs}) == 15
    shared = next(spec for spec in specs if spec.name == "gan-100_16-s0")
    assert shared.groups == ("gan-grid", "gan-hidden-sweep")


FOLDERS = [
    "vae-3-s0-9dc0397116",
    "vae-100-s0-08e148343a",
    "vae-linear-64-s0-5997625aa4",
    "gan-16_16-s0-0af5e9100f",
    "gan-100_4-s0-5b81603f23",
    "gan-mlp-100_100-s0-62ec758440",
    "gan-relu-100_100-s0-96a5569331",
]
"""Some folders of the homework's runs, base names and training keys, as earlier versions wrote them."""


OLD_QUICK = """
dataset: mnist-5k
defaults:
  vae: {num_training_steps: 3000, image_interval: 750}
  gan: {num_training_steps: 1000, batch_size: 16, learning_rate: 5e-4, image_interval: 250}
runs: {a: {model: vae, latent_dim: 64}, b: {model: gan, architecture: [conv, mlp]}}
"""


def test_folders_of_runs_that_were_trained_are_found_again(tmp_path: Path) -> None:
    assert set(FOLDERS) <= {spec.folder_name for spec in plan_runs(load_suite(EXPERIMENTS))}
    quick = {spec.folder_name for spec in plan(tmp_path, OLD_QUICK)}
    assert quick == {"vae-64-s0-a0ad335d7c", "gan-100_100-s0-449432172f", "gan-mlp-100_100-s0-a709121fbd"}


ODD_NAMES = ["../x", "/etc", "a/b", ".", "CON", "x" * 300, "a\0b", "-rf", "数字🎲", "gan", "GAN"]


@pytest.mark.fault(row=4)
def test_any_name_is_kept_and_no_folder_is_made_of_it(tmp_path: Path) -> None:
    rows = [f"  {json.dumps(n)}: {{model: gan, hidden_dim: {i + 1}}}" for i, n in enumerate(ODD_NAMES)]
    specs = plan(tmp_path, "runs:\n" + "\n".join(rows))
    assert [spec.groups for spec in specs] == [(name,) for name in ODD_NAMES]
    assert all(re.fullmatch(r"gan-100_\d+-s0-[0-9a-f]{10}", spec.folder_name) for spec in specs)


def test_seeds_multiply_runs(tmp_path: Path) -> None:
    specs = plan(tmp_path, "seeds: [3, 5]\nruns: {a: {model: vae, latent_dim: [2, 4]}}")
    assert [spec.name for spec in specs] == ["vae-2-s3", "vae-2-s5", "vae-4-s3", "vae-4-s5"]
    assert len({spec.training_key for spec in specs}) == 4


@pytest.mark.fault(row=13)
def test_key_changes_with_what_changes_the_numbers_and_with_nothing_else(tmp_path: Path) -> None:
    base = "runs: {a: {model: gan}}"
    (reference,) = plan(tmp_path, base)
    same = ["# a comment\nruns: {other: {model: gan, section: gan_grid}}", "report: {title: x}\n" + base]
    for text in same:
        (spec,) = plan(tmp_path, text)
        assert (spec.training_key, spec.evaluation_key) == (reference.training_key, reference.evaluation_key)
    for text in ["dataset: kmnist\n" + base, "seeds: [1]\n" + base, "runs: {a: {model: gan, batch_size: 8}}"]:
        (spec,) = plan(tmp_path, text)
        assert spec.training_key != reference.training_key
    (spec,) = plan(tmp_path, "fid: {num_images: 100}\n" + base)
    assert spec.training_key == reference.training_key
    assert spec.evaluation_key != reference.evaluation_key


def test_settings_that_the_homework_name_hides_are_told_apart(tmp_path: Path) -> None:
    specs = plan(tmp_path, "runs: {a: {model: vae, latent_dim: 3, batch_size: [8, 16]}}")
    assert [spec.configuration_name for spec in specs] == ["vae-3-batch_size=8", "vae-3-batch_size=16"]


def test_wider_networks_are_estimated_to_take_longer() -> None:
    macs = [GanSettings(hidden_dim=h).count_step_macs() for h in (4, 16, 64, 100)]
    assert macs == sorted(macs)
    assert VaeSettings().count_step_macs() < VaeSettings(batch_size=64).count_step_macs()


def test_tasks_are_begun_in_their_order_as_places_become_free() -> None:
    assert schedule([4.0, 3.0, 2.0, 1.0], 1) == 10
    assert schedule([4.0, 3.0, 2.0, 1.0], 2) == 5
    assert schedule([1.0, 1.0, 4.0], 2) == 5
    assert schedule([], 3) == 0


@pytest.mark.parametrize("macs_per_second", [1e10, None], ids=["cpu", "gpu"])
@pytest.mark.parametrize("settings", [VaeSettings(), GanSettings(), GanSettings(architecture="mlp")])
def test_the_time_left_is_in_proportion_to_the_steps_left(settings: Settings, macs_per_second: float | None) -> None:
    whole = estimate_training_seconds(settings, 0, macs_per_second)
    assert whole > 0
    half = estimate_training_seconds(settings, settings.num_training_steps // 2, macs_per_second)
    assert half == pytest.approx(whole / 2)
    assert estimate_training_seconds(settings, settings.num_training_steps, macs_per_second) == 0


def test_linear_networks_take_fewer_operations_than_convolutions() -> None:
    assert VaeSettings(architecture="linear").count_step_macs() < VaeSettings().count_step_macs()
    assert GanSettings(architecture="mlp").count_step_macs() < GanSettings().count_step_macs()
