"""Comparisons, trends and verdicts, each as a value by which a sentence can be chosen."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from reportgen.paper.analysis.effects import SHOWN, Effect, Outcome, compare, find_change, find_steps
from reportgen.paper.analysis.estimates import Estimate
from reportgen.paper.analysis.families import PowerLaw, find_not_worse, find_order_p_value, fit_power_law
from reportgen.paper.analysis.measuring import choose_fid, is_measured, measure
from reportgen.paper.analysis.quantities import QUANTITIES
from reportgen.paper.analysis.results import Configuration
from reportgen.paper.analysis.seed_model import find_t

Monotonic = Literal["falling", "rising", "falling_overall", "rising_overall"]
Trend = Literal[Monotonic, "valley", "peak", "mixed", "alike", "flat"]
"""The shape of a quantity over a dimension; ``Sweep.trend`` defines the words."""

EQUILIBRIUM_TOLERANCE = 0.1
"""The largest distance from 1/2 of D(x) and D(G(z)) that counts as consistent with the equilibrium.

Both are means over the last fifth of training.
"""

SIGNIFICANCE = 0.05
"""The level below which a p value counts as significant."""


@dataclass(frozen=True)
class Sweep:
    """A quantity over a dimension.

    ``estimates`` are in ascending order of the dimension. ``whole`` is the last one over the first, ``steps`` each one
    over the one before, judged together. ``order`` is the probability of an order at least as monotone by chance,
    one-sided; ``power`` the power law through the values of a quantity on the logarithmic scale, None for fewer than
    three settings.
    """

    positions: Sequence[int]
    estimates: Sequence[Estimate]
    whole: Effect
    steps: Sequence[Effect]
    order: float
    power: PowerLaw | None

    @property
    def trend(self) -> Trend:
        """The shape in a word.

        ``falling`` or ``rising`` if every step is shown in that direction; ``falling_overall`` or ``rising_overall`` if
        the ends are told apart and no step against them is shown; ``valley`` or ``peak`` if there is one turn, told
        apart from both ends; ``mixed`` for any other shape with a step that is shown; ``alike`` if the ends are alike
        and no step is shown, ``flat`` if they are neither alike nor told apart.
        """
        moves = [DIRECTIONS[step.outcome] for step in self.steps if step.outcome in SHOWN]
        turns = sum(a != b for a, b in itertools.pairwise(moves))
        if turns > 1:
            return "mixed"
        return self._name_turn(moves[0]) if turns else self._name_monotonic(moves)

    def _name_monotonic(self, moves: Sequence[int]) -> Trend:
        whole = DIRECTIONS.get(self.whole.outcome, 0)
        direction = moves[0] if moves else whole
        if not direction:
            return "alike" if self.whole.outcome == "alike" else "flat"
        if len(moves) == len(self.steps):
            return "falling" if direction < 0 else "rising"
        if whole != direction:
            return "mixed"
        return "falling_overall" if direction < 0 else "rising_overall"

    def _name_turn(self, direction: int) -> Trend:
        kind: Trend = "valley" if direction < 0 else "peak"
        turn = self.estimates[find_turn(self.estimates, kind)]
        ends = {DIRECTIONS.get(compare(turn, self.estimates[end]), 0) for end in (0, -1)}
        return kind if ends == {direction} else "mixed"

    @property
    def shown_steps(self) -> list[tuple[int, int]]:
        """The neighbouring settings between which a step in the direction of the whole is shown."""
        pairs = zip(itertools.pairwise(self.positions), self.steps, strict=True)
        return [pair for pair, step in pairs if step.outcome == self.whole.outcome in SHOWN]


DIRECTIONS: Mapping[Outcome, int] = {"lower": -1, "higher": 1}
"""Outcomes of a later value against an earlier one -> sign of the change."""


def read_sweep(quantity: str, configurations: Sequence[Configuration], field: str) -> Sweep | None:
    """Judge a quantity over a dimension, in ascending order of it; missing values are skipped.

    None for fewer than two values, or if nothing is known of how far seeds differ.
    """
    known = [c for c in configurations if is_measured(quantity, [c])]
    estimates, positions = [measure(quantity, c) for c in known], [getattr(c.settings, field) for c in known]
    steps, whole = find_steps(estimates), find_change(estimates[-1], estimates[0]) if len(known) > 1 else None
    if steps is None or whole is None:
        return None
    seeds = [level.seeds for e in estimates if (level := e.level) is not None]
    power = fit_power_law(positions, seeds) if whole.scale == "log" and min(positions) > 0 else None
    order = find_order_p_value([estimate.mean for estimate in estimates])
    return Sweep(positions, estimates, whole, steps, order, power)


def find_turn(estimates: Sequence[Estimate], trend: Trend) -> int:
    """Return the index of the extreme that a trend turns at: the highest mean of a peak, the lowest otherwise."""
    means = [estimate.mean for estimate in estimates]
    return means.index(max(means) if trend == "peak" else min(means))


def compare_by(quantity: str, a: Configuration, b: Configuration) -> Outcome:
    """Compare two configurations by a quantity: ``lower`` if the data show that ``a`` has the lower value."""
    return compare(measure(quantity, a), measure(quantity, b))


def find_ties(configurations: Sequence[Configuration], quantity: str | None = None) -> list[Configuration]:
    """Return the configurations that the data do not show to be worse than the best one, by default by FID.

    The best one is among them. Those without a value are left out; where nothing is known of how far seeds differ, none
    is shown to be worse.
    """
    quantity = quantity or choose_fid(configurations)
    scored = [c for c in configurations if is_measured(quantity, [c])]
    levels = [level for c in scored if (level := measure(quantity, c).level) is not None]
    if len(levels) < len(scored):
        return scored
    is_lower_better = QUANTITIES[quantity].better == "lower"
    return [scored[i] for i in find_not_worse([level.seeds for level in levels], is_lower_better=is_lower_better)]


def leaves_out_zero(change: Estimate) -> bool:
    """Return True if a change has a confidence interval and the interval excludes 0."""
    return change.interval is not None and (change.interval[0] > 0 or change.interval[1] < 0)


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
    few for the chi-square distribution. ``missing`` are the digits never read in any sample. p values are NaN if no
    sample is read.
    """

    counted: str
    counts: tuple[int, ...]
    all_counts: tuple[int, ...]
    class_shares: tuple[float, ...]
    p_value: float
    missing: tuple[int, ...]
    counted_p_value: float

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
    )


@dataclass(frozen=True)
class Preference:
    """The digit that is read most in excess of its share of the training images.

    ``share`` is its share of all samples, those that read as no digit among them, ``expected`` that of the training
    images. ``p_value`` is the binomial one of so many or more, for ten digits looked at (Bonferroni).
    """

    digit: int
    share: float
    expected: float
    p_value: float

    @property
    def is_shown(self) -> bool:
        """True if the digit comes too often even if no unread sample shows it."""
        return self.p_value < SIGNIFICANCE


def find_preference(digits: DigitCounts) -> Preference:
    """Find the digit whose excess over its share of the training images is the most significant."""
    counts, shares = digits.all_counts[:10], digits.class_shares
    p_values = [float(special.bdtrc(counts[d] - 1, digits.num_all, shares[d])) for d in range(10)]
    digit = int(np.argmin(p_values))
    return Preference(digit, counts[digit] / digits.num_all, shares[digit], min(1.0, 10 * p_values[digit]))


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
        """The samples' novelty: ``copies`` if their share is shown to be above that of dev images, otherwise ``new``.

        Both are of one training, so the errors of both shares decide, and other seeds do not matter.
        """
        error = math.hypot(self.samples.error or 0, self.dev.error or 0)
        return "copies" if self.samples.mean - self.dev.mean > find_t(math.inf) * error else "new"


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
    """Numbers of samples, drawn from fixed noise during training, that are read as digits.

    ``counts`` maps a training step to the number read out of ``num``. Between the first and the last of these steps,
    ``num_lost`` samples become unreadable and ``num_gained`` readable. Of the ``num_lasting`` samples read at both of
    the last two steps, ``num_kept`` are the same digit at both.
    """

    counts: Mapping[int, int]
    num: int
    num_lost: int
    num_gained: int
    num_lasting: int
    num_kept: int

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
    recorded = dict(sorted(configuration.first.evaluation.evolution.items()))
    texts = list(recorded.values())
    pairs = [(a != "?", b != "?") for a, b in zip(texts[0], texts[-1], strict=True)]
    lasting = [a == b for a, b in zip(*texts[-2:], strict=True) if "?" not in (a, b)] if len(texts) > 1 else []
    counts = {step: sum(character != "?" for character in text) for step, text in recorded.items()}
    lost, gained = pairs.count((True, False)), pairs.count((False, True))
    return Evolution(counts, len(texts[0]), lost, gained, len(lasting), sum(lasting))


def pool_evolutions(evolutions: Sequence[Evolution]) -> Evolution | None:
    """Add up the evolutions of several trainings; None unless all have images of the same steps."""
    steps = evolutions[0].counts.keys()
    if any(evolution.counts.keys() != steps for evolution in evolutions):
        return None
    return Evolution(
        {step: sum(evolution.counts[step] for evolution in evolutions) for step in steps},
        sum(evolution.num for evolution in evolutions),
        sum(evolution.num_lost for evolution in evolutions),
        sum(evolution.num_gained for evolution in evolutions),
        sum(evolution.num_lasting for evolution in evolutions),
        sum(evolution.num_kept for evolution in evolutions),
    )


def compare_pairs(num_lost: int, num_gained: int) -> float:
    """Return the two-sided p value of McNemar's exact test, in [0, 1].

    It is the probability that chance alone splits the changes of a paired binary property at least this unevenly; 1 if
    nothing changed.
    """
    changed = num_lost + num_gained
    return min(1.0, 2 * float(special.bdtr(min(num_lost, num_gained), changed, 0.5))) if changed else 1.0
