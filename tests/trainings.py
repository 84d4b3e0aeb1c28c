"""Small trainings on made-up images, for tests of the lab. They import torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from reportgen.lab.data import Dataset
from reportgen.lab.training.graph import Compute
from reportgen.lab.training.loop import Monitor, OnStep, Saver, Training, TrainingSession, begin_training, train_run
from reportgen.suite.settings import GanSettings, Settings, VaeSettings

VAE = VaeSettings(latent_dim=4, batch_size=8, num_training_steps=25, image_interval=10)
GAN = GanSettings(latent_dim=4, hidden_dim=4, batch_size=8, num_training_steps=25, image_interval=10)
MLP = GAN.model_copy(update={"architecture": "mlp"})


class NoSaver:
    """A saver that is never due and fails when asked to save."""

    def is_due(self, step: int) -> bool:
        return False

    def save(self, training: Training) -> None:
        raise AssertionError("nothing is due")


def make_session(
    settings: Settings,
    dataset: Dataset,
    training: Training | None = None,
    *,
    on_step: OnStep = lambda step, losses: None,
    checkpointer: Saver | None = None,
    monitor: Monitor | None = None,
) -> TrainingSession:
    """Return a session of ``training``, or of a new one with seed 0."""
    training = training or begin_training(settings, dataset, 0)
    return TrainingSession(settings, dataset, training, on_step, checkpointer or NoSaver(), monitor)


def train(settings: Settings, dataset: Dataset, seed: int = 0) -> Training:
    """Return a training that was taken to its last step."""
    session = make_session(settings, dataset, begin_training(settings, dataset, seed))
    train_run(session)
    return session.training


def capture_by_hand(
    computes: Sequence[Compute], generators: Sequence[torch.Generator]
) -> Callable[[], Sequence[torch.Tensor]]:
    """A stand-in for a CUDA graph: nothing happens at the capture, and every replay writes into the same tensors."""
    assert len(generators) == len(computes)
    outputs: list[torch.Tensor] = []

    def replay() -> Sequence[torch.Tensor]:
        for index, compute in enumerate(computes):
            values = compute()
            outputs.append(values.clone()) if len(outputs) <= index else outputs[index].copy_(values)
        return outputs

    return replay


def assert_same_training(a: Training, b: Training) -> None:
    """The same logged losses and the same weights, bit for bit."""
    assert a.step == b.step
    assert a.rows == b.rows
    for name, module in a.objective.modules.items():
        found = b.objective.modules[name].state_dict()
        assert all(torch.equal(value, found[key]) for key, value in module.state_dict().items())
    assert a.grids.keys() == b.grids.keys()
    assert all(torch.equal(grid, b.grids[key]) for key, grid in a.grids.items())
