"""Contrasts: VAE against GAN, an ablation against its baseline, a configuration against a threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.findings import (
    Comparison,
    compare,
    compare_by,
    find_basis,
    find_best,
    leaves_out_zero,
    stand_out,
)
from reportgen.paper.analysis.quantities import SCORES, choose_fid, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.samples import is_crowded

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
    """Judge whether the lowest Inception FID of at least one configuration is below a threshold.

    The verdict is ``missed`` if no configuration has an Inception FID.
    """
    best = find_best(configurations, "fid_inception")
    fid = measure("fid_inception", best)
    gap = fid.mean - threshold
    if abs(gap) <= (fid.half_width or 0):
        return AgainstThreshold(best, fid, "near")
    return AgainstThreshold(best, fid, "met" if gap < 0 else "missed")


def compare_extremes(low: Estimate, high: Estimate, num: int) -> Comparison | Literal["chosen"]:
    """Compare the lowest of ``num`` values with the highest.

    ``chosen``: the two are told apart as a pair, but no longer once the comparison is corrected for their having been
    picked from ``num`` values.
    """
    comparison = compare(low, high)
    return "chosen" if comparison == "lower" and not stand_out(low, high, num) else comparison


def judge_change(change: Estimate) -> Literal["falls", "rises", "open"]:
    """Return the direction of a change; ``open`` if its interval contains 0 or it has no interval."""
    if not leaves_out_zero(change):
        return "open"
    return "falls" if change.mean < 0 else "rises"


# ---- ablations ------------------------------------------------------------------------------------------------------

AblationVerdict = Literal["helped", "hurt", "slight", "open"]
"""The effect of a change on FID; ``slight`` if another seed alone may cause as much."""


def judge_ablation(ablated: Configuration, baseline: Configuration) -> AblationVerdict:
    """Judge by FID whether a change to a model helped.

    ``slight``: the difference is no larger than another seed alone may cause. ``open``: the data do not tell the two
    apart.
    """
    fid = choose_fid((ablated, baseline))
    if find_basis(*(measure(fid, c) for c in (ablated, baseline))) == "seed_rule":
        return "slight"
    comparison = compare_by(fid, ablated, baseline)
    return "helped" if comparison == "lower" else "hurt" if comparison == "higher" else "open"


@dataclass(frozen=True)
class OtherScores:
    """The scores other than FID, by the model that their printed values favour.

    ``favoured_against_fid`` is the model with the worse FID; ``with_fid`` and ``against_fid`` are names of scores.
    Scores that print alike for both models are in neither.
    """

    favoured_against_fid: Configuration
    with_fid: tuple[str, ...]
    against_fid: tuple[str, ...]

    @property
    def verdict(self) -> Literal["agree", "crowded", "split", "against"]:
        """The agreement of the other scores with FID.

        ``agree``: none contradicts it. ``crowded``: some do, but the samples of the model that they favour are crowded
        by rule. ``split``: there are scores on either side. ``against``: all that differ contradict it.
        """
        if not self.against_fid:
            return "agree"
        if is_crowded(self.favoured_against_fid):
            return "crowded"
        return "split" if self.with_fid else "against"


def judge_other_scores(ablated: Configuration, baseline: Configuration) -> OtherScores | None:
    """Sort the scores other than FID by the model they favour; None unless FID tells the two apart."""
    by_fid = compare_by(choose_fid((ablated, baseline)), ablated, baseline)
    if by_fid not in ("lower", "higher"):
        return None
    better, other = (ablated, baseline) if by_fid == "lower" else (baseline, ablated)
    sides: dict[bool, list[str]] = {True: [], False: []}
    for score in SCORES:
        a, b = (round(measure(score.name, c).mean, score.decimals) for c in (better, other))
        if math.isfinite(a - b) and a != b:  # equal in print: on neither side
            sides[(a < b) == (score.better == "lower")].append(score.name)
    return OtherScores(other, tuple(sides[True]), tuple(sides[False]))


def find_reconciled(ablated: Configuration, conv: Configuration) -> tuple[Configuration, Configuration] | None:
    """Return the VAE that reconstructs better and the one that samples better, in this order.

    None unless the data tell the two apart both in dev reconstruction loss and in FID, with opposite
    winners.
    """
    quantities = ("dev_reconstruction", choose_fid((ablated, conv)))
    by_loss, by_fid = (compare_by(name, ablated, conv) for name in quantities)
    if {by_loss, by_fid} != {"lower", "higher"}:
        return None
    return (ablated, conv) if by_loss == "lower" else (conv, ablated)
