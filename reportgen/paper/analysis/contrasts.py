"""Two configurations against each other, and one against a threshold: VAE and GAN, an ablation and its baseline."""

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
from reportgen.paper.analysis.quantities import SCORES, measure
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.samples import is_crowded

Side = Literal["vae", "gan", "open"]
"""The model that a question is decided for, or ``open`` where the data do not decide it."""


def find_lower(quantity: str, vae: Configuration, gan: Configuration) -> Side:
    """Return which of the two has the lower value of a quantity."""
    comparison = compare_by(quantity, vae, gan)
    return "vae" if comparison == "lower" else "gan" if comparison == "higher" else "open"


def find_higher(quantity: str, vae: Configuration, gan: Configuration) -> Side:
    """Return which of the two has the higher value of a quantity."""
    comparison = compare_by(quantity, vae, gan)
    return "gan" if comparison == "lower" else "vae" if comparison == "higher" else "open"


EVENNESS = ("detour", "largest_step")
"""The quantities by which a path between two latents is straight and even; of both the lower is the better."""


@dataclass(frozen=True)
class Spaces:
    """Which of two latent spaces interpolates better.

    ``readable``: whose images between two latents lose less legibility; ``even``: whose path is both straighter and
    more even, ``open`` unless both say so.
    """

    readable: Side
    even: Side

    @property
    def disagree(self) -> bool:
        """Whether one space is the better by what can be read, and the other by how even its path is."""
        return {self.readable, self.even} == {"vae", "gan"}


def judge_spaces(vae: Configuration, gan: Configuration) -> Spaces:
    """Return which latent space is the better: measured against the model's own samples at the ends."""
    sides = {find_lower(quantity, vae, gan) for quantity in EVENNESS}
    return Spaces(find_higher("inside_change", vae, gan), sides.pop() if len(sides) == 1 else "open")


@dataclass(frozen=True)
class AgainstThreshold:
    """The best Inception FID against a threshold; ``near``: the interval holds the threshold and decides nothing."""

    best: Configuration
    fid: Estimate
    verdict: Literal["met", "missed", "near"]


def judge_threshold(configurations: Sequence[Configuration], threshold: int) -> AgainstThreshold:
    """Return where the best Inception FID of at least one configuration lies; one without a value misses it."""
    best = find_best(configurations, "fid_inception")
    fid = measure("fid_inception", best)
    gap = fid.mean - threshold
    if abs(gap) <= (fid.half_width or 0):
        return AgainstThreshold(best, fid, "near")
    return AgainstThreshold(best, fid, "met" if gap < 0 else "missed")


def compare_extremes(low: Estimate, high: Estimate, num: int) -> Comparison | Literal["chosen"]:
    """Return how the lowest of ``num`` values compares with the highest.

    ``chosen``: told apart as a pair, but not once it counts that they were picked from so many.
    """
    comparison = compare(low, high)
    return "chosen" if comparison == "lower" and not stand_out(low, high, num) else comparison


def judge_change(change: Estimate) -> Literal["falls", "rises", "open"]:
    """Return which way a change goes, ``open`` where its interval holds 0 or there is none."""
    if not leaves_out_zero(change):
        return "open"
    return "falls" if change.mean < 0 else "rises"


# ---- ablations ------------------------------------------------------------------------------------------------------

AblationVerdict = Literal["helped", "hurt", "slight", "open"]


def judge_ablation(ablated: Configuration, baseline: Configuration) -> AblationVerdict:
    """Return what the FID says of the change; ``slight``: no more than another seed may make."""
    if find_basis(*(measure("fid_classifier", c) for c in (ablated, baseline))) == "seed_rule":
        return "slight"
    comparison = compare_by("fid_classifier", ablated, baseline)
    return "helped" if comparison == "lower" else "hurt" if comparison == "higher" else "open"


@dataclass(frozen=True)
class OtherScores:
    """The scores beside FID that agree with it by their printed values, and those that favour the other model instead.

    ``crowded``: some are against FID, but the samples of the model that they favour may merely be crowded; ``split``:
    there are some on either side; ``against``: all are against FID.
    """

    favoured_against_fid: Configuration
    with_fid: tuple[str, ...]
    against_fid: tuple[str, ...]

    @property
    def verdict(self) -> Literal["agree", "crowded", "split", "against"]:
        if not self.against_fid:
            return "agree"
        if is_crowded(self.favoured_against_fid):
            return "crowded"
        return "split" if self.with_fid else "against"


def judge_other_scores(ablated: Configuration, baseline: Configuration) -> OtherScores | None:
    """Return how the scores beside FID stand to it; None where FID does not tell the two apart."""
    by_fid = compare_by("fid_classifier", ablated, baseline)
    if by_fid not in ("lower", "higher"):
        return None
    better, other = (ablated, baseline) if by_fid == "lower" else (baseline, ablated)
    sides: dict[bool, list[str]] = {True: [], False: []}
    for score in SCORES:
        a, b = (round(measure(score.name, c).mean, score.decimals) for c in (better, other))
        if math.isfinite(a - b) and a != b:  # what is printed alike is on neither side
            sides[(a < b) == (score.better == "lower")].append(score.name)
    return OtherScores(other, tuple(sides[True]), tuple(sides[False]))


def find_reconciled(ablated: Configuration, conv: Configuration) -> tuple[Configuration, Configuration] | None:
    """Return the one that reconstructs better and the one that samples better, where they are told to be two VAEs."""
    by_loss, by_fid = (compare_by(name, ablated, conv) for name in ("dev_reconstruction", "fid_classifier"))
    if {by_loss, by_fid} != {"lower", "higher"}:
        return None
    return (ablated, conv) if by_loss == "lower" else (conv, ablated)
