from __future__ import annotations

import numpy as np
import pytest

from reportgen.metrics.paths import estimate_shares, estimate_values, measure_paths, summarise_paths


def test_a_straight_even_way_has_ratios_of_one() -> None:
    line = np.linspace([0.0, 0.0], [3.0, 4.0], 6)
    assert summarise_paths(np.concatenate([line, 2 * line]), 2) == {
        "detour": (pytest.approx(1.0), pytest.approx(0.0)),
        "largest_step": (pytest.approx(1.0), pytest.approx(0.0)),
    }


def test_a_corner_is_a_detour_and_a_jump_a_large_step() -> None:
    corner = np.array([[0.0, 0.0], [0.0, 3.0], [4.0, 3.0]])
    paths = measure_paths(corner, 1)
    assert paths == {"path_length": [7.0], "end_distance": [5.0], "largest_step": [4.0]}
    summary = summarise_paths(np.concatenate([corner, corner]), 2)
    assert summary["detour"][0] == pytest.approx(7 / 5)
    assert summary["largest_step"][0] == pytest.approx(4 * 2 / 7)


def test_what_does_not_move_has_no_ratio() -> None:
    assert summarise_paths(np.zeros((8, 3)), 2) == {"detour": (None, None), "largest_step": (None, None)}
    assert estimate_values(np.array([2.0])) == (2.0, None)


def test_shares_that_are_all_alike_are_not_certain() -> None:
    mean, error = estimate_shares([1.0] * 100)
    assert mean == 1
    assert error is not None
    assert 0.005 < error < 0.03
    assert (estimate_shares([0.0] * 100)[1] or 0) == pytest.approx(error)
