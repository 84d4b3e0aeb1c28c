"""Comparisons of trainings: ratios and differences with their intervals, outcomes, sweeps and several at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from synthetic import make_estimate

from reportgen.paper.analysis.effects import (
    SHOWN,
    Effect,
    compare,
    find_change,
    find_effect,
    find_steps,
    judge_together,
)
from reportgen.paper.analysis.estimates import Estimate, Level, estimate_mean
from reportgen.paper.analysis.families import adjust_by_holm, find_order_p_value
from reportgen.paper.analysis.findings import Sweep
from reportgen.paper.analysis.seed_model import Contrast, Prior, find_t, moderate

FACTOR = math.log(1.25)
Z = 1.959964
"""Quantile of the normal distribution, Student's for infinite degrees of freedom."""


def make_effect(value: float, error: float = 0.1, degrees: float = math.inf, band: float | None = FACTOR) -> Effect:
    return Effect(Contrast(value, error, degrees), "log", band)


# ---- one effect -----------------------------------------------------------------------------------------------------


def test_an_effect_on_logarithms_is_a_ratio() -> None:
    effect = make_effect(math.log(2), 0.1, 4)
    factor = math.exp(0.1 * 2.776445)
    assert effect.value == pytest.approx(2)
    assert effect.interval == pytest.approx((2 / factor, 2 * factor))
    assert effect.bound == pytest.approx(2 * factor)
    assert effect.outcome == "higher"


def test_an_effect_on_a_linear_scale_is_a_difference() -> None:
    effect = Effect(Contrast(-0.17, 0.1, math.inf), "linear", 0.05)
    assert effect.value == -0.17
    assert effect.interval == pytest.approx((-0.17 - 0.1 * Z, -0.17 + 0.1 * Z))
    assert effect.bound == pytest.approx(0.17 + 0.1 * Z)
    assert effect.outcome == "open"


def test_differences_start_from_the_level_before_above_its_floor() -> None:
    prior = Prior(0.1**2, 30)
    before, after = (
        replace(estimate_mean([98 + above]), level=Level(moderate([math.log(above)], prior), "log", FACTOR, floor=98.0))
        for above in (60.0, 50.0)
    )
    effect = find_change(after, before)
    assert effect is not None
    assert effect.start == pytest.approx(60)
    low, high = effect.interval
    assert effect.differences == pytest.approx((-10, 60 * (low - 1), 60 * (high - 1)))


def test_of_several_configurations_the_start_is_the_mean_on_the_scale() -> None:
    prior = Prior(0.1**2, 30)
    levels = [Level(moderate([math.log(value)], prior), "log", FACTOR) for value in (8.0, 18.0, 2.0, 8.0)]
    effect = find_effect((0.5, 0.5, -0.5, -0.5), [replace(estimate_mean([x.mean]), level=x) for x in levels])
    assert effect is not None
    assert effect.differences[0] == pytest.approx(12 - 4)


@pytest.mark.parametrize(
    ("value", "error", "band", "outcome"),
    [
        (0.2, 0.1, FACTOR, "higher"),
        (-0.2, 0.1, FACTOR, "lower"),
        (0.01, 0.001, FACTOR, "higher"),  # small, but shown
        (0.0, 0.1, FACTOR, "alike"),
        (0.02, 0.1, FACTOR, "alike"),
        (0.1, 0.1, FACTOR, "open"),
        (-0.1, 0.1, FACTOR, "open"),
        (0.0, 0.1, None, "open"),
        (0.0, 0.1, 0.19, "open"),
    ],
)
def test_an_interval_has_one_outcome(value: float, error: float, band: float | None, outcome: str) -> None:
    assert make_effect(value, error, band=band).outcome == outcome


MIRRORED = {"lower": "higher", "higher": "lower", "alike": "alike", "open": "open"}


@given(st.floats(-3, 3), st.floats(0.01, 1), st.floats(1, 50))
def test_a_ratio_the_other_way_round_is_the_reciprocal(value: float, error: float, degrees: float) -> None:
    effect, other = make_effect(value, error, degrees), make_effect(-value, error, degrees)
    assert other.outcome == MIRRORED[effect.outcome]
    assert (1 / other.interval[1], 1 / other.interval[0]) == pytest.approx(effect.interval)
    assert effect.bound == pytest.approx(other.bound)
    assert effect.bound >= 1
    assert 1 / effect.bound * 0.999999 <= effect.interval[0] <= effect.interval[1] <= effect.bound * 1.000001


# ---- levels ---------------------------------------------------------------------------------------------------------


def test_the_level_of_a_distance_is_a_geometric_mean_with_an_interval_of_its_own() -> None:
    estimate = make_estimate([2.0, 8.0], sd=0.5)
    assert estimate.level is not None
    assert estimate.level.mean == pytest.approx(4)
    low, high = estimate.level.interval
    assert low * high == pytest.approx(16)
    variance = (4 * 0.25 + math.log(4) ** 2 / 2) / 5
    assert high / 4 == pytest.approx(math.exp(find_t(4) * math.sqrt(variance / 2)))


def test_no_end_of_an_interval_lies_below_the_floor_or_beyond_the_limits() -> None:
    seeds = moderate([math.log(2.0)], Prior(4.0, 12))
    above = Level(seeds, "log", None, floor=95.8)
    assert above.mean == pytest.approx(97.8)
    assert 95.8 < above.interval[0] < 97.8 < above.interval[1]
    share = Level(moderate([0.98, 1.0], Prior(0.01, 12)), "linear", None, limits=(0.0, 1.0))
    assert share.interval[1] == 1.0
    assert share.mean == pytest.approx(0.99)


# ---- two values -----------------------------------------------------------------------------------------------------

NO_VALUE, NO_LEVEL = estimate_mean([]), estimate_mean([2.0])


@pytest.mark.parametrize(
    ("a", "b", "outcome"),
    [
        (make_estimate([1.0]), make_estimate([2.0]), "lower"),
        (make_estimate([2.0]), make_estimate([1.0]), "higher"),
        (make_estimate([1.0]), make_estimate([2.0, 2.1, 1.9]), "lower"),
        (make_estimate([1.0]), make_estimate([1.01]), "alike"),
        (make_estimate([1.0], sd=1), make_estimate([2.0], sd=1), "open"),
        (make_estimate([1.0]), make_estimate([1.0]), "equal"),
        (NO_LEVEL, NO_LEVEL, "equal"),
        (make_estimate([1.0]), NO_LEVEL, "single"),
        (NO_LEVEL, make_estimate([1.0]), "single"),
        (make_estimate([1.0]), NO_VALUE, "unknown"),
        (NO_VALUE, NO_VALUE, "unknown"),
    ],
)
def test_two_values_have_one_outcome(a: Estimate, b: Estimate, outcome: str) -> None:
    assert compare(a, b) == outcome


def test_intervals_over_samples_decide_nothing_between_trainings() -> None:
    assert compare(estimate_mean([1.0], 1e-6), estimate_mean([2.0], 1e-6)) == "single"


def test_weights_ask_a_question_of_several_configurations() -> None:
    corners = [make_estimate([value]) for value in (8.0, 2.0, 4.0, 1.0)]
    effect = find_effect((0.5, 0.5, -0.5, -0.5), corners)
    assert effect is not None
    assert effect.value == pytest.approx(math.sqrt(8 * 2 / 4 / 1))
    assert effect.contrast.error == pytest.approx(0.01)  # four halves of 0.01, squared and added up
    assert find_effect((1, -1), [corners[0], NO_LEVEL]) is None
    assert find_effect((), []) is None


# ---- several at once ------------------------------------------------------------------------------------------------

EFFECTS = st.lists(st.builds(make_effect, st.floats(-1, 1), st.floats(0.05, 0.5), st.floats(2, 30)), max_size=8)


@given(EFFECTS)
def test_effects_judged_together_are_shown_where_holms_p_values_are_small(effects: list[Effect]) -> None:
    adjusted = adjust_by_holm([effect.contrast.p_value for effect in effects])
    assume(all(abs(p - 0.05) > 1e-6 for p in adjusted))
    judged = judge_together(effects)
    assert [effect.outcome in SHOWN for effect in judged] == [p < 0.05 for p in adjusted]


@given(EFFECTS)
def test_judging_together_widens_and_changes_no_value(effects: list[Effect]) -> None:
    for alone, together in zip(effects, judge_together(effects), strict=True):
        assert together.contrast == alone.contrast
        assert together.interval[0] <= alone.interval[0] < alone.interval[1] <= together.interval[1]


def test_one_effect_alone_is_not_widened() -> None:
    (judged,) = judge_together([make_effect(0.2)])
    assert judged.interval == pytest.approx(make_effect(0.2).interval)


def test_effects_after_the_first_that_is_not_shown_have_its_level() -> None:
    judged = judge_together([make_effect(value) for value in (0.01, 1.0, 0.21)])
    assert [effect.confidence for effect in judged] == pytest.approx([1 - 0.05 / 2, 1 - 0.05 / 3, 1 - 0.05 / 2])
    assert [effect.outcome for effect in judged] == ["open", "higher", "open"]


def test_steps_are_each_value_over_the_one_before() -> None:
    steps = find_steps([make_estimate([value]) for value in (1.0, 2.0, 1.0)])
    assert steps is not None
    assert [step.value for step in steps] == pytest.approx([2, 0.5])
    assert [step.confidence for step in steps] == pytest.approx([1 - 0.05 / 2, 0.95])
    assert find_steps([make_estimate([1.0]), NO_LEVEL]) is None


# ---- sweeps ---------------------------------------------------------------------------------------------------------


def make_sweep(values: Sequence[float], sd: float = 1e-3) -> Sweep:
    estimates = [make_estimate([value], sd=sd) for value in values]
    whole, steps = find_change(estimates[-1], estimates[0]), find_steps(estimates)
    assert whole is not None
    assert steps is not None
    return Sweep([2**i for i in range(len(values))], estimates, whole, steps, find_order_p_value(values), None)


@pytest.mark.parametrize(
    ("values", "trend"),
    [
        ([3, 2, 1], "falling"),
        ([1, 2], "rising"),
        ([3, 1, 2], "valley"),
        ([3, 1, 3], "valley"),
        ([1, 3, 2], "peak"),
        ([1, 3, 2, 4], "mixed"),
        ([1, 1, 2], "rising_overall"),
        ([3, 2, 2], "falling_overall"),
        ([1, 1, 1], "alike"),
        ([1, 1.0001], "alike"),
        ([1, 3, 1, 3], "mixed"),
        ([1, 3, 1, 2], "mixed"),  # two turns, though the highest is told apart from both ends
    ],
)
def test_trends_of_values_that_seeds_hardly_move(values: list[float], trend: str) -> None:
    assert make_sweep(values).trend == trend


@pytest.mark.parametrize(
    ("positions", "trend"),
    [
        ([0, 0.2, 0.4], "flat"),
        ([0, 0.4, 0.8], "rising_overall"),
        ([0.8, 0.4, 0], "falling_overall"),
        ([0, 0.7, 1.4], "rising"),
        ([1.4, 0.7, 0], "falling"),
        ([0.7, 0, 0.3], "mixed"),  # the first step is shown, the ends are not told apart
        ([0.9, 0, 0.2], "falling_overall"),
        ([0.9, 0, 0.9], "valley"),
        ([0, 0.9, 0], "peak"),
        ([0.9, 0, 0.86, 0.43], "mixed"),  # the turn is not told apart from the last one
    ],
)
def test_trends_count_only_what_is_shown(positions: list[float], trend: str) -> None:
    """With 0.1 over seeds, ends that are 0.45 apart are told apart, and the clearest of two steps if it is 0.59."""
    assert make_sweep([math.exp(position) for position in positions], 0.1).trend == trend


@given(st.lists(st.integers(1, 6), min_size=2, max_size=6))
def test_a_trend_says_what_the_values_do(values: list[int]) -> None:
    trend = make_sweep(values).trend
    assert (trend == "falling") is (values == sorted(set(values), reverse=True))
    assert (trend == "rising") is (values == sorted(set(values)))
    assert (trend == "alike") is (len(set(values)) == 1)
    if trend in ("valley", "peak"):
        signed = values if trend == "valley" else [-value for value in values]
        turn = signed.index(min(signed))
        assert 0 < turn < len(values) - 1
        assert signed[: turn + 1] == sorted(signed[: turn + 1], reverse=True)
        assert signed[turn:] == sorted(signed[turn:])
    if trend in ("falling_overall", "rising_overall"):
        assert values == sorted(values, reverse=trend == "falling_overall")


def test_the_steps_that_are_shown_are_named_by_their_ends() -> None:
    assert make_sweep([4, 4, 2, 1]).shown_steps == [(2, 4), (4, 8)]
    assert make_sweep([1, 1, 1]).shown_steps == []
    assert make_sweep([4, 8, 1]).shown_steps == [(2, 4)]  # the one against the whole is left out
