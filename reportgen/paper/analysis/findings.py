"""Comparisons, trends and verdicts, each as a value by which a sentence can be chosen."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from reportgen.paper.analysis.estimates import CONFIDENCE, NO_RULE, Estimate, Over, find_quantile
from reportgen.paper.analysis.quantities import QUANTITIES, choose_fid, is_measured, measure
from reportgen.paper.analysis.results import Configuration

Trend = Literal["falling", "rising", "falling_overall", "rising_overall", "valley", "peak", "mixed", "flat", "unknown"]
"""The shape of a quantity over a dimension; ``classify_trend`` defines the words."""
Comparison = Literal["lower", "higher", "undecided", "equal", "unknown"]
"""The first of two values relative to the second; ``unknown`` if one of them is missing."""

EQUILIBRIUM_TOLERANCE = 0.1
"""The largest distance from 1/2 of D(x) and D(G(z)) that counts as consistent with the equilibrium.

Both are means over the last fifth of training.
"""

SIGNIFICANCE = 0.05
"""The level below which a p value counts as significant."""


def compare(a: Estimate, b: Estimate) -> Comparison:
    """Compare two estimates by the 95 % confidence interval of their difference.

    They are told apart if the interval excludes 0. It is Welch's over seeds if both have several seeds. Otherwise it
    rests on the standard errors within the runs, and a difference that another seed alone may cause (``SeedRule``) is
    undecided. Unequal values are also undecided if a standard error is missing and one of them has no rule.
    """
    difference = estimate_difference(a, b)
    if math.isnan(difference.mean):
        return "unknown"
    if difference.mean == 0:
        return "equal"
    is_bare = find_over(a, b) == "nothing" and NO_RULE in (a.rule, b.rule)
    if is_bare or not _exceeds_half_width(difference) or is_within_seeds(a, b):
        return "undecided"
    return "lower" if difference.mean < 0 else "higher"


def is_within_seeds(a: Estimate, b: Estimate) -> bool:
    """Return True if the gap between two values is one that another seed alone may cause.

    False if both estimates have several seeds, since their intervals then cover the variation between seeds.
    """
    low, high = sorted([a.mean, b.mean])
    return find_over(a, b) != "seeds" and any(estimate.rule.covers(low, high) for estimate in (a, b))


def stand_out(low: Estimate, high: Estimate, num: int) -> bool:
    """Return True if two values are told apart even though they were picked as the lowest and the highest of ``num``.

    The significance level is divided by the number of pairs that might have been picked (Bonferroni).
    """
    difference = estimate_difference(low, high)
    confidence = 1 - (1 - CONFIDENCE) / math.comb(num, 2)
    return abs(difference.mean) > find_quantile(difference.degrees, confidence) * (difference.error or 0)


def find_basis(*estimates: Estimate) -> Over | Literal["seed_rule"]:
    """Return the basis of the comparisons among estimates.

    It is ``seed_rule`` if a comparison is decided by the seed rule, and otherwise the source of variation that the
    intervals account for.
    """
    over = find_over(*estimates)
    near = [estimate_difference(*pair) for pair in itertools.combinations(estimates, 2) if is_within_seeds(*pair)]
    decides = any(map(_exceeds_half_width, near)) or all(e.error is None and e.rule != NO_RULE for e in estimates)
    return "seed_rule" if over != "seeds" and decides else over


def _exceeds_half_width(change: Estimate) -> bool:
    """Return True if a change is larger than the half-width of its interval, taken as 0 if it has none."""
    return abs(change.mean) > (change.half_width or 0)


def find_over(*estimates: Estimate) -> Over:
    """Return the source of variation that a comparison of estimates accounts for.

    ``seeds`` only if all have several seeds; ``nothing`` if one of them has no standard error.
    """
    if all(estimate.num_seeds > 1 for estimate in estimates):
        return "seeds"
    if any(estimate.error is None for estimate in estimates):
        return "nothing"
    return next(estimate.over for estimate in estimates if estimate.over != "seeds")


def classify_trend(estimates: Sequence[Estimate]) -> Trend:
    """Classify the shape of a quantity over a dimension, in the order of the estimates.

    A step whose ends the data do not tell apart counts as level, and missing values are skipped.

    Returns:
        ``falling`` or ``rising`` if every step is one; ``falling_overall`` or ``rising_overall`` if steps are level but
        the ends are told apart; ``valley`` or ``peak`` if there is one turn, told apart from both ends; ``mixed`` for
        any other shape with a step; ``flat`` if neither steps nor ends are told apart; ``unknown`` for fewer than two
        values.
    """
    values = [estimate for estimate in estimates if math.isfinite(estimate.mean)]
    if len(values) < 2:
        return "unknown"
    signs = {"lower": 1, "higher": -1}
    steps = [signs.get(compare(a, b), 0) for a, b in itertools.pairwise(values)]
    whole = signs.get(compare(values[0], values[-1]), 0)
    moves = [step for step in steps if step]
    turns = sum(a != b for a, b in itertools.pairwise(moves))
    if turns == 0:
        return _name_monotonic(steps, moves, whole)
    turn = find_turn(values, "valley" if moves[0] < 0 else "peak")
    is_turn = turns == 1 and {signs.get(compare(values[turn], values[end]), 0) for end in (0, -1)} == {-moves[0]}
    if not is_turn:
        return "mixed"
    return "valley" if moves[0] < 0 else "peak"


def _name_monotonic(steps: Sequence[int], moves: Sequence[int], whole: int) -> Trend:
    """Return the trend of steps that never turn back.

    ``steps`` holds -1, 0 or 1 per step, ``moves`` those that are not 0, and ``whole`` is the step from end to end.
    """
    direction = moves[0] if moves else whole
    if not direction:
        return "flat"
    if len(moves) == len(steps):
        return "falling" if direction < 0 else "rising"
    if whole != direction:
        return "mixed"
    return "falling_overall" if direction < 0 else "rising_overall"


def find_turn(estimates: Sequence[Estimate], trend: Trend) -> int:
    """Return the index of the extreme that a trend turns at: the highest mean of a peak, the lowest otherwise."""
    means = [estimate.mean for estimate in estimates]
    return means.index(max(means) if trend == "peak" else min(means))


def compare_by(quantity: str, a: Configuration, b: Configuration) -> Comparison:
    """Compare two configurations by a quantity: ``lower`` if the data show that ``a`` has the lower value."""
    return compare(measure(quantity, a), measure(quantity, b))


def find_ties(configurations: Sequence[Configuration], quantity: str | None = None) -> list[Configuration]:
    """Return the configuration with the best value, by default of FID, and all that are not told apart from it.

    Configurations without a value are left out.
    """
    quantity = quantity or choose_fid(configurations)
    best, better = find_best(configurations, quantity), QUANTITIES[quantity].better
    scored = [c for c in configurations if is_measured(quantity, [c])]
    return [c for c in scored if c is best or compare_by(quantity, best, c) != better]


def leaves_out_zero(change: Estimate) -> bool:
    """Return True if a change has a confidence interval and the interval excludes 0."""
    return change.half_width is not None and abs(change.mean) > change.half_width


def find_best(configurations: Sequence[Configuration], quantity: str | None = None) -> Configuration:
    """Return the configuration with the best mean, by default of FID; the first one if none has a value."""
    name = quantity or choose_fid(configurations)
    return min(configurations, key=lambda c: _rank(name, c, math.inf))


def find_worst(configurations: Sequence[Configuration], quantity: str | None = None) -> Configuration:
    """Return the configuration with the worst mean, by default of FID; the first one if none has a value."""
    name = quantity or choose_fid(configurations)
    return max(configurations, key=lambda c: _rank(name, c, -math.inf))


def _rank(quantity: str, configuration: Configuration, missing: float) -> float:
    """Return a sort key, lower for a better mean of a quantity; ``missing`` if there is no value."""
    better, mean = QUANTITIES[quantity].better, measure(quantity, configuration).mean
    assert better is not None, f"no value of {quantity} is better than another"
    return missing if math.isnan(mean) else mean if better == "lower" else -mean


def estimate_difference(a: Estimate, b: Estimate) -> Estimate:
    """Estimate ``a - b`` with Welch's confidence interval, from the standard errors of both.

    Degrees of freedom are those of Welch and Satterthwaite. There is no interval if neither has a standard error.
    """
    over, error = find_over(a, b), math.hypot(a.error or 0, b.error or 0)
    difference = a.mean - b.mean
    if not error:
        return Estimate(difference, None, None, (difference,), over)
    shares = [((e.error or 0) / error) ** 2 for e in (a, b)]
    per_degree = sum(share**2 / e.degrees for share, e in zip(shares, (a, b), strict=True) if share)
    degrees = 1 / per_degree if per_degree else math.inf  # Welch and Satterthwaite
    return Estimate(difference, find_quantile(degrees) * error, error, (difference,), over, degrees)


@dataclass(frozen=True)
class Equilibrium:
    """The end of a GAN's training, held against the equilibrium D = 1/2.

    ``d_x`` and ``d_g_z`` are means over the last fifth of training of D(x) and of D(G(z)) before the update of D.
    ``verdict`` is ``near`` if both are within ``EQUILIBRIUM_TOLERANCE`` of 1/2, ``discriminator`` if not and D(x) is
    above D(G(z)), and ``other`` for the rest.
    """

    d_x: Estimate
    d_g_z: Estimate
    verdict: Literal["near", "discriminator", "other"]


def judge_equilibrium(configuration: Configuration) -> Equilibrium:
    """Judge the distance of a GAN from the equilibrium D = 1/2 at the end of training."""
    d_x, d_g_z = measure("D_x", configuration), measure("D_G_z1", configuration)
    is_near = abs(d_x.mean - 0.5) <= EQUILIBRIUM_TOLERANCE and abs(d_g_z.mean - 0.5) <= EQUILIBRIUM_TOLERANCE
    return Equilibrium(d_x, d_g_z, "near" if is_near else "discriminator" if d_x.mean > d_g_z.mean else "other")


@dataclass(frozen=True)
class DigitCounts:
    """Digits that the classifier reads in samples: the few that the homework asks to count, and all.

    ``counted`` has one character per sample of the homework, ``?`` if it is not read. ``counts`` and ``all_counts``
    [11] are the counts of digits 0 to 9 and of unread samples, among the homework's samples and among all.
    ``class_shares`` [10] are the shares of the training classes. ``p_value`` is that of a chi-square test of the digits
    in all samples against these shares, ``counted_p_value`` that of a Monte Carlo test of the homework's samples, too
    few for the chi-square distribution. ``missing`` are the digits never read in any sample, ``entropy_bits`` is the
    entropy of the digits read in all samples (at most log2 10 = 3.32). Values that need a read sample are NaN without
    one.
    """

    counted: str
    counts: tuple[int, ...]
    all_counts: tuple[int, ...]
    class_shares: tuple[float, ...]
    p_value: float
    missing: tuple[int, ...]
    counted_p_value: float
    entropy_bits: float

    @property
    def num_counted(self) -> int:
        """The number of samples that the homework counts."""
        return len(self.counted)

    @property
    def num_all(self) -> int:
        """The number of all samples."""
        return sum(self.all_counts)

    @property
    def absent_among_counted(self) -> tuple[int, ...]:
        """The digits that are read in none of the homework's samples, ascending."""
        return tuple(digit for digit in range(10) if self.counts[digit] == 0)

    @property
    def verdict(self) -> Literal["missing", "uneven", "even"]:
        """The variety of digits in all samples.

        ``missing`` if a digit is never read; otherwise ``uneven`` if the chi-square test is significant, or ``even``.
        """
        if self.missing:
            return "missing"
        return "uneven" if self.p_value < SIGNIFICANCE else "even"


def count_digits(configuration: Configuration) -> DigitCounts:
    """Count and test the digits that the classifier reads in the samples of a configuration's first seed."""
    evaluation = configuration.first.evaluation
    counted, all_counts = evaluation.digits.counted, evaluation.digits.all_counts
    classes = np.array(evaluation.dataset.class_counts, dtype=float)
    shares = classes / classes.sum()
    read = np.array(all_counts[:10], dtype=float)
    expected = shares * read.sum()
    p_value = special.chdtrc(9, np.sum((read - expected) ** 2 / expected)) if read.sum() else float("nan")
    counts = tuple(counted.count(character) for character in "0123456789?")
    return DigitCounts(
        counted,
        counts,
        all_counts,
        tuple(shares.tolist()),
        float(p_value),
        tuple(digit for digit in range(10) if all_counts[digit] == 0),
        simulate_p_value(np.array(counts[:10]), shares),
        float(special.entr(read / read.sum()).sum() / math.log(2)) if read.sum() else float("nan"),
    )


def simulate_p_value(counts: np.ndarray, shares: np.ndarray, num_simulations: int = 20_000) -> float:
    """Return the Monte Carlo p value of a chi-square test of counts against the shares of their classes.

    It is the share of multinomial draws, from a fixed seed, whose statistic is at least that of ``counts``, with the
    counts themselves among the draws so that it is above 0.

    Args:
        counts: int [K], the counts of K classes.
        shares: float [K], their expected shares, which add up to 1.

    Returns:
        A p value in (0, 1]; NaN if nothing was counted.
    """
    total = int(counts.sum())
    if not total:
        return float("nan")
    expected = total * shares
    draws = np.random.default_rng(0).multinomial(total, shares, size=num_simulations)
    statistics = (np.square(draws - expected) / expected).sum(axis=1)
    observed = (np.square(counts - expected) / expected).sum()
    return float((1 + (statistics >= observed - 1e-9).sum()) / (num_simulations + 1))


@dataclass(frozen=True)
class Memorisation:
    """Shares of samples and of dev images that are copies of training images.

    ``num`` samples and ``dev_num`` dev images were looked at. The ``median`` distances to the nearest training image
    are Euclidean, with pixels in [0, 1].
    """

    samples: Estimate
    dev: Estimate
    num: int
    dev_num: int
    median: float
    dev_median: float

    @property
    def verdict(self) -> Literal["copies", "new"]:
        """The samples' novelty: ``copies`` if more of them are copies than of dev images, otherwise ``new``."""
        return "copies" if compare(self.samples, self.dev) == "higher" else "new"


def judge_memorisation(configuration: Configuration) -> Memorisation:
    """Compare the samples of a configuration's first seed with training images, and dev images with them."""
    found = configuration.first.evaluation.memorisation
    first = configuration.first_seed
    return Memorisation(
        measure("copies", first),
        first.dev_copies,
        found.samples.num,
        found.dev.num,
        found.samples.median,
        found.dev.median,
    )


@dataclass(frozen=True)
class InterpolationReading:
    """Digits that the classifier reads in images between and beyond pairs of latents.

    ``ends``, ``inside``, ``outside`` and ``spherical`` (on the great circle) describe the strips of images in the
    report, one string per strip and one character per image. Measurements rest on ``num_pairs`` random pairs of
    latents, each with ``num_points`` images from end to end and ``num_outside`` images beyond the ends.
    """

    ends: tuple[str, ...]
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    spherical: tuple[str, ...]
    num_pairs: int
    num_points: int
    num_outside: int


def read_interpolation(configuration: Configuration) -> InterpolationReading:
    """Return the digits read along the interpolation strips of a configuration's first seed."""
    record = configuration.first.evaluation.interpolation
    pairs, points = record.random_pairs, len(record.inside) // len(record.ends)
    inside, outside, spherical = (
        tuple(_split_every(text, points)) for text in (record.inside, record.outside, record.spherical)
    )
    numbers = pairs.num_pairs, pairs.num_points, pairs.num_outside
    return InterpolationReading(record.ends, inside, outside, spherical, *numbers)


def _split_every(text: str, length: int) -> list[str]:
    """Split a text into pieces of a length; the last may be shorter."""
    return [text[start : start + length] for start in range(0, len(text), length)]


@dataclass(frozen=True)
class Evolution:
    """Numbers of samples, drawn from one fixed noise during training, that are read as digits.

    ``counts`` maps a training step to the number read out of ``num``. Between the first and the last of these steps,
    ``num_lost`` samples become unreadable and ``num_gained`` readable.
    """

    counts: Mapping[int, int]
    num: int
    num_lost: int
    num_gained: int

    @property
    def p_value(self) -> float:
        """The p value of McNemar's exact test; samples of the first and the last step are paired by latent."""
        return compare_pairs(self.num_lost, self.num_gained)

    @property
    def verdict(self) -> Literal["rises", "falls", "open", "equal"]:
        """The change of the number read from first to last step; ``open`` if it is not significant."""
        first, last = self.counts[min(self.counts)], self.counts[max(self.counts)]
        if first == last:
            return "equal"
        if self.p_value >= SIGNIFICANCE:
            return "open"
        return "rises" if last > first else "falls"


def read_evolution(configuration: Configuration) -> Evolution:
    """Count the readable samples of a configuration's first seed at each recorded step."""
    texts = configuration.first.evaluation.evolution
    first, last = texts[min(texts)], texts[max(texts)]
    pairs = [(a != "?", b != "?") for a, b in zip(first, last, strict=True)]
    counts = {step: sum(character != "?" for character in text) for step, text in sorted(texts.items())}
    return Evolution(counts, len(first), pairs.count((True, False)), pairs.count((False, True)))


def compare_pairs(num_lost: int, num_gained: int) -> float:
    """Return the two-sided p value of McNemar's exact test, in [0, 1].

    It is the probability that chance alone splits the changes of a paired binary property at least this unevenly; 1 if
    nothing changed.
    """
    changed = num_lost + num_gained
    return min(1.0, 2 * float(special.bdtr(min(num_lost, num_gained), changed, 0.5))) if changed else 1.0
