"""How often verdicts under the seed model are false, and what they find: `python tools/inference.py [--num NUM]`.

Prints Markdown tables of simulations, beside the former rules. True variances over seeds are drawn from a scaled
inverse chi-squared distribution with d0 degrees of freedom and the mean `SD` squared. The prior is estimated anew in
every repetition, from as many replicates as the shipped file has in its smallest class and from the seeds compared. The
arithmetic is that of `paper/analysis/seed_model.py` on arrays of repetitions; tests hold the two against each other.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from reportgen.paper.analysis.replicates import CLASSES, collect_shipped
from reportgen.paper.analysis.seed_model import CONFIDENCE, PRIOR_DEGREES

SD = 0.205
"""Root of the mean true variance of log FID over seeds, about that of convolutional GANs."""

TRUE_DEGREES = (4.0, 10.0, math.inf)
"""Degrees of freedom of the true variances; configurations vary alike if they are infinite."""
NUM_SEEDS = ((1, 1), (1, 3), (2, 2), (3, 3))
"""Seeds of the two configurations that are compared."""
FACTORS = (1.3, 1.5, 2.0)
"""True ratios of two FIDs."""
NUM_CONFIGURATIONS = 15
EVENLY_APART = np.linspace(0, 2, NUM_CONFIGURATIONS)
"""True log FIDs of a suite: the worst FID is 7.4 times the best."""
ALL_ALIKE = np.zeros(NUM_CONFIGURATIONS)
"""True log FIDs of a suite whose best is hardest to keep; any is the best."""

FORMER_RATIO = 2.5
"""Ratio of two FIDs that the former rule asked for, unless both configurations had several seeds."""

MAX_ITERATIONS = 1000
TOLERANCE = 1e-8


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--num", type=int, default=200_000, help="repetitions of each row of pairs")
    num = parser.parse_args().num
    degrees = count_shipped()
    print(f"{num:,} repetitions, a tenth for suites; prior of {len(degrees)} configurations, {sum(degrees)} degrees.")
    print(f"sd {SD}: the root of the mean true variance of log FID over seeds; the scale s0 of the true prior is then")
    print(", ".join(f"{SD * math.sqrt(1 - 2 / d0):.3f} at d0 = {d0:g}" for d0 in TRUE_DEGREES) + ".")
    print_pairs(num, degrees)
    print_looks(num, degrees)
    print_suites(num // 10, degrees)


def count_shipped() -> list[int]:
    """Return the degrees of freedom of each shipped configuration, in the class that has the fewest."""
    classes = [collect_shipped("fid_classifier", training_class).values() for training_class in CLASSES]
    return min(([len(by_seed) - 1 for by_seed in rows] for rows in classes if rows), key=sum)


# ---- what is drawn --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Draws:
    """Repetitions of some configurations: log FIDs around 0, and spreads of others in shipped replicates."""

    variances: np.ndarray
    """True variances over seeds, [repetitions, configurations]."""
    values: tuple[np.ndarray, ...]
    """Values of each configuration, [repetitions, seeds]."""
    shipped: np.ndarray
    """Sample variances, [repetitions, shipped configurations]."""
    degrees: Sequence[int]
    """Degrees of freedom of the shipped configurations."""

    def keep(self, num_seeds: int) -> Draws:
        """Return the draws with the first seeds alone."""
        return Draws(self.variances, tuple(v[:, :num_seeds] for v in self.values), self.shipped, self.degrees)


def draw(
    rng: np.random.Generator, num: int, num_seeds: Sequence[int], degrees: Sequence[int], true_degrees: float
) -> Draws:
    """Draw configurations with so many seeds each, and shipped replicates with these degrees of freedom."""
    variances = draw_variances(rng, (num, len(num_seeds)), true_degrees)
    spreads = np.sqrt(variances)
    values = tuple(rng.normal(size=(num, n)) * spreads[:, i, None] for i, n in enumerate(num_seeds))
    true = draw_variances(rng, (num, len(degrees)), true_degrees)
    return Draws(variances, values, true * rng.chisquare(degrees, size=true.shape) / degrees, degrees)


def draw_variances(rng: np.random.Generator, shape: tuple[int, ...], true_degrees: float) -> np.ndarray:
    """Draw true variances over seeds, whose mean is ``SD`` squared."""
    if math.isinf(true_degrees):
        return np.full(shape, SD**2)
    return SD**2 * (true_degrees - 2) / rng.chisquare(true_degrees, size=shape)


# ---- the seed model on arrays ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moderated:
    """Means and squared standard errors [repetitions, configurations], and degrees of freedom [configurations]."""

    means: np.ndarray
    squared_errors: np.ndarray
    degrees: np.ndarray


def moderate(draws: Draws) -> Moderated:
    """Summarise configurations as the seed model does, with the prior of shipped and own replicates together."""
    nums = np.array([values.shape[1] for values in draws.values])
    zeros = np.zeros(len(draws.shipped))
    own = np.column_stack([v.var(axis=1, ddof=1) if v.shape[1] > 1 else zeros for v in draws.values])
    together = np.column_stack([draws.shipped, own[:, nums > 1]])
    degrees = np.array([*draws.degrees, *(nums - 1)[nums > 1]])
    scales = fit_scales(together, degrees)
    variances = (PRIOR_DEGREES * scales[:, None] + (nums - 1) * own) / (PRIOR_DEGREES + nums - 1)
    means = np.column_stack([values.mean(axis=1) for values in draws.values])
    return Moderated(means, variances / nums, 1 / (1 / PRIOR_DEGREES + 1 / degrees.sum()) + nums - 1)


def fit_scales(variances: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Fit the scales of priors to sample variances [repetitions, configurations]."""
    scales = variances @ degrees / degrees.sum()
    for _ in range(MAX_ITERATIONS):
        weights = (PRIOR_DEGREES + degrees) / (PRIOR_DEGREES + degrees * variances / scales[:, None])
        last, scales = scales, (weights * variances) @ degrees / degrees.sum()
        if np.all(np.abs(scales - last) <= TOLERANCE * scales):
            break
    return scales


def measure_pairs(draws: Draws) -> tuple[np.ndarray, np.ndarray]:
    """Return the second configuration less the first, and half the width of the interval, per repetition."""
    found = moderate(draws)
    first, second = found.squared_errors.T
    degrees = np.where(first >= second, *found.degrees)
    half_widths = np.sqrt(first + second) * special.stdtrit(degrees, (1 + CONFIDENCE) / 2)
    return found.means[:, 1] - found.means[:, 0], half_widths


def find_not_worse(draws: Draws, means: np.ndarray) -> np.ndarray:
    """Return per repetition and configuration whether the data do not show it to be worse than the best.

    Args:
        means: true means, which are added to the values; all configurations have as many seeds.
    """
    found = moderate(draws)
    observed = found.means + means
    order = np.argsort(observed, axis=1)
    sorted_means = np.take_along_axis(observed, order, axis=1)
    errors = np.take_along_axis(found.squared_errors, order, axis=1)
    t = (sorted_means[:, 1:] - sorted_means[:, :1]) / np.sqrt(errors[:, 1:] + errors[:, :1])
    is_kept = np.ones(observed.shape, bool)
    is_kept[:, 1:] = adjust_by_holm(special.stdtr(found.degrees[0], -t)) >= 1 - CONFIDENCE
    return np.take_along_axis(is_kept, np.argsort(order, axis=1), axis=1)


def adjust_by_holm(p_values: np.ndarray) -> np.ndarray:
    """Adjust p values [repetitions, tests] within each repetition."""
    order = np.argsort(p_values, axis=1)
    ranked = np.take_along_axis(p_values, order, axis=1) * np.arange(p_values.shape[1], 0, -1)
    adjusted = np.maximum.accumulate(np.minimum(ranked, 1), axis=1)
    return np.take_along_axis(adjusted, np.argsort(order, axis=1), axis=1)


# ---- the former rules -----------------------------------------------------------------------------------------------


def tell_apart_formerly(draws: Draws, factor: float) -> np.ndarray:
    """Return per repetition 1 if the second configuration is called higher, -1 if lower, and 0 if neither.

    Welch's t test on FIDs if both configurations have several seeds, otherwise the ratio of their means alone.

    Args:
        factor: the true ratio of the second to the first.
    """
    first, second = np.exp(draws.values[0]), factor * np.exp(draws.values[1])
    a, b = first.mean(axis=1), second.mean(axis=1)
    if min(first.shape[1], second.shape[1]) < 2:
        return np.where(b >= FORMER_RATIO * a, 1, np.where(a >= FORMER_RATIO * b, -1, 0))
    shares = [values.var(axis=1, ddof=1) / values.shape[1] for values in (first, second)]
    error = shares[0] + shares[1]
    degrees = error**2 / sum(s**2 / (v.shape[1] - 1) for s, v in zip(shares, (first, second), strict=True))
    half_widths = np.sqrt(error) * special.stdtrit(degrees, (1 + CONFIDENCE) / 2)
    return np.where(np.abs(b - a) > half_widths, np.sign(b - a), 0)


# ---- tables ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rates:
    """Shares of repetitions in which two configurations are told apart."""

    false: float
    """Without a true difference."""
    false_noisiest: float
    """Likewise, in the fifth of the repetitions whose true variances make the difference least certain."""
    found: tuple[float, ...]
    """In the right direction, for each of ``FACTORS``."""


def simulate(
    num: int, num_seeds: tuple[int, int], degrees: Sequence[int], true_degrees: float, seed: int = 0
) -> tuple[Rates, Rates]:
    """Return the rates of the seed model and of the former rules, on the same draws."""
    draws = draw(np.random.default_rng(seed), num, num_seeds, degrees, true_degrees)
    errors = draws.variances @ (1 / np.array(num_seeds))
    is_noisiest = errors >= np.quantile(errors, 0.8)
    differences, half_widths = measure_pairs(draws)
    is_false = np.abs(differences) > half_widths
    found = tuple(float(np.mean(differences + math.log(factor) > half_widths)) for factor in FACTORS)
    is_false_formerly = tell_apart_formerly(draws, 1) != 0
    found_formerly = tuple(float(np.mean(tell_apart_formerly(draws, factor) > 0)) for factor in FACTORS)
    return (
        Rates(float(is_false.mean()), float(is_false[is_noisiest].mean()), found),
        Rates(float(is_false_formerly.mean()), float(is_false_formerly[is_noisiest].mean()), found_formerly),
    )


def print_pairs(num: int, degrees: Sequence[int]) -> None:
    """Print the rates of pairs of configurations."""
    powers = " | ".join(f"{factor:g}" for factor in FACTORS)
    print(
        "\nVerdicts on two configurations, in %: false ones (those in the noisiest fifth), true ones by true factor.\n"
    )
    print(f"| true d0 | seeds | false | {powers} | formerly false | {powers} |")
    print("|---" * (4 + 2 * len(FACTORS)) + "|")
    for true_degrees in TRUE_DEGREES:
        for num_seeds in NUM_SEEDS:
            rates = simulate(num, num_seeds, degrees, true_degrees)
            cells = [cell for found in rates for cell in write_rates(found, is_noisy=math.isfinite(true_degrees))]
            print(f"| {true_degrees:g} | {num_seeds[0]} and {num_seeds[1]} | " + " | ".join(cells) + " |")


def write_rates(rates: Rates, *, is_noisy: bool) -> list[str]:
    """Return the cells of one rule: false verdicts, the noisiest fifth if there is one, and the power."""
    noisiest = f" ({100 * rates.false_noisiest:.0f})" if is_noisy else ""
    return [f"{100 * rates.false:.1f}{noisiest}", *(f"{100 * share:.0f}" for share in rates.found)]


def simulate_looks(num: int, degrees: Sequence[int], true_degrees: float, seed: int = 0) -> list[float]:
    """Return the shares of pairs that were told apart falsely by the first, the second and the third seed."""
    draws = draw(np.random.default_rng(seed), num, (3, 3), degrees, true_degrees)
    looks = [measure_pairs(draws.keep(num_seeds)) for num_seeds in (1, 2, 3)]
    is_false = np.array([np.abs(differences) > half_widths for differences, half_widths in looks])
    return [float(share) for share in np.logical_or.accumulate(is_false).mean(axis=1)]


def print_looks(num: int, degrees: Sequence[int]) -> None:
    """Print how false verdicts add up if one looks after every seed."""
    print("\nPairs told apart falsely at some look, in %.\n")
    print("| true d0 | after one seed | one and two | one, two and three |\n|---|---|---|---|")
    for true_degrees in TRUE_DEGREES:
        shares = simulate_looks(num, degrees, true_degrees)
        print(f"| {true_degrees:g} | " + " | ".join(f"{100 * share:.1f}" for share in shares) + " |")


def simulate_suites(
    num: int, num_seeds: int, degrees: Sequence[int], true_degrees: float, means: np.ndarray, seed: int = 0
) -> tuple[float, float]:
    """Return the share of suites that keep the true best, and the mean number of configurations that are kept.

    Args:
        means: true means in ascending order.
    """
    draws = draw(np.random.default_rng(seed), num, (num_seeds,) * len(means), degrees, true_degrees)
    is_kept = find_not_worse(draws, means)
    return float(is_kept[:, 0].mean()), float(is_kept.sum(axis=1).mean())


def print_suites(num: int, degrees: Sequence[int]) -> None:
    """Print how often the true best is kept among those that are not shown to be worse."""
    print(f"\nSuites of {NUM_CONFIGURATIONS} configurations: the true best kept, in % (number kept).\n")
    worst = math.exp(EVENLY_APART[-1])
    print(f"| true d0 | seeds each | evenly apart up to {worst:.1f} times the best | all alike |\n|---|---|---|---|")
    for true_degrees in TRUE_DEGREES:
        for num_seeds in (1, 2, 3):
            rates = [simulate_suites(num, num_seeds, degrees, true_degrees, m) for m in (EVENLY_APART, ALL_ALIKE)]
            cells = [f"{100 * kept:.1f} ({size:.1f})" for kept, size in rates]
            print(f"| {true_degrees:g} | {num_seeds} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
