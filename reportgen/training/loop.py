"""The one training loop: steps, logging, image grids."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import torch

from reportgen.config import Settings, VaeSettings
from reportgen.data import Dataset
from reportgen.errors import RunError
from reportgen.training.gan import GanObjective
from reportgen.training.graph import GraphedStep, let_capture
from reportgen.training.objectives import Objective, Scalars, use_precision
from reportgen.training.vae import VaeObjective

SECONDS_PER_FETCH = 0.5
"""Logged losses stay on the device for this long before they are fetched together: one host sync for all of them."""

Row = tuple[int, str, float]  # step, metric, value
Progress = Callable[[int, dict[str, float]], None]
"""Called with the number of finished steps and the losses fetched since the last call, the newest of each."""


@dataclass
class ScalarLog:
    """Scalars that stay on the device until a block of them is full; one list of rows for each of k replicas."""

    rows: Sequence[list[Row]]
    _pending: list[tuple[int, Scalars]] = field(default_factory=list)

    def add(self, step: int, scalars: Scalars) -> None:
        if scalars:
            self._pending.append((step, scalars))

    def fetch(self) -> dict[str, float]:
        """Move what is pending into ``rows`` and return the newest values of the first replica.

        Raises:
            RunError: a loss is NaN or infinite.
        """
        if not self._pending:
            return {}
        keys = [(step, name) for step, scalars in self._pending for name in scalars]
        values = [value.reshape(-1) for _, scalars in self._pending for value in scalars.values()]
        columns = torch.stack(values, dim=1).tolist()
        self._pending.clear()
        for rows, column in zip(self.rows, columns, strict=True):
            fetched = [(step, name, value) for (step, name), value in zip(keys, column, strict=True)]
            for step, name, value in fetched:
                if not math.isfinite(value):
                    raise RunError(f"{name} became {value} at step {step}; try a smaller learning_rate")
            rows += fetched
        return {name: value for (_, name), value in zip(keys, columns[0], strict=True)}


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


class Trainable(Protocol):
    """What the loop trains: one run, or several as one program."""

    step: int
    train_seconds: float

    @property
    def logs(self) -> Sequence[list[Row]]:
        """The rows of each run."""
        ...

    @property
    def generators(self) -> Sequence[torch.Generator]:
        """What a step draws from, besides the global generator."""
        ...

    @property
    def optimisers(self) -> Sequence[torch.optim.Optimizer]: ...

    def draw_batch(self) -> torch.Tensor:
        """The indices of the next batch among the training images, int64 [B]; of several runs [k, B]."""
        ...

    def update(self, images: torch.Tensor) -> Scalars:
        """Take one step on a batch, uint8 [..., B, 1, 32, 32]."""
        ...

    def look(self, step: int, dev_images: torch.Tensor) -> Scalars:
        """Keep the image grids of a step; return its losses over the dev set."""
        ...


@dataclass
class Training:
    """A model in training and all that its next step depends on."""

    objective: Objective
    batches: BatchOrder
    generator: torch.Generator
    rows: list[Row] = field(default_factory=list)
    grids: dict[tuple[int, str], torch.Tensor] = field(default_factory=dict)
    step: int = 0
    train_seconds: float = 0.0
    trained_together: int = 1
    """The most replicas that it ever shared a program with, itself included: with others it ends in other bits."""
    changed_device: bool = False
    """Whether it ever went on on another kind of device: its random numbers started anew there."""

    @property
    def logs(self) -> Sequence[list[Row]]:
        return [self.rows]

    @property
    def generators(self) -> Sequence[torch.Generator]:
        return [self.generator]

    @property
    def optimisers(self) -> Sequence[torch.optim.Optimizer]:
        return list(self.objective.optimisers.values())

    def draw_batch(self) -> torch.Tensor:
        return self.batches.draw()

    def update(self, images: torch.Tensor) -> Scalars:
        return self.objective.step(images)

    def look(self, step: int, dev_images: torch.Tensor) -> Scalars:
        losses = self.objective.compute_dev_losses(dev_images)
        for name, grid in self.objective.draw_grids(dev_images).items():
            self.grids[step, name] = grid.cpu()
        return losses

    def take_state(self) -> dict[str, Any]:
        """Everything that the next step depends on and all that was logged, as tensors and plain values."""
        device = self.generator.device
        return {
            "step": self.step,
            "train_seconds": self.train_seconds,
            "trained_together": self.trained_together,
            "changed_device": self.changed_device,
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
            Whether exactly: a GPU's random numbers cannot be gone on with on a CPU, nor the other way round; they
            start anew there, from the seed and the step.

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
    return Training(objective, BatchOrder(len(images), settings.batch_size, generator), generator)


Kept = TypeVar("Kept", bound=Trainable, contravariant=True)


class Keeper(Protocol[Kept]):
    """Decides between two steps whether the training is kept, and keeps it."""

    def is_due(self, step: int) -> bool: ...

    def keep(self, training: Kept) -> None: ...


Trained = TypeVar("Trained", bound=Trainable)


def train_run(
    settings: Settings,
    dataset: Dataset,
    training: Trained,
    progress: Progress,
    keeper: Keeper[Trained],
    *,
    use_graph: bool = False,
) -> None:
    """Train to the last step, from wherever ``training`` stands.

    On the CPU the same settings, seed and number of torch threads give the same bits, however often it was stopped,
    kept and taken up again in between.

    Args:
        use_graph: replay the step as a CUDA graph; on a GPU only.

    Raises:
        RunError: a loss became NaN or infinite.
    """
    images, log = dataset.train.images, ScalarLog(training.logs)
    before, start = training.train_seconds, time.perf_counter()
    last_fetch = start
    take_step = None
    if use_graph:
        let_capture(training.optimisers)
        take_step = GraphedStep(training.update, images, training.generators)
    for step in range(training.step + 1, settings.num_training_steps + 1):
        batch = training.draw_batch()
        scalars = take_step(batch) if take_step else training.update(images[batch])
        is_last = step == settings.num_training_steps
        if step % settings.log_interval == 0 or is_last:
            log.add(step, scalars)
        if step % settings.image_interval == 0 or is_last:
            log.add(step, training.look(step, dataset.dev.images))
        training.step = step
        now = time.perf_counter()
        is_kept = not is_last and keeper.is_due(step)
        if is_last or is_kept or now - last_fetch > SECONDS_PER_FETCH:
            progress(step, log.fetch())
            last_fetch = now
            training.train_seconds = before + now - start
        if is_kept:
            keeper.keep(training)
