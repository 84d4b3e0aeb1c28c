"""Curves that other programs logged -> rows of a history, by the names that the lab gives to its metrics."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from reportgen.lab.training.loop import Row
from reportgen.suite.settings import ModelName

METRICS: Mapping[ModelName, Mapping[str, str]] = {
    "gan": {name: name for name in ("discriminator_loss", "generator_loss", "D_x", "D_G_z1", "D_G_z2")},
    "vae": {
        f"{prefix}{tag}": f"{split}_{metric}"
        for prefix, split in (("", "train"), ("train/", "train"), ("dev/", "dev"))
        for tag, metric in (("reconstruction_loss", "reconstruction"), ("KL_divergence", "kl"), ("loss", "total"))
    },
}
"""Model -> tag of the course's framework -> our metric."""

LOGGED: Mapping[ModelName, frozenset[str]] = {model: frozenset(metrics.values()) for model, metrics in METRICS.items()}
"""Model -> our metrics of it."""

Scalars = dict[str, dict[int, float]]
"""Tag -> step as it was logged -> value."""


@dataclass
class Curves:
    """Scalars of one configuration by tag, and what is to be said of the reading."""

    scalars: Scalars = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def add(self, other: Curves) -> None:
        """Add what another file has; where both have a step, the other counts."""
        for tag, values in other.scalars.items():
            self.scalars.setdefault(tag, {}).update(values)
        self.remarks += other.remarks

    @property
    def last_step(self) -> int:
        """Last step that was logged; -1 without any."""
        return max((step for values in self.scalars.values() for step in values), default=-1)

    def guess_model(self) -> ModelName | None:
        """Return the model whose losses were logged; None if they are of none."""
        counts = {model: sum(find_metric(tag, model) is not None for tag in self.scalars) for model in METRICS}
        best = max(counts, key=lambda model: counts[model])
        return best if counts[best] else None


def find_metric(tag: str, model: ModelName) -> str | None:
    """Return our name of a metric that was logged under a tag, ours or the framework's; None if the model has none.

    Signs count as underscores, as writers of events put them: ``D(G(z1))``, ``D_G_z1`` and ``D_G_z1__`` are one.
    """
    name = re.sub(r"[^\w/]+", "_", tag).strip("_")
    return METRICS[model].get(name, name if name in METRICS[model].values() else None)


def list_rows(curves: Curves, model: ModelName) -> tuple[list[Row], list[str]]:
    """Return the rows of a model's history, by step, and the tags that it has no metric for.

    Steps of the framework count from 0 and ours from 1. Values that are not finite are left out.
    """
    found: dict[str, dict[int, float]] = {}
    unknown = []
    for tag, values in curves.scalars.items():
        metric = find_metric(tag, model)
        if metric is None:
            unknown.append(tag)
            continue
        steps = {step + 1: value for step, value in values.items() if math.isfinite(value)}
        found.setdefault(metric, {}).update(steps)
    _add_totals(found)
    rows = [(step, metric, value) for metric, values in found.items() for step, value in values.items()]
    return sorted(rows, key=lambda row: row[0]), unknown


def _add_totals(found: dict[str, dict[int, float]]) -> None:
    """Add the total loss of a VAE where only its two terms were logged."""
    for split in ("train", "dev"):
        terms = [found.get(f"{split}_{term}") for term in ("reconstruction", "kl")]
        if f"{split}_total" not in found and terms[0] and terms[1]:
            both = terms[0].keys() & terms[1].keys()
            found[f"{split}_total"] = {step: terms[0][step] + terms[1][step] for step in both}
