"""Which configurations a section, a comparison or a figure is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

from reportgen.paper.analysis.findings import find_best
from reportgen.paper.analysis.quantities import is_measured, measure
from reportgen.paper.analysis.results import Configuration, Results
from reportgen.suite.outline import WRITTEN_SECTIONS, OutlineSection
from reportgen.suite.settings import GanSettings, Settings, VaeSettings

T = TypeVar("T")

MAX_SHOWN = 8
"""Configurations that get figures of their own, and lines in one figure."""

MAX_EVOLUTION_GRIDS = 6


def find_runs(results: Results, section: OutlineSection) -> list[Configuration]:
    """Return the configurations that a section shows; none for a section that has no question of its own."""
    question = section.runs or WRITTEN_SECTIONS.get(section.id)
    return results.answer(question) if question else []


def select_model(results: Results, model: type[Settings]) -> list[Configuration]:
    """Return all configurations of one model."""
    return [c for c in results.configurations if isinstance(c.settings, model)]


def select_scored(configurations: Iterable[Configuration]) -> list[Configuration]:
    """Return those whose classifier FID could be computed for at least one seed."""
    return [c for c in configurations if is_measured("fid_classifier", [c])]


def select_plain_gans(results: Results) -> list[Configuration]:
    """Return the GANs that are not an ablation."""
    return [c for c in select_model(results, GanSettings) if not c.settings.is_ablation]


def find_best_gan(results: Results) -> Configuration | None:
    """Return the GAN that interpolation and digit counts are shown for: the plain one with the lowest FID.

    An ablated one stands in where there is no plain one; None where there is no GAN.
    """
    gans = select_plain_gans(results) or select_model(results, GanSettings)
    return find_best(gans) if gans else None


def find_main_vae(results: Results) -> Configuration | None:
    """Return the VAE that is compared with a GAN: the convolutional one with the most latent variables (VAE-100).

    If there are any, it is one of those that a GAN shares the latent dimension with, and no ablation.
    """
    vaes = select_model(results, VaeSettings)
    convolutional = [c for c in vaes if c.settings.variant in ("conv", "conv_output_relu")]
    plain = [c for c in convolutional if not c.settings.is_ablation]
    shared = {c.settings.latent_dim for c in select_plain_gans(results)}
    chosen = [c for c in plain if c.settings.latent_dim in shared] or plain or convolutional
    return max(chosen, key=lambda c: c.settings.latent_dim, default=None)


def find_compared(results: Results) -> tuple[Configuration, Configuration] | None:
    """Return the main VAE and the best plain GAN of its latent dimension; None where one of them is not there."""
    vae = find_main_vae(results)
    if vae is None:
        return None
    gans = [c for c in select_plain_gans(results) if c.settings.latent_dim == vae.settings.latent_dim]
    return (vae, find_best(gans)) if gans else None


def find_baseline(results: Results, ablated: Configuration) -> Configuration | None:
    """Return the plain model that an ablated one is compared with, if it is in these results."""
    return results.find(ablated.settings.baseline) if ablated.settings.is_ablation else None


# ---- a few of many --------------------------------------------------------------------------------------------------


def pick(configurations: Sequence[Configuration]) -> list[Configuration]:
    """Return all of a few; of many ``MAX_SHOWN``, evenly spread from the lowest to the highest FID, in their order."""
    chosen = set(
        _spread(
            sorted(configurations, key=lambda c: np.nan_to_num(measure("fid_classifier", c).mean, nan=np.inf)),
            MAX_SHOWN,
        )
    )
    return [c for c in configurations if c in chosen]


def pick_steps(steps: Iterable[int]) -> list[int]:
    """Return up to ``MAX_EVOLUTION_GRIDS`` steps, ascending and evenly spread, the first and the last one included."""
    return _spread(sorted(steps), MAX_EVOLUTION_GRIDS)


def _spread(items: Sequence[T], most: int) -> list[T]:
    count = min(most, len(items))
    return [items[round(i * (len(items) - 1) / max(count - 1, 1))] for i in range(count)]
