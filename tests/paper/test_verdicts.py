"""Verdicts on two configurations, on sweeps and on the end of training, from estimates that the test chooses."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from synthetic import ROOT, make_estimate, make_results, make_summary

from reportgen.paper.analysis import contrasts, dimensions, findings, samples, trainings
from reportgen.paper.analysis.contrasts import Side, Spaces, judge_change, judge_threshold
from reportgen.paper.analysis.curves import CurveSummary, summarise_curve
from reportgen.paper.analysis.estimates import Estimate, Over, estimate_mean
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
    for module in (findings, contrasts, dimensions, samples, trainings):
        monkeypatch.setattr(module, "measure", lambda name, c: values[c.label, name])


def sure(value: float) -> Estimate:
    """Return a value that another seed moves by a hundredth; none if it is NaN."""
    if math.isnan(value):
        return estimate_mean([])
    return make_estimate([value], sd=0.01, scale="linear", band=0.05)


def within(mean: float, half_width: float | None, over: Over) -> Estimate:
    """Return an estimate with an interval within its run."""
    interval = None if half_width is None else (mean - half_width, mean + half_width)
    return Estimate(mean, interval, half_width, (mean,), over)


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
        "VAE-3": within(90.0, None, "nothing"),
        "VAE-10": within(best, half_width, "samples"),
    }
    fix(monkeypatch, {(label, "fid_inception"): fid for label, fid in fids.items()})
    judged = judge_threshold([configurations[label] for label in fids], 40)
    assert (judged.best.label, judged.fid.mean, judged.verdict) == ("VAE-10", best, verdict)


@pytest.mark.parametrize(
    ("mean", "half_width", "way"), [(-2, 1, "falls"), (2, 1, "rises"), (2, 3, "open"), (2, None, "open")]
)
def test_a_change_goes_where_its_interval_does(mean: float, half_width: float | None, way: str) -> None:
    assert judge_change(within(mean, half_width, "pairs")) == way


# ---- raising a dimension --------------------------------------------------------------------------------------------

GRID = ("GAN 16_16", "GAN 16_100", "GAN 100_16", "GAN 100_100")
"""Latent and hidden dimensions: two pairs along each."""
Corners = tuple[float, float, float, float]


def fix_grid(
    monkeypatch: pytest.MonkeyPatch,
    configurations: dict[str, Configuration],
    quantity: str,
    values: Corners,
    sd: float = 0.01,
) -> list[Configuration]:
    fix(monkeypatch, {(c, quantity): make_estimate([v], sd=sd) for c, v in zip(GRID, values, strict=True)})
    return [configurations[label] for label in GRID]


@pytest.mark.parametrize(
    ("values", "sd", "verdict", "depends"),
    [
        ((1, 3, 1, 3), 0.01, "higher", False),
        ((3, 1, 3, 1), 0.01, "lower", False),
        ((3, 1, 2, 2), 0.01, "lower", True),
        ((1, 3, 2, 2.0001), 0.01, "higher", True),
        ((1, 3, 3, 1), 0.01, "mixed", True),
        ((1, 3, 2, 1), 0.01, "mixed", True),
        ((2, 2, 2, 2), 0.01, "alike", False),
        ((2, 2.001, 2.001, 2), 0.01, "alike", False),
        ((1, 3, 1, 3), 1.0, "open", False),
        ((1, 1.4, 1, 1.4), 0.1, "higher", False),  # the mean is shown, none of the pairs is
    ],
)
def test_raising_a_dimension_is_judged_by_the_mean_over_pairs(
    monkeypatch: pytest.MonkeyPatch,
    configurations: dict[str, Configuration],
    values: Corners,
    sd: float,
    verdict: str,
    depends: bool,
) -> None:
    pairs = dimensions.pair_along(fix_grid(monkeypatch, configurations, "sharpness", values, sd), "hidden_dim")
    assert [(low.label, high.label) for low, high in pairs] == [GRID[:2], GRID[2:]]
    influence = dimensions.judge_influence("sharpness", pairs)
    assert influence is not None
    assert (influence.verdict, influence.depends) == (verdict, depends)


def test_the_effects_of_a_dimension_have_a_closed_form(
    monkeypatch: pytest.MonkeyPatch, configurations: dict[str, Configuration]
) -> None:
    pairs = dimensions.pair_along(fix_grid(monkeypatch, configurations, "sharpness", (1, 8, 2, 4), 0.1), "hidden_dim")
    influence = dimensions.judge_influence("sharpness", pairs)
    assert influence is not None
    assert influence.interaction is not None
    assert influence.main.value == pytest.approx(4)  # the geometric mean of 8 and 2
    assert influence.main.contrast.error == pytest.approx(0.1)  # by a half at each of four corners
    assert [effect.value for effect in influence.each] == pytest.approx([8, 2])
    assert [effect.confidence for effect in influence.each] == pytest.approx([0.975, 0.95])
    assert influence.interaction.value == pytest.approx(1 / 4)
    assert influence.interaction.contrast.error == pytest.approx(0.2)


def test_one_pair_has_no_interaction(monkeypatch: pytest.MonkeyPatch, configurations: dict[str, Configuration]) -> None:
    grid = fix_grid(monkeypatch, configurations, "sharpness", (1, 3, 1, 3))
    influence = dimensions.judge_influence("sharpness", dimensions.pair_along(grid[:2], "hidden_dim"))
    assert influence is not None
    assert (influence.interaction, influence.depends, influence.verdict) == (None, False, "higher")
    assert influence.main.value == pytest.approx(influence.each[0].value) == pytest.approx(3)


def test_a_dimension_is_not_judged_where_a_spread_is_unknown(
    monkeypatch: pytest.MonkeyPatch, configurations: dict[str, Configuration]
) -> None:
    pairs = dimensions.pair_along([configurations[label] for label in GRID], "hidden_dim")
    known = {(label, "sharpness"): sure(1.0) for label in GRID}
    fix(monkeypatch, {**known, ("GAN 16_100", "sharpness"): estimate_mean([1.0])})
    assert dimensions.judge_influence("sharpness", pairs) is None


@pytest.mark.parametrize(
    ("values", "larger", "effects", "is_told_apart"),
    [
        ((8, 1, 8.8, 1.1), "hidden_dim", (1 / 8, 1.1), True),
        ((1, 1.1, 8, 8.8), "latent_dim", (8, 1.1), True),
        ((1, 0.5, 4, 2), "latent_dim", (4, 0.5), True),
        ((1, 2, 2.001, 4.002), "latent_dim", (2.001, 2), False),
    ],
)
def test_the_dimension_with_the_larger_factor_is_found(
    monkeypatch: pytest.MonkeyPatch,
    configurations: dict[str, Configuration],
    values: Corners,
    larger: str,
    effects: tuple[float, float],
    is_told_apart: bool,
) -> None:
    """Values are those of GAN 16_16, 16_100, 100_16, 100_100."""
    found = dimensions.judge_larger_effect(fix_grid(monkeypatch, configurations, "fid_classifier", values))
    assert found is not None
    assert (found.larger, found.is_told_apart) == (larger, is_told_apart)
    assert {found.larger, found.smaller} == {"hidden_dim", "latent_dim"}
    assert (found.larger_effect.value, found.smaller_effect.value) == pytest.approx(effects)


def test_a_grid_without_a_corner_or_a_spread_has_no_larger_effect(
    monkeypatch: pytest.MonkeyPatch, configurations: dict[str, Configuration]
) -> None:
    grid = fix_grid(monkeypatch, configurations, "fid_classifier", (1, 2, 3, 4))
    assert dimensions.judge_larger_effect(grid[:3]) is None
    assert dimensions.judge_larger_effect(grid[:2]) is None
    fix(monkeypatch, {(label, "fid_classifier"): estimate_mean([1.0]) for label in GRID})
    assert dimensions.judge_larger_effect(grid) is None


# ---- many at once ---------------------------------------------------------------------------------------------------

VAES = ("VAE-3", "VAE-10", "VAE-64", "VAE-100")


@pytest.mark.parametrize(
    ("vaes", "gans", "verdict", "closest", "p_value"),
    [
        ((1, 2, 3, 4), (5, 6, 7, 8), "vae", ("VAE-100", "GAN 16_16"), 2 / 70),
        ((5, 6, 7, 8), (1, 2, 3, 4), "gan", ("GAN 100_100", "VAE-3"), 2 / 70),
        ((1, 2, 3, 5), (4, 6, 7, 8), "open", ("VAE-100", "GAN 16_16"), None),
        ((1, 2), (5, 6), "open", ("VAE-10", "GAN 16_16"), 2 / 6),
    ],
)
def test_families_are_apart_if_all_are_and_chance_is_unlikely(
    monkeypatch: pytest.MonkeyPatch,
    configurations: dict[str, Configuration],
    vaes: tuple[float, ...],
    gans: tuple[float, ...],
    verdict: Side,
    closest: tuple[str, str],
    p_value: float | None,
) -> None:
    values = {**dict(zip(VAES, vaes, strict=False)), **dict(zip(GRID, gans, strict=False))}
    fix(monkeypatch, {(label, "sharpness"): make_estimate([math.exp(value)]) for label, value in values.items()})
    families = [[configurations[label] for label in side if label in values] for side in (VAES, GRID)]
    found = contrasts.compare_families("sharpness", *families)
    assert found is not None
    assert (found.verdict, (found.lower.label, found.higher.label)) == (verdict, closest)
    assert p_value is None or found.p_value == pytest.approx(p_value)
    assert found.gap is not None
    assert found.gap.value == pytest.approx(math.exp(values[closest[0]] - values[closest[1]]))


def test_a_family_without_a_level_is_not_compared(
    monkeypatch: pytest.MonkeyPatch, configurations: dict[str, Configuration]
) -> None:
    vae, gan = configurations["VAE-3"], configurations["GAN 16_16"]
    fix(monkeypatch, {("VAE-3", "sharpness"): sure(1.0), ("GAN 16_16", "sharpness"): estimate_mean([2.0])})
    assert contrasts.compare_families("sharpness", [vae], [gan]) is None
    assert contrasts.compare_families("sharpness", [vae], []) is None


@pytest.mark.parametrize(
    ("quantity", "values", "ties"),
    [
        ("fid_classifier", (1.0, 1.02, 3.0, 4.0), VAES[:2]),
        ("fid_classifier", (3.0, 4.0, 1.0, 9.0), VAES[2:3]),
        ("recall", (0.2, 0.9, 0.3, 0.89), ("VAE-10", "VAE-100")),
    ],
)
def test_ties_are_those_not_shown_to_be_worse_than_the_best(
    monkeypatch: pytest.MonkeyPatch,
    configurations: dict[str, Configuration],
    quantity: str,
    values: Corners,
    ties: tuple[str, ...],
) -> None:
    fix(monkeypatch, {(c, quantity): sure(value) for c, value in zip(VAES, values, strict=True)})
    found = findings.find_ties([configurations[label] for label in VAES], quantity)
    assert tuple(c.label for c in found) == ties


def test_where_nothing_is_known_of_seeds_all_are_tied(
    monkeypatch: pytest.MonkeyPatch, configurations: dict[str, Configuration]
) -> None:
    values = {(label, "fid_classifier"): sure(float(place)) for place, label in enumerate(VAES)}
    fix(monkeypatch, {**values, ("VAE-10", "fid_classifier"): estimate_mean([5.0])})
    chosen = [configurations[label] for label in VAES]
    assert findings.find_ties(chosen, "fid_classifier") == chosen


# ---- sweeps ---------------------------------------------------------------------------------------------------------


def test_a_sweep_is_read_in_order_with_its_power_law(
    monkeypatch: pytest.MonkeyPatch, configurations: dict[str, Configuration]
) -> None:
    values = dict(zip(VAES, (64.0, 16.0, 2.0, 1.0), strict=True))
    fix(monkeypatch, {(label, "fid_classifier"): make_estimate([value]) for label, value in values.items()})
    sweep = findings.read_sweep("fid_classifier", [configurations[label] for label in VAES], "latent_dim")
    assert sweep is not None
    assert list(sweep.positions) == [3, 10, 64, 100]
    assert sweep.whole.value == pytest.approx(1 / 64)
    assert [step.value for step in sweep.steps] == pytest.approx([1 / 4, 1 / 8, 1 / 2])
    assert sweep.order == pytest.approx(1 / 24)
    assert sweep.power is not None
    assert sweep.power.exponent == pytest.approx(np.polyfit(np.log(sweep.positions), np.log([64, 16, 2, 1]), 1)[0])


def test_a_sweep_needs_two_values_and_their_spread(
    monkeypatch: pytest.MonkeyPatch, configurations: dict[str, Configuration]
) -> None:
    chosen = [configurations[label] for label in VAES[:2]]
    fix(monkeypatch, {(label, name): sure(0.5) for label in VAES for name in ("recall", "fid_inception")})
    shares = findings.read_sweep("recall", chosen, "latent_dim")
    assert shares is not None
    assert shares.power is None  # of the linear scale
    assert findings.read_sweep("recall", chosen[:1], "latent_dim") is None
    assert findings.read_sweep("fid_inception", chosen, "latent_dim") is None  # not measured
    fix(monkeypatch, {("VAE-3", "recall"): sure(0.5), ("VAE-10", "recall"): estimate_mean([0.6])})
    assert findings.read_sweep("recall", chosen, "latent_dim") is None


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
    assert trainings.Course(means, within(change, half_width, "steps")).verdict == verdict


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
