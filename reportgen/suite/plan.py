"""A suite -> the runs that it needs: sweeps and seeds expanded, each with a readable name and two content keys.

``training_key`` covers what changes the weights and names the run's folder; ``evaluation_key`` covers what changes the
measurements made on them. A comment, a title or a profile's name is in neither.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reportgen.assets import load_card
from reportgen.suite.loading import Suite
from reportgen.suite.settings import DatasetName, Settings

TRAINING_VERSION = 2
"""Raise it when the same settings and seed would train to other weights, or when a setting's default changes."""
EVALUATION_VERSION = 9
"""Raise it when the same weights would be measured to other numbers or images."""


@dataclass(frozen=True, eq=False)
class RunSpec:
    """One training of one model with one seed, and how it is measured.

    ``name`` is unique in its suite and safe as a folder name; ``base_name`` is the same without what tells it from
    others in its suite, so that it stays what it is when the suite grows; ``groups`` are the entries of the file that
    asked for it.
    The identities are what the two keys are made from: all that changes the numbers, and nothing else.
    """

    name: str
    base_name: str
    settings: Settings
    dataset: DatasetName
    seed: int
    evaluation: dict[str, int]
    training_identity: dict[str, Any]
    evaluation_identity: dict[str, Any]
    groups: tuple[str, ...]

    @cached_property
    def training_key(self) -> str:
        """Names what changes the weights."""
        return _key(self.training_identity)

    @cached_property
    def evaluation_key(self) -> str:
        """Names what changes the measurements, the weights included."""
        return _key({"training": self.training_key, **self.evaluation_identity})

    @property
    def configuration_name(self) -> str:
        """The name that all seeds of these settings share."""
        return self.name.removesuffix(f"-s{self.seed}")

    @property
    def folder_name(self) -> str:
        """Where its files are: it depends on the run alone, not on the others of the suite."""
        return f"{self.base_name}-{self.training_key}"


def plan_runs(suite: Suite) -> list[RunSpec]:
    """All runs of a suite in the file's order; equal settings in two groups are one run."""
    groups_of: dict[Settings, list[str]] = defaultdict(list)
    for group in suite.groups:
        for settings in group.settings:
            groups_of[settings].append(group.name)
    names = _name_all(list(groups_of))
    evaluation = {
        "fid_num_images": suite.fid.num_images,
        "interpolation_num_points": suite.interpolation.num_points,
        "digits_num_images": suite.digits.num_images,
        "with_inception": int(suite.fid.inception_weights is not None),
    }
    return [
        _make_spec(f"{names[settings]}-s{seed}", settings, suite.dataset, seed, evaluation, tuple(groups))
        for settings, groups in groups_of.items()
        for seed in suite.seeds
    ]


def _make_spec(
    name: str, settings: Settings, dataset: DatasetName, seed: int, evaluation: dict[str, int], groups: tuple[str, ...]
) -> RunSpec:
    # Without the defaults: a new optional setting leaves old keys valid. The model and all it was given are in.
    trained = {"model": settings.model, **settings.model_dump(exclude_defaults=True)}
    training = {"version": TRAINING_VERSION, "settings": trained, "dataset": dataset, "seed": seed}
    measured = {"version": EVALUATION_VERSION, "classifier": load_card().sha256, **evaluation}
    base_name = f"{settings.base_name}-s{seed}"
    return RunSpec(name, base_name, settings, dataset, seed, evaluation, training, measured, groups)


def _key(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _name_all(all_settings: list[Settings]) -> dict[Settings, str]:
    """Names as the homework has them (``gan-100_16``), with what tells apart those that would be the same."""
    alike: dict[str, list[Settings]] = defaultdict(list)
    for settings in all_settings:
        alike[settings.base_name].append(settings)
    names = {}
    for base, members in alike.items():
        differing = [field for field in type(members[0]).model_fields if len({getattr(m, field) for m in members}) > 1]
        for settings in members:
            suffix = "".join(f"-{field}={getattr(settings, field)}" for field in differing)
            names[settings] = base + suffix
    return names


# ---- how long a run takes -------------------------------------------------------------------------------------------

# Fitted to one thread of a server CPU (`make bench`); said with "about". A step takes as long as this many times its
# multiply-accumulates, and these on top, would take as one large matrix product.
CPU_COST = 2.0
CPU_MACS_PER_STEP = 4e8
CPU_SECONDS_TO_EVALUATE = 5.0
# Fitted to one H100 in float32, several runs side by side (`python tools/bench.py gpu`).
GPU_SECONDS_PER_STEP = 2e-4
GPU_SECONDS_PER_MAC = 9e-14
GPU_SECONDS_TO_EVALUATE = 1.0


def estimate_training_seconds(settings: Settings, finished_steps: int, macs_per_second: float | None) -> float:
    """A rough time for the rest of one run's training, in seconds.

    Args:
        macs_per_second: of a large matrix product on one thread of the CPU; None for a GPU, which other runs share.
    """
    macs = settings.count_step_macs()
    if macs_per_second is None:
        seconds_per_step = GPU_SECONDS_PER_STEP + GPU_SECONDS_PER_MAC * macs
    else:
        seconds_per_step = (CPU_COST * macs + CPU_MACS_PER_STEP) / macs_per_second
    return (settings.num_training_steps - finished_steps) * seconds_per_step


def estimate_evaluation_seconds(*, on_gpu: bool) -> float:
    """A rough time for measuring one run, in seconds."""
    return GPU_SECONDS_TO_EVALUATE if on_gpu else CPU_SECONDS_TO_EVALUATE


def schedule(durations: Sequence[float], places: int) -> float:
    """How long tasks take that are begun in this order as places become free; the unit of ``durations``."""
    free_at = [0.0] * places
    for duration in durations:
        free_at[free_at.index(min(free_at))] += duration
    return max(free_at)
