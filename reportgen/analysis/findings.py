"""What the data show: comparisons, trends and verdicts, each a value that a sentence can be chosen by."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from reportgen.analysis.results import CLASSIFIER, Configuration, Estimate

Trend = Literal["falling", "rising", "valley", "peak", "mixed"]
Comparison = Literal["lower", "higher", "undecided", "lower_one_seed", "higher_one_seed", "undecided_one_seed", "equal"]

EQUILIBRIUM_TOLERANCE = 0.1
"""D(x) and D(G(z)) within this of 1/2 over the last fifth of training count as consistent with the equilibrium."""

SIGNIFICANCE = 0.05


def classify_trend(values: Sequence[float]) -> Trend:
    """How at least two values run: strictly down, strictly up, down then up, up then down, or none of these."""
    signs = [int(np.sign(b - a)) for a, b in itertools.pairwise(values)]
    if all(sign < 0 for sign in signs):
        return "falling"
    if all(sign > 0 for sign in signs):
        return "rising"
    changes = sum(a != b for a, b in itertools.pairwise(signs))
    if 0 in signs or changes != 1:
        return "mixed"
    return "valley" if signs[0] < 0 else "peak"


def compare(a: Estimate, b: Estimate, values_a: Sequence[float], values_b: Sequence[float]) -> Comparison:
    """Whether ``a`` lies below ``b``.

    Welch's t test over seeds where both have several. Else the two single values, told apart if they differ by more
    than 1.96 of their joint standard errors over samples; what other seeds would give, this cannot say.
    """
    if a.mean == b.mean:
        return "equal"
    is_lower = a.mean < b.mean
    if a.num_seeds < 2 or b.num_seeds < 2:
        joint_error = float(np.hypot(a.error or 0.0, b.error or 0.0))
        if not abs(a.mean - b.mean) > stats.norm.ppf(1 - SIGNIFICANCE / 2) * joint_error:
            return "undecided_one_seed"
        return "lower_one_seed" if is_lower else "higher_one_seed"
    if stats.ttest_ind(values_a, values_b, equal_var=False).pvalue >= SIGNIFICANCE:
        return "undecided"
    return "lower" if is_lower else "higher"


def compare_fid(a: Configuration, b: Configuration, detector: str = CLASSIFIER) -> Comparison:
    """Whether configuration ``a`` has the lower FID."""
    values_a, values_b = a.score_values("fid", detector), b.score_values("fid", detector)
    return compare(a.score("fid", detector), b.score("fid", detector), values_a, values_b)


def find_ties(configurations: Sequence[Configuration], detector: str = CLASSIFIER) -> list[Configuration]:
    """The configuration with the lowest FID, and those that the intervals cannot tell from it."""
    best = find_best(configurations, detector)
    scored = [c for c in configurations if np.isfinite(c.score("fid", detector).mean)]
    return [c for c in scored if c is best or not compare_fid(best, c, detector).startswith("lower")]


def find_best(configurations: Sequence[Configuration], detector: str = CLASSIFIER) -> Configuration:
    """The one with the lowest mean FID; one that could not be scored comes last."""
    return min(configurations, key=lambda c: np.nan_to_num(c.score("fid", detector).mean, nan=np.inf))


def find_worst(configurations: Sequence[Configuration], detector: str = CLASSIFIER) -> Configuration:
    """The one with the highest mean FID."""
    return max(configurations, key=lambda c: np.nan_to_num(c.score("fid", detector).mean, nan=-np.inf))


@dataclass(frozen=True)
class Equilibrium:
    """The end of a GAN's training against D* = 1/2.

    ``slope_x`` and ``slope_g`` are the changes of D(x) and D(G(z)) per 1,000 steps. ``verdict``: ``near`` where both
    are within the tolerance of 1/2; ``discriminator`` where D tells them apart (D(x) above D(G(z)) and one of them out
    of tolerance); ``other`` for the rest.
    """

    d_x: Estimate
    d_g_z: Estimate
    discriminator_loss: Estimate
    spread: Estimate
    slope_x: Estimate
    slope_g: Estimate
    verdict: Literal["near", "discriminator", "other"]


def judge_equilibrium(configuration: Configuration) -> Equilibrium:
    """Means over the last fifth of training; ``spread`` is the standard deviation of D(G(z)) before D's update."""
    d_x, d_g_z = configuration.tail("D_x"), configuration.tail("D_G_z1")
    is_near = abs(d_x.mean - 0.5) <= EQUILIBRIUM_TOLERANCE and abs(d_g_z.mean - 0.5) <= EQUILIBRIUM_TOLERANCE
    verdict: Literal["near", "discriminator", "other"] = (
        "near" if is_near else "discriminator" if d_x.mean > d_g_z.mean else "other"
    )
    return Equilibrium(
        d_x,
        d_g_z,
        configuration.tail("discriminator_loss"),
        configuration.tail_spread("D_G_z1"),
        configuration.tail_slope("D_x"),
        configuration.tail_slope("D_G_z1"),
        verdict,
    )


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
    counted, all_counts = evaluation["digits"]["counted"], tuple(evaluation["digits"]["all_counts"])
    classes = np.array(evaluation["dataset"]["class_counts"], dtype=float)
    shares = classes / classes.sum()
    read = np.array(all_counts[:10], dtype=float)
    p_value = float(stats.chisquare(read, shares * read.sum()).pvalue) if read.sum() else float("nan")
    counts = tuple(counted.count(character) for character in "0123456789?")
    return DigitCounts(
        counted,
        counts,
        all_counts,
        tuple(shares.tolist()),
        p_value,
        tuple(digit for digit in range(10) if all_counts[digit] == 0),
        simulate_p_value(np.array(counts[:10]), shares),
        float(stats.entropy(read, base=2)) if read.sum() else float("nan"),
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
    return Memorisation(**configuration.first.evaluation["memorisation"])


@dataclass(frozen=True)
class InterpolationReading:
    """What the classifier reads along the strips: shares in [0, 1], over all images but the chosen ends."""

    ends: tuple[str, ...]
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    read_inside: float
    read_outside: float


def read_interpolation(configuration: Configuration) -> InterpolationReading:
    """The readings of a configuration's first seed."""
    record = configuration.first.evaluation["interpolation"]
    ends = tuple(record["ends"])
    points = len(record["inside"]) // len(ends)
    inside = tuple(_cut(record["inside"], points))
    outside = tuple(_cut(record["outside"], points))
    low, high = record["outside_range"]
    positions = np.linspace(low, high, points)
    beyond = [strip[i] for strip in outside for i in range(points) if not 0 <= positions[i] <= 1]
    return InterpolationReading(
        ends, inside, outside, _read_share("".join(strip[1:-1] for strip in inside)), _read_share("".join(beyond))
    )


def _cut(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]


def _read_share(text: str) -> float:
    return sum(character != "?" for character in text) / len(text) if text else float("nan")
