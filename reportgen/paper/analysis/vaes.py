"""Verdicts on VAEs: whether they overfit or still learn, what their images show, what more latent dimensions bring."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy import special

from reportgen.paper.analysis.effects import SHOWN, Effect, Outcome, find_change
from reportgen.paper.analysis.estimates import Estimate, estimate_mean, estimate_share_error
from reportgen.paper.analysis.findings import (
    SIGNIFICANCE,
    DigitCounts,
    compare_by,
    count_digits,
    find_best,
    find_ties,
    leaves_out_zero,
)
from reportgen.paper.analysis.latent import count_readings, rank_dimensions
from reportgen.paper.analysis.measuring import choose_fid, is_measured, measure
from reportgen.paper.analysis.quantities import QUANTITIES
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.samples import NOISY
from reportgen.paper.analysis.trainings import judge_progress

# ---- losses in the course of training -------------------------------------------------------------------------------

OVERFIT_SHARE = 0.05
"""The relative excess of the dev loss, over the training loss or over its own lowest value, from which it is told.

The floor of its split, which no model can go below, is subtracted from each loss first.
"""

SETTLED_SHARE = 0.05
"""The largest relative change of the dev loss, above its floor, from the fourth to the last fifth, that is settled."""


@dataclass(frozen=True)
class Overfitting:
    """The signs of overfitting in a sweep of VAEs.

    ``widest`` is the VAE whose dev loss exceeds the training loss by the largest share, ``gap`` its excess in nats and
    ``share`` that share, all above the floors. ``apart`` are the VAEs with a share above ``OVERFIT_SHARE``, ``risen``
    those whose dev loss ends as far above its lowest value.
    """

    widest: Configuration
    gap: float
    share: float
    apart: tuple[Configuration, ...]
    risen: tuple[Configuration, ...]

    @property
    def verdict(self) -> Literal["apart", "risen", "small", "below"]:
        """The stronger sign, if there is one; otherwise if the dev loss exceeds the training loss anywhere.

        Only a dev loss that rises again is overfitting; one that falls behind is a generalisation gap.
        """
        if self.risen:
            return "risen"
        return "apart" if self.apart else "small" if self.gap > 0 else "below"


def judge_overfitting(sweep: Sequence[Configuration]) -> Overfitting:
    """Compare dev losses with training losses over the last fifth, and with their lowest values; at least one VAE."""
    gaps = {c: measure("gap", c).mean for c in sweep}
    shares = {c: gaps[c] / (measure("tail_train_total", c).mean - c.floor("train")) for c in sweep}
    rises = {c: measure("rise_dev_total", c).mean / (measure("dev_total", c).mean - c.floor("dev")) for c in sweep}
    widest = max(sweep, key=lambda c: shares[c])
    apart, risen = (tuple(c for c in sweep if found[c] > OVERFIT_SHARE) for found in (shares, rises))
    return Overfitting(widest, gaps[widest], shares[widest], apart, risen)


@dataclass(frozen=True)
class Settling:
    """The falls of dev losses from the fourth fifth of training to the last, in nats.

    VAEs without a dev loss in both fifths are left out. ``falling`` are those whose fall is more than
    ``SETTLED_SHARE``.
    """

    falls: Mapping[Configuration, float]
    falling: tuple[Configuration, ...]

    @property
    def most(self) -> float:
        """The largest fall of those that fall, or the largest change either way if none does."""
        return max(abs(self.falls[c]) for c in self.falling or self.falls)

    @property
    def verdict(self) -> Literal["settled", "falling", "unknown"]:
        """``falling`` if any still falls, ``unknown`` if there is no VAE left."""
        return "unknown" if not self.falls else "falling" if self.falling else "settled"


def judge_dev_losses(sweep: Sequence[Configuration]) -> Settling:
    """Judge which dev losses still fall at the end of training."""
    ends = {c: c.fifths("dev_total")[-2:] for c in sweep}
    falls = {c: before - last for c, (before, last) in ends.items() if math.isfinite(before - last)}
    falling = tuple(c for c, fall in falls.items() if fall > SETTLED_SHARE * (ends[c][0] - c.floor("dev")))
    return Settling(falls, falling)


def do_samples_follow(sweep: Sequence[Configuration]) -> bool:
    """Return True if FIDs of samples still fall at the end where dev losses do, and only there, and rise nowhere.

    All trainings must have scored samples.
    """
    verdicts = {c: judge_progress(c) for c in sweep}
    falling = {c for c, verdict in verdicts.items() if verdict == "falling"}
    return falling == set(judge_dev_losses(sweep).falling) and "past" not in verdicts.values()


@dataclass(frozen=True)
class Learning:
    """The VAE whose dev reconstruction loss falls most after the first fifth of training.

    ``reconstruction`` and ``kl`` are the changes of its dev losses from the second fifth to the last, in nats.
    """

    vae: Configuration
    reconstruction: float
    kl: float


def find_learning(sweep: Sequence[Configuration]) -> Learning | None:
    """Tell how VAEs gain after the first fifth; None unless in all of them reconstruction falls while KL rises."""
    found = [Learning(c, _change(c, "dev_reconstruction"), _change(c, "dev_kl")) for c in sweep]
    if not all(row.reconstruction < 0 < row.kl for row in found):
        return None
    return min(found, key=lambda row: row.reconstruction)


def _change(c: Configuration, loss: str) -> float:
    """Return the mean of a loss over the last fifth of training less that over the second."""
    fifths = c.fifths(loss)
    return fifths[-1] - fifths[1]


# ---- images ---------------------------------------------------------------------------------------------------------

BLURRED = 0.8
"""The sharpness, relative to real images, below which samples are called blurred."""


def judge_blur(vaes: Sequence[Configuration]) -> Literal["noisy", "blurred", "sharp", "mixed"]:
    """Judge samples by their sharpness: ``noisy`` if that of any is, otherwise by whether all or none are blurred."""
    found = [measure("sharpness", c).mean for c in vaes]
    if max(found) > NOISY:
        return "noisy"
    blurred = [sharpness < BLURRED for sharpness in found]
    return "blurred" if all(blurred) else "mixed" if any(blurred) else "sharp"


class Confusion(NamedTuple):
    """A digit that a VAE turns into another by reconstruction, in ``num`` of ``total`` images of it."""

    vae: Configuration
    before: int
    after: int
    num: int
    total: int


MIN_CONFUSIONS = 5
"""The fewest images of a digit turned into another that are worth telling."""

SIMILAR = tuple(map(frozenset, ((4, 9), (7, 9), (1, 7), (3, 5), (3, 8), (5, 8), (5, 6), (6, 8), (8, 9))))
"""Pairs of digits that differ by a stroke or by a gap in one."""


def find_confusions(vaes: Sequence[Configuration], num: int) -> list[Confusion]:
    """Return the most frequent confusion of each VAE, those that concern the largest shares first, ``num`` at most."""
    found = [confusion for c in vaes if (confusion := _find_confusion(c)) is not None]
    return sorted(found, key=lambda row: -row.num / row.total)[:num]


def _find_confusion(vae: Configuration) -> Confusion | None:
    """Return the most frequent change of a digit into another, over all seeds; None if it is a rare one."""
    counts = count_readings(vae)
    changed = counts[:, :10] * (1 - np.eye(10, dtype=int))
    before, after = (int(place) for place in np.unravel_index(changed.argmax(), changed.shape))
    num = int(changed[before, after])
    return Confusion(vae, before, after, num, int(counts[before].sum())) if num >= MIN_CONFUSIONS else None


def are_similar(confusions: Sequence[Confusion]) -> bool:
    """Return True if all confusions are of similar digits."""
    return all(frozenset((row.before, row.after)) in SIMILAR for row in confusions)


class Kept(NamedTuple):
    """The share of a digit's images whose reconstructions read as that digit."""

    digit: int
    share: float


def find_hardest(vaes: Sequence[Configuration]) -> tuple[Kept, Kept] | None:
    """Return the digits that reconstructions keep least and most often, over all VAEs and seeds.

    None unless a chi-square test shows that digits differ in it.
    """
    counts = np.sum([count_readings(c) for c in vaes], axis=0)
    kept, totals = counts.diagonal(), counts.sum(axis=1)
    mean = kept.sum() / max(totals.sum(), 1)
    if not 0 < mean < 1 or not totals.all():
        return None
    statistic = float((np.square(kept - mean * totals) / (mean * (1 - mean) * totals)).sum())
    if special.chdtrc(9, statistic) >= SIGNIFICANCE:
        return None
    shares = kept / totals
    low, high = (Kept(int(digit), float(shares[digit])) for digit in (shares.argmin(), shares.argmax()))
    return low, high


MIN_READ = 100
"""The fewest samples read as digits from which their balance is judged."""


class Imbalance(NamedTuple):
    """The VAE with the most uneven digits among its first seed's samples."""

    vae: Configuration
    digits: DigitCounts


def find_imbalance(vaes: Sequence[Configuration]) -> Imbalance | None:
    """Return the VAE whose samples' digits are furthest from the training classes; None if none is shown to be.

    The chi-square test of each VAE is held against the significance level divided by the number of VAEs.
    """
    counted = [Imbalance(c, count_digits(c)) for c in vaes]
    shown = [
        row
        for row in counted
        if sum(row.digits.all_counts[:10]) >= MIN_READ and row.digits.p_value < SIGNIFICANCE / len(counted)
    ]
    return max(shown, key=lambda row: row.vae.first_seed.class_imbalance.mean, default=None)


# ---- the latent dimension -------------------------------------------------------------------------------------------

Course = Literal["saturates", "falls", "overall", "rises", "turns", "bound"]
"""The course of FID over the latent dimension; ``judge_latent`` defines the words."""


@dataclass(frozen=True)
class LatentEffect:
    """What the latent dimension does to FID.

    ``first`` and ``last`` are the VAEs with the fewest and the most dimensions. ``knee`` is the smallest one that is
    not shown to be worse than the best, or the best itself if the data do not tell that one from the first; the first
    where nothing is shown. ``after`` is the FID of the last over that of the knee.
    """

    fid: str
    first: Configuration
    knee: Configuration
    last: Configuration
    after: Effect
    course: Course


def judge_latent(sweep: Sequence[Configuration]) -> LatentEffect | None:
    """Judge FID over the latent dimension; None for fewer than two FIDs or dimensions, or without a seed model.

    The course ``saturates`` if the first VAE is shown to be worse than the best and some before the last one are not;
    it ``falls`` if only the last one is not, and ``turns`` if the last one is worse again. If the first one is not
    worse, it ``rises`` if the last one is. If neither is, it falls ``overall`` or ``rises`` where these two are told
    apart as a pair, and is a ``bound`` otherwise.
    """
    fid = choose_fid(sweep)
    scored = [c for c in sweep if is_measured(fid, [c])]
    if len({c.settings.latent_dim for c in scored}) < max(2, len(scored)):
        return None
    first, *_, last = scored
    ties = find_ties(scored, fid)
    course = _name_course(fid, first, last, ties)
    knee = first if course == "bound" else _find_knee(fid, first, ties)
    after = find_change(measure(fid, last), measure(fid, knee))
    return None if after is None else LatentEffect(fid, first, knee, last, after, course)


def _find_knee(fid: str, first: Configuration, ties: Sequence[Configuration]) -> Configuration:
    """Return the first of the VAEs that share the best FID, or the best itself if that one is not below the first."""
    best = find_best(ties, fid)
    return ties[0] if compare_by(fid, ties[0], first) == "lower" else best


def _name_course(fid: str, first: Configuration, last: Configuration, ties: Sequence[Configuration]) -> Course:
    if first in ties and last in ties:
        ends: Mapping[Outcome, Course] = {"lower": "overall", "higher": "rises"}
        return ends.get(compare_by(fid, last, first), "bound")
    if first in ties:
        return "rises"
    if last not in ties:
        return "turns"
    return "falls" if ties == [last] else "saturates"


@dataclass(frozen=True)
class Exchange:
    """What reconstruction gains and KL costs from one VAE to another with more dimensions, in nats."""

    reconstruction: float
    kl: float

    @property
    def rate(self) -> float:
        """Nats of reconstruction loss that a nat of KL buys."""
        return self.reconstruction / self.kl


def find_exchange(low: Configuration, high: Configuration) -> Exchange | None:
    """Return the gain in dev reconstruction loss and its price; None unless the data show both."""
    names = ("dev_reconstruction", "dev_kl")
    if [compare_by(name, high, low) for name in names] != ["lower", "higher"]:
        return None
    changes = [measure(name, high).mean - measure(name, low).mean for name in names]
    return Exchange(-changes[0], changes[1])


# ---- the latent space -----------------------------------------------------------------------------------------------

CARRIED_SHARE = 0.9
"""The share of all KL that the dimensions counted by ``count_carrying`` carry."""


def count_carrying(vae: Configuration) -> int:
    """Count the dimensions with the largest KL that carry ``CARRIED_SHARE`` of it together, averaged over seeds."""
    carried = np.cumsum(rank_dimensions(vae))
    return int((carried < CARRIED_SHARE * carried[-1]).sum()) + 1


@dataclass(frozen=True)
class Choice:
    """The latent dimension to choose from a sweep.

    ``sampler`` and ``copier`` are the VAEs with the best FID and the best reconstruction. ``chosen`` is the one with
    the fewest dimensions that is not shown to be worse than either of them, None if there is none; ``below`` and
    ``last`` are those with the next fewer and with the most dimensions.
    """

    fid: str
    sampler: Configuration
    copier: Configuration
    chosen: Configuration | None
    below: Configuration | None
    last: Configuration


def choose_latent(sweep: Sequence[Configuration]) -> Choice | None:
    """Choose a latent dimension by FID and reconstruction; None for fewer than two, or without a seed model."""
    effect = judge_latent(sweep)
    if effect is None:
        return None
    names = (effect.fid, "dev_reconstruction")
    good = set.intersection(*({*find_ties(sweep, name)} for name in names))
    chosen = next((c for c in sweep if c in good), None)
    below = None if chosen is None or chosen is sweep[0] else sweep[sweep.index(chosen) - 1]
    sampler, copier = (find_best(sweep, name) for name in names)
    return Choice(effect.fid, sampler, copier, chosen, below, effect.last)


def find_collapsed(sweep: Sequence[Configuration]) -> tuple[Configuration, Configuration] | None:
    """Return the VAE with the fewest dimensions, if it leaves some idle, and the best one by reconstruction.

    None unless every training of it leaves dimensions idle, though another VAE is shown to reconstruct better with more
    active ones.
    """
    narrow, best = sweep[0], find_best(sweep, "dev_reconstruction")
    units, more = (measure("active_units", c).values for c in (narrow, best))
    is_idle = max(units) < narrow.settings.latent_dim and max(units) < min(more)
    return (narrow, best) if is_idle and compare_by("dev_reconstruction", best, narrow) == "lower" else None


Why = Literal["idle", "apart"]
"""The reason why more latent dimensions bring no better samples: they stay unused, or move the codes off the prior."""


def explain_saturation(effect: LatentEffect) -> Why | None:
    """Return what the codes say of why FID no longer falls with more dimensions; None if nothing, or if it falls."""
    if effect.course in ("falls", "overall") or effect.knee is effect.last:
        return None
    if min(measure("active_units", effect.last).values) < effect.last.settings.latent_dim:
        return "idle"
    return "apart" if compare_by("prior_distance", effect.last, effect.knee) == "higher" else None


def find_hole(vae: Configuration) -> Estimate | None:
    """Return how much more often reconstructions than samples read as digits; None unless it is shown.

    Both are of one decoder. With one seed, the errors of both shares decide.
    """
    read, shares = vae.reads_as("unread"), vae.read_share
    if not read.values or math.isnan(shares.mean):
        return None
    first = vae.first.evaluation
    assert first.reconstruction is not None, "a VAE's"
    error = math.hypot(
        estimate_share_error(first.reconstruction.unread, first.reconstruction.total),
        estimate_share_error(first.digits.num_unread, first.digits.total),
    )
    more = estimate_mean((1 - unread - share for unread, share in zip(read.values, shares.values, strict=True)), error)
    return more if more.mean > 0 and leaves_out_zero(more) else None


# ---- the all-linear ablation ----------------------------------------------------------------------------------------

Cause = Literal["codes", "kl", "hole", "decoder", "price"]
"""What a difference of two VAEs rests on; ``explain_ablation`` defines the words."""


@dataclass(frozen=True)
class Explanation:
    """The cause of a difference between two VAEs, and the VAE that it is about."""

    cause: Cause
    vae: Configuration
    other: Configuration


def explain_ablation(ablated: Configuration, conv: Configuration) -> Explanation | None:
    """Explain a difference in FID by the losses, or what a better reconstruction costs; None if the data do not.

    Where FID does not tell the two apart, the share of samples read may. ``codes``: the VAE with the worse samples
    does not reconstruct worse, but its codes lie further from the prior; ``kl``: only its KL is shown to be higher;
    ``hole``: neither is, but fewer of its samples than of its reconstructions read as digits, by more than the other's.
    ``decoder``: it reconstructs worse, too. ``price``: samples do not tell the two apart, and one reconstructs better
    at a higher KL.
    """
    fid = choose_fid((ablated, conv))
    is_decided = compare_by(fid, ablated, conv) in SHOWN
    worse = _find_worse(ablated, conv, fid if is_decided else "read_share")
    if worse is not None:
        return _explain_samples(*worse)
    return _explain_price(ablated, conv) if compare_by(fid, ablated, conv) in ("alike", "open") else None


def _find_worse(a: Configuration, b: Configuration, quantity: str) -> tuple[Configuration, Configuration] | None:
    """Return the VAE that is shown to be the worse one by a quantity, and the other; None if neither is."""
    for vae, other in ((a, b), (b, a)):
        if compare_by(quantity, vae, other) == WORSE[QUANTITIES[quantity].better or "lower"]:
            return vae, other
    return None


WORSE: Mapping[Literal["lower", "higher"], Outcome] = {"lower": "higher", "higher": "lower"}
"""The better direction of a quantity -> the worse one."""


def _explain_samples(vae: Configuration, other: Configuration) -> Explanation | None:
    """Explain why the samples of a VAE are worse than another's."""
    names = ("dev_reconstruction", "dev_kl", "prior_distance")
    is_worse = {name: compare_by(name, vae, other) == "higher" for name in names}
    if is_worse["dev_reconstruction"]:
        return Explanation("decoder", vae, other)
    if is_worse["prior_distance"]:
        return Explanation("codes", vae, other)
    if is_worse["dev_kl"]:
        return Explanation("kl", vae, other)
    holes = [find_hole(c) for c in (vae, other)]
    is_wider = holes[0] is not None and (holes[1] is None or holes[0].mean > holes[1].mean)
    return Explanation("hole", vae, other) if is_wider else None


def _explain_price(ablated: Configuration, conv: Configuration) -> Explanation | None:
    pairs: Mapping[tuple[Outcome, Outcome], tuple[Configuration, Configuration]] = {
        ("lower", "higher"): (ablated, conv),
        ("higher", "lower"): (conv, ablated),
    }
    found = pairs.get((compare_by("dev_reconstruction", ablated, conv), compare_by("dev_kl", ablated, conv)))
    return Explanation("price", *found) if found else None


Size = Literal["larger_better", "larger_same", "larger_worse", "smaller_better", "smaller_same", "smaller_worse"]
"""The size of the network that draws and the FID of an ablation, against those of its baseline."""

SIZES: Mapping[tuple[bool, Outcome], Size] = {
    (True, "lower"): "larger_better",
    (True, "higher"): "larger_worse",
    (True, "alike"): "larger_same",
    (True, "open"): "larger_same",
    (False, "lower"): "smaller_better",
    (False, "higher"): "smaller_worse",
    (False, "alike"): "smaller_same",
    (False, "open"): "smaller_same",
}
"""True if the ablation is the larger one, and its FID against its baseline's -> both in a word."""


def judge_size(ablated: Configuration, conv: Configuration) -> Size | None:
    """Hold the size of an ablation's decoder against its FID; None for sizes within a factor of 1.5, or without FID."""
    sizes = [measure("drawing_parameters", c).mean for c in (ablated, conv)]
    if max(sizes) < 1.5 * min(sizes):
        return None
    return SIZES.get((sizes[0] > sizes[1], compare_by(choose_fid((ablated, conv)), ablated, conv)))
