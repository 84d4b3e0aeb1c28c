"""Scores of samples during training: what they are, and that the training does not notice them."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from running import make_tasks
from torch import nn
from trainings import GAN, MLP, VAE, assert_same_training, capture_by_hand, make_session, train

from reportgen.base.errors import DataError, RunError
from reportgen.lab import execution, monitoring
from reportgen.lab.data import Dataset
from reportgen.lab.evaluation import draw_latents
from reportgen.lab.execution import execute_run
from reportgen.lab.metrics.features import Look
from reportgen.lab.models.classifier import UNREAD
from reportgen.lab.monitoring import (
    Reference,
    SampleMonitor,
    Submit,
    build_reference,
    compute_now,
    score_look,
    summarise_readings,
)
from reportgen.lab.training.graph import GraphedRounds
from reportgen.lab.training.loop import Row, ScalarLog, Scoring, Training, begin_training, train_run, train_sessions
from reportgen.store.paths import OutputPaths
from reportgen.store.records import read_run_record
from reportgen.suite.settings import Settings

METRICS = ("sample_fid", "sample_recall", "sample_read_share", "sample_smallest_class")


@pytest.fixture(scope="module")
def reference(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return build_reference(dataset, 40, tmp_path_factory.mktemp("cache"), has_digits=True)


def refuse(message: str) -> None:
    raise AssertionError(message)


def monitor(settings: Settings, reference: Reference, submit: Submit = compute_now) -> SampleMonitor:
    return SampleMonitor(settings, 0, reference, refuse, submit)


def leave_out_scores(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row[1] not in METRICS]


def list_scores(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row[1] in METRICS]


@pytest.mark.parametrize("settings", [VAE, GAN, MLP], ids=["vae", "gan", "mlp"])
def test_the_training_does_not_notice_that_it_is_monitored(
    settings: Settings, dataset: Dataset, reference: Reference
) -> None:
    """Bit for bit, with dropout and BatchNorm; scores come at every image interval and at the last step."""
    watched = make_session(settings, dataset, monitor=monitor(settings, reference))
    train_run(watched)
    found, plain = watched.training, train(settings, dataset)
    assert {step for step, _, _ in list_scores(found.rows)} == {10, 20, 25}
    assert {name for _, name, _ in list_scores(found.rows)} >= {"sample_fid", "sample_recall", "sample_read_share"}
    found.rows[:] = leave_out_scores(found.rows)
    assert_same_training(found, plain)
    assert all(module.training for network in found.objective.modules.values() for module in network.modules())


@pytest.mark.parametrize("settings", [VAE, GAN], ids=["vae", "gan"])
def test_scores_are_of_the_same_latents_at_every_step(
    settings: Settings, dataset: Dataset, reference: Reference
) -> None:
    modules = begin_training(settings, dataset, 0).objective.modules
    watch = monitor(settings, reference)
    assert watch(1, modules).fetch() == watch(2, modules).fetch()
    other = SampleMonitor(settings, 1, reference, refuse, compute_now)
    assert not torch.equal(other.z, watch.z)
    assert not torch.equal(watch.z, draw_latents(settings.latent_dim, 40, 0, watch.z.device)), "the evaluation's"


def test_scores_by_another_thread_are_the_same_rows_in_the_same_order(dataset: Dataset, reference: Reference) -> None:
    def run(submit: Submit) -> list[Training]:
        sessions = [
            make_session(s, dataset, begin_training(s, dataset, 0), monitor=monitor(s, reference, submit))
            for s in (VAE, GAN, MLP)
        ]
        assert [error for _, error in train_sessions(sessions)] == [None] * 3
        return [session.training for session in sessions]

    with ThreadPoolExecutor(4) as pool:
        threaded = run(pool.submit)
    for found, expected in zip(threaded, run(compute_now), strict=True):
        assert_same_training(found, expected)


class Late:
    """Scores that are done when they are told so."""

    def __init__(self) -> None:
        self.done = False

    def is_done(self) -> bool:
        return self.done

    def fetch(self) -> dict[str, float]:
        return {"sample_fid": 3.0}


def test_the_log_waits_for_scores_only_if_it_has_to() -> None:
    late = Late()
    log = ScalarLog([])
    log.add(1, {"a": torch.tensor(1.0)})
    log.add(1, late)
    log.add(2, {"a": torch.tensor(2.0)})
    assert log.fetch(is_waiting=False) == {"a": 1.0}
    assert log.rows == [(1, "a", 1.0)]
    late.done = True
    assert log.fetch(is_waiting=False) == {"sample_fid": 3.0, "a": 2.0}
    assert log.rows == [(1, "a", 1.0), (1, "sample_fid", 3.0), (2, "a", 2.0)]
    assert log.fetch() == {}
    log.add(3, Late())
    assert log.fetch() == {"sample_fid": 3.0}


@pytest.mark.fault(row=14)
def test_samples_that_are_not_finite_are_a_warning_and_no_rows(dataset: Dataset, reference: Reference) -> None:
    warnings: list[str] = []
    modules = begin_training(GAN, dataset, 0).objective.modules
    with torch.no_grad():
        next(modules["generator"].parameters()).fill_(float("nan"))
    watch = SampleMonitor(GAN, 0, reference, warnings.append, compute_now)
    assert watch(10, modules).fetch() == {}
    (warning,) = warnings
    assert warning.startswith("samples of step 10 were not scored: the trained model draws NaN pixels")
    assert all(network.training for network in modules.values())


@pytest.mark.fault(row=14)
def test_scores_that_fail_end_no_training(
    dataset: Dataset, reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> dict[str, float]:
        raise np.linalg.LinAlgError("no eigenvalues\nconverged")

    warnings: list[str] = []
    monkeypatch.setattr(monitoring, "score_look", fail)
    watch = SampleMonitor(VAE, 0, reference, warnings.append, compute_now)
    watched = make_session(VAE, dataset, monitor=watch)
    train_run(watched)
    assert warnings[0] == "samples of step 10 were not scored: no eigenvalues converged"
    assert len(warnings) == 3
    assert_same_training(watched.training, train(VAE, dataset))


def test_scores_that_are_not_finite_are_left_out(monkeypatch: pytest.MonkeyPatch, reference: Reference) -> None:
    future: Future[dict[str, float]] = Future()
    future.set_result({"sample_fid": float("nan"), "sample_recall": 0.5})
    watch = SampleMonitor(VAE, 0, reference, refuse, lambda _: future)
    monkeypatch.setattr(watch, "_look", lambda _: None)
    assert watch(1, {}).fetch() == {"sample_recall": 0.5}


def look(features: np.ndarray, labels: list[int]) -> Look:
    return Look(features, torch.tensor(labels), torch.ones(len(labels)))


def test_real_images_in_place_of_samples_score_as_themselves(dataset: Dataset, tmp_path: Path) -> None:
    reference = build_reference(dataset, 80, tmp_path, has_digits=False)
    assert reference.num_samples == 80
    scores = score_look(look(reference.features, [1] * 80), reference)
    assert scores == {"sample_fid": pytest.approx(0, abs=1e-6), "sample_recall": 1.0}
    scores = score_look(look(reference.features + 100, [1] * 80), reference)
    assert scores == {"sample_fid": pytest.approx(384 * 100**2, rel=1e-6), "sample_recall": 0.0}


def test_readings_mean_nothing_where_there_are_no_digits(reference: Reference) -> None:
    looked = look(reference.features, [*range(10)] * 4)
    assert set(score_look(looked, reference)) == set(METRICS)
    assert set(score_look(looked, replace(reference, has_digits=False))) == {"sample_fid", "sample_recall"}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([*range(10)] * 2, {"sample_read_share": 1.0, "sample_smallest_class": 0.1}),
        ([*range(9), UNREAD], {"sample_read_share": 0.9, "sample_smallest_class": 0.0}),
        ([*range(10), *range(1, 10), UNREAD], {"sample_read_share": 0.95, "sample_smallest_class": 1 / 19}),
        ([UNREAD] * 5, {"sample_read_share": 0.0}),
    ],
    ids=["even", "a digit is missing", "a digit is rarer", "none is read"],
)
def test_readings_are_summarised(labels: list[int], expected: dict[str, float]) -> None:
    assert summarise_readings(torch.tensor(labels)) == pytest.approx(expected)


# ---- the time -------------------------------------------------------------------------------------------------------


def test_the_monitors_time_is_neither_wall_nor_processor_time_of_the_training(dataset: Dataset) -> None:
    def dawdle(step: int, modules: dict[str, nn.Module]) -> Scoring:
        until = time.thread_time() + 0.3
        while time.thread_time() < until:
            pass
        late = Late()
        late.done = True
        return late

    watched = make_session(GAN, dataset, monitor=dawdle)
    start = time.perf_counter()
    train_run(watched)
    seconds = time.perf_counter() - start
    training = watched.training
    assert training.processor_seconds is not None
    assert 0 < training.train_seconds < seconds - 0.8
    assert 0 < training.processor_seconds <= training.train_seconds


def test_processor_time_counts_steps_and_not_waiting(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock is replaced by one that runs in steps alone."""
    clock = [0.0]
    monkeypatch.setattr("reportgen.lab.training.loop.time.thread_time", lambda: clock[0])
    sessions = [make_session(GAN, dataset), make_session(VAE, dataset)]
    for session in sessions:
        monkeypatch.setattr(session, "update", _tick(session.update, clock))
    list(train_sessions(sessions))
    assert [session.training.processor_seconds for session in sessions] == pytest.approx([50.0, 50.0])


def _tick(update: Callable[[torch.Tensor], object], clock: list[float]) -> Callable[[torch.Tensor], object]:
    def ticking(indices: torch.Tensor) -> object:
        clock[0] += 2.0
        return update(indices)

    return ticking


def test_processor_time_is_kept_with_the_state_and_unknown_if_a_part_of_it_is(dataset: Dataset) -> None:
    training = begin_training(GAN, dataset, 0)
    training.processor_seconds = 12.5
    state = training.take_state()
    again = begin_training(GAN, dataset, 0)
    again.restore_state(state)
    assert again.processor_seconds == 12.5
    del state["processor_seconds"]  # as in a checkpoint that was written before it was kept
    former = begin_training(GAN, dataset, 0)
    former.restore_state(state)
    train_run(make_session(GAN, dataset, former))
    assert former.processor_seconds is None


def test_a_graphed_training_is_monitored_too(dataset: Dataset, reference: Reference) -> None:
    watched, plain = (make_session(GAN, dataset, monitor=monitor(GAN, reference)) for _ in range(2))
    train_run(watched, GraphedRounds(capture_by_hand))
    train_run(plain)
    assert_same_training(watched.training, plain.training)


def test_too_few_real_images_are_an_error_of_the_reference(dataset: Dataset, tmp_path: Path) -> None:
    tiny = Dataset("toy", *(type(s)(s.images[:1], s.labels[:1]) for s in (dataset.train, dataset.dev)))
    with pytest.raises((ValueError, RunError)):
        build_reference(tiny, 40, tmp_path, has_digits=True)


@pytest.mark.parametrize("is_sound", [True, False], ids=["scored", "nothing to compare with"])
def test_a_run_logs_its_scores_or_why_there_are_none(
    suite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_sound: bool
) -> None:
    def fail(*_: object, **__: object) -> Reference:
        raise DataError("no real images")

    if not is_sound:
        monkeypatch.setattr(execution, "load_reference", fail)
    task = make_tasks(suite, tmp_path)[0]
    execute_run(task, lambda *_: None)
    paths = OutputPaths(tmp_path).run(task.spec.folder_name)
    last = task.spec.settings.num_training_steps
    found = [line.rpartition(",")[0] for line in paths.history.read_text().splitlines() if "sample_" in line]
    assert ([f"{last},{name}" for name in METRICS[:3]] == found[-3:]) == is_sound
    assert ("samples are not scored during training: no real images" in paths.log.read_text()) != is_sound
    assert bool(found) == is_sound
    seconds = read_run_record(paths).step_processor_seconds
    assert seconds is not None
    assert 0 < seconds < 1
