"""Trainings and their ends: metrics that still move, scores of samples, and the GAN's equilibrium."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.stats import spearmanr

from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.findings import (
    Equilibrium,
    compare_by,
    find_best,
    find_worst,
    judge_equilibrium,
    leaves_out_zero,
)
from reportgen.paper.analysis.measuring import choose_fid, is_measured, measure
from reportgen.paper.analysis.results import Configuration, RunResult
from reportgen.suite.settings import ModelName

Share = Literal["all", "some", "none"]
"""The part of several items that have a property, in a word."""


def name_share(num: int, total: int) -> Share:
    """Return the part that ``num`` items are of ``total``, in a word."""
    return "none" if not num else "all" if num == total else "some"


LEVEL_SHARE = 0.1
"""The relative difference up to which means over fifths of training, or FIDs of two steps, count as level."""

DIRECT_SHARE = 2 / 3
"""The least share of a curve's whole way, up and down, that its change from end to end must be to have a direction."""


@dataclass(frozen=True)
class Course:
    """The course of a positive loss after the first fifth of training, by its means over the other four.

    Unlike a slope over the last fifth alone, it sees a slow rise against large swings. ``change`` is from the second
    fifth to the last.
    """

    means: Sequence[float]
    change: Estimate

    @property
    def verdict(self) -> Literal["rises", "falls", "level", "swings", "unknown"]:
        """The course in a word.

        ``level`` if the highest of the means is at most ``LEVEL_SHARE`` above the lowest; ``rises`` or ``falls`` if the
        interval of the change excludes 0 and the change is at least ``DIRECT_SHARE`` of the steps between neighbouring
        fifths, added up whichever way each goes; ``swings`` otherwise; ``unknown`` without an interval.
        """
        if self.change.half_width is None or not math.isfinite(self.change.half_width):
            return "unknown"
        if max(self.means) <= (1 + LEVEL_SHARE) * min(self.means):
            return "level"
        way = sum(abs(b - a) for a, b in itertools.pairwise(self.means))
        if not leaves_out_zero(self.change) or abs(self.change.mean) < DIRECT_SHARE * way:
            return "swings"
        return "rises" if self.change.mean > 0 else "falls"


def read_course(c: Configuration, loss: str) -> Course:
    """Return the course of one logged loss of a GAN."""
    return Course(c.fifths(loss)[1:], measure(f"change_{loss}", c))


Settling = Literal["level", "apart", "closing", "moving", "unknown"]
"""The course of both losses of a GAN; ``judge_settling`` defines the words."""


def judge_settling(c: Configuration) -> Settling:
    """Judge whether the losses of a GAN settle after the first fifth of training.

    Returns:
        ``level`` if both do; ``apart`` if that of D falls and that of G rises, ``closing`` the other way round;
        ``moving`` for any other pair of courses, and ``unknown`` if one of them is.
    """
    courses = [read_course(c, loss).verdict for loss in ("discriminator_loss", "generator_loss")]
    if "unknown" in courses:
        return "unknown"
    return SETTLINGS.get((courses[0], courses[1]), "moving")


SETTLINGS: Mapping[tuple[str, str], Settling] = {
    ("level", "level"): "level",
    ("falls", "rises"): "apart",
    ("rises", "falls"): "closing",
}
"""Courses of the losses of D and of G -> the course of both."""


# ---- what was logged -----------------------------------------------------------------------------------------------

VAE_METRICS = ("train_total", "train_reconstruction", "train_kl", "dev_total", "dev_reconstruction", "dev_kl")
GAN_METRICS = ("discriminator_loss", "generator_loss", "D_x", "D_G_z1", "D_G_z2")
LOGGED: Mapping[ModelName, Sequence[str]] = {"vae": VAE_METRICS, "gan": GAN_METRICS}
"""Model -> metrics that every training here logs; an imported one may lack some."""


def has_curves(c: Configuration) -> bool:
    """Return True if all trainings of a configuration logged the metrics of their model."""
    return all(metric in run.summaries for run in c.runs for metric in LOGGED[c.settings.model])


def select_logged(configurations: Sequence[Configuration]) -> list[Configuration]:
    """Return the configurations whose curves can be shown and discussed."""
    return [c for c in configurations if has_curves(c)]


# ---- scores of samples in the course of training --------------------------------------------------------------------

SAMPLE_METRICS = ("sample_fid", "sample_recall")
"""Logged scores of samples that training draws at every image interval."""


def has_sample_scores(configurations: Sequence[Configuration]) -> bool:
    """Return True if there are configurations and all their trainings scored samples, at several times."""
    runs = [run for c in configurations for run in c.runs]
    return bool(runs) and all(_is_curve(run, metric) for run in runs for metric in SAMPLE_METRICS)


def _is_curve(run: RunResult, metric: str) -> bool:
    """Return True if a metric was logged in several fifths of a training; an import may have its last step alone."""
    summary = run.summaries.get(metric)
    return summary is not None and sum(map(math.isfinite, summary.fifths)) > 1


Progress = Literal["falling", "past", "level", "unknown"]
"""The FID of samples at the end of training; ``judge_progress`` defines the words."""


def judge_progress(c: Configuration) -> Progress:
    """Judge the end of the FID of samples in the course of training; the training must have scored them.

    Returns:
        ``past`` if the last FID is more than ``LEVEL_SHARE`` above the lowest one; otherwise ``falling`` if the mean
        over the last fifth of training is more than ``LEVEL_SHARE`` below that over the fifth before, or ``level``;
        ``unknown`` if one of these fifths has no FID.
    """
    before, last = c.fifths("sample_fid")[-2:]
    if not math.isfinite(before + last):
        return "unknown"
    if measure("last_sample_fid", c).mean > (1 + LEVEL_SHARE) * measure("lowest_sample_fid", c).mean:
        return "past"
    return "falling" if last < (1 - LEVEL_SHARE) * before else "level"


# ---- the discriminator after training -------------------------------------------------------------------------------

BATCH_MARGIN = 0.1
"""The least surplus of D's separation with statistics of the batch from which D is said to read the batch."""

MEMORY_MARGIN = 0.05
"""The least surplus of D's mean output on training images over dev images from which D is said to know the former."""


def find_batch_readers(gans: Sequence[Configuration]) -> list[Configuration]:
    """Return the GANs whose D tells training images from samples better by the batch than by the image alone.

    Its separation with BatchNorm's statistics of the batch, all real or all drawn, is then larger by
    ``BATCH_MARGIN`` than with the running ones.
    """
    return [
        c for c in gans if measure("batch_separation", c).mean - measure("running_separation", c).mean >= BATCH_MARGIN
    ]


def find_memorisers(gans: Sequence[Configuration]) -> list[Configuration]:
    """Return the GANs whose D rates training images above dev images, by ``MEMORY_MARGIN`` or more."""
    return [c for c in gans if measure("train_dev_gap", c).mean >= MEMORY_MARGIN]


# ---- the equilibrium ------------------------------------------------------------------------------------------------

Judged = Sequence[tuple[Configuration, Equilibrium]]
"""GANs, each with its distance from the equilibrium."""


def judge_equilibria(gans: Sequence[Configuration]) -> list[tuple[Configuration, Equilibrium]]:
    """Judge the distance of each GAN from the equilibrium at the end of training."""
    return [(c, judge_equilibrium(c)) for c in gans]


def find_nearest(judged: Judged) -> tuple[Configuration, Equilibrium]:
    """Return the GAN with the smallest sum of the distances of D(x) and D(G(z)) from 1/2."""
    return min(judged, key=_distance)


def _distance(pair: tuple[Configuration, Equilibrium]) -> float:
    """Return the sum of the distances of D(x) and D(G(z)) from 1/2."""
    return abs(pair[1].d_x.mean - 0.5) + abs(pair[1].d_g_z.mean - 0.5)


MIN_RANKED = 5
"""The fewest GANs whose order by distance and by FID is compared."""

STRONG = 0.6
"""The least rank correlation from which two orders are said to agree as a rule."""


@dataclass(frozen=True)
class NearestAndBest:
    """The GAN nearest to the equilibrium and the one with the lowest FID, among those with a FID.

    ``verdict`` is ``same`` if they are one and ``open`` if the data do not tell their FIDs apart. Otherwise it is
    ``exception`` if the FIDs of all others rise with the distance as a rule, ``worst`` if the nearest has the highest
    FID of all, and ``differ`` if neither is so.
    """

    fid: str
    """Name of the FID that decides."""
    near: Configuration
    second: Configuration
    """The next nearest."""
    best: Configuration
    verdict: Literal["same", "exception", "worst", "differ", "open"]
    num_others: int = 0
    correlation: float = math.nan
    """Rank correlation (Spearman) of distance and FID over the others; NaN of fewer than ``MIN_RANKED``."""


def judge_nearest(judged: Judged) -> NearestAndBest | None:
    """Judge whether the GAN nearest to the equilibrium has the best FID; None if fewer than two have a FID."""
    fid = choose_fid([c for c, _ in judged])
    scored = [pair for pair in judged if is_measured(fid, pair[:1])]
    if len(scored) < 2:
        return None
    ranked = sorted(scored, key=_distance)
    gans, (near, second, *_) = [c for c, _ in scored], [c for c, _ in ranked]
    best = find_best(gans, fid)
    if near is best:
        return NearestAndBest(fid, near, second, best, "same")
    if compare_by(fid, best, near) != "lower":
        return NearestAndBest(fid, near, second, best, "open")
    correlation = _correlate(fid, ranked[1:])
    if correlation >= STRONG:
        return NearestAndBest(fid, near, second, best, "exception", len(ranked) - 1, correlation)
    return NearestAndBest(fid, near, second, best, "worst" if near is find_worst(gans, fid) else "differ")


def _correlate(fid: str, ranked: Judged) -> float:
    """Return the rank correlation of distance from the equilibrium and FID; NaN of too few GANs."""
    if len(ranked) < MIN_RANKED:
        return math.nan
    return float(spearmanr([_distance(pair) for pair in ranked], [measure(fid, c).mean for c, _ in ranked]).statistic)
