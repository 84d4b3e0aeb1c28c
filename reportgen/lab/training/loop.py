"""The one training loop: steps, logging, image grids."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import torch

from reportgen.base.errors import RunError, Stopped
from reportgen.lab.data import Dataset
from reportgen.lab.training.gan import GanObjective
from reportgen.lab.training.objectives import Objective, Scalars, use_precision
from reportgen.lab.training.vae import VaeObjective
from reportgen.store.records import Environment
from reportgen.suite.settings import Settings, VaeSettings

SECONDS_PER_FETCH = 0.5
"""Logged losses stay on the device for this long before they are fetched together: one host sync for all of them."""

Row = tuple[int, str, float]  # step, metric, value
OnStep = Callable[[int, dict[str, float]], None]
"""Called with the number of finished steps and the losses fetched since the last call, the newest of each."""


@dataclass
class ScalarLog:
    """Scalars that stay on the device until they are fetched, all at once, into ``rows``."""

    rows: list[Row]
    _pending: list[tuple[int, Scalars]] = field(default_factory=list)

    def add(self, step: int, scalars: Scalars) -> None:
        if scalars:
            self._pending.append((step, scalars))

    def fetch(self) -> dict[str, float]:
        """Move what is pending into ``rows`` and return the newest values.

        Raises:
            RunError: a loss is NaN or infinite.
        """
        if not self._pending:
            return {}
        keys = [(step, name) for step, scalars in self._pending for name in scalars]
        values = torch.stack([value for _, scalars in self._pending for value in scalars.values()]).tolist()
        self._pending.clear()
        for (step, name), value in zip(keys, values, strict=True):
            if not math.isfinite(value):
                raise RunError(f"{name} became {value} at step {step}; try a smaller learning_rate")
            self.rows.append((step, name, value))
        return {name: value for (_, name), value in zip(keys, values, strict=True)}


def build_objective(settings: Settings, device: torch.device, generator: torch.Generator) -> Objective:
    if isinstance(settings, VaeSettings):
        return VaeObjective(settings, device, generator)
    return GanObjective(settings, device, generator)


class BatchOrder:
    """Indices of endless shuffled epochs; an epoch's last incomplete batch is dropped, as by DataLoader(drop_last)."""

    def __init__(self, num_images: int, batch_size: int, generator: torch.Generator) -> None:
        self.num_images, self.batch_size, self.generator = num_images, batch_size, generator
        self.order = torch.empty(0, dtype=torch.int64, device=generator.device)
        self.position = 0

    def draw(self) -> torch.Tensor:
        """The next batch's indices [B]."""
        if self.position + self.batch_size > len(self.order):
            self.order = torch.randperm(self.num_images, generator=self.generator, device=self.generator.device)
            self.position = 0
        self.position += self.batch_size
        return self.order[self.position - self.batch_size : self.position]


@dataclass
class Training:
    """A model in training and all that its next step depends on."""

    objective: Objective
    batches: BatchOrder
    generator: torch.Generator
    num_steps: int
    rows: list[Row] = field(default_factory=list)
    grids: dict[tuple[int, str], torch.Tensor] = field(default_factory=dict)
    step: int = 0
    train_seconds: float = 0.0
    """Of runs side by side each has its equal share."""
    trained_together: int = 1
    """With how many, itself included, it was trained side by side at most."""
    changed_device: bool = False
    """Whether it ever went on on another kind of device: its random numbers started anew there."""
    environment: Environment | None = None
    """The machine of its last step, and when its first was begun; None before the first."""

    @property
    def is_over(self) -> bool:
        return self.step >= self.num_steps

    def take_state(self) -> dict[str, Any]:
        """Everything that the next step depends on and all that was logged, as tensors and plain values."""
        device = self.generator.device
        return {
            "step": self.step,
            "train_seconds": self.train_seconds,
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
        """Go on from what ``take_state`` gave.

        Returns:
            Whether exactly: a GPU's random numbers cannot be gone on with on a CPU, nor the other way round; if there
            are steps left, they start anew there, from the seed and the step.

        Raises:
            RuntimeError, KeyError, ValueError: the state is of another model.
        """
        for name, module in self.objective.modules.items():
            module.load_state_dict(state["modules"][name])
        for name, optimiser in self.objective.optimisers.items():
            own = optimiser.state_dict()["param_groups"]  # of this device; the rest of it follows from the settings
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
        self.trained_together = state.get("trained_together", 1)  # older checkpoints do not say
        environment = state.get("environment")  # older checkpoints do not say
        self.environment = Environment.model_validate(environment) if environment else None
        is_exact = is_exact or self.is_over
        self.changed_device = state.get("changed_device", False) or not is_exact
        return is_exact


def begin_training(settings: Settings, dataset: Dataset, seed: int) -> Training:
    """A model before its first step, on the device that the dataset lives on.

    Raises:
        RunError: the batch is larger than the training set.
    """
    if settings.batch_size > len(dataset.train):
        raise RunError(f"batch_size {settings.batch_size} exceeds the {len(dataset.train)} training images")
    images = dataset.train.images
    use_precision(settings.precision)
    torch.manual_seed(seed)  # initial weights and dropout
    generator = torch.Generator(images.device).manual_seed(seed)  # noise and the order of the data
    objective = build_objective(settings, images.device, generator)
    batches = BatchOrder(len(images), settings.batch_size, generator)
    return Training(objective, batches, generator, settings.num_training_steps)


class Saver(Protocol):
    """Decides between two steps whether the training is kept, and keeps it."""

    def is_due(self, step: int) -> bool: ...

    def save(self, training: Training) -> None: ...


Read = Callable[[], Scalars]


class TrainingSession:
    """A training on its way to its last step: what is done between two steps."""

    def __init__(
        self, settings: Settings, dataset: Dataset, training: Training, on_step: OnStep, checkpointer: Saver
    ) -> None:
        self.settings, self.dataset, self.training = settings, dataset, training
        self.on_step, self.checkpointer = on_step, checkpointer
        self.log = ScalarLog(training.rows)

    @property
    def device(self) -> torch.device:
        return self.training.generator.device

    @property
    def is_over(self) -> bool:
        return self.training.is_over

    def draw_batch(self) -> torch.Tensor:
        """The indices of the next batch among the training images, int64 [B]."""
        return self.training.batches.draw()

    def update(self, indices: torch.Tensor) -> Scalars:
        """Take one step on the images of these indices."""
        use_precision(self.settings.precision)
        return self.training.objective.step(self.dataset.train.images[indices])

    def settle(self, read: Read, *, is_fetch_due: bool) -> None:
        """Count a step that was taken; log, show and keep what is due after it.

        Args:
            read: gives the step's scalars; called only if they are logged.
            is_fetch_due: whether the host waits for the device now.

        Raises:
            RunError: a loss became NaN or infinite.
            Stopped: the checkpointer was asked to stop.
        """
        training, settings = self.training, self.settings
        training.step += 1
        step = training.step
        if step % settings.log_interval == 0 or self.is_over:
            self.log.add(step, read())
        if step % settings.image_interval == 0 or self.is_over:
            self.log.add(step, self._look(step))
        is_save_due = not self.is_over and self.checkpointer.is_due(step)
        if self.is_over or is_fetch_due:
            self.on_step(step, self.log.fetch())
        if is_save_due:
            self.save()

    def save(self) -> None:
        """Keep the training with all that was logged.

        Raises:
            RunError: a loss became NaN or infinite.
            Stopped: the checkpointer was asked to stop.
        """
        self.on_step(self.training.step, self.log.fetch())
        self.checkpointer.save(self.training)

    def _look(self, step: int) -> Scalars:
        """Keep the image grids of a step; return its losses over the dev set."""
        use_precision(self.settings.precision)
        objective, dev_images = self.training.objective, self.dataset.dev.images
        losses = objective.compute_dev_losses(dev_images)
        for name, grid in objective.draw_grids(dev_images).items():
            self.training.grids[step, name] = grid.cpu()
        return losses


Round = Callable[[Sequence[TrainingSession]], list[Read]]
"""Takes one step of every session; gives a function for each that reads this step's scalars."""


def step_eagerly(sessions: Sequence[TrainingSession]) -> list[Read]:
    """A round as PyTorch executes it, operation by operation."""
    taken = [session.update(session.draw_batch()) for session in sessions]
    return [partial(dict, scalars) for scalars in taken]


def train_sessions(
    sessions: Sequence[TrainingSession], take_round: Round = step_eagerly
) -> Iterator[tuple[TrainingSession, RunError | None]]:
    """Train to the last steps, from wherever the trainings stand; one step of each in every round.

    What a step computes does not depend on the others. On the CPU the same settings, seed and number of torch threads
    give the same bits, however often a training was stopped, kept and taken up again in between.

    Yields:
        Each session as it ends, and why it failed, if it did.

    Raises:
        Stopped: the runs were asked to stop; all are kept.
    """
    going = [session for session in sessions if not session.is_over]
    yield from ((session, None) for session in sessions if session.is_over)
    last = last_fetch = time.perf_counter()
    while going:
        reads = take_round(going)
        now = time.perf_counter()
        is_fetch_due = now - last_fetch > SECONDS_PER_FETCH
        last_fetch = now if is_fetch_due else last_fetch
        for session in going:  # each has its share of the time
            session.training.train_seconds += (now - last) / len(going)
        last = now
        ended, stop = _settle_all(going, reads, is_fetch_due=is_fetch_due)
        going = [session for session in going if session not in ended]
        yield from ended.items()
        if stop is not None:
            raise stop


def _settle_all(
    sessions: Sequence[TrainingSession], reads: Sequence[Read], *, is_fetch_due: bool
) -> tuple[dict[TrainingSession, RunError | None], Stopped | None]:
    """Settle a round; gives the sessions that ended, and the stop that was asked for, once all others are kept."""
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
    for session in settled if stop else ():  # those that came before the stop
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
        Stopped: it was asked to stop, and is kept.
    """
    for _, error in train_sessions([session], take_round):
        if error is not None:
            raise error
