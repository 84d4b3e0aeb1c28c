from __future__ import annotations

import numpy as np
import pytest

from reportgen.lab.metrics.paths import estimate_ratio, estimate_shares, estimate_values, measure_paths, summarise_paths


def test_a_straight_even_way_has_ratios_of_one() -> None:
    line = np.linspace([0.0, 0.0], [3.0, 4.0], 6)
    for measured in summarise_paths(np.concatenate([line, 2 * line]), 2).values():
        assert measured.value == pytest.approx(1.0)
        assert measured.error == pytest.approx(0.0)
        assert measured.num == 2


def test_a_corner_is_a_detour_and_a_jump_a_large_step() -> None:
    corner = np.array([[0.0, 0.0], [0.0, 3.0], [4.0, 3.0]])
    paths = measure_paths(corner, 1)
    assert paths == {"path_length": [7.0], "end_distance": [5.0], "largest_step": [4.0]}
    summary = summarise_paths(np.concatenate([corner, corner]), 2)
    assert summary["detour"].value == pytest.approx(7 / 5)
    assert summary["largest_step"].value == pytest.approx(4 * 2 / 7)


def test_ends_that_are_nearly_alike_do_not_rule_the_detour() -> None:
    line = np.linspace([0.0], [10.0], 3)
    back = np.array([[0.0], [2.0], [1e-9]])
    assert summarise_paths(np.concatenate([line] * 9 + [back]), 10)["detour"].value == pytest.approx(94 / 90)


def test_what_does_not_move_has_no_ratio() -> None:
    assert summarise_paths(np.zeros((8, 3)), 2) == {"detour": (None, None, 0), "largest_step": (None, None, 0)}
    assert estimate_values(np.array([2.0])) == (2.0, None, 1)
    assert estimate_ratio(np.array([2.0]), np.array([4.0])) == (0.5, None, 1)


def test_the_error_of_a_ratio_is_that_of_many_samples() -> None:
    random = np.random.default_rng(0)
    below = random.uniform(1, 2, (2000, 50))
    above = below * 1.5 + random.normal(0, 0.3, below.shape)
    spread = np.std(above.sum(axis=1) / below.sum(axis=1))
    errors = [estimate_ratio(a, b).error or 0 for a, b in zip(above, below, strict=True)]
    assert np.mean(errors) == pytest.approx(spread, rel=0.1)


def test_shares_that_are_all_alike_are_not_certain() -> None:
    alike = estimate_shares(np.ones(100))
    assert alike.value == 1
    assert alike.error is not None
    assert 0.005 < alike.error < 0.03
    assert estimate_shares(np.zeros(100)).error == pytest.approx(alike.error)
