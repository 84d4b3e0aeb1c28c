from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode
from trainings import GAN, MLP, VAE, NoSaver, assert_same_training, capture_by_hand, make_session, train

from reportgen.base.errors import RunError, Stopped
from reportgen.lab.data import Dataset
from reportgen.lab.training import loop
from reportgen.lab.training.gan import GanObjective
from reportgen.lab.training.graph import GraphedRounds
from reportgen.lab.training.loop import (
    BatchOrder,
    Round,
    ScalarLog,
    Training,
    begin_training,
    step_eagerly,
    train_run,
    train_sessions,
)
from reportgen.lab.training.vae import VaeObjective
from reportgen.suite.settings import Settings


@pytest.mark.parametrize("settings", [VAE, GAN, MLP])
def test_same_seed_gives_the_same_bits(settings: Settings, dataset: Dataset) -> None:
    first, second, other = train(settings, dataset), train(settings, dataset), train(settings, dataset, seed=1)
    assert first.rows == second.rows
    assert first.rows != other.rows
    for name, network in first.objective.modules.items():
        for key, value in network.state_dict().items():
            assert torch.equal(value, second.objective.modules[name].state_dict()[key])
    assert all(torch.equal(grid, second.grids[key]) for key, grid in first.grids.items())


def test_vae_logs_what_the_homework_asks_for(dataset: Dataset) -> None:
    trained = train(VAE, dataset)
    steps: dict[str, list[int]] = {}
    for step, metric, _ in trained.rows:
        steps.setdefault(metric, []).append(step)
    assert {steps[f"train_{name}"] == [10, 20, 25] for name in ("reconstruction", "kl", "total")} == {True}
    assert {steps[f"dev_{name}"] == [10, 20, 25] for name in ("reconstruction", "kl", "total")} == {True}
    assert set(trained.grids) == {(s, n) for s in (10, 20, 25) for n in ("dev", "reconstructions", "samples")}
    assert all(grid.shape == (32, 1, 32, 32) and grid.dtype == torch.uint8 for grid in trained.grids.values())


def test_gan_logs_what_the_homework_asks_for(dataset: Dataset) -> None:
    trained = train(GAN, dataset)
    metrics = {metric for _, metric, _ in trained.rows}
    assert metrics == {"discriminator_loss", "generator_loss", "D_x", "D_G_z1", "D_G_z2"}
    assert set(trained.grids) == {(10, "samples"), (20, "samples"), (25, "samples")}
    assert trained.objective.modules["generator"].training


def test_total_is_the_sum_of_its_terms(dataset: Dataset) -> None:
    values = {(step, metric): value for step, metric, value in train(VAE, dataset).rows}
    for split in ("train", "dev"):
        total = values[10, f"{split}_reconstruction"] + values[10, f"{split}_kl"]
        assert values[10, f"{split}_total"] == pytest.approx(total, rel=1e-6)


def test_dev_losses_do_not_depend_on_the_batching(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    from reportgen.lab.training import vae

    results = []
    for size in (7, 500):
        monkeypatch.setattr(vae, "DEV_BATCH_SIZE", {"cpu": size})
        torch.manual_seed(0)
        objective = VaeObjective(VAE, torch.device("cpu"), torch.Generator().manual_seed(0))
        monkeypatch.setattr(objective, "draw_noise", lambda count: torch.zeros(count, 4))
        results.append(objective.compute_dev_losses(dataset.dev.images))
    torch.testing.assert_close(results[0], results[1])


def test_one_gan_step_is_two_plain_updates(dataset: Dataset) -> None:
    """Against the homework's step written out: D on real and fake apart, then G on the same fakes."""
    from torch.nn.functional import binary_cross_entropy as bce

    torch.manual_seed(0)
    ours = GanObjective(GAN, torch.device("cpu"), torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    plain = GanObjective(GAN, torch.device("cpu"), torch.Generator().manual_seed(0))
    images = dataset.train.images[:8]
    scalars = ours.step(images)

    x, z = images.float() / 255 * 2 - 1, plain.draw_noise(8)
    one, zero = torch.ones(8), torch.zeros(8)
    real, fake = plain.discriminator(x).sigmoid(), plain.discriminator(plain.generator(z).detach()).sigmoid()
    d_loss = bce(real, one) + bce(fake, zero)
    d_loss.backward()
    torch.optim.Adam(plain.discriminator.parameters(), GAN.learning_rate, betas=(0.5, 0.999)).step()
    # plain.generator's BatchNorm has now seen two forward passes, ours one; its batch statistics are the same
    g_loss = bce(plain.discriminator(plain.generator(z)).sigmoid(), one)
    plain.generator.zero_grad()
    g_loss.backward()
    torch.optim.Adam(plain.generator.parameters(), GAN.learning_rate, betas=(0.5, 0.999)).step()

    torch.testing.assert_close(scalars["discriminator_loss"], d_loss.detach())
    torch.testing.assert_close(scalars["generator_loss"], g_loss.detach())
    torch.testing.assert_close(scalars["D_x"], real.mean().detach())
    torch.testing.assert_close(scalars["D_G_z1"], fake.mean().detach())
    for name in ("discriminator", "generator"):
        for mine, its in zip(getattr(ours, name).parameters(), getattr(plain, name).parameters(), strict=True):
            assert its.grad is not None
            # Adam's first step is that of the gradient's sign, which rounding decides where there is next to none.
            told = its.grad.abs() > 1e-6
            torch.testing.assert_close(mine[told], its[told], rtol=1e-4, atol=1e-6)


def test_an_epoch_is_a_permutation() -> None:
    batches = BatchOrder(10, 3, torch.Generator().manual_seed(0))
    epoch = torch.cat([batches.draw() for _ in range(3)])
    assert len(set(epoch.tolist())) == 9
    assert set(epoch.tolist()) <= set(range(10))


@pytest.mark.fault(row=14)
def test_nan_loss_is_an_error_with_a_hint() -> None:
    log = ScalarLog([])
    log.add(10, {"train_total": torch.tensor(float("nan"))})
    with pytest.raises(RunError, match="train_total became nan at step 10; try a smaller learning_rate"):
        log.fetch()


@pytest.mark.fault(row=2)
def test_batch_larger_than_the_data_is_an_error(dataset: Dataset) -> None:
    with pytest.raises(RunError, match="batch_size 100 exceeds the 80 training images"):
        train(VAE.model_copy(update={"batch_size": 100}), dataset)


def test_progress_reaches_the_last_step(dataset: Dataset) -> None:
    seen: list[tuple[int, dict[str, float]]] = []
    training = begin_training(GAN, dataset, 0)
    train_run(make_session(GAN, dataset, training, on_step=lambda step, losses: seen.append((step, dict(losses)))))
    assert seen[-1][0] == 25
    assert set(seen[-1][1]) == {"discriminator_loss", "generator_loss", "D_x", "D_G_z1", "D_G_z2"}


@pytest.mark.parametrize("settings", [VAE, GAN, MLP])
def test_bf16_takes_nearly_the_same_first_step_and_keeps_weights_in_fp32(settings: Settings, dataset: Dataset) -> None:
    one = settings.model_copy(update={"num_training_steps": 1})
    exact, rounded = (train(one.model_copy(update={"precision": p}), dataset) for p in ("fp32", "bf16"))
    assert exact.rows != rounded.rows
    for (_, name, a), (_, same, b) in zip(exact.rows, rounded.rows, strict=True):
        assert name == same
        assert b == pytest.approx(a, rel=0.02, abs=0.02), name
    for network in rounded.objective.modules.values():
        assert all(p.dtype == torch.float32 for p in network.parameters())


TO_HOST = ("item", "tolist", "cpu", "numpy", "__float__", "__int__", "__bool__")


class CountFetches(TorchFunctionMode):
    """Counts how often a value moves from the device to the host."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        self.count += func in {getattr(torch.Tensor, name) for name in TO_HOST}
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("settings", [VAE, GAN, MLP])
def test_no_step_waits_for_the_device(settings: Settings, dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that fetched a loss per step would wait for a GPU 200 times here."""
    monkeypatch.setattr(loop, "SECONDS_PER_FETCH", 60.0)  # on any machine
    settings = settings.model_copy(update={"num_training_steps": 200, "log_interval": 1, "image_interval": 1000})
    training = begin_training(settings, dataset, 0)
    with CountFetches() as fetches:
        torch.ones(1).sum().item()
        torch.ones(2).tolist()
        assert fetches.count == 2
        train_run(make_session(settings, dataset, training))
    assert len(training.rows) >= 600
    assert fetches.count < 20


@pytest.mark.parametrize("settings", [VAE, GAN, MLP])
def test_a_graphed_training_is_the_same_training(
    settings: Settings, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit for bit: every batch is used once, in its order, and no logged loss is overwritten by a later step."""
    settings = settings.model_copy(update={"log_interval": 1})
    plain = train(settings, dataset)
    monkeypatch.setattr(loop, "SECONDS_PER_FETCH", 60.0)
    graphed = make_session(settings, dataset)
    train_run(graphed, GraphedRounds(capture_by_hand))
    assert_same_training(graphed.training, plain)


# ---- side by side ---------------------------------------------------------------------------------------------------

LONG_GAN = GAN.model_copy(update={"num_training_steps": 31, "hidden_dim": 8})
LINEAR = VAE.model_copy(update={"architecture": "linear", "num_training_steps": 12, "log_interval": 3})


@pytest.mark.parametrize("rounds", [step_eagerly, GraphedRounds(capture_by_hand)], ids=["eager", "graphed"])
def test_runs_side_by_side_are_those_that_each_would_be_alone(dataset: Dataset, rounds: Round) -> None:
    """Bit for bit, whatever the others are, and whenever they end."""
    runs: list[tuple[Settings, int]] = [(VAE, 0), (GAN, 0), (LONG_GAN, 1), (LINEAR, 0), (GAN, 3)]
    sessions = [make_session(settings, dataset, begin_training(settings, dataset, seed)) for settings, seed in runs]
    ended = list(train_sessions(sessions, rounds))
    assert [error for _, error in ended] == [None] * 5
    assert [session.training.step for session, _ in ended] == [12, 25, 25, 25, 31]
    for session, (settings, seed) in zip(sessions, runs, strict=True):
        assert_same_training(session.training, train(settings, dataset, seed))
    assert sessions[1].training.rows != sessions[4].training.rows


def test_runs_side_by_side_share_the_time(dataset: Dataset) -> None:
    sessions = [make_session(GAN, dataset) for _ in range(3)]
    start = time.perf_counter()
    list(train_sessions(sessions))
    seconds = time.perf_counter() - start
    shares = [session.training.train_seconds for session in sessions]
    assert max(shares) == pytest.approx(min(shares))
    assert 0.8 * seconds < sum(shares) <= seconds


def test_one_that_fails_takes_no_other_with_it(dataset: Dataset) -> None:
    sessions = [make_session(VAE, dataset), make_session(GAN, dataset)]
    broken = sessions[0].training.objective.modules["vae"]
    with torch.no_grad():
        next(broken.parameters()).fill_(float("nan"))
    ended = dict(train_sessions(sessions, GraphedRounds(capture_by_hand)))
    assert "became nan" in str(ended[sessions[0]])
    assert ended[sessions[1]] is None
    assert_same_training(sessions[1].training, train(GAN, dataset))


def test_a_stop_keeps_all_and_forgets_none_that_ended(dataset: Dataset) -> None:
    """One session ends in the round after which the others are asked to stop."""
    kept = []

    class StopAtTwelve(NoSaver):
        def is_due(self, step: int) -> bool:
            return step >= 12

        def save(self, training: Training) -> None:
            kept.append(training)
            raise Stopped("asked to")

    sessions = [make_session(settings, dataset, checkpointer=StopAtTwelve()) for settings in (VAE, LINEAR, GAN)]
    rounds = train_sessions(sessions)
    session, error = next(rounds)
    assert (session.settings, session.training.step, error) == (LINEAR, 12, None)
    with pytest.raises(Stopped):
        next(rounds)
    assert kept == [sessions[0].training, sessions[2].training]


def test_a_stop_in_the_middle_of_a_round_keeps_those_before_it(dataset: Dataset) -> None:
    """The first has settled its step when the second hears of the stop."""
    kept = []

    class StopsLate(NoSaver):
        def __init__(self, is_asked: bool) -> None:
            self.is_asked = is_asked

        def is_due(self, step: int) -> bool:
            return self.is_asked and step == 7

        def save(self, training: Training) -> None:
            kept.append((training, len(training.rows)))
            raise Stopped("asked to")

    settings = GAN.model_copy(update={"log_interval": 1})
    sessions = [make_session(settings, dataset, checkpointer=StopsLate(is_asked)) for is_asked in (False, True)]
    with pytest.raises(Stopped):
        list(train_sessions(sessions))
    assert {id(training): num_rows for training, num_rows in kept} == {id(session.training): 35 for session in sessions}
