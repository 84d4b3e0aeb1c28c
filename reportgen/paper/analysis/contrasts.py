"""Contrasts: VAE against GAN, an ablation against its baseline, a configuration against a threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from reportgen.paper.analysis.effects import Effect, Outcome, find_change
from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.families import permute_families
from reportgen.paper.analysis.findings import SIGNIFICANCE, compare_by, find_best, leaves_out_zero
from reportgen.paper.analysis.measuring import choose_fid, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.samples import is_noisy

Side = Literal["vae", "gan", "open"]
"""The model with the wanted property, or ``open`` if the data do not decide."""


def find_lower(quantity: str, vae: Configuration, gan: Configuration) -> Side:
    """Return the model with the lower value of a quantity, ``open`` if the data do not tell the two apart."""
    comparison = compare_by(quantity, vae, gan)
    return "vae" if comparison == "lower" else "gan" if comparison == "higher" else "open"


def find_higher(quantity: str, vae: Configuration, gan: Configuration) -> Side:
    """Return the model with the higher value of a quantity, ``open`` if the data do not tell the two apart."""
    comparison = compare_by(quantity, vae, gan)
    return "gan" if comparison == "lower" else "vae" if comparison == "higher" else "open"


AblationVerdict = Literal["helped", "hurt", "alike", "open"]
"""The effect of a change on FID."""

EVENNESS = ("detour", "largest_step")
"""Quantities that measure how straight and even a path between two latents is; lower is better for both."""


@dataclass(frozen=True)
class Spaces:
    """The better of two latent spaces for interpolation, by each of two criteria.

    ``readable``: the model whose images lose less legibility between two latents. ``even``: the model whose path is
    both straighter and more even, ``open`` unless both measures favour the same model.
    """

    readable: Side
    even: Side

    @property
    def disagree(self) -> bool:
        """True if one space wins by legibility and the other by the evenness of its paths."""
        return {self.readable, self.even} == {"vae", "gan"}


def judge_spaces(vae: Configuration, gan: Configuration) -> Spaces:
    """Judge the latent spaces of a VAE and a GAN for interpolation.

    Legibility is measured as a change from the model's own samples at the ends of each path, so that a model with more
    legible samples has no advantage.
    """
    sides = {find_lower(quantity, vae, gan) for quantity in EVENNESS}
    return Spaces(find_higher("inside_change", vae, gan), sides.pop() if len(sides) == 1 else "open")


@dataclass(frozen=True)
class AgainstThreshold:
    """The best Inception FID, held against a threshold.

    ``verdict`` is ``met`` below the threshold, ``missed`` above it, and ``near`` if the 95 % interval contains it.
    """

    best: Configuration
    fid: Estimate
    verdict: Literal["met", "missed", "near"]


def judge_threshold(configurations: Sequence[Configuration], threshold: int) -> AgainstThreshold:
    """Judge whether the lowest Inception FID, which at least one of the configurations has, is below a threshold."""
    best = find_best(configurations, "fid_inception")
    fid = measure("fid_inception", best)
    low, high = fid.interval or (fid.mean, fid.mean)
    if low <= threshold <= high:
        return AgainstThreshold(best, fid, "near")
    return AgainstThreshold(best, fid, "met" if fid.mean < threshold else "missed")


def judge_change(change: Estimate) -> Literal["falls", "rises", "open"]:
    """Return the direction of a change; ``open`` if its interval contains 0 or it has no interval."""
    if not leaves_out_zero(change):
        return "open"
    return "falls" if change.mean < 0 else "rises"


# ---- ablations ------------------------------------------------------------------------------------------------------

ABLATION: Mapping[Outcome, AblationVerdict] = {"lower": "helped", "higher": "hurt", "alike": "alike", "equal": "alike"}
"""Outcome of the changed model's FID against its baseline's -> verdict; ``open`` for all others."""


def judge_ablation(ablated: Configuration, baseline: Configuration) -> AblationVerdict:
    """Judge by FID whether a change to a model helped."""
    return ABLATION.get(compare_by(choose_fid((ablated, baseline)), ablated, baseline), "open")


def find_smaller_rival(ablated: Configuration, others: Sequence[Configuration]) -> Configuration | None:
    """Return the best by FID of those that draw with no more parameters; None unless it is shown to beat the ablated.

    Where there is one, size alone does not explain a worse FID.
    """
    size = measure("drawing_parameters", ablated).mean
    smaller = [c for c in others if measure("drawing_parameters", c).mean <= size]
    if not smaller:
        return None
    best = find_best(smaller)
    return best if compare_by(choose_fid((best, ablated)), best, ablated) == "lower" else None


# ---- families -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Families:
    """Two families of configurations, compared in one quantity.

    ``p_value`` is the exact one of a permutation of the configurations' means, None if there are too many to count.
    ``lower`` and ``higher`` are the closest pair, one of each family: the nearer the two, the less the families differ.
    ``gap`` is the first over the second. ``verdict`` is the family with the lower mean if the p value is significant
    and all its configurations lie below all of the other one, and ``open`` otherwise.
    """

    p_value: float | None
    lower: Configuration
    higher: Configuration
    gap: Effect | None
    verdict: Side


def compare_families(quantity: str, vaes: Sequence[Configuration], gans: Sequence[Configuration]) -> Families | None:
    """Compare VAEs and GANs in a quantity; None unless each has a configuration with a level."""
    sides = [
        {c: estimate for c in family if (estimate := measure(quantity, c)).level is not None} for family in (vaes, gans)
    ]
    if not all(sides):
        return None
    means = [[e.level.seeds.mean for e in side.values() if e.level is not None] for side in sides]
    is_vae_lower = fmean(means[0]) < fmean(means[1])
    low, high = sides if is_vae_lower else reversed(sides)
    lower, higher = max(low, key=lambda c: low[c].mean), min(high, key=lambda c: high[c].mean)
    p_value = permute_families(*means)
    is_apart = low[lower].mean < high[higher].mean and p_value is not None and p_value < SIGNIFICANCE
    verdict: Side = "open" if not is_apart else "vae" if is_vae_lower else "gan"
    return Families(p_value, lower, higher, find_change(low[lower], high[higher]), verdict)


def find_blurrier(vae: Configuration, gan: Configuration, families: Families | None) -> Side:
    """Return the family with the blurrier samples, by all of its models or else by the two; ``open`` if undecided."""
    if families is not None and families.verdict != "open":
        return families.verdict
    return find_lower("sharpness", vae, gan)


def find_smaller_sharp(
    vae: Configuration, gans: Sequence[Configuration], families: Families | None
) -> Configuration | None:
    """Return the GAN with the smallest generator that draws sharper than a VAE with a larger decoder; None without one.

    GANs with noisy samples do not count, as their sharpness is none of strokes.
    """
    if families is None or families.verdict != "vae":
        gans = [c for c in gans if find_lower("sharpness", vae, c) == "vae"]
    size = measure("drawing_parameters", vae).mean
    smaller = [c for c in gans if measure("drawing_parameters", c).mean < size and not is_noisy(c)]
    return min(smaller, key=lambda c: measure("drawing_parameters", c).mean, default=None)
