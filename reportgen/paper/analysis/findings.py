"""What the data show: comparisons, trends and verdicts, each a value that a sentence can be chosen by."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special

from reportgen.paper.analysis.estimates import CONFIDENCE, NO_RULE, Estimate, Over, find_quantile
from reportgen.paper.analysis.quantities import QUANTITIES, is_measured, measure
from reportgen.paper.analysis.results import Configuration

Trend = Literal["falling", "rising", "falling_overall", "rising_overall", "valley", "peak", "mixed", "flat", "unknown"]
Comparison = Literal["lower", "higher", "undecided", "equal", "unknown"]

EQUILIBRIUM_TOLERANCE = 0.1
"""D(x) and D(G(z)) within this of 1/2 over the last fifth of training count as consistent with the equilibrium."""

SIGNIFICANCE = 0.05


def compare(a: Estimate, b: Estimate) -> Comparison:
    """Whether ``a`` lies below ``b``, as far as the data can tell.

    They are told apart where the interval of their difference leaves out 0: Welch's test over seeds where both have
    several. Else the two single values, by their standard errors within the runs, unless their seeds alone may make
    such a difference (``SeedRule``). Of values with neither errors nor a rule nothing is known.
    """
    difference = estimate_difference(a, b)
    if math.isnan(difference.mean):
        return "unknown"
    if difference.mean == 0:
        return "equal"
    is_bare = find_over(a, b) == "nothing" and NO_RULE in (a.rule, b.rule)
    if is_bare or not _is_difference(difference) or is_within_seeds(a, b):
        return "undecided"
    return "lower" if difference.mean < 0 else "higher"


def is_within_seeds(a: Estimate, b: Estimate) -> bool:
    """Whether two values, not both over several seeds, are no further apart than their seeds may put them."""
    low, high = sorted([a.mean, b.mean])
    return find_over(a, b) != "seeds" and any(estimate.rule.covers(low, high) for estimate in (a, b))


def stand_out(low: Estimate, high: Estimate, num: int) -> bool:
    """Whether two are told apart that were picked as the lowest and the highest of ``num``.

    The level is shared among all pairs that might have been picked (Bonferroni).
    """
    difference = estimate_difference(low, high)
    confidence = 1 - (1 - CONFIDENCE) / math.comb(num, 2)
    return abs(difference.mean) > find_quantile(difference.degrees, confidence) * (difference.error or 0)


def find_basis(*estimates: Estimate) -> Over | Literal["seed_rule"]:
    """What comparisons among these rest on: ``find_over``, or the rule for seeds where it decides."""
    over = find_over(*estimates)
    near = [estimate_difference(*pair) for pair in itertools.combinations(estimates, 2) if is_within_seeds(*pair)]
    decides = any(map(_is_difference, near)) or all(e.error is None and e.rule != NO_RULE for e in estimates)
    return "seed_rule" if over != "seeds" and decides else over


def _is_difference(change: Estimate) -> bool:
    """Whether the interval leaves out 0; of a change without an interval, whether it is one at all."""
    return abs(change.mean) > (change.half_width or 0)


def find_over(*estimates: Estimate) -> Over:
    """What a comparison of these rests on: seeds only where all have several, nothing where one has no interval."""
    if all(estimate.num_seeds > 1 for estimate in estimates):
        return "seeds"
    if any(estimate.error is None for estimate in estimates):
        return "nothing"
    return next(estimate.over for estimate in estimates if estimate.over != "seeds")


def classify_trend(estimates: Sequence[Estimate]) -> Trend:
    """How values run over a dimension; a step that the data cannot show counts as level.

    ``falling`` and ``rising`` at every step; ``.._overall`` with level steps in between, or where only the ends can be
    told apart; ``valley`` and ``peak`` with one turn, from which both ends can be told apart; ``flat`` where nothing
    can be told apart.
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
        return _name_run(steps, moves, whole)
    turn = find_turn(values, "valley" if moves[0] < 0 else "peak")
    is_turn = turns == 1 and {signs.get(compare(values[turn], values[end]), 0) for end in (0, -1)} == {-moves[0]}
    if not is_turn:
        return "mixed"
    return "valley" if moves[0] < 0 else "peak"


def _name_run(steps: Sequence[int], moves: Sequence[int], whole: int) -> Trend:
    direction = moves[0] if moves else whole
    if not direction:
        return "flat"
    if len(moves) == len(steps):
        return "falling" if direction < 0 else "rising"
    if whole != direction:
        return "mixed"
    return "falling_overall" if direction < 0 else "rising_overall"


def find_turn(estimates: Sequence[Estimate], trend: Trend) -> int:
    """The place of the lowest value, of the highest for a peak."""
    means = [estimate.mean for estimate in estimates]
    return means.index(max(means) if trend == "peak" else min(means))


def compare_by(quantity: str, a: Configuration, b: Configuration) -> Comparison:
    """Return whether configuration ``a`` has the lower value of a quantity."""
    return compare(measure(quantity, a), measure(quantity, b))


def find_ties(configurations: Sequence[Configuration], quantity: str = "fid_classifier") -> list[Configuration]:
    """Return the configuration with the best value, and those that the intervals cannot tell from it."""
    best, better = find_best(configurations, quantity), QUANTITIES[quantity].better
    scored = [c for c in configurations if is_measured(quantity, [c])]
    return [c for c in scored if c is best or compare_by(quantity, best, c) != better]


def leaves_out_zero(change: Estimate) -> bool:
    """Whether the interval of a change says that there is one."""
    return change.half_width is not None and abs(change.mean) > change.half_width


def find_best(configurations: Sequence[Configuration], quantity: str = "fid_classifier") -> Configuration:
    """Return the configuration with the best mean, the first one if none has a value."""
    return min(configurations, key=lambda c: _rank(quantity, c, math.inf))


def find_worst(configurations: Sequence[Configuration], quantity: str = "fid_classifier") -> Configuration:
    """Return the configuration with the worst mean, the first one if none has a value."""
    return max(configurations, key=lambda c: _rank(quantity, c, -math.inf))


def _rank(quantity: str, configuration: Configuration, missing: float) -> float:
    """Return a number that is lower for a better value, ``missing`` where there is none."""
    better, mean = QUANTITIES[quantity].better, measure(quantity, configuration).mean
    assert better is not None, f"no value of {quantity} is better than another"
    return missing if math.isnan(mean) else mean if better == "lower" else -mean


def estimate_difference(a: Estimate, b: Estimate) -> Estimate:
    """``a`` less ``b`` with the interval that ``compare`` rests on: Welch's, from the standard errors of both."""
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
    """The end of a GAN's training against D* = 1/2.

    ``d_x`` and ``d_g_z`` are the means of D(x) and, before D's update, D(G(z)) over the last fifth. ``verdict``:
    ``near`` where both are within the tolerance of 1/2; ``discriminator`` where D tells them apart (D(x) above D(G(z))
    and one of them out of tolerance); ``other`` for the rest.
    """

    d_x: Estimate
    d_g_z: Estimate
    verdict: Literal["near", "discriminator", "other"]


def judge_equilibrium(configuration: Configuration) -> Equilibrium:
    """Judge how near a GAN ends to the equilibrium."""
    d_x, d_g_z = measure("D_x", configuration), measure("D_G_z1", configuration)
    is_near = abs(d_x.mean - 0.5) <= EQUILIBRIUM_TOLERANCE and abs(d_g_z.mean - 0.5) <= EQUILIBRIUM_TOLERANCE
    return Equilibrium(d_x, d_g_z, "near" if is_near else "discriminator" if d_x.mean > d_g_z.mean else "other")


@dataclass(frozen=True)
class DigitCounts:
    """How often each digit was read.

    ``counted`` is the string of the homework's samples, ``counts`` its eleven counts (0 to 9, then "?"); ``all_counts``
    the same over all samples; ``p_value`` that of a chi-square test of the read ones among them against the training
    classes; ``missing`` the digits that are never read among all samples; ``counted_p_value`` the Monte Carlo p of the
    same test on the homework's samples, too few for the chi-square distribution; ``entropy_bits`` that of the read
    digits among all samples (log2 10 = 3.32 if all are equally frequent).
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
        return len(self.counted)

    @property
    def num_all(self) -> int:
        return sum(self.all_counts)

    @property
    def absent_among_counted(self) -> tuple[int, ...]:
        return tuple(digit for digit in range(10) if self.counts[digit] == 0)

    @property
    def verdict(self) -> Literal["missing", "uneven", "even"]:
        if self.missing:
            return "missing"
        return "uneven" if self.p_value < SIGNIFICANCE else "even"


def count_digits(configuration: Configuration) -> DigitCounts:
    """The digit counts of a configuration's first seed."""
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
    """The share of multinomial draws whose chi-square statistic is at least as large as that of ``counts``."""
    total = int(counts.sum())
    if not total:
        return float("nan")
    expected = total * shares
    draws = np.random.default_rng(0).multinomial(total, shares, size=num_simulations)
    statistics = (np.square(draws - expected) / expected).sum(axis=1)
    observed = (np.square(counts - expected) / expected).sum()
    return float((1 + (statistics >= observed - 1e-9).sum()) / (num_simulations + 1))


COPY_RATIO = 0.5
"""Samples nearer to the training images than this share of the dev images' distance are called copies."""


@dataclass(frozen=True)
class Memorisation:
    """Median distances to the nearest training image, of samples and of dev images; ``ratio`` is their quotient."""

    samples: float
    dev: float

    @property
    def ratio(self) -> float:
        return self.samples / self.dev if self.dev else float("nan")

    @property
    def verdict(self) -> Literal["copies", "new"]:
        return "copies" if self.ratio < COPY_RATIO else "new"


def judge_memorisation(configuration: Configuration) -> Memorisation:
    """The distances of a configuration's first seed."""
    distances = configuration.first.evaluation.memorisation
    return Memorisation(distances.samples, distances.dev)


@dataclass(frozen=True)
class InterpolationReading:
    """What the classifier reads between latents and beyond them.

    ``ends``, ``inside`` and ``outside`` are of the strips that are shown, a character per image. ``num_pairs`` random
    pairs of latents were measured, each at ``num_points`` points from end to end and ``num_outside`` beyond the ends.
    """

    ends: tuple[str, ...]
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    num_pairs: int
    num_points: int
    num_outside: int


def read_interpolation(configuration: Configuration) -> InterpolationReading:
    """The readings of a configuration's first seed."""
    record = configuration.first.evaluation.interpolation
    pairs, points = record.random_pairs, len(record.inside) // len(record.ends)
    inside, outside = (tuple(_cut(text, points)) for text in (record.inside, record.outside))
    numbers = pairs.num_pairs, pairs.num_points, pairs.num_outside
    return InterpolationReading(record.ends, inside, outside, *numbers)


def _cut(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]


@dataclass(frozen=True)
class Evolution:
    """How many samples from the same noise are read as digits at the steps where training drew them.

    From the first of these steps to the last, ``num_lost`` become unreadable and ``num_gained`` readable.
    """

    counts: Mapping[int, int]
    num: int
    num_lost: int
    num_gained: int

    @property
    def p_value(self) -> float:
        """That of McNemar's exact test, the same latents being paired."""
        return compare_pairs(self.num_lost, self.num_gained)

    @property
    def verdict(self) -> Literal["rises", "falls", "open", "equal"]:
        first, last = self.counts[min(self.counts)], self.counts[max(self.counts)]
        if first == last:
            return "equal"
        if self.p_value >= SIGNIFICANCE:
            return "open"
        return "rises" if last > first else "falls"


def read_evolution(configuration: Configuration) -> Evolution:
    """The readings of a configuration's first seed, by step."""
    texts = configuration.first.evaluation.evolution
    first, last = texts[min(texts)], texts[max(texts)]
    pairs = [(a != "?", b != "?") for a, b in zip(first, last, strict=True)]
    counts = {step: sum(character != "?" for character in text) for step, text in sorted(texts.items())}
    return Evolution(counts, len(first), pairs.count((True, False)), pairs.count((False, True)))


def compare_pairs(num_lost: int, num_gained: int) -> float:
    """McNemar's exact p value: how likely the changes of a paired property are split at least so unevenly by chance."""
    changed = num_lost + num_gained
    return min(1.0, 2 * float(special.bdtr(min(num_lost, num_gained), changed, 0.5))) if changed else 1.0
