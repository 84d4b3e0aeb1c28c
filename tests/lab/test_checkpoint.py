"""A training that is stopped, kept and taken up again ends with the bits of one that never stopped."""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic import ENVIRONMENT
from trainings import GAN, MLP, VAE, make_session

from reportgen.base.errors import RunError, Stopped
from reportgen.lab.data import Dataset
from reportgen.lab.training.checkpoint import Checkpointer, pack_state, resume_training, unpack_state
from reportgen.lab.training.gan import GanObjective
from reportgen.lab.training.loop import Saver, Training, begin_training, train_run
from reportgen.store.paths import RunPaths
from reportgen.suite.settings import Settings


def finish(model: Settings, data: Dataset, training: Training, checkpointer: Saver | None = None) -> Training:
    train_run(make_session(model, data, training, checkpointer=checkpointer))
    return training


def flatten(value: Any, name: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        return {k: v for key, item in value.items() for k, v in flatten(item, f"{name}.{key}").items()}
    return {name: value}


def assert_same(a: Training, b: Training) -> None:
    """All that the next step would depend on, and all that was logged, but for the time."""
    first, second = flatten(a.take_state()), flatten(b.take_state())
    assert first.keys() == second.keys()
    for name, value in first.items():
        if torch.is_tensor(value):
            assert torch.equal(value, second[name]), name
        elif name not in (".train_seconds", ".processor_seconds"):
            assert value == second[name], name


class StopAt:
    """Keeps the state at one step, and stops there."""

    def __init__(self, step: int) -> None:
        self.step, self.content = step, b""

    def is_due(self, step: int) -> bool:
        return step == self.step

    def save(self, training: Training) -> None:
        self.content = pack_state(training.take_state())
        raise Stopped("here")


@pytest.mark.fault(row=9)
@pytest.mark.parametrize("model", [VAE, GAN, MLP], ids=["vae", "gan", "mlp"])
def test_stopped_anywhere_it_ends_with_the_same_bits(model: Settings, dataset: Dataset) -> None:
    """An epoch has ten steps, and grids are drawn every ten; REPORTGEN_TEST_STEPS=all stops at every step."""
    steps = (
        range(1, model.num_training_steps) if os.environ.get("REPORTGEN_TEST_STEPS") == "all" else (1, 9, 10, 11, 24)
    )
    undisturbed = finish(model, dataset, begin_training(model, dataset, 3))
    for step in steps:
        checkpointer = StopAt(step)
        with pytest.raises(Stopped):
            finish(model, dataset, begin_training(model, dataset, 3), checkpointer)
        torch.manual_seed(99)  # another process has another state
        again = begin_training(model, dataset, 4)
        again.restore_state(unpack_state(checkpointer.content))
        assert again.step == step
        assert_same(finish(model, dataset, again), undisturbed)


def make_checkpoints(folder: Path, data: Dataset, key: str = "k") -> RunPaths:
    paths = RunPaths(folder / "run")
    finish(GAN, data, begin_training(GAN, data, 0), Checkpointer(paths, key, seconds=1e9, steps=5))
    return paths


def test_two_generations_are_kept(dataset: Dataset, tmp_path: Path) -> None:
    paths = make_checkpoints(tmp_path, dataset)
    assert [path.name for path in paths.list_checkpoints()] == ["checkpoint-000000020.pt", "checkpoint-000000015.pt"]


def resume(paths: RunPaths, data: Dataset, model: Settings = GAN) -> tuple[Training, list[str]]:
    return resume_training(paths, "k", lambda: begin_training(model, data, 0))


def flip_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.fault(row=10)
@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(path.read_bytes()[:1000]),
        lambda path: path.write_bytes(b"x" * 100_000),
        flip_bit,
    ],
    ids=["empty", "a byte short", "truncated", "garbage", "one bit flipped"],
)
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    dataset: Dataset, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    undisturbed = finish(GAN, dataset, begin_training(GAN, dataset, 0))
    paths = make_checkpoints(tmp_path, dataset)
    newest, before = paths.list_checkpoints()
    damage(newest)
    training, notices = resume(paths, dataset)
    assert training.step == 15
    assert notices == [f"{newest.name}: passed over: its checksum does not hold"]
    assert_same(finish(GAN, dataset, training), undisturbed)
    damage(before)
    training, notices = resume(paths, dataset)
    assert (training.step, len(notices)) == (0, 2)
    assert_same(finish(GAN, dataset, training), undisturbed)


@pytest.mark.fault(row=10)
@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), MemoryError(), torch.OutOfMemoryError()])
def test_what_passes_does_not_cost_a_training(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Begun anew, the run would delete checkpoints that are sound."""

    def fail(*_: object) -> None:
        raise error

    paths = make_checkpoints(tmp_path, dataset)
    monkeypatch.setattr(Training, "restore_state", fail)
    with pytest.raises(RunError if isinstance(error, OSError) else type(error)):
        resume(paths, dataset)


def test_damaged_checkpoints_do_not_crowd_out_new_ones(dataset: Dataset, tmp_path: Path) -> None:
    """They claim later steps than a training that had to start over."""
    paths = RunPaths(tmp_path)
    for step in (900, 1000):
        paths.checkpoint(step).write_bytes(b"damaged")
    beside = tmp_path / "checkpoint-of-mine.pt"
    beside.write_bytes(b"")
    training, notices = resume(paths, dataset)
    assert (training.step, len(notices)) == (0, 2)
    finish(GAN, dataset, training, Checkpointer(paths, "k", steps=10))
    assert [path.name for path in paths.list_checkpoints()] == ["checkpoint-000000020.pt", "checkpoint-000000010.pt"]
    assert beside.exists()


def test_a_checkpoint_from_a_gpu_goes_on_here_with_other_random_numbers(dataset: Dataset, tmp_path: Path) -> None:
    paths = make_checkpoints(tmp_path, dataset)
    newest = paths.list_checkpoints()[0]
    state = unpack_state(newest.read_bytes())
    state |= {"cuda_generator": torch.zeros(16, dtype=torch.uint8), "generator": torch.zeros(16, dtype=torch.uint8)}
    newest.write_bytes(pack_state(state))
    training, (notice,) = resume(paths, dataset)
    assert training.step == state["step"]
    assert "written on another kind of device" in notice
    assert training.changed_device
    again, _ = resume(paths, dataset)
    assert isinstance(training.objective, GanObjective)
    assert isinstance(again.objective, GanObjective)
    assert torch.equal(training.objective.draw_noise(4), again.objective.draw_noise(4))


def test_what_was_trained_on_a_gpu_to_its_last_step_went_on_nowhere_else(dataset: Dataset, tmp_path: Path) -> None:
    paths = RunPaths(tmp_path)
    trained = finish(GAN, dataset, begin_training(GAN, dataset, 0))
    elsewhere = ENVIRONMENT.model_copy(update={"device": "a GPU"})
    gpu = {"cuda_generator": torch.zeros(16, dtype=torch.uint8), "environment": elsewhere.model_dump()}
    paths.checkpoint(trained.step).write_bytes(pack_state({"key": "k", **trained.take_state(), **gpu}))
    training, notices = resume(paths, dataset)
    assert notices == []
    assert not training.changed_device
    assert training.environment == elsewhere


def test_a_checkpoint_of_another_run_or_architecture_is_not_taken_up(dataset: Dataset, tmp_path: Path) -> None:
    other = make_checkpoints(tmp_path / "a", dataset, key="other")
    training, notices = resume(other, dataset)
    assert training.step == 0
    assert all("it is of another run" in notice for notice in notices)
    training, notices = resume(make_checkpoints(tmp_path / "b", dataset), dataset, MLP)
    assert training.step == 0
    assert len(notices) == 2


class Malicious:
    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return (Path.touch, (Path("/tmp/reportgen-was-here"),))


@pytest.mark.fault(row=10)
def test_nothing_in_a_checkpoint_is_executed(dataset: Dataset, tmp_path: Path) -> None:
    import hashlib

    paths, mark = make_checkpoints(tmp_path, dataset), Path("/tmp/reportgen-was-here")
    stream = io.BytesIO()
    torch.save({"key": "k", "evil": Malicious()}, stream)
    for path, body in zip(paths.list_checkpoints(), (stream.getvalue(), pickle.dumps(Malicious())), strict=True):
        path.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
    training, notices = resume(paths, dataset)
    assert training.step == 0
    assert len(notices) == 2
    assert not mark.exists()


@pytest.mark.fault(row=10)
@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_pass_for_a_checkpoint(content: bytes) -> None:
    with pytest.raises(Exception, match=r".*"):
        unpack_state(content)


def test_writing_takes_a_small_share_of_the_time(dataset: Dataset, tmp_path: Path) -> None:
    checkpointer = Checkpointer(RunPaths(tmp_path / "run"), "k", seconds=0.0)
    assert checkpointer.is_due(1)
    checkpointer.save(begin_training(GAN, dataset, 0))
    assert not checkpointer.is_due(2)  # a hundred times the time that writing took
