"""Selection of the configurations for sections, comparisons and figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

from reportgen.paper.analysis.findings import find_best
from reportgen.paper.analysis.measuring import choose_fid, is_measured, measure
from reportgen.paper.analysis.results import C, Configuration, HasSettings, Results
from reportgen.suite.outline import OutlineSection
from reportgen.suite.settings import GanSettings, Settings, VaeSettings

T = TypeVar("T")

MAX_SHOWN = 8
"""The most configurations with figures of their own, and the most lines in one figure."""

MAX_EVOLUTION_GRIDS = 4
"""The most grids of images of one GAN in a figure of samples over training."""


def find_runs(results: Results, section: OutlineSection) -> list[Configuration]:
    """Return the configurations that a section shows; an empty list if the section has no question."""
    return results.answer(section.shown) if section.shown else []


def select_model(results: Results, model: type[Settings]) -> list[Configuration]:
    """Return all configurations of one model, in the suite's order."""
    return [c for c in results.configurations if isinstance(c.settings, model)]


def select_scored(configurations: Iterable[Configuration]) -> list[Configuration]:
    """Return the configurations with a classifier FID for at least one seed."""
    return [c for c in configurations if is_measured("fid_classifier", [c])]


def select_plain_gans(results: Results) -> list[Configuration]:
    """Return the GANs that are not ablations."""
    return choose_plain_gans(results.configurations)


def choose_plain_gans(configurations: Sequence[C]) -> list[C]:
    """Return those of some configurations that are GANs and no ablations."""
    return [c for c in configurations if isinstance(c.settings, GanSettings) and not c.settings.is_ablation]


def find_best_gan(results: Results) -> Configuration | None:
    """Return the GAN for interpolation and digit counts: the plain one with the lowest FID.

    An ablated GAN takes its place if there is no plain one. None if there is no GAN.
    """
    gans = select_plain_gans(results) or select_model(results, GanSettings)
    return find_best(gans) if gans else None


def find_main_vae(results: Results) -> Configuration | None:
    """Return the VAE that GANs are compared with: the convolutional one with the most latent variables.

    VAEs that are no ablations and share the latent dimension of a plain GAN come first, then those that are no
    ablations, then any. None if there is no convolutional VAE.
    """
    return choose_main_vae(results.configurations)


def choose_main_vae(configurations: Sequence[C]) -> C | None:
    """Return the one of some configurations that ``find_main_vae`` is about."""
    vaes = [c for c in configurations if isinstance(c.settings, VaeSettings)]
    convolutional = [c for c in vaes if c.settings.variant in ("conv", "conv_output_relu")]
    plain = [c for c in convolutional if not c.settings.is_ablation]
    shared = {c.settings.latent_dim for c in choose_plain_gans(configurations)}
    chosen = [c for c in plain if c.settings.latent_dim in shared] or plain or convolutional
    return max(chosen, key=lambda c: c.settings.latent_dim, default=None)


def find_comparable(configurations: Sequence[C]) -> tuple[C, list[C]] | None:
    """Return the main VAE and the plain GANs of the same latent dimension; None if either is missing."""
    vae = choose_main_vae(configurations)
    if vae is None:
        return None
    gans = [c for c in choose_plain_gans(configurations) if c.settings.latent_dim == vae.settings.latent_dim]
    return (vae, gans) if gans else None


def find_compared(results: Results) -> tuple[Configuration, Configuration] | None:
    """Return the main VAE and the best plain GAN of the same latent dimension; None if either is missing."""
    comparable = find_comparable(results.configurations)
    return comparable and (comparable[0], find_best(comparable[1]))


def find_baseline(results: Results, ablated: Configuration) -> Configuration | None:
    """Return the plain configuration that an ablation is compared with; None if it is not in the results."""
    return results.find_like(ablated.settings.baseline) if ablated.settings.is_ablation else None


def find_swept(configurations: Sequence[HasSettings]) -> str | None:
    """Return the dimension in which all of some configurations differ if they differ in no other; None otherwise."""
    values = {name: {getattr(c.settings, name, None) for c in configurations} for name in ("latent_dim", "hidden_dim")}
    varied = [name for name, found in values.items() if len(found) > 1]
    return varied[0] if len(varied) == 1 and len(values[varied[0]]) == len(configurations) else None


# ---- a few of many --------------------------------------------------------------------------------------------------


def pick(configurations: Sequence[Configuration], most: int = MAX_SHOWN) -> list[Configuration]:
    """Return up to ``most`` configurations, in their order.

    If there are more, those returned are evenly spaced in the ranking by FID, best and worst included.
    """
    fid = choose_fid(configurations)
    ranked = sorted(configurations, key=lambda c: np.nan_to_num(measure(fid, c).mean, nan=np.inf))
    chosen = set(_pick_evenly(ranked, most))
    return [c for c in configurations if c in chosen]


def pick_steps(steps: Iterable[int]) -> list[int]:
    """Return up to ``MAX_EVOLUTION_GRIDS`` steps, ascending and evenly spaced, with the first and the last."""
    return _pick_evenly(sorted(steps), MAX_EVOLUTION_GRIDS)


def _pick_evenly(items: Sequence[T], most: int) -> list[T]:
    """Return up to ``most`` items, evenly spaced, with the first and (if there are two) the last."""
    count = min(most, len(items))
    return [items[round(i * (len(items) - 1) / max(count - 1, 1))] for i in range(count)]
