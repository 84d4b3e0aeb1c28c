"""The one training loop: steps, logging, image grids."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import nn

from reportgen.config import Settings, VaeSettings
from reportgen.data import Dataset
from reportgen.errors import RunError
from reportgen.training.gan import GanObjective
from reportgen.training.objectives import Objective, Scalars
from reportgen.training.vae import VaeObjective

SECONDS_PER_FETCH = 0.5
"""Logged losses stay on the device for this long before they are fetched together: one host sync for all of them."""

Row = tuple[int, str, float]  # step, metric, value
Progress = Callable[[int, dict[str, float]], None]
"""Called with the number of finished steps and the losses fetched since the last call, the newest of each."""


@dataclass
class TrainedRun:
    """What training hands to evaluation and to the store.

    ``grids`` maps (step, name) to uint8 [32, 1, 32, 32] on the CPU.
    """

    modules: dict[str, nn.Module]
    rows: list[Row]
    grids: dict[tuple[int, str], torch.Tensor]
    train_seconds: float


@dataclass
class ScalarLog:
    """Scalars that stay on the device until a block of them is full."""

    rows: list[Row] = field(default_factory=list)
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
        fetched = [(step, name, value) for (step, name), value in zip(keys, values, strict=True)]
        for step, name, value in fetched:
            if value != value or value in (float("inf"), float("-inf")):
                raise RunError(f"{name} became {value} at step {step}; try a smaller learning_rate")
        self.rows += fetched
        return {name: value for _, name, value in fetched}


def build_objective(settings: Settings, device: torch.device, generator: torch.Generator) -> Objective:
    if isinstance(settings, VaeSettings):
        return VaeObjective(settings, device, generator)
    return GanObjective(settings, device, generator)


def draw_batches(num_images: int, batch_size: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """Indices of endless shuffled epochs; an epoch's last incomplete batch is dropped, as by DataLoader(drop_last)."""
    while True:
        order = torch.randperm(num_images, generator=generator, device=generator.device)
        yield from order[: num_images // batch_size * batch_size].split(batch_size)


def train_run(settings: Settings, dataset: Dataset, seed: int, progress: Progress) -> TrainedRun:
    """Train one model on the device that the dataset lives on.

    On the CPU the same settings, seed and number of torch threads give the same bits.

    Raises:
        RunError: a loss became NaN or infinite; the batch is larger than the training set.
    """
    if settings.batch_size > len(dataset.train):
        raise RunError(f"batch_size {settings.batch_size} exceeds the {len(dataset.train)} training images")
    images = dataset.train.images
    torch.manual_seed(seed)  # initial weights and dropout
    generator = torch.Generator(images.device).manual_seed(seed)  # noise and the order of the data
    objective = build_objective(settings, images.device, generator)
    batches = draw_batches(len(images), settings.batch_size, generator)
    log, grids = ScalarLog(), {}

    start = last_fetch = time.perf_counter()
    for step in range(1, settings.num_training_steps + 1):
        scalars = objective.step(images[next(batches)])
        is_last = step == settings.num_training_steps
        if step % settings.log_interval == 0 or is_last:
            log.add(step, scalars)
        if step % settings.image_interval == 0 or is_last:
            log.add(step, objective.compute_dev_losses(dataset.dev.images))
            for name, grid in objective.draw_grids(dataset.dev.images).items():
                grids[step, name] = grid.cpu()
        if is_last or time.perf_counter() - last_fetch > SECONDS_PER_FETCH:
            progress(step, log.fetch())
            last_fetch = time.perf_counter()
    return TrainedRun(objective.modules, log.rows, grids, time.perf_counter() - start)
