"""What seeds can show: closed forms, and the power beside simulations of the seed model itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.paper.analysis.power import MAX_SEEDS, Design, compare_means
from reportgen.paper.analysis.seed_model import PRIOR_DEGREES, Prior, contrast, find_t, moderate

NOISY, CALM = Prior(0.02, 24), Prior(0.002, 8)
PRIORS = st.builds(Prior, st.floats(1e-4, 1.0), st.integers(1, 40))


def test_the_smallest_effect_of_a_pair_is_in_closed_form() -> None:
    pair = compare_means([NOISY], [NOISY])
    assert pair.find_smallest(3) == pytest.approx(find_t(NOISY.own_degrees + 2) * math.sqrt(2 * 0.02 / 3))


def test_two_classes_have_two_variances_and_the_degrees_of_the_noisier() -> None:
    design = compare_means([CALM], [NOISY])
    assert design.find_smallest(1) == pytest.approx(find_t(NOISY.own_degrees) * math.sqrt(0.022))


def test_a_mean_of_two_pairs_shows_what_half_the_variance_does() -> None:
    pair, grid = compare_means([NOISY], [NOISY]), compare_means([NOISY] * 2, [NOISY] * 2)
    assert grid.weights == (0.5, 0.5, -0.5, -0.5)
    assert grid.find_smallest(2) == pytest.approx(pair.find_smallest(2) / math.sqrt(2))


@given(st.lists(PRIORS, min_size=1, max_size=3), st.lists(PRIORS, min_size=1, max_size=3), st.integers(1, 6))
def test_more_seeds_show_less_and_larger_effects_are_shown_more_often(
    a: list[Prior], b: list[Prior], num_seeds: int
) -> None:
    design = compare_means(a, b)
    assert design.find_smallest(num_seeds + 1) < design.find_smallest(num_seeds)
    powers = [design.find_power(num_seeds, difference) for difference in (0.0, 0.2, 0.5, 50.0)]
    assert powers == sorted(powers)
    assert 0 <= powers[0] < 0.05
    assert powers[-1] > 0.9


@pytest.mark.parametrize(
    ("seeds", "factor", "expected"),
    [(1, 1.3, 0.11), (1, 1.5, 0.23), (1, 2.0, 0.62), (3, 1.3, 0.38), (3, 1.5, 0.72), (3, 2.0, 0.96)],
)
def test_the_power_of_a_pair_is_that_of_the_recipe(seeds: int, factor: float, expected: float) -> None:
    """Log FID with a root mean variance of 0.205 over seeds, of which the prior's scale is half."""
    prior = Prior(0.205**2 / 2, 24)
    assert compare_means([prior], [prior]).find_power(seeds, math.log(factor)) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize("num_seeds", [1, 3, 7])
@pytest.mark.parametrize(
    "design",
    [compare_means([NOISY], [NOISY]), compare_means([CALM], [NOISY]), compare_means([NOISY] * 2, [NOISY] * 2)],
    ids=["pair", "classes", "grid"],
)
def test_the_power_is_that_of_simulated_suites(design: Design, num_seeds: int) -> None:
    rng = np.random.default_rng(1)
    difference, shown, num = math.log(1.5), 0, 1500
    for _ in range(num):
        sides = []
        for weight, prior in zip(design.weights, design.priors, strict=True):
            sd = math.sqrt(prior.variance * PRIOR_DEGREES / rng.chisquare(PRIOR_DEGREES))
            sides.append(moderate(list(rng.normal(difference if weight > 0 else 0, sd, num_seeds)), prior))
        found = contrast(design.weights, sides)
        shown += found.value > found.half_width()
    assert design.find_power(num_seeds, difference) == pytest.approx(shown / num, abs=0.04)  # three standard errors


def test_the_number_of_seeds_is_the_first_with_the_power() -> None:
    pair = compare_means([NOISY], [NOISY])
    num = pair.find_num_seeds(math.log(1.5), 0.8)
    assert num is not None
    assert pair.find_power(num - 1, math.log(1.5)) < 0.8 <= pair.find_power(num, math.log(1.5))
    assert pair.find_num_seeds(10.0, 0.8) == 1
    assert pair.find_num_seeds(0.01, 0.8) is None
    assert pair.find_power(MAX_SEEDS, 0.01) < 0.8
