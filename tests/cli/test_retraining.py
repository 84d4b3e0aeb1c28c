"""A run of a report, trained again."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.base.errors import RunError
from reportgen.cli.retraining import retrain
from reportgen.paper.analysis.results import load_results


def test_a_run_is_trained_again_to_the_same_bits(tiny_output: Path) -> None:
    results = load_results(tiny_output)
    values, machine = retrain(results, "vae-3-s0", "cpu", None)
    assert machine == []
    assert len(values) > 50
    assert all(value.is_same for value in values)
    with pytest.raises(RunError, match=r"--retrain x: no finished run of this name; choose from: vae-3-s0"):
        retrain(results, "x", "cpu", None)
