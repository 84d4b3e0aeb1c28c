"""Trainings of one setting with several seeds: those that are shipped, those of the report, and what they tell.

Shipped replicates are values of every quantity, one per seed, on the quantity's scale; `python tools/replicates.py`
makes them from folders of runs.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from statistics import fmean
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError, ValidationInfo, field_validator

from reportgen.assets import REPLICATES
from reportgen.base.errors import RenderError
from reportgen.paper.analysis.quantities import QUANTITIES, Quantity
from reportgen.paper.analysis.results import Cohort, Configuration
from reportgen.paper.analysis.seed_model import Prior, fit_prior, measure_spread
from reportgen.suite.settings import GanSettings, Settings

TrainingClass = Literal["conv_gan", "other_full", "other_quick"]
"""Trainings whose results vary alike over seeds.

Convolutional GANs, whatever their length; all other models at the homework's settings, and at those of quick.
"""
CLASSES: tuple[TrainingClass, ...] = get_args(TrainingClass)

STAND_INS: Mapping[str, str] = {"fid_inception": "fid_classifier"}
"""Quantities without shipped replicates -> those whose widest class stands in."""


class Replicates(BaseModel):
    """One configuration's values, one per seed, on the scales of their quantities."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    training_class: TrainingClass
    dataset: str
    settings: dict[str, Any]
    """The settings of the model, as its class in ``suite.settings`` dumps them."""
    seeds: tuple[int, ...]
    values: dict[str, tuple[FiniteFloat, ...]]
    """Values by quantity, in the order of the seeds."""

    @field_validator("values")
    @classmethod
    def _match_seeds(cls, values: dict[str, tuple[float, ...]], info: ValidationInfo) -> dict[str, tuple[float, ...]]:
        num = len(info.data.get("seeds", ()))
        for name, row in values.items():
            if len(row) != num:
                raise ValueError(f"{name} has {len(row)} values for {num} seeds")
        return values

    def of(self, name: str) -> dict[int, float]:
        """Return the values of a quantity by seed; empty if there are none."""
        return dict(zip(self.seeds, self.values[name], strict=True)) if name in self.values else {}


class ReplicatesFile(BaseModel):
    """A file of replicates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1]
    made_by: str
    """The command that made the file."""
    packages: dict[str, str]
    """Versions of the packages that trained, by name."""
    evaluation_version: int
    replicates: tuple[Replicates, ...]


@cache
def read_shipped() -> tuple[Replicates, ...]:
    """Read the shipped replicates."""
    return read_replicates(REPLICATES)


def read_replicates(path: Path) -> tuple[Replicates, ...]:
    """Read a file of replicates.

    Raises:
        RenderError: the file is missing or damaged, of another version, or has a value that is not finite.
    """
    try:
        return ReplicatesFile.model_validate_json(path.read_bytes()).replicates
    except OSError as error:
        raise RenderError(f"{path}: cannot be read ({error.strerror or error}); install reportgen-ml again") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"{part}: " for part in [".".join(map(str, first["loc"]))] if part)
        raise RenderError(f"{path}: {where}{first['msg']}; install reportgen-ml again") from None


# ---- classes --------------------------------------------------------------------------------------------------------


def find_classes(settings: Settings, shipped: Sequence[Replicates] | None = None) -> tuple[TrainingClass, ...]:
    """Return the classes that a training belongs to; several if it fits none exactly.

    The widest of them then stands for it. A model other than a convolutional GAN is of a class if the class has a
    training of its model that is as long, with the same batch size, learning rate and precision.
    """
    if is_convolutional_gan(settings):
        return ("conv_gan",)
    rows = read_shipped() if shipped is None else shipped
    others: tuple[TrainingClass, ...] = ("other_full", "other_quick")
    alike = {r.training_class for r in rows if r.training_class in others and _trains_alike(r.settings, settings)}
    return tuple(c for c in others if c in alike) or others


def is_convolutional_gan(settings: Settings) -> bool:
    """Return True for a GAN with convolutions."""
    return isinstance(settings, GanSettings) and settings.architecture == "conv"


_LENGTH = ("model", "num_training_steps", "batch_size", "learning_rate", "precision")


def _trains_alike(shipped: Mapping[str, Any], settings: Settings) -> bool:
    own = settings.model_dump(mode="json")
    return all(shipped.get(name) == own.get(name) for name in _LENGTH)


# ---- values on the scale --------------------------------------------------------------------------------------------


def put_on_scale(quantity: Quantity, c: Configuration, values: Iterable[float]) -> list[float] | None:
    """Return values on a quantity's scale; None if there is none, or one has no place there."""
    above = [value - quantity.find_floor(c) for value in values]
    if not above or not all(map(math.isfinite, above)):
        return None
    if quantity.scale == "linear":
        return above
    return [math.log(value) for value in above] if min(above) > 0 else None


def list_by_seed(quantity: Quantity, c: Configuration) -> dict[int, float]:
    """Return a configuration's values on the scale by seed; empty if some seed has none."""
    if quantity.model not in (None, c.settings.model):
        return {}
    values = put_on_scale(quantity, c, quantity.read(c).values) or []
    seeds = [run.spec.seed for run in c.runs]
    return dict(zip(seeds, values, strict=True)) if len(values) == len(seeds) else {}


# ---- the prior ------------------------------------------------------------------------------------------------------


def find_prior(quantity: Quantity, settings: Settings, cohort: Cohort) -> Prior | None:
    """Return how far seeds usually differ in trainings with such settings, which need not have taken place.

    It rests on shipped trainings and on those of a report's cohort. The widest of the classes that the settings may
    belong to counts. None if there are no replicates.
    """
    classes = CLASSES if quantity.name in STAND_INS else find_classes(settings)
    priors = [_fit(quantity.name, training_class, cohort) for training_class in classes]
    return max((p for p in priors if p is not None), key=lambda p: p.variance, default=None)


@lru_cache(maxsize=2048)
def _fit(name: str, training_class: TrainingClass, cohort: Cohort) -> Prior | None:
    members = [c for c in cohort.members if training_class in find_classes(c.settings)]
    sets = merge(collect_shipped(name, training_class), collect_own(name, members))
    return fit_prior([spread for values in sets if (spread := measure_spread(values)) is not None])


Key = tuple[str, str, str]
"""A quantity, a dataset, and settings without those that leave a seed's result nearly the same."""
IRRELEVANT = ("precision", "log_interval", "image_interval")
"""Settings that leave the result of a seed the same, or nearly."""
BySeed = Mapping[Key, Mapping[int, float]]


def collect_shipped(name: str, training_class: TrainingClass) -> BySeed:
    """Return the shipped values of a quantity and a class, or of its stand-in, on its scale, by key and seed."""
    rows = [r for r in read_shipped() if r.training_class == training_class]
    found = {_key(name, r.dataset, r.settings): r.of(name) for r in rows if name in r.values}
    stand_in = STAND_INS.get(name)
    return found or (collect_shipped(stand_in, training_class) if stand_in else {})


def collect_own(name: str, members: Sequence[Configuration]) -> BySeed:
    """Return the values of a report; several of one seed, of different precision, are averaged."""
    found: dict[Key, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for c in members:
        for seed, value in list_by_seed(QUANTITIES[name], c).items():
            found[_key(name, c.first.spec.dataset, c.settings.model_dump(mode="json"))][seed].append(value)
    return {key: {seed: fmean(values) for seed, values in by_seed.items()} for key, by_seed in found.items()}


def merge(shipped: BySeed, own: BySeed) -> list[list[float]]:
    """Return sets of values over seeds; a seed that both have several of counts once, as the report has it.

    Shipped values of one configuration stay apart from those of the report, which may be measured on other images.
    """
    several = {key: by_seed for key, by_seed in own.items() if len(by_seed) > 1}
    others = {key: {s: v for s, v in row.items() if s not in several.get(key, ())} for key, row in shipped.items()}
    return [list(by_seed.values()) for by_seed in (*several.values(), *others.values()) if by_seed]


def _key(name: str, dataset: str, settings: Mapping[str, Any]) -> Key:
    told = {k: v for k, v in settings.items() if k not in IRRELEVANT and v is not None}
    return name, dataset, json.dumps(told, sort_keys=True)
