from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from synthetic import write_output

from reportgen.base.errors import RunError
from reportgen.paper.analysis.curves import fit_line, summarise_curve
from reportgen.paper.analysis.estimates import Estimate, estimate_mean, estimate_share_error
from reportgen.paper.analysis.findings import (
    compare_pairs,
    count_digits,
    find_best,
    find_worst,
    judge_equilibrium,
    read_interpolation,
)
from reportgen.paper.analysis.measuring import measure
from reportgen.paper.analysis.results import Configuration, load_results
from reportgen.suite.plan import RunSpec

SEEDS = """
seeds: [0, 1, 2]
runs:
  sweep: {section: gan_hidden, model: gan, hidden_dim: [4, 64], num_training_steps: 100, image_interval: 50}
"""


def test_interval_is_students() -> None:
    estimate = estimate_mean([1.0, 2.0, 3.0])
    assert estimate.mean == 2
    assert estimate.half_width == pytest.approx(4.302653 / 3**0.5)
    assert estimate.over == "seeds"
    assert estimate_mean([5.0]) == Estimate(5.0, None, None, (5.0,), "nothing")
    assert estimate_mean([5.0], 1.0).half_width == pytest.approx(1.96, abs=1e-3)


def test_sections_find_their_configurations_in_order(synthetic_output: Path) -> None:
    results = load_results(synthetic_output)
    assert [c.label for c in results.answer("vae_latent")] == ["VAE-3", "VAE-10", "VAE-64", "VAE-100"]
    assert [c.label for c in results.answer("vae_architecture")] == ["VAE-64 linear"]
    grid = [c.label for c in results.answer("gan_grid")]
    assert grid == ["GAN 16_16", "GAN 16_100", "GAN 100_16", "GAN 100_100"]
    assert [c.label for c in results.answer("gan_mlp")] == ["MLP GAN 100_100"]
    assert [c.label for c in results.answer("gan_relu")] == ["ReLU GAN 100_100"]
    ablated = results.answer("vae_architecture")[0]
    baseline = results.find(ablated.settings.baseline)
    assert baseline is not None
    assert baseline.label == "VAE-64"


def test_seeds_of_one_configuration_come_together(tmp_path: Path) -> None:
    suite_file = tmp_path / "suite.yaml"
    suite_file.write_text(SEEDS, encoding="utf-8")
    write_output(tmp_path / "out", suite_file=suite_file, profile="full")
    results = load_results(tmp_path / "out")
    assert [len(c.runs) for c in results.configurations] == [3, 3]
    values = [run.evaluation.scores["classifier"].fid for run in results.configurations[0].runs]
    assert measure("fid_classifier", results.configurations[0]).mean == pytest.approx(stats.gmean(values))
    assert measure("fid_classifier", results.configurations[0]).half_width is not None
    assert find_best(results.configurations).label == "GAN 100_64"
    assert find_worst(results.configurations).label == "GAN 100_4"


def test_tail_is_the_last_fifth(synthetic_output: Path) -> None:
    gan = load_results(synthetic_output).answer("gan_grid")[0]
    curve = gan.first.curve("D_x")
    expected = curve[curve.index > 0.8 * curve.index[-1]].mean()
    assert gan.tail("D_x").mean == pytest.approx(expected)


def with_history(configuration: Configuration, **levels: float) -> Configuration:
    """The configuration with flat histories at given levels."""
    run = configuration.first
    curves = {name: pd.Series([level] * 10, index=range(10, 110, 10)) for name, level in levels.items()}
    copy = dataclasses.replace(run)
    object.__setattr__(copy, "curves", curves)
    return dataclasses.replace(configuration, runs=(copy,))


@pytest.mark.parametrize(
    ("d_x", "d_g_z", "verdict"),
    [(0.5, 0.5, "near"), (0.58, 0.42, "near"), (0.9, 0.1, "discriminator"), (0.3, 0.7, "other")],
)
def test_equilibrium_verdicts(synthetic_output: Path, d_x: float, d_g_z: float, verdict: str) -> None:
    gan = load_results(synthetic_output).answer("gan_grid")[0]
    flat = with_history(gan, D_x=d_x, D_G_z1=d_g_z, discriminator_loss=1.0, generator_loss=1.0)
    assert judge_equilibrium(flat).verdict == verdict


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ([100] * 10 + [5], "even"),
        ([200] * 5 + [100] * 5 + [5], "uneven"),
        ([100] * 9 + [0, 5], "missing"),
        ([0] * 10 + [5], "missing"),
    ],
)
def test_collapse_verdicts(tmp_path: Path, counts: list[int], verdict: str) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["digits"]["all_counts"] = counts

    write_output(tmp_path, change=change, leave_out=lambda spec: spec.name != "gan-16_16-s0")
    digits = count_digits(load_results(tmp_path).configurations[0])
    assert digits.verdict == verdict
    assert sum(digits.counts) == digits.num_counted == 50
    read = np.array(counts[:10], dtype=float)
    if read.sum():
        shares = np.array(digits.class_shares)
        assert digits.p_value == pytest.approx(stats.chisquare(read, shares * read.sum()).pvalue, rel=1e-9)


@given(st.lists(st.floats(-1e3, 1e3).map(lambda value: round(value, 6)), min_size=3, max_size=12))
def test_the_slope_is_that_of_least_squares(y: list[float]) -> None:
    x = [i * 1.5 + 2 for i in range(len(y))]
    expected = stats.linregress(x, y)
    slope, error = fit_line(x, y)
    assert slope == pytest.approx(expected.slope, rel=1e-9, abs=1e-9)
    assert error == pytest.approx(0.0 if len(set(y)) == 1 else expected.stderr, rel=1e-6, abs=1e-6)


def test_interpolation_has_its_strips_and_its_random_pairs(synthetic_output: Path) -> None:
    c = load_results(synthetic_output).configurations[0]
    reading, read_inside = read_interpolation(c), measure("read_inside", c)
    assert reading.ends == ("09", "18", "27", "36", "4?")
    assert reading.inside[0] == "00000?9999"
    assert read_inside.mean == pytest.approx(0.7)
    assert read_inside.over == "pairs"


@given(st.integers(0, 40), st.integers(0, 40))
def test_paired_changes_are_judged_by_mcnemars_exact_test(num_lost: int, num_gained: int) -> None:
    changed = num_lost + num_gained
    expected = stats.binomtest(num_lost, changed).pvalue if changed else 1.0
    assert compare_pairs(num_lost, num_gained) == pytest.approx(expected)


def test_a_share_of_none_or_all_is_not_certain() -> None:
    assert estimate_share_error(0, 3000) == pytest.approx(estimate_share_error(3000, 3000))
    assert estimate_share_error(0, 3000) > 0
    assert estimate_share_error(1500, 3000) == pytest.approx(math.sqrt(0.25 / 3004))


def test_the_difference_of_two_curves_has_its_own_error(synthetic_output: Path) -> None:
    gan = load_results(synthetic_output).answer("gan_grid")[0]
    apart = math.hypot(gan.tail("D_x").error or 0, gan.tail("D_G_z1").error or 0)
    assert gan.tail("separation").mean == pytest.approx(gan.tail("D_x").mean - gan.tail("D_G_z1").mean)
    assert gan.tail("separation").error != pytest.approx(apart)


def test_settings_that_a_name_leaves_out_are_in_the_label(tmp_path: Path) -> None:
    suite_file = tmp_path / "suite.yaml"
    suite_file.write_text(
        "runs: {a: {model: gan, learning_rate: [1e-4, 2e-5], num_training_steps: 100, image_interval: 50}}", "utf-8"
    )
    write_output(tmp_path / "out", suite_file=suite_file, profile="full")
    labels = [c.label for c in load_results(tmp_path / "out").configurations]
    assert labels == ["GAN 100_100 (learning_rate=0.0001)", "GAN 100_100 (learning_rate=2e-05)"]


def test_empty_folder_is_answered_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"nothing was run into this folder yet; run: reportgen run experiments\.yaml"):
        load_results(tmp_path)


def test_blocks_of_steps_and_pairs_have_students_interval(synthetic_output: Path) -> None:
    gan = load_results(synthetic_output).answer("gan_grid")[0]
    tail = gan.tail("D_x")
    assert tail.half_width == pytest.approx(stats.t.ppf(0.975, 9) * (tail.error or 0))
    detour = measure("detour", gan)
    assert detour.half_width == pytest.approx(stats.t.ppf(0.975, 99) * (detour.error or 0))


@pytest.mark.fault(row=13)
@pytest.mark.parametrize("content", [None, b"", b"\xff"], ids=["gone", "empty", "no text"])
def test_a_history_that_cannot_be_read_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    write_output(tmp_path, leave_out=lambda spec: spec.name != "vae-3-s0")
    (run,) = load_results(tmp_path).finished
    run.paths.history.unlink()
    if content is not None:
        run.paths.history.write_bytes(content)
    with pytest.raises(RunError, match=r"history\.csv: cannot be read .*run 'reportgen run' again"):
        _ = run.curves


def test_a_curve_is_summarised_over_each_fifth_of_its_steps() -> None:
    steps = np.arange(10, 1001, 10)
    curve = pd.Series(np.repeat([5.0, 1.0, 2.0, 3.0, 4.0], 20) + np.tile([0.5, -0.5], 50), index=steps)
    summary = summarise_curve(curve)
    assert summary.fifths == pytest.approx((5, 1, 2, 3, 4))
    assert summary.fifth_errors == pytest.approx((0,) * 5)  # a block has as many points above as below
    assert (summary.last, summary.lowest, summary.lowest_step) == (3.5, 0.5, 220)
    ramp = summarise_curve(pd.Series(steps / 1000, index=steps))
    assert ramp.fifth_errors[-1] == pytest.approx(np.std(np.arange(10) * 0.02, ddof=1) / np.sqrt(10))
    assert ramp.tail_slope == pytest.approx(1)


def test_a_fifth_without_a_record_has_no_mean() -> None:
    summary = summarise_curve(pd.Series([9.0, 7.0, 5.0, 3.0], index=[250, 500, 750, 1000]))
    assert summary.fifths == pytest.approx((np.nan, 9, 7, 5, 3), nan_ok=True)
    assert all(math.isnan(error) for error in summary.fifth_errors)
