"""The training loop shared by all models: steps, logging, image grids, checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import torch
from torch import nn

from reportgen.base.errors import RunError, Stopped
from reportgen.lab.data import Dataset
from reportgen.lab.training.objectives import Objective, Scalars, use_precision
from reportgen.lab.training.registry import build_objective
from reportgen.store.records import Environment
from reportgen.suite.settings import Settings

SECONDS_PER_FETCH = 0.5
"""Interval at which logged losses are fetched from the device, with one host synchronisation for all of them."""

Row = tuple[int, str, float]  # step, metric, value
OnStep = Callable[[int, dict[str, float]], None]
"""Callback that receives the number of finished steps and the latest value of each loss fetched since its last call."""


class Scoring(Protocol):
    """Interface of scores that may still be computed, by another thread."""

    def is_done(self) -> bool:
        """Return whether ``fetch`` would return at once."""
        ...

    def fetch(self) -> dict[str, float]:
        """Wait for the scores and return them by metric; they are finite, and those that failed are left out."""
        ...


Monitor = Callable[[int, dict[str, nn.Module]], Scoring]
"""Function from a step and the networks in training to scores of their samples; it leaves the training's bits alone."""


@dataclass
class ScalarLog:
    """Log of scalars that stay on the device, and of scores, until they are fetched together into ``rows``."""

    rows: list[Row]
    _pending: list[tuple[int, Scalars | Scoring]] = field(default_factory=list)

    def add(self, step: int, entry: Scalars | Scoring) -> None:
        """Log the scalars or the scores of a step without fetching them."""
        if entry:
            self._pending.append((step, entry))

    def fetch(self, *, is_waiting: bool = True) -> dict[str, float]:
        """Fetch pending entries into ``rows``, in their order; return the latest value of each metric among them.

        Args:
            is_waiting: whether to wait for scores; otherwise they and what was logged after them stay pending.

        Raises:
            RunError: a loss is NaN or infinite.
        """
        count = len(self._pending) if is_waiting else self._count_done()
        entries, self._pending = self._pending[:count], self._pending[count:]
        scalars = [value for _, entry in entries if isinstance(entry, dict) for value in entry.values()]
        fetched = iter(torch.stack(scalars).tolist() if scalars else ())
        latest: dict[str, float] = {}
        for step, entry in entries:
            values = {name: next(fetched) for name in entry} if isinstance(entry, dict) else entry.fetch()
            for name, value in values.items():
                if not math.isfinite(value):
                    raise RunError(f"{name} became {value} at step {step}; try a smaller learning_rate")
                self.rows.append((step, name, value))
            latest |= values
        return latest

    def _count_done(self) -> int:
        """Return the number of pending entries before the first scores that are still computed."""
        waits = (not isinstance(entry, dict) and not entry.is_done() for _, entry in self._pending)
        return next((index for index, wait in enumerate(waits) if wait), len(self._pending))


class BatchOrder:
    """Endless shuffled epochs; an incomplete last batch is dropped, as by ``DataLoader(drop_last=True)``."""

    def __init__(self, num_images: int, batch_size: int, generator: torch.Generator) -> None:
        self.num_images, self.batch_size, self.generator = num_images, batch_size, generator
        self.order = torch.empty(0, dtype=torch.int64, device=generator.device)
        self.position = 0

    def draw(self) -> torch.Tensor:
        """Draw the indices of the next batch, int64 [B]."""
        if self.position + self.batch_size > len(self.order):
            self.order = torch.randperm(self.num_images, generator=self.generator, device=self.generator.device)
            self.position = 0
        self.position += self.batch_size
        return self.order[self.position - self.batch_size : self.position]


@dataclass
class Training:
    """Model in training with all state that its next step depends on."""

    objective: Objective
    batches: BatchOrder
    generator: torch.Generator
    num_steps: int
    rows: list[Row] = field(default_factory=list)
    grids: dict[tuple[int, str], torch.Tensor] = field(default_factory=dict)
    step: int = 0
    train_seconds: float = 0.0
    """Wall time in seconds without the monitor's; runs that train side by side share it equally."""
    processor_seconds: float | None = None
    """Processor time of the steps alone, by the clock of their thread; None if a step was taken on a GPU or unclocked.

    Losses over the dev set, grids, monitor and checkpoints are not in it, nor what other processes take.
    """
    trained_together: int = 1
    """Largest number of runs, this one included, that it was trained side by side with."""
    changed_device: bool = False
    """True if the training ever resumed on another kind of device, where its random numbers were reseeded."""
    environment: Environment | None = None
    """Machine and packages of the last step and time of the first; None before the first step."""

    @property
    def is_over(self) -> bool:
        """True after the last step."""
        return self.step >= self.num_steps

    def take_state(self) -> dict[str, Any]:
        """Return all that the next step depends on, and the log, as tensors and plain values."""
        device = self.generator.device
        return {
            "step": self.step,
            "train_seconds": self.train_seconds,
            "processor_seconds": self.processor_seconds,
            "trained_together": self.trained_together,
            "changed_device": self.changed_device,
            "environment": self.environment.model_dump(mode="json") if self.environment else None,
            "modules": {name: module.state_dict() for name, module in self.objective.modules.items()},
            "optimisers": {name: optimiser.state_dict() for name, optimiser in self.objective.optimisers.items()},
            "fixed_z": self.objective.fixed_z,
            "generator": self.generator.get_state(),
            "global_generator": torch.get_rng_state(),
            "cuda_generator": torch.cuda.get_rng_state(device) if device.type == "cuda" else None,
            "order": self.batches.order,
            "position": self.batches.position,
            "rows": list(self.rows),
            "grids": dict(self.grids),
        }

    def restore_state(self, state: dict[str, Any]) -> bool:
        """Restore a state that ``take_state`` returned.

        Returns:
            True if the training will resume exactly. Random number generators cannot move between CPU and GPU: if steps
            are left there, the generator is reseeded from the seed and the step, and the result is False.

        Raises:
            RuntimeError, KeyError, ValueError: the state belongs to another model.
        """
        for name, module in self.objective.modules.items():
            module.load_state_dict(state["modules"][name])
        for name, optimiser in self.objective.optimisers.items():
            own = optimiser.state_dict()["param_groups"]  # suits this device; all else in it follows from the settings
            optimiser.load_state_dict({"state": state["optimisers"][name]["state"], "param_groups": own})
        device = self.generator.device
        is_exact = (state["cuda_generator"] is not None) == (device.type == "cuda")
        self.objective.fixed_z = state["fixed_z"].to(device)
        if is_exact:
            self.generator.set_state(state["generator"].cpu())
        else:
            self.generator.manual_seed(self.generator.initial_seed() + state["step"])
        torch.set_rng_state(state["global_generator"].cpu())
        if is_exact and device.type == "cuda":
            torch.cuda.set_rng_state(state["cuda_generator"].cpu(), device)
        self.batches.order, self.batches.position = state["order"].to(device), state["position"]
        self.rows, self.grids = list(state["rows"]), {key: grid.cpu() for key, grid in state["grids"].items()}
        self.step, self.train_seconds = state["step"], state["train_seconds"]
        self.processor_seconds = state.get("processor_seconds") if device.type == "cpu" else None
        self.trained_together = state.get("trained_together", 1)  # older checkpoints lack it
        environment = state.get("environment")  # older checkpoints lack it
        self.environment = Environment.model_validate(environment) if environment else None
        is_exact = is_exact or self.is_over
        self.changed_device = state.get("changed_device", False) or not is_exact
        return is_exact


def begin_training(settings: Settings, dataset: Dataset, seed: int) -> Training:
    """Build a model before its first step, on the dataset's device.

    Raises:
        RunError: the batch size exceeds the training set.
    """
    if settings.batch_size > len(dataset.train):
        raise RunError(f"batch_size {settings.batch_size} exceeds the {len(dataset.train)} training images")
    images = dataset.train.images
    use_precision(settings.precision)
    torch.manual_seed(seed)  # initial weights and dropout
    generator = torch.Generator(images.device).manual_seed(seed)  # noise and the order of the data
    objective = build_objective(settings, images.device, generator)
    batches = BatchOrder(len(images), settings.batch_size, generator)
    training = Training(objective, batches, generator, settings.num_training_steps)
    training.processor_seconds = 0.0 if images.device.type == "cpu" else None
    return training


class Saver(Protocol):
    """Interface of what writes checkpoints between two steps."""

    def is_due(self, step: int) -> bool:
        """Return whether a checkpoint is to be written after ``step`` finished steps."""
        ...

    def save(self, training: Training) -> None:
        """Write a checkpoint; raise Stopped afterwards if the run was asked to stop."""
        ...


Read = Callable[[], Scalars]
"""Function that returns the scalars of a step that was taken."""


class TrainingSession:
    """A training together with its data, its log and its checkpoints: all that happens between two steps."""

    def __init__(
        self,
        settings: Settings,
        dataset: Dataset,
        training: Training,
        on_step: OnStep,
        checkpointer: Saver,
        monitor: Monitor | None = None,
    ) -> None:
        self.settings, self.dataset, self.training = settings, dataset, training
        self.on_step, self.checkpointer, self.monitor = on_step, checkpointer, monitor
        self.log = ScalarLog(training.rows)
        self.monitor_seconds = 0.0
        """Wall time that the monitor took after the latest step."""

    @property
    def device(self) -> torch.device:
        """Device that the model is trained on."""
        return self.training.generator.device

    @property
    def is_over(self) -> bool:
        """True after the last step."""
        return self.training.is_over

    def draw_batch(self) -> torch.Tensor:
        """Draw the indices of the next batch of training images, int64 [B]."""
        return self.training.batches.draw()

    def update(self, indices: torch.Tensor) -> Scalars:
        """Take one step on the training images with these indices, int64 [B]; return its scalars."""
        use_precision(self.settings.precision)
        return self.training.objective.step(self.dataset.train.images[indices])

    def settle(self, read: Read, *, is_fetch_due: bool) -> None:
        """Count a step; then log scalars, draw grids, score samples and write a checkpoint where they are due.

        Args:
            read: returns the step's scalars; called only if they are logged.
            is_fetch_due: whether to fetch logged scalars, which waits for the device.

        Raises:
            RunError: a loss became NaN or infinite.
            Stopped: the run was asked to stop; its checkpoint is on disk.
        """
        training, settings = self.training, self.settings
        training.step += 1
        step, self.monitor_seconds = training.step, 0.0
        if step % settings.log_interval == 0 or self.is_over:
            self.log.add(step, read())
        if step % settings.image_interval == 0 or self.is_over:
            self.log.add(step, self._evaluate_on_dev(step))
            self._score_samples(step)
        is_save_due = not self.is_over and self.checkpointer.is_due(step)
        if self.is_over or is_fetch_due:
            self.on_step(step, self.log.fetch(is_waiting=self.is_over))
        if is_save_due:
            self.save()

    def save(self) -> None:
        """Fetch the log and write a checkpoint.

        Raises:
            RunError: a loss became NaN or infinite.
            Stopped: the run was asked to stop; its checkpoint is on disk.
        """
        self.on_step(self.training.step, self.log.fetch())
        self.checkpointer.save(self.training)

    def _evaluate_on_dev(self, step: int) -> Scalars:
        """Store the image grids of a step in the training; return its losses over the dev set."""
        use_precision(self.settings.precision)
        objective, dev_images = self.training.objective, self.dataset.dev.images
        losses = objective.compute_dev_losses(dev_images)
        for name, grid in objective.draw_grids(dev_images).items():
            self.training.grids[step, name] = grid.cpu()
        return losses

    def _score_samples(self, step: int) -> None:
        if self.monitor is not None:
            start = time.perf_counter()
            self.log.add(step, self.monitor(step, self.training.objective.modules))
            self.monitor_seconds = time.perf_counter() - start


Round = Callable[[Sequence[TrainingSession]], list[Read]]
"""Function that takes one step of every session and returns, for each, a function that reads this step's scalars."""


def step_eagerly(sessions: Sequence[TrainingSession]) -> list[Read]:
    """Take one step of every session in turn, as PyTorch executes it: operation by operation."""
    taken = [session.update(session.draw_batch()) for session in sessions]
    return [partial(dict, scalars) for scalars in taken]


def train_sessions(
    sessions: Sequence[TrainingSession], take_round: Round = step_eagerly
) -> Iterator[tuple[TrainingSession, RunError | None]]:
    """Train all sessions to their last step, with one step of each in every round.

    A step does not depend on the other sessions. On the CPU, equal settings, seed and number of torch threads give
    equal bits, however often a training is stopped and resumed on the way.

    Yields:
        Each session as it ends, with the error that ended it or None.

    Raises:
        Stopped: the runs were asked to stop; the checkpoints of all of them are on disk.
    """
    going = [session for session in sessions if not session.is_over]
    yield from ((session, None) for session in sessions if session.is_over)
    last = last_fetch = time.perf_counter()
    while going:
        worked = time.thread_time()
        reads = take_round(going)
        worked, now = time.thread_time() - worked, time.perf_counter()
        is_fetch_due = now - last_fetch > SECONDS_PER_FETCH
        last_fetch = now if is_fetch_due else last_fetch
        for session in going:  # each is charged an equal share of the time
            session.training.train_seconds += (now - last) / len(going)
            if session.training.processor_seconds is not None:
                session.training.processor_seconds += worked / len(going)
        ended, stop = _settle_all(going, reads, is_fetch_due=is_fetch_due)
        last = now + sum(session.monitor_seconds for session in going)
        going = [session for session in going if session not in ended]
        yield from ended.items()
        if stop is not None:
            raise stop


def _settle_all(
    sessions: Sequence[TrainingSession], reads: Sequence[Read], *, is_fetch_due: bool
) -> tuple[dict[TrainingSession, RunError | None], Stopped | None]:
    """Settle a round; return the sessions that ended, each with its error or None, and the stop that was requested.

    On a stop, all sessions that go on have written a checkpoint before this returns.
    """
    ended: dict[TrainingSession, RunError | None] = {}
    settled, stop = list[TrainingSession](), None
    for session, read in zip(sessions, reads, strict=True):
        try:
            session.settle(read, is_fetch_due=is_fetch_due)
        except Stopped as stopped:
            stop = stopped
        except RunError as error:
            ended[session] = error
        else:
            settled.append(session)
    ended |= {session: None for session in settled if session.is_over}
    for session in settled if stop else ():  # settled before the stop was noticed
        if not session.is_over:
            try:
                session.save()
            except Stopped:
                continue
            except RunError as error:
                ended[session] = error
    return ended, stop


def train_run(session: TrainingSession, take_round: Round = step_eagerly) -> None:
    """Train one run to its last step.

    Raises:
        RunError: a loss became NaN or infinite.
        Stopped: the run was asked to stop; its checkpoint is on disk.
    """
    for _, error in train_sessions([session], take_round):
        if error is not None:
            raise error
