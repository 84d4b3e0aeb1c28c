"""Simulations of the seed model: their arithmetic is that of the model, and its verdicts keep their promises."""

from __future__ import annotations

import math

import inference
import numpy as np
import pytest
from inference import ALL_ALIKE, EVENLY_APART, FACTORS, NUM_SEEDS, SD, Draws, draw, simulate, simulate_looks
from scipy import stats

from reportgen.paper.analysis.families import adjust_by_holm, find_not_worse
from reportgen.paper.analysis.seed_model import (
    Seeds,
    Spread,
    compare_pair,
    fit_prior,
    measure_spread,
    moderate,
)

DEGREES = [3, 2, 1, 2, 3, 1]
"""Degrees of freedom of shipped replicates: 12, the fewest that a class may rest on."""


def moderate_row(draws: Draws, row: int) -> list[Seeds]:
    """Summarise one repetition by the model itself."""
    own = [values[row].tolist() for values in draws.values]
    shipped = [Spread(*pair) for pair in zip(draws.shipped[row].tolist(), draws.degrees, strict=True)]
    prior = fit_prior([*shipped, *(spread for values in own if (spread := measure_spread(values)) is not None)])
    assert prior is not None
    return [moderate(values, prior) for values in own]


@pytest.mark.parametrize("num_seeds", NUM_SEEDS)
def test_pairs_are_simulated_by_the_arithmetic_of_the_model(num_seeds: tuple[int, int]) -> None:
    draws = draw(np.random.default_rng(0), 20, num_seeds, DEGREES, 4)
    differences, half_widths = inference.measure_pairs(draws)
    for row in range(20):
        first, second = moderate_row(draws, row)
        c = compare_pair(second, first)
        assert (differences[row], half_widths[row]) == pytest.approx((c.value, c.half_width()), rel=1e-6)


@pytest.mark.parametrize("num_seeds", [1, 3])
def test_suites_are_simulated_by_the_arithmetic_of_the_model(num_seeds: int) -> None:
    means = np.linspace(0, 1, 8)
    draws = draw(np.random.default_rng(0), 20, (num_seeds,) * 8, DEGREES, 4)
    is_kept = inference.find_not_worse(draws, means)
    assert 0 < is_kept.mean() < 1
    apart = Draws(
        draws.variances, tuple(v + m for v, m in zip(draws.values, means, strict=True)), draws.shipped, DEGREES
    )
    for row in range(20):
        assert np.flatnonzero(is_kept[row]).tolist() == find_not_worse(moderate_row(apart, row))


def test_holms_adjustment_of_arrays_is_that_of_lists() -> None:
    p_values = np.random.default_rng(0).uniform(0, 0.3, (20, 6))
    adjusted = inference.adjust_by_holm(p_values)
    assert adjusted.tolist() == [pytest.approx(adjust_by_holm(row)) for row in p_values.tolist()]


def test_true_variances_have_the_mean_that_is_stated() -> None:
    rng = np.random.default_rng(0)
    assert inference.draw_variances(rng, (10**6,), 10).mean() == pytest.approx(SD**2, rel=0.01)
    assert set(inference.draw_variances(rng, (5,), math.inf)) == {SD**2}


def test_the_former_rules_are_a_ratio_at_one_seed_and_welchs_test_at_several() -> None:
    one = Draws(np.ones((3, 2)), (np.zeros((3, 1)), np.log([[2.6], [0.3], [2.4]])), np.ones((3, 1)), [1])
    assert inference.tell_apart_formerly(one, 1).tolist() == [1, -1, 0]
    draws = draw(np.random.default_rng(0), 200, (2, 3), DEGREES, 4)
    a, b = np.exp(draws.values[0]), 1.5 * np.exp(draws.values[1])
    p_values = stats.ttest_ind(a, b, axis=1, equal_var=False).pvalue
    decided = inference.tell_apart_formerly(draws, 1.5)
    assert decided.tolist() == np.where(p_values < 0.05, np.sign(b.mean(axis=1) - a.mean(axis=1)), 0).tolist()
    assert decided.any()


# ---- what the model promises ----------------------------------------------------------------------------------------

NUM = 100_000
LIMIT = 0.055
"""Largest share of false verdicts."""


@pytest.mark.slow
@pytest.mark.parametrize("true_degrees", [4.0, 10.0, math.inf])
@pytest.mark.parametrize("num_seeds", NUM_SEEDS)
def test_verdicts_are_false_in_five_of_a_hundred_pairs(num_seeds: tuple[int, int], true_degrees: float) -> None:
    found, _ = simulate(NUM, num_seeds, DEGREES, true_degrees)
    assert found.false <= LIMIT
    assert found.false_noisiest <= 0.18


@pytest.mark.slow
@pytest.mark.parametrize(
    ("num_seeds", "factor", "least", "formerly"), [((1, 1), 2.0, 0.52, 0.20), ((3, 3), 1.5, 0.68, 0.48)]
)
def test_a_factor_is_found_more_often_than_formerly(
    num_seeds: tuple[int, int], factor: float, least: float, formerly: float
) -> None:
    now, then = (rates.found[FACTORS.index(factor)] for rates in simulate(NUM, num_seeds, DEGREES, 4))
    assert now > least
    assert then < formerly


@pytest.mark.slow
@pytest.mark.parametrize("true_degrees", [4.0, 10.0])
def test_three_looks_raise_the_share_of_false_verdicts(true_degrees: float) -> None:
    shares = simulate_looks(NUM, DEGREES, true_degrees)
    assert shares == sorted(shares)
    assert shares[0] <= LIMIT < 0.08 <= shares[-1] <= 0.12


@pytest.mark.slow
@pytest.mark.parametrize("means", [EVENLY_APART, ALL_ALIKE], ids=["apart", "alike"])
@pytest.mark.parametrize("num_seeds", [1, 2, 3])
def test_the_true_best_is_kept(num_seeds: int, means: np.ndarray) -> None:
    kept, size = inference.simulate_suites(NUM // 10, num_seeds, DEGREES, 4, means)
    assert kept >= 0.95
    assert size < 8 or means is ALL_ALIKE
