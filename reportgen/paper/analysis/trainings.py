"""How trainings end: overfitting, losses that have risen, changes that go on, the equilibrium."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.findings import (
    SIGNIFICANCE,
    Equilibrium,
    compare_by,
    find_best,
    judge_equilibrium,
    leaves_out_zero,
)
from reportgen.paper.analysis.quantities import is_measured, measure
from reportgen.paper.analysis.results import Configuration

OVERFIT_SHARE = 0.05
"""A dev loss above the training loss by more than this share of it is called a sign of overfitting.

Of both, what no model could lower is left out.
"""


@dataclass(frozen=True)
class Gap:
    """By how much the dev loss ends above the training loss, in nats and as a share, where the share is largest."""

    widest: Configuration
    nats: float
    share: float

    @property
    def verdict(self) -> Literal["overfit", "small", "below"]:
        return "overfit" if self.share > OVERFIT_SHARE else "small" if self.share > 0 else "below"


def judge_gap(sweep: Sequence[Configuration]) -> Gap:
    """Return the widest gap of at least one VAE, both losses over the last fifth and above their floors."""
    gaps = {c: measure("gap", c).mean for c in sweep}
    shares = {c: gaps[c] / (measure("tail_train_total", c).mean - c.floor("train")) for c in sweep}
    widest = max(sweep, key=lambda c: shares[c])
    return Gap(widest, gaps[widest], shares[widest])


@dataclass(frozen=True)
class Rise:
    """Which VAEs' dev loss has risen since it was lowest, and the one where it has done so most, by how many nats."""

    risen: tuple[Configuration, ...]
    most: Configuration
    nats: float
    share: float


def judge_rise(sweep: Sequence[Configuration]) -> Rise:
    """Return whether the dev loss of at least one VAE is lowest at its last record; ``share`` is that of the last."""
    rises = {c: measure("rise_dev_total", c).mean for c in sweep}
    most = max(sweep, key=lambda c: rises[c])
    share = rises[most] / measure("dev_total", most).mean
    return Rise(tuple(c for c in sweep if rises[c] > 0), most, rises[most], share)


Share = Literal["all", "some", "none"]


def name_share(num: int, total: int) -> Share:
    """Return how many of several are of a kind, in a word."""
    return "none" if not num else "all" if num == total else "some"


@dataclass(frozen=True)
class Movement:
    """Which of several trainings still move at their end; ``changes`` are of each the drifts of some metrics."""

    changes: Mapping[Configuration, Sequence[Estimate]]

    @property
    def moving(self) -> list[Configuration]:
        """Those of which at least one change has an interval that leaves out 0."""
        return [c for c, changes in self.changes.items() if any(map(leaves_out_zero, changes))]

    @property
    def half_widths(self) -> list[float]:
        """Those of all intervals that there are."""
        widths = [change.half_width for changes in self.changes.values() for change in changes]
        return [width for width in widths if width is not None and math.isfinite(width)]

    @property
    def num_by_chance(self) -> float:
        """How many intervals leave out 0 on average where nothing moves."""
        return SIGNIFICANCE * len(self.half_widths)

    @property
    def verdict(self) -> Share | Literal["unknown"]:
        share = name_share(len(self.moving), len(self.changes))
        return "unknown" if share == "none" and not self.half_widths else share


def judge_movement(configurations: Sequence[Configuration], metrics: Sequence[str]) -> Movement:
    """Return which trainings still move in one of the metrics over the last fifth."""
    return Movement({c: [measure(f"drift_{metric}", c) for metric in metrics] for c in configurations})


# ---- the equilibrium ------------------------------------------------------------------------------------------------

Judged = Sequence[tuple[Configuration, Equilibrium]]


def judge_equilibria(gans: Sequence[Configuration]) -> list[tuple[Configuration, Equilibrium]]:
    """Return each GAN with how near it ends to the equilibrium."""
    return [(c, judge_equilibrium(c)) for c in gans]


def find_nearest(judged: Judged) -> tuple[Configuration, Equilibrium]:
    """Return the GAN whose D(x) and D(G(z)) are, in sum, the nearest to 1/2."""
    return min(judged, key=_distance)


def find_farthest(judged: Judged) -> tuple[Configuration, Equilibrium]:
    """Return the GAN whose D(x) and D(G(z)) are, in sum, the farthest from 1/2."""
    return max(judged, key=_distance)


def _distance(pair: tuple[Configuration, Equilibrium]) -> float:
    return abs(pair[1].d_x.mean - 0.5) + abs(pair[1].d_g_z.mean - 0.5)


@dataclass(frozen=True)
class NearestAndBest:
    """The GAN nearest to the equilibrium and the one with the lowest FID, of those with a FID.

    ``differ`` only where the data tell the FIDs of the two apart.
    """

    near: Configuration
    best: Configuration
    verdict: Literal["same", "differ", "open"]


def judge_nearest(judged: Judged) -> NearestAndBest | None:
    """Return whether the nearest GAN is the best; None where fewer than two have a FID."""
    scored = [pair for pair in judged if is_measured("fid_classifier", pair[:1])]
    if len(scored) < 2:
        return None
    near, best = find_nearest(scored)[0], find_best([c for c, _ in scored])
    if near is best:
        return NearestAndBest(near, best, "same")
    return NearestAndBest(near, best, "differ" if compare_by("fid_classifier", best, near) == "lower" else "open")
