"""What only a GPU can show: `pytest tests/lab/test_gpu.py` on a machine with one; skipped elsewhere."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from trainings import GAN, MLP, VAE, make_session

from reportgen.base.errors import Stopped
from reportgen.lab.data import Dataset, Split
from reportgen.lab.executors import Failed
from reportgen.lab.monitoring import SampleMonitor, build_reference
from reportgen.lab.runner import execute_plan, plan_suite
from reportgen.lab.training.graph import GraphedRounds
from reportgen.lab.training.loop import Round, Training, begin_training, step_eagerly, train_run, train_sessions
from reportgen.paper.analysis.results import load_results
from reportgen.store.paths import OutputPaths
from reportgen.store.suites import write_suite
from reportgen.suite.loading import load_suite
from reportgen.suite.settings import Settings

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device here")

STEPS = {"num_training_steps": 60, "log_interval": 1, "image_interval": 20, "hidden_dim": 16}


@pytest.fixture
def on_gpu(dataset: Dataset) -> Dataset:
    return Dataset("toy", *(Split(s.images.cuda(), s.labels.cuda()) for s in (dataset.train, dataset.dev)))


def lengthen(settings: Settings) -> Settings:
    return settings.model_copy(update={key: value for key, value in STEPS.items() if hasattr(settings, key)})


def train(settings: Settings, data: Dataset, rounds: Round = step_eagerly) -> Training:
    session = make_session(settings, data)
    train_run(session, rounds)
    return session.training


def assert_near(found: Training, expected: Training, steps: int) -> None:
    """The same losses over the first steps; later ones drift apart, as sums on a GPU have no fixed order."""
    assert [row[:2] for row in found.rows] == [row[:2] for row in expected.rows]
    pairs = [(a, b) for a, b in zip(found.rows, expected.rows, strict=True) if a[0] <= steps]
    for (_, name, a), (_, _, b) in pairs:
        assert a == pytest.approx(b, rel=1e-2, abs=1e-2), name


@pytest.mark.parametrize("settings", [VAE, GAN, MLP], ids=["vae", "gan", "mlp"])
@pytest.mark.parametrize("precision", ["fp32", "tf32", "bf16"])
def test_a_graph_computes_what_its_steps_compute(settings: Settings, precision: str, on_gpu: Dataset) -> None:
    settings = lengthen(settings).model_copy(update={"precision": precision})
    eager, graphed = train(settings, on_gpu), train(settings, on_gpu, GraphedRounds())
    assert_near(graphed, eager, 10 if precision == "fp32" else 5)


def test_samples_are_scored_by_other_threads_beside_graphed_steps(on_gpu: Dataset, tmp_path: Path) -> None:
    reference = build_reference(on_gpu, 40, tmp_path, has_digits=True)
    with ThreadPoolExecutor(2) as pool:
        sessions = [
            make_session(s, on_gpu, monitor=SampleMonitor(s, 0, reference, pytest.fail, pool.submit))
            for s in (lengthen(VAE), lengthen(GAN), lengthen(MLP))
        ]
        assert [error for _, error in train_sessions(sessions, GraphedRounds())] == [None] * 3
    for session in sessions:
        assert [step for step, name, _ in session.training.rows if name == "sample_fid"] == [20, 40, 60]


def test_side_by_side_each_ends_where_it_would_alone(on_gpu: Dataset) -> None:
    """Different models, seeds, precisions and lengths as branches of one graph, captured anew as they end."""
    short = lengthen(VAE).model_copy(update={"num_training_steps": 33})
    tf32 = lengthen(GAN).model_copy(update={"precision": "tf32"})
    runs = [(lengthen(VAE), 0), (lengthen(GAN), 1), (short, 2), (tf32, 3), (lengthen(GAN), 4)]
    sessions = [make_session(settings, on_gpu, begin_training(settings, on_gpu, seed)) for settings, seed in runs]
    ended = list(train_sessions(sessions, GraphedRounds()))
    assert [error for _, error in ended] == [None] * 5
    assert ended[0][0] is sessions[2]
    for session, (settings, seed) in zip(sessions, runs, strict=True):
        alone = make_session(settings, on_gpu, begin_training(settings, on_gpu, seed))
        train_run(alone)
        assert_near(session.training, alone.training, 10 if settings.precision == "fp32" else 5)


class StopAt:
    def __init__(self, step: int) -> None:
        self.step, self.content = step, io.BytesIO()

    def is_due(self, step: int) -> bool:
        return step == self.step

    def save(self, training: Training) -> None:
        torch.save(training.take_state(), self.content)
        raise Stopped("here")


@pytest.mark.parametrize("settings", [VAE, GAN], ids=["vae", "gan"])
def test_a_graphed_training_goes_on_from_its_checkpoint(settings: Settings, on_gpu: Dataset) -> None:
    settings = lengthen(settings)
    checkpointer = StopAt(7)
    with pytest.raises(Stopped):
        train_run(make_session(settings, on_gpu, checkpointer=checkpointer), GraphedRounds())
    checkpointer.content.seek(0)
    again = begin_training(settings, on_gpu, 5)
    assert again.restore_state(torch.load(checkpointer.content, map_location="cpu", weights_only=True))
    train_run(make_session(settings, on_gpu, again), GraphedRounds())
    assert_near(again, train(settings, on_gpu, GraphedRounds()), 10)


def test_a_suite_is_trained_side_by_side_and_measured(tmp_path: Path) -> None:
    """The dropout network alone, one with a learning rate too large to last, the others in one process."""
    file = tmp_path / "suite.yaml"
    file.write_text(
        """
dataset: mnist-5k
seeds: [0, 1]
fid: {num_images: 50, inception: off}
defaults: {gan: {hidden_dim: 8, batch_size: 8, num_training_steps: 60}, vae: {batch_size: 8, num_training_steps: 90}}
runs:
  vae: {model: vae, latent_dim: [2, 3]}
  wild: {model: vae, latent_dim: 4, learning_rate: 1.0, architecture: linear}
  gan: {model: gan, latent_dim: 4}
  mlp: {model: gan, architecture: mlp, latent_dim: 4}
"""
    )
    suite, output = load_suite(file), tmp_path / "out"
    write_suite(OutputPaths(output), suite, file)
    plan = plan_suite(suite, output, jobs=None, device="cuda:0")
    failed = {event.name for event in execute_plan(plan, output, None) if isinstance(event, Failed)}
    results = load_results(output)
    assert {run.spec.name for run in results.finished} | failed == {run.spec.name for run in plan.runs}
    assert failed <= {"vae-linear-4-s0", "vae-linear-4-s1"}
    for path in output.glob("runs/*/run.log"):
        assert "each goes on alone" not in path.read_text()
