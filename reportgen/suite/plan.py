"""The runs of a suite: sweeps and seeds expanded, each run with a readable name and a content key per stage.

``training_key`` covers everything that changes the weights and is part of the name of the run's folder;
``evaluation_key`` covers everything that changes the measurements, ``inception_key`` what changes the Inception scores.
Comments, titles and names of profiles are in none of them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reportgen.assets import load_card
from reportgen.base.fetching import INCEPTION_SHA256
from reportgen.suite.loading import Suite
from reportgen.suite.settings import IMPORTED_SEED, DatasetName, Settings

TRAINING_VERSION = 2
"""Version of training; raise it if equal settings and seeds give other weights now, or if a default changes."""
EVALUATION_VERSION = 10
"""Version of measuring; raise it if equal weights give other numbers or images now, or if a record has new fields."""
INCEPTION_VERSION = 1
"""Version of the Inception scores; raise it if equal weights give others now, or if their record has new fields."""


@dataclass(frozen=True, eq=False)
class RunSpec:
    """Specification of a run: one model, trained with one seed and then measured.

    ``name`` is unique in the suite and a valid folder name. ``base_name`` lacks the suffixes that tell similar runs of
    one suite apart, so it stays the same when the suite grows. ``groups`` are the entries of the file that ask for
    this run. The keys are hashes of the identities, which hold everything that changes the numbers and nothing else;
    without ``inception_identity`` no Inception scores are wanted.
    """

    name: str
    base_name: str
    settings: Settings
    dataset: DatasetName
    seed: int
    evaluation: dict[str, int]
    training_identity: dict[str, Any]
    evaluation_identity: dict[str, Any]
    inception_identity: dict[str, Any] | None
    groups: tuple[str, ...]

    @cached_property
    def training_key(self) -> str:
        """Hash of everything that changes the weights, 10 hex digits."""
        return _key(self.training_identity)

    @cached_property
    def evaluation_key(self) -> str:
        """Hash of everything that changes the measurements, weights included, 10 hex digits."""
        return _key({"training": self.training_key, **self.evaluation_identity})

    @cached_property
    def inception_key(self) -> str | None:
        """Hash of everything that changes the Inception scores, 10 hex digits; None if none are wanted."""
        identity = self.inception_identity
        return None if identity is None else _key({"training": self.training_key, **identity})

    @property
    def configuration_name(self) -> str:
        """Name without the seed, shared by all runs with these settings."""
        return self.name.removesuffix(f"-s{self.seed}")

    @cached_property
    def label(self) -> str:
        """Name of the configuration in the report: VAE-100, GAN 100_16, MLP GAN 100_100.

        Settings in which runs of one name differ are appended in parentheses, of imported ones the digest alone.
        """
        _, *differing = re.split(r"-imported=|-(?=[a-z_]+=)", self.configuration_name)
        return self.settings.label + (f" ({', '.join(differing)})" if differing else "")

    @property
    def folder_name(self) -> str:
        """Name of the folder of the run's files; it does not depend on other runs of the suite."""
        return f"{self.base_name}-{self.training_key}"


def plan_runs(suite: Suite) -> list[RunSpec]:
    """Return all runs of a suite in the order of the file; equal settings in two groups give one run per seed.

    An imported training is one run, whatever the seeds of the suite.
    """
    groups_of: dict[Settings, list[str]] = defaultdict(list)
    for group in suite.groups:
        for settings in group.settings:
            groups_of[settings].append(group.name)
    names = _name_all(list(groups_of))
    evaluation = {
        "fid_num_images": suite.fid.num_images,
        "interpolation_num_points": suite.interpolation.num_points,
        "digits_num_images": suite.digits.num_images,
    }
    inception = _identify_inception(suite)
    return [
        _make_spec(f"{names[settings]}-s{seed}", settings, suite.dataset, seed, evaluation, inception, tuple(groups))
        for settings, groups in groups_of.items()
        for seed in (suite.seeds if settings.imported is None else (IMPORTED_SEED,))
    ]


def _identify_inception(suite: Suite) -> dict[str, Any] | None:
    if suite.fid.inception == "off":
        return None
    return {"version": INCEPTION_VERSION, "weights": INCEPTION_SHA256, "fid_num_images": suite.fid.num_images}


def _make_spec(
    name: str,
    settings: Settings,
    dataset: DatasetName,
    seed: int,
    evaluation: dict[str, int],
    inception: dict[str, Any] | None,
    groups: tuple[str, ...],
) -> RunSpec:
    # Defaults are left out, so that a new optional setting leaves old keys valid.
    trained = {"model": settings.model, **settings.model_dump(exclude_defaults=True)}
    training = {"settings": trained, "dataset": dataset, "seed": seed}
    if settings.imported is None:  # else the digest says which weights these are, however training changes
        training = {"version": TRAINING_VERSION, **training}
    measured = {"version": EVALUATION_VERSION, "classifier": load_card().sha256, **evaluation}
    base_name = f"{settings.base_name}-s{seed}"
    return RunSpec(name, base_name, settings, dataset, seed, evaluation, training, measured, inception, groups)


def _key(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _name_all(all_settings: list[Settings]) -> dict[Settings, str]:
    """Return the homework's names (``gan-100_16``), with a suffix for each setting in which runs of one name differ.

    Of imported ones the suffix is their digest alone, and only if there are others of the name.
    """
    alike: dict[str, list[Settings]] = defaultdict(list)
    for settings in all_settings:
        alike[settings.base_name].append(settings)
    names = {}
    for base, members in alike.items():
        trained_here = [settings for settings in members if settings.imported is None]
        for settings in members:
            if settings.imported is not None:
                names[settings] = f"{base}-imported={settings.imported[:6]}" if len(members) > 1 else base
                continue
            fields = type(settings).model_fields
            differing = [field for field in fields if len({getattr(m, field) for m in trained_here}) > 1]
            names[settings] = base + "".join(f"-{field}={getattr(settings, field)}" for field in differing)
    return names


# ---- how long a run takes -------------------------------------------------------------------------------------------

# Fitted to one thread of a server CPU (`make bench`); the estimates are printed with "about". A step takes as long as a
# large matrix product with CPU_COST times its multiply-accumulates plus CPU_MACS_PER_STEP; those of Inception are
# processor seconds (`python tools/bench.py scoring`).
CPU_COST = 2.0
CPU_MACS_PER_STEP = 4e8
CPU_SECONDS_TO_EVALUATE = 5.0
CPU_SECONDS_PER_INCEPTION_IMAGE = 0.15
CPU_SECONDS_PER_INCEPTION_RUN = 15.0  # distances in 2,048 dimensions, which a GPU leaves to the CPU
# Fitted to one H100 in float32, several runs side by side (`python tools/bench.py gpu`).
GPU_SECONDS_PER_STEP = 2e-4
GPU_SECONDS_PER_MAC = 9e-14
GPU_SECONDS_TO_EVALUATE = 1.0
GPU_SECONDS_PER_INCEPTION_IMAGE = 1e-3


def estimate_training_seconds(settings: Settings, finished_steps: int, macs_per_second: float | None) -> float:
    """Estimate roughly how many seconds the remaining training steps of a run take.

    Args:
        macs_per_second: speed of a large matrix product on one CPU thread; None for a GPU, which other runs share.
    """
    macs = settings.count_step_macs()
    if macs_per_second is None:
        seconds_per_step = GPU_SECONDS_PER_STEP + GPU_SECONDS_PER_MAC * macs
    else:
        seconds_per_step = (CPU_COST * macs + CPU_MACS_PER_STEP) / macs_per_second
    return (settings.num_training_steps - finished_steps) * seconds_per_step


def estimate_evaluation_seconds(*, on_gpu: bool) -> float:
    """Estimate roughly how many seconds it takes to measure one run."""
    return GPU_SECONDS_TO_EVALUATE if on_gpu else CPU_SECONDS_TO_EVALUATE


def estimate_inception_seconds(num_images: int, *, on_gpu: bool) -> float:
    """Estimate roughly how many seconds one process looks at images with Inception."""
    return num_images * (GPU_SECONDS_PER_INCEPTION_IMAGE if on_gpu else CPU_SECONDS_PER_INCEPTION_IMAGE)


def schedule(durations: Sequence[float], places: int) -> float:
    """Return the total time of tasks that start in this order as places become free, in the unit of ``durations``."""
    free_at = [0.0] * places
    for duration in durations:
        free_at[free_at.index(min(free_at))] += duration
    return max(free_at)
