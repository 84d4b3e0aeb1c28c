"""The seed model in closed form: priors, moderated seeds, contrasts, and several of them at once."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.paper.analysis.families import (
    adjust_by_holm,
    find_not_worse,
    find_order_p_value,
    fit_power_law,
    permute_families,
)
from reportgen.paper.analysis.seed_model import (
    Prior,
    Seeds,
    Spread,
    compare_pair,
    contrast,
    find_t,
    fit_prior,
    measure_spread,
    moderate,
)

PRIOR = Prior(0.04, 12)


def test_a_prior_of_equal_variances_is_that_variance() -> None:
    prior = fit_prior([Spread(0.3, 2)] * 5)
    assert prior is not None
    assert prior.variance == pytest.approx(0.3)
    assert prior.degrees == 10
    assert prior.own_degrees == pytest.approx(1 / (1 / 4 + 1 / 10))


@given(st.lists(st.tuples(st.floats(0.01, 10), st.integers(1, 6)), min_size=1, max_size=8), st.floats(0.1, 10))
def test_the_prior_scales_with_its_spreads_and_lies_among_them(rows: list[tuple[float, int]], factor: float) -> None:
    spreads = [Spread(variance, degrees) for variance, degrees in rows]
    prior, scaled = fit_prior(spreads), fit_prior([Spread(factor * s.variance, s.degrees) for s in spreads])
    assert prior is not None
    assert scaled is not None
    assert scaled.variance == pytest.approx(factor * prior.variance, rel=1e-6)
    variances = [s.variance for s in spreads]
    assert min(variances) * (1 - 1e-6) <= prior.variance <= max(variances) * (1 + 1e-6)


def test_one_wild_spread_moves_the_prior_less_than_their_mean() -> None:
    prior = fit_prior([*[Spread(0.04, 2)] * 4, Spread(4.0, 2)])
    assert prior is not None
    assert prior.variance < 0.1


def test_without_any_spread_there_is_no_prior() -> None:
    assert fit_prior([]) is None
    assert fit_prior([Spread(0.0, 2)]) is None


@pytest.mark.parametrize("bad", [Spread(-1.0, 2), Spread(math.nan, 2), Spread(math.inf, 1), Spread(1.0, 0)])
def test_impossible_spreads_are_refused(bad: Spread) -> None:
    with pytest.raises(ValueError, match="finite variance >= 0"):
        fit_prior([bad])


def test_values_that_are_not_finite_and_no_values_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        measure_spread([1.0, math.inf])
    with pytest.raises(ValueError, match="at least one"):
        moderate([], PRIOR)


def test_one_seed_has_the_variance_of_the_prior_and_three_a_mixture() -> None:
    assert moderate([2.0], PRIOR) == Seeds(2.0, 1, PRIOR.variance, PRIOR)
    three = moderate([1.0, 2.0, 3.0], PRIOR)
    assert three.variance == pytest.approx((4 * 0.04 + 2 * 1.0) / 6)
    assert three.squared_error == pytest.approx(three.variance / 3)
    assert moderate([2.0, 2.0, 2.0], PRIOR).variance == pytest.approx(4 * 0.04 / 6)  # constant values


def test_a_pair_of_single_seeds_has_the_interval_of_the_recipe() -> None:
    c = compare_pair(moderate([math.log(2)], PRIOR), moderate([0.0], PRIOR))
    assert c.error == pytest.approx(math.sqrt(2 * 0.04))
    assert c.degrees == pytest.approx(3)
    assert c.half_width() == pytest.approx(3.182446 * c.error, rel=1e-5)
    assert c.p_value < 0.1


def test_degrees_are_of_the_configuration_that_adds_most() -> None:
    noisy, calm = moderate([0.0, 2.0], PRIOR), moderate([0.0, 0.1, 0.0, 0.1], PRIOR)
    assert compare_pair(noisy, calm).degrees == pytest.approx(PRIOR.own_degrees + 1)
    assert contrast((1, 1, -2), (calm, calm, calm)).degrees == pytest.approx(PRIOR.own_degrees + 3)
    with pytest.raises(ValueError, match="other than 0"):
        contrast((0, 0), (calm, noisy))


# ---- several at once ------------------------------------------------------------------------------------------------


def test_holm_steps_down_and_never_falls() -> None:
    assert adjust_by_holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert adjust_by_holm([0.9, 0.8]) == [1.0, 1.0]
    assert adjust_by_holm([]) == []


def test_the_best_and_those_near_it_stay() -> None:
    members = [Seeds(mean, 1, 0.04, PRIOR) for mean in (0.0, 0.1, 3.0)]
    assert find_not_worse(members) == [0, 1]
    assert find_not_worse(members, is_lower_better=False) == [2]
    assert find_not_worse(members[:1]) == [0]
    assert find_not_worse([]) == []


def test_a_sweep_in_perfect_order_has_one_chance_in_its_permutations() -> None:
    assert find_order_p_value([6, 5, 4, 3, 2, 1]) == pytest.approx(1 / 720)
    assert find_order_p_value([1, 2, 3]) == pytest.approx(1 / 6)
    assert find_order_p_value([1, 3, 2]) == pytest.approx(3 / 6)  # none or one pair out of order
    assert find_order_p_value([1.0]) == 1


def test_a_power_law_is_found_and_its_misfit_told() -> None:
    x = [4, 8, 16, 32, 64]
    law = fit_power_law(x, [Seeds(3 - 0.9 * math.log(value), 1, 0.04, PRIOR) for value in x])
    assert law is not None
    assert law.exponent == pytest.approx(-0.9)
    assert law.misfit == pytest.approx(1)
    error = math.sqrt(0.04 / 10) / math.log(2)  # positions -2 to 2 in doublings: 10 is the sum of their squares
    assert law.interval == pytest.approx((-0.9 - 3.182446 * error, -0.9 + 3.182446 * error), rel=1e-6)
    bent = fit_power_law(x, [Seeds(y, 1, 0.04, PRIOR) for y in (5.0, 2.0, 1.0, 0.9, 0.8)])
    assert bent is not None
    assert bent.misfit < 0.05
    assert fit_power_law([4, 8], [Seeds(1.0, 1, 0.04, PRIOR)] * 2) is None


def test_two_families_apart_have_the_least_exact_p_value() -> None:
    a, b = [0.1, 0.2, 0.3, 0.4, 0.49], [0.98, *(1.0 + 0.01 * i for i in range(9))]
    assert permute_families(a, b) == pytest.approx(1 / 3003)
    assert permute_families([1.0, 2.0], [1.0, 2.0]) == 1
    assert permute_families([], [1.0]) is None
    assert permute_families([0.0] * 30, [1.0] * 30) is None


def test_quantile() -> None:
    assert find_t(1e9) == pytest.approx(1.959964, rel=1e-5)
