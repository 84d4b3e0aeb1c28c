"""Several seeds as one program end where each would alone."""

from __future__ import annotations

import pytest
import torch
from test_training import GAN, MLP, VAE, NoKeeper

from reportgen.config import Settings
from reportgen.data import Dataset, Split
from reportgen.training import convolutions
from reportgen.training.loop import Training, begin_training, train_run
from reportgen.training.pack import Pack, can_pack

SEEDS = (0, 3, 5)
RELU = GAN.model_copy(update={"activation": "relu"})
LINEAR = VAE.model_copy(update={"architecture": "linear"})


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    images = torch.randint(0, 256, (120, 1, 32, 32), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    labels = torch.arange(120) % 10
    return Dataset("toy", Split(images[:80], labels[:80]), Split(images[80:], labels[80:]))


def train_alone(settings: Settings, dataset: Dataset, seed: int) -> Training:
    training = begin_training(settings, dataset, seed)
    train_run(settings, dataset, training, lambda *_: None, NoKeeper())
    return training


def train_packed(settings: Settings, dataset: Dataset, trainings: list[Training]) -> list[Training]:
    pack = Pack(trainings)
    train_run(settings, dataset, pack, lambda *_: None, NoKeeper())
    pack.sync()
    return trainings


WITHOUT_EFFECT = ("layers.0.bias", "layers.3.bias", "layers.6.bias", "running_mean")
"""A generator's biases before its BatchNorms: their gradients are rounding alone, which Adam scales to whole steps.

The running means follow them and take their effect away again: the images are the same.
"""


def assert_near(found: Training, expected: Training) -> None:
    """The same steps and names; values within the rounding of another order of additions."""
    assert found.step == expected.step
    assert [row[:2] for row in found.rows] == [row[:2] for row in expected.rows]
    for (_, name, a), (_, _, b) in zip(found.rows, expected.rows, strict=True):
        assert a == pytest.approx(b, rel=1e-3, abs=1e-4), name
    for name, module in expected.objective.modules.items():
        own = found.objective.modules[name].state_dict()
        for key, value in module.state_dict().items():
            if name == "generator" and key.endswith(WITHOUT_EFFECT):
                continue
            torch.testing.assert_close(own[key], value, rtol=1e-2, atol=2e-4, msg=f"{name}.{key}")
    assert found.grids.keys() == expected.grids.keys()
    for key, grid in expected.grids.items():
        assert (found.grids[key].int() - grid.int()).abs().max() <= 2


@pytest.mark.parametrize("settings", [VAE, LINEAR, GAN, RELU], ids=["vae", "linear", "gan", "relu"])
def test_each_replica_ends_where_it_would_alone(settings: Settings, dataset: Dataset) -> None:
    found = train_packed(settings, dataset, [begin_training(settings, dataset, seed) for seed in SEEDS])
    for training, seed in zip(found, SEEDS, strict=True):
        assert_near(training, train_alone(settings, dataset, seed))
    assert found[0].rows != found[1].rows
    assert found[0].trained_together == 3


def test_networks_that_train_with_products_can_be_packed(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(convolutions, "MIN_CHANNELS", 1)
    settings = GAN.model_copy(update={"precision": "bf16", "num_training_steps": 1})
    alone = train_alone(settings, dataset, 3)
    kinds = {type(module) for module in alone.objective.modules["generator"].modules()}
    assert convolutions.ProductConvTranspose2d in kinds
    found = train_packed(settings, dataset, [begin_training(settings, dataset, seed) for seed in SEEDS])[1]
    for (_, name, a), (_, _, b) in zip(found.rows, alone.rows, strict=True):
        assert a == pytest.approx(b, rel=0.02), name


@pytest.mark.parametrize("settings", [VAE, GAN], ids=["vae", "gan"])
def test_a_pack_goes_on_from_trainings_and_trainings_from_a_pack(settings: Settings, dataset: Dataset) -> None:
    """12 steps alone, 8 as a pack, the rest alone: with optimisers, running means and generators in between."""

    def train_to(step: int, trainings: list[Training], *, packed: bool) -> None:
        until = settings.model_copy(update={"num_training_steps": step})
        if packed:
            train_packed(until, dataset, trainings)
        else:
            for training in trainings:
                train_run(until, dataset, training, lambda *_: None, NoKeeper())

    def train_in_parts(*, packed: bool) -> list[Training]:
        trainings = [begin_training(settings, dataset, seed) for seed in SEEDS]
        train_to(12, trainings, packed=False)
        train_to(20, trainings, packed=packed)
        train_to(25, trainings, packed=False)
        return trainings

    for found, expected in zip(train_in_parts(packed=True), train_in_parts(packed=False), strict=True):
        assert_near(found, expected)
        assert (found.take_state()["trained_together"], expected.take_state()["trained_together"]) == (3, 1)


def test_dropout_is_not_packed() -> None:
    assert can_pack(GAN)
    assert can_pack(VAE)
    assert not can_pack(MLP)


def test_replicas_at_different_steps_are_no_pack(dataset: Dataset) -> None:
    with pytest.raises(AssertionError, match="different steps"):
        Pack([begin_training(GAN, dataset, 0), train_alone(GAN, dataset, 1)])
