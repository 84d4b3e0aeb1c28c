"""Verdicts on two configurations, on sweeps and on the end of training, from estimates that the test chooses."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from synthetic import ROOT, make_results, make_summary

from reportgen.paper.analysis import contrasts, dimensions, samples, trainings
from reportgen.paper.analysis.contrasts import Side, Spaces, compare_extremes, judge_change, judge_threshold
from reportgen.paper.analysis.curves import CurveSummary, summarise_curve
from reportgen.paper.analysis.estimates import Estimate, estimate_mean
from reportgen.paper.analysis.results import Configuration
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import RunSpec

NAN = math.nan

Values = dict[tuple[str, str], Estimate]
"""A configuration's value by its label and the name of a quantity."""


@pytest.fixture(scope="module")
def configurations() -> dict[str, Configuration]:
    results = make_results(load_suite(ROOT / "experiments.yaml", "quick"))
    return {c.label: c for c in results.configurations}


def fix(monkeypatch: pytest.MonkeyPatch, values: Values) -> None:
    """Let every room of verdicts measure these values."""
    from reportgen.paper.analysis import findings

    for module in (findings, contrasts, dimensions, samples, trainings):
        monkeypatch.setattr(module, "measure", lambda name, c: values[c.label, name])


def sure(value: float) -> Estimate:
    """Return a value of three seeds that agree to a hundredth."""
    return estimate_mean([value - 0.01, value, value + 0.01])


@pytest.mark.parametrize(
    ("change", "detour", "step", "expected", "disagree"),
    [
        ((0.1, -0.3), (1.2, 2.0), (1.2, 2.0), ("vae", "vae"), False),
        ((0.1, -0.3), (2.0, 1.2), (2.0, 1.2), ("vae", "gan"), True),
        ((0.1, 0.1), (2.0, 1.2), (2.0, 1.2), ("open", "gan"), False),
        ((0.1, -0.3), (2.0, 1.2), (1.2, 2.0), ("vae", "open"), False),
        ((0.1, NAN), (2.0, 1.2), (1.5, NAN), ("open", "open"), False),
    ],
)
def test_one_space_is_better_where_the_data_say_so(
    monkeypatch: pytest.MonkeyPatch,
    configurations: dict[str, Configuration],
    change: tuple[float, float],
    detour: tuple[float, float],
    step: tuple[float, float],
    expected: tuple[Side, Side],
    disagree: bool,
) -> None:
    """Each pair is the VAE's value and the GAN's."""
    measured = {"inside_change": change, "detour": detour, "largest_step": step}
    labels = ("VAE-100", "GAN 100_100")
    fix(monkeypatch, {(c, name): sure(v) for name, pair in measured.items() for c, v in zip(labels, pair, strict=True)})
    spaces = contrasts.judge_spaces(*(configurations[label] for label in labels))
    assert spaces == Spaces(*expected)
    assert spaces.disagree == disagree


@pytest.mark.parametrize(
    ("best", "half_width", "verdict"),
    [(30.0, 5.0, "met"), (37.0, 5.0, "near"), (40.0, None, "near"), (43.0, 5.0, "near"), (50.0, 5.0, "missed")],
)
def test_a_threshold_is_met_beyond_the_interval(
    monkeypatch: pytest.MonkeyPatch,
    configurations: dict[str, Configuration],
    best: float,
    half_width: float | None,
    verdict: str,
) -> None:
    fids = {
        "VAE-3": Estimate(90.0, None, None, (90.0,), "nothing"),
        "VAE-10": Estimate(best, half_width, 1, (best,), "samples"),
    }
    fix(monkeypatch, {(label, "fid_inception"): fid for label, fid in fids.items()})
    judged = judge_threshold([configurations[label] for label in fids], 40)
    assert (judged.best.label, judged.fid.mean, judged.verdict) == ("VAE-10", best, verdict)


@pytest.mark.parametrize(
    ("fids", "scores", "crowded", "verdict"),
    [
        ((10.0, 30.0), {"kid": (1.0, 2.0), "recall": (0.5, 0.2)}, False, "agree"),
        ((30.0, 10.0), {"kid": (1.0, 2.0), "recall": (0.2, 0.5)}, False, "split"),
        ((30.0, 10.0), {"kid": (1.0, 2.0)}, False, "against"),
        ((30.0, 10.0), {"kid": (1.0, 2.0)}, True, "crowded"),
        ((30.0, 10.0), {"kid": (1.0001, 1.0)}, False, "agree"),
        ((10.0, 10.0), {"kid": (1.0, 2.0)}, False, None),
    ],
)
def test_other_scores_are_with_fid_or_against_it(
    monkeypatch: pytest.MonkeyPatch,
    configurations: dict[str, Configuration],
    fids: tuple[float, float],
    scores: dict[str, tuple[float, float]],
    crowded: bool,
    verdict: str | None,
) -> None:
    labels = ("MLP GAN 100_100", "GAN 100_100")
    alike = dict.fromkeys(("kid", "precision", "recall", "density", "coverage"), (0.6, 0.6))
    alike |= {"recall": (0.05, 0.05)} if crowded else {}
    values = {"fid_classifier": fids, **alike, **scores}
    fix(monkeypatch, {(c, n): sure(v) for n, pair in values.items() for c, v in zip(labels, pair, strict=True)})
    judged = contrasts.judge_other_scores(*(configurations[label] for label in labels))
    assert (judged and judged.verdict) == verdict


@pytest.mark.parametrize(
    ("mean", "half_width", "way"), [(-2, 1, "falls"), (2, 1, "rises"), (2, 3, "open"), (2, None, "open")]
)
def test_a_change_goes_where_its_interval_does(mean: float, half_width: float | None, way: str) -> None:
    assert judge_change(Estimate(mean, half_width, half_width, (mean,), "pairs")) == way


def test_what_was_picked_from_many_must_stand_out() -> None:
    low, high = estimate_mean([1.0], 0.1), estimate_mean([1.3], 0.1)
    assert [compare_extremes(low, high, num) for num in (2, 40)] == ["lower", "chosen"]
    assert compare_extremes(low, low, 40) == "equal"


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ([(-2, 1), (2, 1)], "all"),
        ([(-2, 1), (0, 1)], "some"),
        ([(0, 1), (0, 1)], "none"),
        ([(3, None), (3, None)], "unknown"),
    ],
)
def test_trainings_move_as_far_as_their_intervals_say(
    monkeypatch: pytest.MonkeyPatch,
    configurations: dict[str, Configuration],
    changes: list[tuple[float, float | None]],
    verdict: str,
) -> None:
    labels = ("GAN 16_16", "GAN 100_100")
    drifts = [Estimate(mean, half, half, (mean,), "steps") for mean, half in changes]
    fix(monkeypatch, {(label, "drift_D_x"): drift for label, drift in zip(labels, drifts, strict=True)})
    assert trainings.judge_movement([configurations[label] for label in labels], ["D_x"]).verdict == verdict


@pytest.mark.parametrize(
    ("ends", "way"),
    [
        ([(1, 3), (1, 3)], "higher"),
        ([(3, 1), (2, 2)], "partly_lower"),
        ([(1, 3), (2, 2)], "partly_higher"),
        ([(1, 3), (3, 1)], "mixed"),
        ([(2, 2), (2, 2)], "equal"),
        ([(2, 2), (2, 2.005)], "undecided"),
    ],
)
def test_raising_a_dimension_is_judged_over_all_pairs(
    monkeypatch: pytest.MonkeyPatch, configurations: dict[str, Configuration], ends: list[tuple[float, float]], way: str
) -> None:
    labels = [("GAN 16_16", "GAN 16_100"), ("GAN 100_16", "GAN 100_100")]
    values = zip([label for pair in labels for label in pair], [value for pair in ends for value in pair], strict=True)
    fix(monkeypatch, {(label, "recall"): sure(value) for label, value in values})
    pairs = dimensions.pair_along([configurations[label] for pair in labels for label in pair], "hidden_dim")
    assert [(low.label, high.label) for low, high in pairs] == labels
    assert dimensions.judge_raising("recall", pairs) == way


# ---- the course of a training ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("means", "half_width", "verdict"),
    [
        ((2, 3, 4, 5), 0.5, "rises"),
        ((2, 5, 5, 5), 0.5, "rises"),
        ((5, 4, 4.2, 2), 0.5, "falls"),
        ((2, 3, 2.5, 3), 0.5, "swings"),  # a way of 2, of which the change is a half
        ((2, 3, 4, 5), 3.5, "swings"),
        ((2, 2.1, 2.2, 2.2), 0.1, "level"),
        ((2, 3, 4, 5), None, "unknown"),
        ((2, 3, 4, 5), NAN, "unknown"),
    ],
)
def test_a_loss_has_a_course(means: tuple[float, ...], half_width: float | None, verdict: str) -> None:
    change = means[-1] - means[0]
    estimate = Estimate(change, half_width, half_width, (change,), "steps")
    assert trainings.Course(means, estimate).verdict == verdict


def test_a_slow_rise_is_seen_that_the_last_fifth_alone_hides() -> None:
    """The loss of G rises from 2 to 5 after step 2,000 and swings by more than it rises within the last fifth."""
    steps = np.arange(10, 5001, 10)
    trend = np.interp(steps, [2000, 4200], [2, 5])
    summary = summarise_curve(pd.Series(trend + 0.7 * np.sin(steps / 40), index=steps))
    assert abs(summary.tail_slope) < 2 * summary.tail_slope_error

    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        return summary

    results = make_results(load_suite(ROOT / "experiments.yaml", "quick"), summarise=summarise)
    course = trainings.read_course(results.answer("gan_grid")[0], "generator_loss")
    assert course.verdict == "rises"
    assert (course.means[0], course.means[-1]) == pytest.approx((2, 5), abs=0.15)


@pytest.mark.parametrize(
    ("fifths", "lowest", "verdict"),
    [
        ((9, 8, 7, 6, 5), 5, "falling"),
        ((9, 8, 7, 5.4, 5), 5, "level"),
        ((9, 3, 7, 6, 5), 3, "past"),
        ((9, 3, 7, NAN, 5), 5, "unknown"),
    ],
)
def test_the_fid_of_samples_is_judged_at_its_end(fifths: tuple[float, ...], lowest: float, verdict: str) -> None:
    summary = make_summary(fifths[-1], 0, NAN, 0, NAN, NAN, lowest=lowest, fifths=fifths)
    results = make_results(load_suite(ROOT / "experiments.yaml", "quick"), summarise=lambda *_: summary)
    assert trainings.judge_progress(results.configurations[0]) == verdict
