"""Inception scores as a stage of their own, with a small network in place of Inception's."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from running import make_tasks
from torch import nn

from reportgen.lab import execution, scoring
from reportgen.lab.data import Dataset, Split
from reportgen.lab.execution import execute_run
from reportgen.lab.metrics.frechet import compute_frechet_distance, compute_moments
from reportgen.lab.metrics.yardsticks import choose_rungs
from reportgen.lab.scoring import score_run
from reportgen.lab.tasks import Task
from reportgen.lab.training.registry import build_objective
from reportgen.store.housekeeping import explain_run, find_garbage
from reportgen.store.paths import OutputPaths
from reportgen.store.records import read_inception
from reportgen.store.states import find_state, is_inception_finished
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import plan_runs
from reportgen.suite.settings import VaeSettings

SETTINGS = VaeSettings(latent_dim=2)


class FewPixels:
    """Detector whose features are nine pixels of an image, in [0, 1]; it counts the images that it has looked at."""

    name = "inception"
    sha256 = "ab" * 32
    resize = "none"
    feature_dim = 9

    def __init__(self, *_: object) -> None:
        self.num_images = 0

    def __call__(self, images: torch.Tensor) -> np.ndarray:
        self.num_images += len(images)
        return (images[:, 0, 8:24:6, 8:24:6].flatten(1).float() / 255).numpy()


@pytest.fixture
def dataset() -> Dataset:
    images = torch.randint(0, 256, (80, 1, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    return Dataset("toy", *(Split(rows, torch.zeros(len(rows), dtype=torch.int64)) for rows in images.split(60)))


@pytest.fixture
def modules() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return build_objective(SETTINGS, torch.device("cpu"), torch.Generator()).modules


# ---- the scores ------------------------------------------------------------------------------------------------------


def test_samples_are_held_against_real_images_as_real_and_dev_images_are(
    dataset: Dataset, modules: dict[str, nn.Module], tmp_path: Path
) -> None:
    record = score_run(SETTINGS, modules, dataset, 0, 20, FewPixels(), tmp_path, lambda _: None)
    assert record.scores is not None
    assert (record.scores.num_real, record.scores.num_fake, record.failure) == (20, 20, "")
    reference, _, dev = (compute_moments(FewPixels()(images)) for images in choose_rungs(dataset, 20))
    found = {rung: record.scores.find_yardstick(rung) for rung in ("real", "dev", "few_copies", "blur")}
    assert found["dev"] is not None
    assert found["dev"].fid == pytest.approx(compute_frechet_distance(reference, dev), rel=1e-6)
    assert found["blur"] is None, "it would have to be looked at"
    assert record.scores.fid > 3 * found["dev"].fid, "an untrained model draws grey"


def test_real_images_are_looked_at_once_whatever_process_does_it(
    dataset: Dataset, modules: dict[str, nn.Module], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "BLOCK_SIZE", 8)

    def score(detector: FewPixels, seed: int = 0) -> str:
        return score_run(SETTINGS, modules, dataset, seed, 20, detector, tmp_path, lambda _: None).model_dump_json()

    first, again, other = FewPixels(), FewPixels(), FewPixels()
    record = score(first)
    assert first.num_images == 40 + 20 + 20, "of training, of dev and drawn"
    for path in [*tmp_path.glob("real-*"), *tmp_path.glob("yardsticks-*")]:
        path.unlink()  # only blocks of features are left, as after an interruption
    monkeypatch.setattr(os, "getpid", lambda: 4321)
    assert score(again) == record
    assert again.num_images == 20
    score(other, seed=1)
    assert other.num_images == 20
    next(tmp_path.glob("features-*")).write_bytes(b"damaged")
    for path in tmp_path.glob("real-*"):
        path.unlink()
    assert score(FewPixels()) == record


def test_progress_is_told_block_by_block(
    dataset: Dataset, modules: dict[str, nn.Module], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "BLOCK_SIZE", 20)
    told: list[int] = []
    score_run(SETTINGS, modules, dataset, 0, 20, FewPixels(), tmp_path, told.append)
    assert told == [20, 40, 60, 80]


def test_scores_that_cannot_be_computed_leave_their_reason(
    dataset: Dataset, modules: dict[str, nn.Module], tmp_path: Path
) -> None:
    class Broken(FewPixels):
        def __call__(self, images: torch.Tensor) -> np.ndarray:
            return np.full((len(images), 9), np.nan, np.float32)

    record = score_run(SETTINGS, modules, dataset, 0, 20, Broken(), tmp_path, lambda _: None)
    assert record.scores is None
    assert "NaN" in record.failure


# ---- the stage -------------------------------------------------------------------------------------------------------

SUITE = """
dataset: mnist-5k
fid: {num_images: 30}
interpolation: {num_points: 3}
runs: {vae: {model: vae, latent_dim: 2, num_training_steps: 4, batch_size: 8, image_interval: 4}}
"""


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Task:
    """A run that is trained and measured, and wanted to be scored."""
    monkeypatch.setattr(execution, "InceptionDetector", FewPixels)
    execution._load_inception.cache_clear()
    (tmp_path / "suite.yaml").write_text(SUITE, encoding="utf-8")
    (task,) = make_tasks(tmp_path / "suite.yaml", tmp_path)
    execute_run(task, lambda *_: None)
    return replace(task, inception_weights=tmp_path / "weights.pth")


def test_a_finished_run_is_scored_and_nothing_else_is_done(task: Task) -> None:
    spec, paths = task.spec, OutputPaths(task.output).run(task.spec.folder_name)
    before = {path: path.stat().st_mtime_ns for path in (paths.weights, paths.evaluation, paths.history)}
    assert find_state(paths, spec.training_key, spec.evaluation_key, check_files=True) == "finished"
    assert not is_inception_finished(paths, spec.inception_key)
    assert explain_run(OutputPaths(task.output), spec, [spec]).lacks_inception
    stages: list[str] = []
    execute_run(task, lambda stage, *_: stages.append(stage))
    assert set(stages) == {"inception"}
    assert is_inception_finished(paths, spec.inception_key)
    assert read_inception(paths).failure == ""
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert not explain_run(OutputPaths(task.output), spec, [spec]).lacks_inception
    assert find_garbage(OutputPaths(task.output), [spec]) == []
    execute_run(task, lambda stage, *_: stages.append(stage))
    assert set(json.loads(paths.manifest.read_text())["stages"]) == {"training", "evaluation", "inception"}


def test_an_unfinished_run_is_trained_before_it_is_scored(task: Task, tmp_path: Path) -> None:
    stages: list[str] = []
    execute_run(replace(task, output=tmp_path / "other"), lambda stage, *_: stages.append(stage))
    assert list(dict.fromkeys(stages)) == ["training", "evaluation", "inception"]


@pytest.mark.parametrize("damage", [lambda path: path.write_text("{}"), lambda path: path.unlink()])
def test_damaged_scores_are_made_again(task: Task, damage: Callable[[Path], object]) -> None:
    paths = OutputPaths(task.output).run(task.spec.folder_name)
    execute_run(task, lambda *_: None)
    record = paths.inception.read_bytes()
    damage(paths.inception)
    assert not is_inception_finished(paths, task.spec.inception_key)
    assert find_state(paths, task.spec.training_key, task.spec.evaluation_key, check_files=True) == "finished"
    execute_run(task, lambda *_: None)
    assert paths.inception.read_bytes() == record


def test_the_key_of_the_scores_follows_what_changes_them(tmp_path: Path) -> None:
    def read_keys(text: str) -> tuple[str, str, str | None]:
        (tmp_path / "suite.yaml").write_text(text, encoding="utf-8")
        (spec,) = plan_runs(load_suite(tmp_path / "suite.yaml"))
        return spec.training_key, spec.evaluation_key, spec.inception_key

    training, evaluation, inception = read_keys(SUITE)
    assert inception is not None
    assert read_keys(SUITE.replace("30", "30, inception_weights: x.pth")) == (training, evaluation, inception)
    assert read_keys(SUITE.replace("30", "30, inception: off")) == (training, evaluation, None)
    assert read_keys(SUITE + "digits: {num_images: 20}\n")[2] == inception
    assert read_keys(SUITE.replace("30", "40"))[2] != inception
    assert read_keys("seeds: [1]\n" + SUITE)[2] != inception
