"""Claims: the wording that each table of numbers gets, and that no two of them contradict each other."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from synthetic import TINY, make_readings, make_results, make_scores, make_summary

from reportgen.paper.analysis import measuring
from reportgen.paper.analysis.contrasts import compare_families
from reportgen.paper.analysis.curves import CurveSummary
from reportgen.paper.analysis.dimensions import pair_along
from reportgen.paper.analysis.effects import compare
from reportgen.paper.analysis.estimates import Estimate, Level, Scale, estimate_mean
from reportgen.paper.analysis.findings import (
    count_digits,
    judge_equilibrium,
    read_evolution,
)
from reportgen.paper.analysis.measuring import is_measured, measure
from reportgen.paper.analysis.published import Matched, match_published
from reportgen.paper.analysis.quantities import PAIRS
from reportgen.paper.analysis.results import Configuration, Results
from reportgen.paper.analysis.seed_model import Prior, moderate
from reportgen.paper.analysis.vaes import do_samples_follow, find_hardest
from reportgen.paper.claims import (
    collapse,
    comparison,
    fidelity,
    gan,
    interpolation,
    progress,
    published,
    scores,
    summary,
    vae,
)
from reportgen.paper.claims.claim import Claim, Fact, Order, Undecided, Verdict, contradict, find_contradictions
from reportgen.paper.i18n.translator import Translator
from reportgen.paper.report.assemble import build_report
from reportgen.paper.report.model import Paragraph, Report, Table
from reportgen.suite.languages import LANGUAGES
from reportgen.suite.loading import Suite, load_suite
from reportgen.suite.plan import RunSpec, plan_runs

NAN = math.nan


PRIOR = {"log": Prior(0.1**2, 30), "linear": Prior(0.02**2, 30)}
"""How far seeds differ in these tests: two single trainings by a factor of 1.51, or by 0.083, are told apart."""


@pytest.fixture(autouse=True)
def know_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "find_prior", lambda quantity, *_: PRIOR[quantity.scale])


def at(value: float, scale: Scale = "log", error: float | None = None) -> Estimate:
    """An estimate of one training."""
    estimate = estimate_mean([value], error)
    position = math.log(value) if scale == "log" else value
    return replace(estimate, level=Level(moderate([position], PRIOR[scale]), scale, 0.05))


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    return write_and_load(tmp_path_factory.mktemp("claims"), TINY)


def write_and_load(folder: Path, text: str) -> Suite:
    path = folder / "suite.yaml"
    path.write_text(text, encoding="utf-8")
    return load_suite(path)


def set_fid(values: dict[str, float], error: float | None = 0.01) -> Callable[[RunSpec, dict[str, Any]], None]:
    """A change that gives configurations their FID, by the beginning of their name."""

    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        for name, value in values.items():
            if spec.configuration_name == name:
                found = {} if math.isnan(value) else {"classifier": make_scores("classifier", value, error)}
                evaluation["scores"] = found

    return change


def find(results: Results, label: str) -> Configuration:
    return next(c for c in results.configurations if c.label == label)


def words(claim: Claim) -> str:
    """The sentence in English; in Chinese too, so that it is known to be there."""
    Translator("zh")(claim.id, **claim.values)
    return Translator("en")(claim.id, **claim.values)


def named(*estimates: Estimate) -> list[scores.Named]:
    return [scores.Named(label, estimate) for label, estimate in zip("ABCDEFGHIJ", estimates, strict=False)]


# ---- facts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (Order("fid", "A", "B"), Order("fid", "B", "A"), True),
        (Order("fid", "A", "B"), Order("fid", "A", "B"), False),
        (Order("fid", "A", "B"), Order("kid", "B", "A"), False),
        (Order("fid", "A", "B"), Undecided("fid", "B", "A"), True),
        (Undecided("fid", "A", "B"), Order("fid", "A", "B"), True),
        (Undecided("fid", "A", "B"), Undecided("fid", "A", "B"), False),
        (Undecided("fid", "A", "B"), Order("fid", "A", "C"), False),
        (Verdict("A", "drift", "yes"), Verdict("A", "drift", "no"), True),
        (Verdict("A", "drift", "yes"), Verdict("B", "drift", "no"), False),
        (Verdict("A", "drift", "yes"), Order("fid", "A", "B"), False),
        (Order("fid", "A", "B"), Verdict("A", "drift", "yes"), False),
    ],
)
def test_which_facts_contradict_each_other(a: Fact, b: Fact, expected: bool) -> None:
    assert contradict(a, b) is expected


def test_contradictions_are_found() -> None:
    a, b = (Claim("pair", "x", {}, "t", (Order("fid", *pair),)) for pair in ("AB", "BA"))
    assert find_contradictions([a, b, a]) == [(a, b), (b, a)]


# ---- one quantity ---------------------------------------------------------------------------------------------------

FALLING, LEVEL = (9.0, 8.0, 7.0, 6.0, 5.0), (9.0, 8.0, 6.0, 5.0, 5.0)
"""Means over fifths of training."""

NONE = estimate_mean([])
LOW, HIGH = estimate_mean([1.0]), estimate_mean([2.0])  # nothing is known of how far seeds differ


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (at(1), at(2), "A has the lower classifier FID: 1.00 against 2.00 of B (ratio 0.50, 95%: 0.33–0.76)."),
        (at(2), at(1), "A has the higher classifier FID: 2.00 against 1.00 of B (ratio 2.00, 95%: 1.32–3.03)."),
        (at(1), at(1.4), "other seeds may turn this order round, but the two differ by less than a factor of 2.12"),
        (at(1), at(1), "A and B have the same classifier FID"),
        (at(1), NONE, "cannot be compared"),
        (LOW, HIGH, "The classifier FID is 1.00 for A and 2.00 for B: one training each"),
        (LOW, LOW, "A and B have the same classifier FID"),
    ],
)
def test_pairs(a: Estimate, b: Estimate, said: str) -> None:
    assert said in words(scores.tell_pair("fid_classifier", named(a, b), "table-x"))


def test_what_lies_within_the_band_is_alike() -> None:
    sure = Prior(0.001**2, 30)
    pair = [replace(at(v), level=Level(moderate([math.log(v)], sure), "log", math.log(1.25))) for v in (1.0, 1.1)]
    said = words(scores.tell_pair("fid_classifier", named(*pair), "table-x"))
    assert said.startswith("A has the lower")  # a difference that is shown is told, however small
    pair[1] = replace(at(1.001), level=Level(moderate([0.001], sure), "log", math.log(1.25)))
    assert "A and B have about the same" in words(scores.tell_pair("fid_classifier", named(*pair), "table-x"))


def test_a_difference_of_shares_is_in_percentage_points() -> None:
    half, most = at(0.5, "linear", 0.01), at(0.9, "linear", 0.01)
    said = words(scores.tell_pair("read_share", named(half, most), "table-x"))
    assert "50.0% ± 2.0% against 90.0% ± 2.0% of B (difference −40.0 points, 95%: −48.3 to −31.7)" in said


@pytest.mark.parametrize(
    ("estimates", "said"),
    [
        (
            [at(1), at(2), at(1.5)],
            "In [[table-x]] the lowest classifier FID is that of A, 1.00, and the highest",
        ),
        ([at(1), at(1.2)], "lies between 1.00 (A) and 1.20 (B), no more than seeds may cause"),
        ([at(1), at(1)], "is the same everywhere"),
        ([at(1), NONE], "too few values"),
        ([LOW, HIGH], "lies between 1.00 (A) and 2.00 (B); how far seeds differ in it is not known"),
        ([LOW, LOW], "is the same everywhere"),
    ],
)
def test_extremes(estimates: list[Estimate], said: str) -> None:
    assert said in words(scores.tell_extremes("fid_classifier", named(*estimates), "table-x"))


def test_the_lowest_and_the_highest_of_many_are_further_apart_by_chance() -> None:
    """As a pair the extremes of ten values differ; among 45 possible pairs that is no wonder."""
    values = [at(0.5 + 0.01 * step, "linear") for step in range(10)]
    ends = values[0], values[-1]
    assert compare(*ends) == "lower"
    claim = scores.tell_extremes("read_share", named(*values), "table-x")
    assert (claim.id, claim.facts) == ("extremes.open", ())
    assert scores.tell_extremes("read_share", named(*ends), "table-x").id == "extremes.lower"


@pytest.mark.parametrize(
    ("fid", "tie"),
    [((1.0, 3.0), None), ((1.0, 1.2), "VAE-3 has the lowest value; not shown to be worse: VAE-10"), ((NAN, 2.0), None)],
)
def test_best_and_ties(suite: Suite, fid: tuple[float, float], tie: str | None) -> None:
    results = make_results(suite, change=set_fid({"vae-3": fid[0], "vae-10": fid[1]}))
    said = [words(claim) for claim in scores.claim_best(results.answer("vae_latent"), "table-x")]
    assert len(said) == (2 if tie else 1)
    assert tie is None or tie in said[1]


@pytest.mark.parametrize(
    "fid",
    [
        {"gan-4_4": 5.0, "gan-4_8": 5.1, "gan-10_4": 6.0, "gan-10_8": 6.1},
        {"gan-4_4": 100.0, "gan-4_8": 30.0, "gan-10_4": 31.0, "gan-10_8": 9.0},  # both by a factor of about 3.3
    ],
)
def test_an_effect_within_what_seeds_change_is_no_larger_effect(suite: Suite, fid: dict[str, float]) -> None:
    claim = gan.claim_larger_effect(make_results(suite, change=set_fid(fid)).answer("gan_grid"), "table-x")
    assert claim is not None
    assert claim.id == "gan_effect.larger.neither"


@pytest.mark.parametrize(
    ("fid", "said"),
    [
        (30.0, "below the course's threshold of 40"),
        (50.0, "is not below"),
        (39.9, "its interval holds"),
        (NAN, "not below"),
    ],
)
def test_threshold(suite: Suite, fid: float, said: str) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        if not math.isnan(fid):
            evaluation["scores"]["inception"] = make_scores("inception", fid, 1.0)

    results = make_results(suite, change=change)
    assert said in words(scores.claim_threshold(results.answer("vae_latent"), 40, "table-x"))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((9.0, 3.0, 1.0), "From 2 to 8, the classifier FID falls at every step of `hidden_dim`, from 9.00 ± 0.02"),
        ((1.0, 3.0, 9.0), "rises at every step"),
        (
            (3.0, 1.0, 1.01),
            "falls from 3.00 ± 0.02 to 1.01 ± 0.02 (ratio 0.34, 95%: 0.22–0.51); shown as",
        ),
        (
            (2.0, 1.5, 1.2),
            "falls from 2.00 ± 0.02 to 1.20 ± 0.02 (ratio 0.60, 95%: 0.40–0.91); it goes with",
        ),
        ((1.0, 1.01, 3.0), "rises from 1.00 ± 0.02 to 3.00 ± 0.02"),
        ((9.0, 1.0, 3.0), "falls from 9.00 ± 0.02 at 2 to 1.00 ± 0.02 at 4 and rises again to 3.00 ± 0.02 at 8"),
        ((1.0, 9.0, 3.0), "rises from 1.00 ± 0.02 at 2 to 9.00 ± 0.02 at 4 and falls again"),
        ((1.0, 1.2, 1.0), "changes by less than a factor of 1.51 either way: 1.00 ± 0.02 at 2, 1.20"),
        ((1.0, NAN, NAN), "too few values"),
    ],
)
def test_trends(suite: Suite, values: tuple[float, ...], said: str) -> None:
    fid = dict(zip(("gan-10_2", "gan-10_4", "gan-10_8"), values, strict=True))
    results = make_results(suite, change=set_fid(fid))
    sweep = results.answer("gan_hidden")
    assert said in words(scores.claim_trend("fid_classifier", sweep, "hidden_dim", "table-x"))


def test_a_trend_without_direction_names_all_values(tmp_path: Path) -> None:
    fid = {"vae-3": 1.0, "vae-10": 9.0, "vae-20": 2.0, "vae-40": 20.0}
    suite = write_and_load(tmp_path, TINY.replace("latent_dim: [3, 10]}", "latent_dim: [3, 10, 20, 40]}"))
    sweep = make_results(suite, change=set_fid(fid)).answer("vae_latent")
    claim = scores.claim_trend("fid_classifier", sweep, "latent_dim", "table-x")
    assert "The classifier FID goes up and down with `latent_dim`: 1.00 ± 0.02 at 3, 9.00" in words(claim)
    assert claim.facts == ()


def test_an_order_that_is_the_same_throughout_is_told(tmp_path: Path) -> None:
    suite = write_and_load(tmp_path, TINY.replace("latent_dim: [3, 10]}", "latent_dim: [3, 10, 20, 40]}"))
    fid = {"vae-3": 2.0, "vae-10": 1.7, "vae-20": 1.4, "vae-40": 1.1}
    sweep = make_results(suite, change=set_fid(fid)).answer("vae_latent")
    said = words(scores.claim_trend("fid_classifier", sweep, "latent_dim", "table-x"))
    assert "the order is the same throughout (exact p = 0.042)" in said  # one of 24 orders
    small = make_results(suite, change=set_fid({"vae-3": 1.0, "vae-10": 1.0, "vae-20": 1.0, "vae-40": 1.0001}))
    claim = scores.claim_trend("fid_classifier", small.answer("vae_latent"), "latent_dim", "table-x")
    assert claim.id == "trend.flat"


def test_a_sweep_of_two_has_no_details(suite: Suite) -> None:
    sweep = make_results(suite, change=set_fid({"vae-3": 9.0, "vae-10": 1.0})).answer("vae_latent")
    assert scores.claim_trend("fid_classifier", sweep, "latent_dim", "table-x").id == "trend.falling"


def test_no_power_law_is_told_where_none_fits(suite: Suite) -> None:
    fid = {"gan-10_2": 9.0, "gan-10_4": 1.0, "gan-10_8": 0.99}
    sweep = make_results(suite, change=set_fid(fid)).answer("gan_hidden")
    said = words(scores.claim_trend("fid_classifier", sweep, "hidden_dim", "table-x"))
    assert "no single power law fits" in said


# ---- VAEs -----------------------------------------------------------------------------------------------------------


SEEDED = TINY.replace("dataset: mnist-5k", "dataset: mnist-5k\nseeds: [0, 1]")
SWEPT = TINY.replace("latent_dim: [3, 10]}", "latent_dim: [3, 10, 20, 40]}")
Summarise = Callable[[RunSpec, str], CurveSummary]


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    return write_and_load(tmp_path_factory.mktemp("swept"), SWEPT)


def said_of(claim: Claim | None) -> str:
    return "" if claim is None else words(claim)


def set_losses(losses: Mapping[str, tuple[float, ...]]) -> Summarise:
    """Dev losses at the end of training by the name of the configuration: reconstruction, KL."""

    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        reconstruction, kl = losses.get(spec.configuration_name, (100.0, 10.0))
        value = {"dev_reconstruction": reconstruction, "dev_kl": kl}.get(metric, reconstruction + kl)
        return make_summary(value, value, NAN, 0, NAN, NAN)

    return summarise


def set_codes(values: dict[str, dict[str, Any]]) -> Callable[[RunSpec, dict[str, Any]], None]:
    """A change of fields of the posterior, and of the readings of reconstructions and samples, by name."""

    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        for field, value in values.get(spec.configuration_name, {}).items():
            if field == "reconstruction":
                evaluation[field] = make_readings(*value)
            elif field in ("all_counts", "sharpness", "parameters"):
                {"all_counts": evaluation["digits"]}.get(field, evaluation)[field] = value
            else:
                evaluation["posterior"][field] = value

    return change


def change_all(*changes: Callable[[RunSpec, dict[str, Any]], None]) -> Callable[[RunSpec, dict[str, Any]], None]:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        for each in changes:
            each(spec, evaluation)

    return change


@pytest.mark.parametrize(
    ("dev", "lowest", "fifths", "said"),
    [
        (
            100.0,
            100.0,
            (NAN, 160, 150, 101, 100),
            "No VAE overfits: the dev loss exceeds the training loss by 1.5 nats at most (VAE-3); it has settled, "
            "changing by no more than 1.0 nats from the fourth fifth of training to the last.",
        ),
        (
            100.0,
            100.0,
            (NAN, 160, 150, 120, 100),
            "at most (VAE-3); training ends early, as the dev loss still falls by up to 20.0 nats from the fourth "
            "fifth to the last (VAE-3 and VAE-10).",
        ),
        (90.0, 90.0, (NAN, NAN, NAN, NAN, 90), "No VAE overfits: the dev loss nowhere exceeds the training loss."),
        (
            120.0,
            120.0,
            (NAN, NAN, NAN, NAN, 120),
            "in VAE-3 and VAE-10: the dev loss of VAE-3 exceeds its training loss by 21.5 nats (55%).",
        ),
        (
            99.0,
            90.0,
            (NAN, 92, 90, 94, 99),
            "Overfitting shows in VAE-3 and VAE-10: the dev loss ends more than 5% above its lowest value.",
        ),
    ],
)
def test_overfitting_and_the_end_of_dev_losses(
    suite: Suite, dev: float, lowest: float, fifths: tuple[float, ...], said: str
) -> None:
    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        if metric == "dev_total":
            return make_summary(dev, dev, NAN, 0, NAN, NAN, lowest=lowest, fifths=fifths)
        return make_summary(99.0, 99.0, NAN, 0, NAN, NAN)

    claim = vae.claim_curves(make_results(suite, summarise=summarise).answer("vae_latent"), "figure-x")
    assert words(claim).endswith(said)


def test_the_marked_gap_is_that_of_the_largest_share(suite: Suite) -> None:
    """8 of 140 nats are less than 6.5 of 40."""

    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        train, gap = (200.0, 8.0) if spec.settings.latent_dim == 3 else (100.0, 6.5)
        value = train + gap - 0.5 if metric == "dev_total" else train
        return make_summary(value, value, NAN, 0, NAN, NAN)

    claim = vae.claim_curves(make_results(suite, summarise=summarise).answer("vae_latent"), "table-x")
    assert (claim.id, claim.values["label"]) == ("vae_curves.overfit.apart", "VAE-10")


def test_the_gap_leaves_out_what_no_model_could_lower(suite: Suite) -> None:
    """60.0 nats on training and 59.5 on dev images: 100 and 99.5 are the same above that."""

    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        tail = {"dev_total": 99.5, "train_total": 100.0}.get(metric, 1.0)
        return make_summary(7.0, tail, NAN, 0, NAN, NAN)  # and the last step does not matter

    def level(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["dataset"]["pixel_entropy"] = {"train": 60.0, "dev": 60.0}

    results = [make_results(suite, summarise=summarise, change=change) for change in (None, level)]
    assert [measure("gap", found.answer("vae_latent")[0]).mean for found in results] == [0, -0.5]


@pytest.mark.parametrize(
    ("kl", "said"),
    [
        ((3.0, 4.0), "is reconstruction: for VAE-3 it falls by 20.0 nats from the second fifth to the last, at the"),
        ((4.0, 3.0), ""),
    ],
)
def test_what_the_later_training_gains(suite: Suite, kl: tuple[float, float], said: str) -> None:
    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        fall = 20.0 if spec.settings.latent_dim == 3 else 10.0
        ends = kl if metric == "dev_kl" else (100.0, 100.0 - fall)
        return make_summary(1, 1, NAN, 0, NAN, NAN, fifths=(NAN, ends[0], NAN, NAN, ends[1]))

    claim = vae.claim_learning(make_results(suite, summarise=summarise).answer("vae_latent"), "figure-x")
    assert said in said_of(claim)
    assert (claim is None) == (not said)


@pytest.mark.parametrize(
    ("fid", "dev", "lowest", "expected"),
    [
        (FALLING, FALLING, 5.0, True),
        (LEVEL, FALLING, 5.0, False),
        (LEVEL, LEVEL, 5.0, True),
        (LEVEL, LEVEL, 4.0, False),
    ],
)
def test_whether_samples_end_as_losses_do(
    suite: Suite, fid: tuple[float, ...], dev: tuple[float, ...], lowest: float, expected: bool
) -> None:
    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        fifths = fid if metric == "sample_fid" else tuple(60 + value for value in dev)
        return make_summary(5.0, 0, NAN, 0, NAN, NAN, lowest=lowest, fifths=fifths)

    assert do_samples_follow(make_results(suite, summarise=summarise).answer("vae_latent")) == expected


@pytest.mark.parametrize(
    ("kept", "sharpness", "said"),
    [
        (
            (400, 900),
            (0.02, 0.05),
            "With `latent_dim` from 3 to 10, the share of reconstructions that keep their digit rises from 40% to 90%; "
            "samples are blurred, with a sharpness of 0.20 to 0.50 (real images: 1).",
        ),
        ((900, 400), (0.02, 0.02), "falls from 90% to 40%; samples are blurred, with a sharpness of 0.20 (real"),
        (
            (900, 910),
            (0.09, 0.1),
            "Of the reconstructions, 90.0% to 91.0% keep their digit; samples are about as sharp",
        ),
        ((900, 900), (0.02, 0.1), "Of the reconstructions, 90.0% keep their digit; not all samples are blurred, with"),
        ((900, 900), (0.02, 0.2), "; samples of VAE-10 are noisy, sharper than strokes can be (sharpness 0.20 to 2.00"),
        ((0, 0), (0.02, 0.05), "By the sharpness alone, samples are blurred"),
    ],
)
def test_what_reconstructions_and_samples_look_like(
    suite: Suite, kept: tuple[int, int], sharpness: tuple[float, float], said: str
) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        which = spec.settings.latent_dim == 10
        evaluation["sharpness"] = {"samples": sharpness[which], "real": 0.1}
        unread = 1000 - kept[which] if any(kept) else 0
        evaluation["reconstruction"] = make_readings(kept[which], 0, unread)

    assert said in words(vae.claim_images(make_results(suite, change=change).answer("vae_latent"), "table-x"))


def test_two_vaes_of_one_latent_dimension_are_no_sweep(tmp_path: Path) -> None:
    text = TINY.replace("latent_dim: [3, 10]}", "latent_dim: 10, batch_size: [4, 8]}")
    sweep = make_results(write_and_load(tmp_path, text)).answer("vae_latent")
    assert vae.claim_images(sweep, "table-x").id == "vae_images.kept.alike"
    assert vae.claim_effect(sweep, "table-x") is None
    assert vae.claim_exchange(sweep, "table-x") is None


def count_confusions(counts: dict[tuple[int, int], int]) -> dict[str, Any]:
    """Readings of a hundred images of each digit; those that are not given keep it."""
    rows = [[100 * (before == after) for after in range(11)] for before in range(10)]
    for (before, after), num in counts.items():
        rows[before][before] -= num
        rows[before][after] += num
    return {"counts": rows}


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (
            {(4, 9): 20, (8, 10): 60},
            "differ by a stroke: 4 → 9 in 20 of 100 images (VAE-3) and 4 → 9 in 20 of 100 images (VAE-10); the hardest "
            "is 8, kept in 40.0% of its images over all VAEs, against 100.0% for 0.",
        ),
        ({(0, 1): 20, **{(digit, 10): 50 for digit in range(1, 10)}}, "by reconstruction: 0 → 1 in 20 of 100"),
        (
            {(digit, (digit + 1) % 10): 5 for digit in range(10)},
            "by reconstruction: 0 → 1 in 5 of 100 images (VAE-3) an",
        ),
        ({(0, 1): 4}, ""),
    ],
)
def test_digits_that_reconstructions_confuse(suite: Suite, counts: dict[tuple[int, int], int], said: str) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["reconstruction"] = count_confusions(counts)

    sweep = make_results(suite, change=change).answer("vae_latent")
    claim = vae.claim_confusions(sweep, "table-x")
    assert said in said_of(claim)
    assert (claim is None) == (not said)


def test_no_digit_is_the_hardest_where_all_are_kept_alike(suite: Suite) -> None:
    """Nor where nothing or everything is kept, or a digit has no images."""

    def hardest(counts: list[list[int]]) -> object:
        def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
            evaluation["reconstruction"] = {"counts": counts}

        return find_hardest(make_results(suite, change=change).answer("vae_latent"))

    same = count_confusions({(digit, 10): 30 for digit in range(10)})["counts"]
    assert hardest(same) is hardest([[0] * 11] * 10) is hardest(count_confusions({})["counts"]) is None
    assert hardest([*same[:9], [0] * 11]) is None
    assert not is_measured("reads_same", [find(make_results(suite), "GAN 10_8")])


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (
            [400, 50, *[0] * 8, 550],
            "VAE-3: those that the classifier can read, 450 of 1,000, show nothing but 0 and 1.",
        ),
        ([100] * 8 + [0, 200, 0], "VAE-3: of 1,000, 200 read as 9 and none as 8."),
        ([100] * 8 + [20, 180, 0], "VAE-3: 9 is read 9.0 times as often as 8 (180 and 20 of 1,000)."),
        ([100] * 10 + [0], ""),
        ([9] * 9 + [0, 900], ""),
    ],
)
def test_the_balance_of_samples(suite: Suite, counts: list[int], said: str) -> None:
    sweep = make_results(suite, change=set_codes({"vae-3": {"all_counts": counts}})).answer("vae_latent")
    claim = vae.claim_balance(sweep, "figure-x")
    assert said in said_of(claim)
    assert (claim is None) == (not said)


@pytest.mark.parametrize(
    ("fid", "said"),
    [
        ((1.0, 3.0), "The lowest classifier FID is 1.00, of VAE-3; next is VAE-10 (3.00)."),
        ((1.2, 1.0), "The lowest classifier FID is 1.00, of VAE-10; as good within what seeds change: VAE-3 (1.20)."),
        ((NAN, 2.0), "The classifier FID of VAE-10 is 2.00."),
        ((NAN, NAN), ""),
    ],
)
def test_the_best_vae(suite: Suite, fid: tuple[float, float], said: str) -> None:
    results = make_results(suite, change=set_fid({"vae-3": fid[0], "vae-10": fid[1]}))
    claim = vae.claim_best_vae(results.answer("vae_latent"), "table-x")
    assert said_of(claim) == said


@pytest.mark.parametrize(
    ("fid", "losses", "said", "bought"),
    [
        (
            (9.0, 5.0, 1.0, 1.01),
            (160.0, 120.0, 80.0, 79.9),
            "More dimensions help up to `latent_dim` = 20: the classifier FID falls from 9.00 at 3 to 1.00 and the "
            "reconstruction loss from 160.0 to 80.0 nats; from there to 40 it changes by less than a factor of 1.5",
            "Up to `latent_dim` = 20, every nat of KL that is added saves 4.0 nats of reconstruction loss; beyond,",
        ),
        (
            (9.0, 5.0, 1.0, 1.01),
            (160.0, 120.0, 100.0, 70.0),
            "up to `latent_dim` = 20: the classifier FID falls from 9.00 at 3 to 1.00 and the reconstruction",
            "saves 3.0 nats of reconstruction loss.",
        ),
        ((9.0, 5.0, 1.0, 1.01), (100.0,) * 4, "falls from 9.00 at 3 to 1.00; from there to 40 it", ""),
        (
            (9.0, 5.0, 3.0, 1.0),
            (160.0, 120.0, 100.0, 80.0),
            "up to the largest `latent_dim`: the classifier FID falls from 9.00 at 3 to 1.00 at 40 and the reconstruct",
            "Up to `latent_dim` = 40, every",
        ),
        ((2.0, 1.9, 1.8, 1.3), (100.0,) * 4, "More dimensions help: the classifier FID falls from 2.00 at", ""),
        ((1.3, 1.35, 1.5, 2.0), (100.0,) * 4, "More dimensions hurt: the classifier FID rises from 1.30 at", ""),
        ((1.0, 1.1, 2.0, 3.0), (100.0,) * 4, "More dimensions hurt: the classifier FID rises from 1.00 at", ""),
        (
            (9.0, 1.0, 1.1, 5.0),
            (100.0,) * 4,
            "Neither few nor many dimensions are best: the classifier FID falls f",
            "",
        ),
        ((1.0, 1.1, 1.2, 1.1), (100.0,) * 4, "From 3 to 40, `latent_dim` changes the classifier FID by less than", ""),
        ((1.0, NAN, NAN, NAN), (100.0,) * 4, "", ""),
    ],
)
def test_effect_of_the_latent_dimension(
    swept: Suite, fid: tuple[float, ...], losses: tuple[float, ...], said: str, bought: str
) -> None:
    names = [f"vae-{dim}" for dim in (3, 10, 20, 40)]
    kls = [10 + (160 - loss) / 4 if loss != 100.0 or losses[3] != 70.0 else 30.0 for loss in losses]
    of_names = {name: (loss, min(kl, 30.0)) for name, loss, kl in zip(names, losses, kls, strict=True)}
    change = set_fid(dict(zip(names, fid, strict=True)))
    sweep = make_results(swept, change=change, summarise=set_losses(of_names)).answer("vae_latent")
    assert said in said_of(vae.claim_effect(sweep, "table-x"))
    exchange = said_of(vae.claim_exchange(sweep, "table-x"))
    assert bought in exchange
    assert bool(bought) == bool(exchange)


def test_without_a_seed_model_no_effect_is_told(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "find_prior", lambda *_: None)
    assert vae.claim_effect(make_results(suite).answer("vae_latent"), "table-x") is None


def test_the_latent_dimensions_in_use_are_counted(suite: Suite) -> None:
    def claim(units: int) -> str:
        codes = {"active_units": units, "kl": [3.0] * 5 + [0.1] * 5}
        results = make_results(suite, change=set_codes({"vae-10": codes}))
        return words(vae.claim_units(results.answer("vae_latent"), "table-x"))

    assert claim(10) == "All 10 latent dimensions of VAE-10 are in use; 5 carry 90% of the KL."
    assert claim(7) == "VAE-10 uses 7 of its 10 latent dimensions; 5 carry 90% of the KL."


def test_the_mean_over_seeds_of_dimensions_in_use_has_a_decimal(tmp_path: Path) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        if evaluation["posterior"]:
            evaluation["posterior"]["active_units"] = spec.settings.latent_dim - spec.seed

    (_, widest) = make_results(write_and_load(tmp_path, SEEDED), change=change).answer("vae_latent")
    assert words(vae.claim_units([widest], "table-x")).startswith("VAE-10 uses 9.5 of its 10")


@pytest.mark.parametrize(
    ("fid", "codes", "why", "hole"),
    [
        (
            (9.0, 1.0, 1.0, 1.0),
            {"vae-40": {"active_units": 12}},
            "those that are idle stay at the prior, and the decoder of VAE-40 ignores them.",
            "",
        ),
        (
            (9.0, 1.0, 1.2, 1.3),
            {"vae-10": {"prior_distance": [1.0, 0.1, 99]}, "vae-40": {"active_units": 40}},
            "move the codes off the prior, from 1.00 nats for VAE-10 to 4.0",
            "",
        ),
        (
            (9.0, 1.0, 1.2, 1.3),
            {
                "vae-10": {"prior_distance": [1.0, 0.1, 99], "all_counts": [40] * 10 + [600]},
                "vae-40": {"active_units": 40},
            },
            "",
            "from 95% of the codes of dev images, but in 40% of the samples only: the codes lie 1.00 nats off the "
            "prior, and 4.0",
        ),
        (
            (9.0, 1.0, 1.2, 1.3),
            {
                "vae-10": {"prior_distance": [1.0, 0.1, 99], "all_counts": [40] * 10 + [600]},
                "vae-40": {"active_units": 40, "prior_distance": [1.0, 0.1, 99]},
            },
            "",
            "the codes lie 1.00 nats off the prior, so a sampled z often falls",
        ),
        (
            (9.0, 3.0, 2.0, 1.0),
            {"vae-40": {"prior_distance": [0.2, 0.1, 99], "all_counts": [40] * 10 + [600]}},
            "",
            "mean and covariance of the codes fit the prior (0.20 nats off), which leaves a finer misfit",
        ),
        ((NAN, NAN, NAN, 1.0), {"vae-40": {"reconstruction": (0, 0, 0)}}, "", ""),
    ],
)
def test_what_the_codes_explain(
    swept: Suite, fid: tuple[float, ...], codes: dict[str, dict[str, Any]], why: str, hole: str
) -> None:
    names = [f"vae-{dim}" for dim in (3, 10, 20, 40)]
    usual = {name: {"reconstruction": (950, 0, 50), "all_counts": [95] * 10 + [50]} for name in names}
    change = change_all(set_fid(dict(zip(names, fid, strict=True))), set_codes(usual), set_codes(codes))
    sweep = make_results(swept, change=change).answer("vae_latent")
    found = [said_of(claim(sweep, "table-x")) for claim in (vae.claim_why, vae.claim_hole)]
    assert [said in text for said, text in zip((why, hole), found, strict=True)] == [True, True]
    assert list(map(bool, found)) == [bool(why), bool(hole)]


@pytest.mark.parametrize(
    ("units", "loss", "said"),
    [
        (2, 80.0, "Even VAE-3 leaves dimensions idle (2 of 3 in use), though VAE-10 reconstructs better with more of"),
        (3, 80.0, ""),
        (2, 119.9, ""),
    ],
)
def test_an_idle_dimension_of_the_smallest_vae_is_told(suite: Suite, units: int, loss: float, said: str) -> None:
    losses = set_losses({"vae-3": (120.0, 5.0), "vae-10": (loss, 10.0)})
    results = make_results(suite, change=set_codes({"vae-3": {"active_units": units}}), summarise=losses)
    claim = vae.claim_collapse(results.answer("vae_latent"), "table-x")
    assert said in said_of(claim)
    assert (claim is None) == (not said)


NARROWER = {"prior_distance": [0.2, 0.1, 99]}
ALIKE_CODES = {"vae-10": NARROWER, "vae-linear-10": NARROWER}


@pytest.mark.parametrize(
    ("losses", "fid", "codes", "said", "cause"),
    [
        (
            ((80.0, 20.0), (120.0, 10.0)),
            5.1,
            {},
            "VAE-10 linear reconstructs better than VAE-10 (80.0 against 120.0 nats), and the classifier FID (5.10 ag",
            "by 40.0 nats, costs 10.0 nats more KL",
        ),
        (
            ((120.0, 10.0), (80.0, 20.0)),
            5.1,
            {},
            "VAE-10 linear reconstructs worse than VAE-10 (120.0 against 80.0 nats), and the classifier FID",
            "The better reconstruction of VAE-10, by 40.0 nats, costs 10.0",
        ),
        (((100.0, 10.0), (100.0, 10.0)), 5.0, {}, "reconstructs as well as VAE-10 (100.0 against", ""),
        (
            ((100.0, 10.0), (100.1, 10.0)),
            9.0,
            {"vae-10": NARROWER},
            "as far as seeds can tell (100.0 against 100.1 nats), but the samples of VAE-10 linear are worse (classif",
            "its codes lie further from the prior (1.0",
        ),
        (
            ((100.0, 20.0), (100.0, 10.0)),
            9.0,
            ALIKE_CODES,
            "but the samples of VAE-10 linear are worse",
            "by 10.0 nats of KL, and samples",
        ),
        (
            ((100.0, 10.0), (100.0, 10.0)),
            9.0,
            {
                "vae-10": {**NARROWER, "reconstruction": (960, 0, 40), "all_counts": [70] * 10 + [300]},
                "vae-linear-10": {**NARROWER, "reconstruction": (940, 0, 60), "all_counts": [40] * 10 + [600]},
            },
            "but the samples of VAE-10 linear are worse",
            "94% of the reconstructions of VAE-10 linear can be read, 96% of those of VAE-10. Only its samples fall b",
        ),
        (
            ((100.0, 10.0), (100.0, 10.0)),
            9.0,
            {
                "vae-10": {**NARROWER, "reconstruction": (960, 0, 40), "all_counts": [30] * 10 + [700]},
                "vae-linear-10": {**NARROWER, "reconstruction": (940, 0, 60), "all_counts": [40] * 10 + [600]},
            },
            "but the samples of VAE-10 linear are worse",
            "",
        ),
        (
            ((160.0, 10.0), (100.0, 10.0)),
            9.0,
            {},
            "reconstructs worse than VAE-10 (160.0 against 100.0 nats), and the samples of VAE-10 linear are worse",
            "even from the codes of real images VAE-10 linear draws worse, by 60.0 nats.",
        ),
        (
            ((160.0, 10.0), (100.0, 20.0)),
            1.0,
            ALIKE_CODES,
            "reconstructs worse than VAE-10 (160.0 against 100.0 nats), but its samples are better (classifier FID",
            "What VAE-10 draws from codes is as good; but its posteriors",
        ),
        (((160.0, 10.0), (100.0, 10.0)), NAN, {}, "reconstructs worse than VAE-10 (160.0 against 100.0 nats).", ""),
    ],
)
def test_vae_ablation(
    suite: Suite,
    losses: tuple[tuple[float, float], tuple[float, float]],
    fid: float,
    codes: dict[str, dict[str, Any]],
    said: str,
    cause: str,
) -> None:
    change = change_all(set_fid({"vae-linear-10": fid, "vae-10": 5.0}), set_codes(codes))
    summarise = set_losses(dict(zip(("vae-linear-10", "vae-10"), losses, strict=True)))
    results = make_results(suite, change=change, summarise=summarise)
    pair = find(results, "VAE-10 linear"), find(results, "VAE-10")
    assert said in words(vae.claim_ablation(*pair, "table-x"))
    found = said_of(vae.claim_cause(*pair, "table-x"))
    assert cause in found
    assert bool(cause) == bool(found)


def test_samples_as_good_within_the_band(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "find_prior", lambda *_: Prior(0.001**2, 30))
    results = make_results(suite, change=set_fid({"vae-linear-10": 5.0001, "vae-10": 5.0}))
    claim = vae.claim_ablation(find(results, "VAE-10 linear"), find(results, "VAE-10"), "table-x")
    assert "samples are as good (classifier FID 5.00 against 5.00)" in words(claim)


@pytest.mark.parametrize(
    ("fid", "linear", "said"),
    [
        (5.1, 100, "it reads 10% of the samples of VAE-10 linear, but 97% of those of VAE-10."),
        (5.1, 970, ""),
        (9.0, 100, ""),
    ],
)
def test_legibility_that_fid_does_not_show(suite: Suite, fid: float, linear: int, said: str) -> None:
    counts = {"vae-linear-10": linear, "vae-10": 970}
    codes = {name: {"all_counts": [num // 10] * 10 + [1000 - num]} for name, num in counts.items()}
    change = change_all(set_fid({"vae-linear-10": fid, "vae-10": 5.0}), set_codes(codes))
    results = make_results(suite, change=change)
    pair = find(results, "VAE-10 linear"), find(results, "VAE-10")
    claims = [vae.claim_legibility(*order, "table-x") for order in (pair, pair[::-1])]
    assert [said in said_of(claim) for claim in claims] == [True, True]
    assert [claim is None for claim in claims] == [not said] * 2


@pytest.mark.parametrize(
    ("decoder", "fid", "said"),
    [
        (
            90000,
            1.0,
            "Size may explain it: the decoder of VAE-10 linear has 10.0 times the parameters of that of VAE-10",
        ),
        (90000, 5.1, "Size does not pay: the decoder of VAE-10 linear"),
        (
            90000,
            20.0,
            "It is not for lack of parameters: the decoder of VAE-10 linear has 10.0 times those of VAE-10 (90.",
        ),
        (900, 1.0, "And that with fewer parameters: the decoder of VAE-10 has 10.0 times those of VAE-10 linear"),
        (900, 5.1, "Fewer parameters do: the decoder of VAE-10"),
        (900, 20.0, "Size may explain it: the decoder of VAE-10 has 10.0 times"),
        (9000, 20.0, ""),
        (90000, NAN, ""),
    ],
)
def test_what_the_size_of_the_decoder_explains(suite: Suite, decoder: int, fid: float, said: str) -> None:
    sizes = {"vae-linear-10": {"parameters": {"encoder": 1, "decoder": decoder}}}
    change = change_all(set_fid({"vae-linear-10": fid, "vae-10": 5.0}), set_codes(sizes))
    results = make_results(suite, change=change)
    claim = vae.claim_decoder(find(results, "VAE-10 linear"), find(results, "VAE-10"), "table-x")
    assert said in said_of(claim)
    assert (claim is None) == (not said)


def test_reading_of_a_sweep(suite: Suite) -> None:
    assert "read as digits" in words(scores.claim_reading(make_results(suite).answer("vae_latent"), "table-x"))


# ---- GANs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ((2, 1, 2, 1), "`hidden_dim` from 4 to 8 lowers the loss of D at the end of training (difference −1.00, 95%:"),
        (
            (1, 2, 1, 2),
            "GAN 4_4 to GAN 4_8: difference 1.00, 95%: 0.89 to 1.11 and GAN 10_4 to GAN 10_8",
        ),
        ((1, 1, 1, 1), "hardly changes the loss of D at the end of training (difference 0.00"),
        ((1, 1.03, 1, 1.08), "changes the loss of D at the end of training by less than 0.11 either way"),
        ((1, 2, 1, 1), "the effect depends on the other dimension"),
        ((1, 2, 1, 2), "no dependence on the other dimension is shown"),
        ((1, 2, 2, 1), "moves the loss of D at the end of training in opposite directions"),
        (
            (1, 2, 1, NAN),
            "What raising `hidden_dim` from 4 to 8 does to the loss of D at the end of training cannot be",
        ),
    ],
)
def test_raising_a_dimension_speaks_of_fid_and_both_losses(suite: Suite, losses: tuple[float, ...], said: str) -> None:
    values = dict(zip(((4, 4), (4, 8), (10, 4), (10, 8)), losses, strict=True))

    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        value = values.get((spec.settings.latent_dim, getattr(spec.settings, "hidden_dim", 0)), 1.0)
        return make_summary(value, value, 0.01, 0.1, 0.0, 0.01)

    grid = make_results(suite, summarise=summarise).answer("gan_grid")
    claims = gan.claim_raising(grid, "hidden_dim", "table-x")
    assert [claim.topic for claim in claims] == ["raising"] * 3
    assert said in words(claims[1])
    assert gan.claim_raising(grid[:1], "hidden_dim", "table-x") == []
    with pytest.raises(AssertionError, match="only GANs"):
        gan.hidden_dim(make_results(suite).answer("vae_latent")[0])


@pytest.mark.parametrize(
    ("fid", "said"),
    [
        ((10, 4, 10.5, 4.5), "`hidden_dim` matters more for FID than `latent_dim`"),
        ((10, 10.5, 4, 4.5), "`latent_dim` matters more for FID than `hidden_dim`"),
        ((10, 9, 8.5, 8), "matters more for FID is open"),
    ],
)
def test_which_dimension_matters_more(suite: Suite, fid: tuple[float, ...], said: str) -> None:
    values = dict(zip(("gan-4_4", "gan-4_8", "gan-10_4", "gan-10_8"), fid, strict=True))
    grid = make_results(suite, change=set_fid(values)).answer("gan_grid")
    claim = gan.claim_larger_effect(grid, "table-x")
    assert claim is not None
    assert said in words(claim)
    assert gan.claim_larger_effect(grid[:2], "table-x") is None


def level(d_x: float, d_g_z: float, slope: float) -> Callable[[RunSpec, str], CurveSummary]:
    """The GAN 10_8 and its ablations end as given, all others at 1/2."""

    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        is_other = getattr(spec.settings, "hidden_dim", 0) == 8
        mean = {"D_x": d_x, "D_G_z1": d_g_z}.get(metric, 1.0) if is_other else 0.5
        return make_summary(mean, mean, 0.01, 0.05, slope if is_other else 0.0, 0.01)

    return summarise


@pytest.mark.parametrize(
    ("d_x", "d_g_z", "slope", "kinds"),
    [
        (0.93, 0.06, 0.5, ["nash.near.some", "nash.ahead.some", "nash.nearest.several", "nash.drift.some"]),
        (0.55, 0.45, 0.0, ["nash.near.all", "nash.nearest.several", "nash.drift.none"]),
        (0.2, 0.8, 0.0, ["nash.near.some", "nash.nearest.several", "nash.drift.none"]),
    ],
)
def test_equilibrium(suite: Suite, d_x: float, d_g_z: float, slope: float, kinds: list[str]) -> None:
    results = make_results(suite, summarise=level(d_x, d_g_z, slope))
    judged = [(c, judge_equilibrium(c)) for c in results.answer("gan_hidden")]
    claims = gan.claim_equilibrium(judged, "table-nash", "table-nash_distance")
    assert [claim.id for claim in claims] == kinds
    assert all(words(claim) for claim in claims)
    ends = [claim.id for claim in gan.claim_ends(results.answer("gan_grid"), "figure-x")]
    assert ends[0] == "extremes.lower"
    alone = gan.claim_equilibrium(judged[-1:], "table-nash", "table-nash_distance")
    assert {"nash.nearest.only", "nash.drift.all" if slope else "nash.drift.none"} <= {claim.id for claim in alone}
    if d_x > 0.9:
        assert "GAN 10_8, with D(x) = 0.93 and D(G(z)) = 0.06" in words(claims[2])
        assert [claim.id for claim in alone][:2] == ["nash.near.none", "nash.ahead.all"]


def test_too_few_records_say_nothing_of_drift(suite: Suite) -> None:
    results = make_results(suite, summarise=lambda *_: make_summary(0.5, 0.5, NAN, 0.05, 0.0, NAN, num_blocks=1))
    judged = [(c, judge_equilibrium(c)) for c in results.answer("gan_hidden")]
    assert gan.claim_equilibrium(judged, "table-nash", "table-nash_distance")[-1].id == "nash.drift.unknown"


@pytest.mark.parametrize(
    ("fid", "said"),
    [
        (15.0, "the classifier FID rises from 5.00 ± 0.02 to 15.00 ± 0.02 (ratio 3.00, 95%: 1.98–4.54): by FID"),
        (1.0, "the classifier FID falls"),
        (6.0, "whether the change helps or hurts is open, but it matters by less than a factor of 1.82"),
        (5.0, "the classifier FID hardly changes"),
        (NAN, "whether the change helps or hurts is open"),
    ],
)
def test_ablation(suite: Suite, fid: float, said: str) -> None:
    results = make_results(suite, change=set_fid({"gan-mlp-10_8": fid, "gan-10_8": 5.0}))
    claims = gan.claim_ablation(find(results, "MLP GAN 10_8"), find(results, "GAN 10_8"), "table-x")
    assert said in words(claims[-1])
    assert [claim.topic for claim in claims] == ["pair"] * 5 + ["ablation"]
    assert "read as digits" in words(gan.claim_worst(results.answer("gan_hidden"), "table-x"))


# ---- latent space and samples ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sharpness", "said", "num"),
    [
        ((0.04, 0.1), "as theory expects", 4),
        ((0.1, 0.04), "against what theory", 4),
        ((0.1, 0.08), "cannot say here: 1.00", 4),  # another seed may make this of it
        ((0.1, 0.1), "cannot say here: 1.00", 4),
        ((0.1, 0.2), "noise or artefacts", 5),
    ],
)
def test_comparison(suite: Suite, sharpness: tuple[float, float], said: str, num: int) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["sharpness"]["samples"] = sharpness[0 if spec.settings.model == "vae" else 1]

    results = make_results(suite, change=change)
    claims = comparison.claim_comparison(find(results, "VAE-10"), find(results, "GAN 10_8"), None, "table-x")
    assert len(claims) == num
    assert said in " ".join(words(claim) for claim in claims)


@pytest.mark.parametrize(
    ("sharpness", "said"),
    [
        ((0.04, 0.1), "All VAEs are blurrier than all GANs (exact permutation test, p = 0.008); nearest are VAE-3"),
        ((0.1, 0.04), "All GANs are blurrier than all VAEs"),
        ((0.1, 0.1), "Not every VAE is blurrier"),
    ],
)
def test_families_of_models_are_compared(suite: Suite, sharpness: tuple[float, float], said: str) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["sharpness"]["samples"] = sharpness[0 if spec.settings.model == "vae" else 1]

    results = make_results(suite, change=change)
    vaes, gans = results.configurations[:3], results.configurations[3:]
    families = compare_families("sharpness", vaes, gans)
    claims = comparison.claim_comparison(find(results, "VAE-10"), find(results, "GAN 10_8"), families, "table-x")
    assert said in words(claims[2])
    assert compare_families("sharpness", [], gans) is None


@pytest.mark.parametrize(
    ("recall", "said"),
    [
        (0.9, "the recall of GAN 10_8 is the higher one (0.90 against 0.50 of VAE-10)"),
        (0.1, "the recall of VAE-10 is the higher one"),
        (0.5, "do not show that either covers more"),
    ],
)
def test_variety_is_held_against_what_is_expected(suite: Suite, recall: float, said: str) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["scores"]["classifier"]["recall"] = recall if spec.settings.model == "gan" else 0.5

    results = make_results(suite, change=change)
    claims = comparison.claim_comparison(find(results, "VAE-10"), find(results, "GAN 10_8"), None, "table-x")
    assert [said in words(claim) for claim in claims if claim.id.startswith("comparison.variety")] == [True]


@pytest.mark.parametrize(
    ("detour", "largest", "inside", "said"),
    [
        (1.0, 1.1, 0.0, ["more even, GAN 10_8"]),
        (2.9, 2.9, 0.0, ["against, VAE-10"]),
        (2.9, 2.9, -0.4, ["more even, VAE-10"]),
        (1.0, 2.9, 0.0, []),
        (1.6, 1.6, 0.0, []),
    ],
)
def test_evenness_may_disagree_with_legibility(
    suite: Suite, detour: float, largest: float, inside: float, said: list[str]
) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        own = (detour, largest, inside) if spec.configuration_name == "gan-10_8" else (1.7, 1.7, -0.2)
        names = ("detour", "largest_step", "inside_change")
        evaluation["interpolation"]["random_pairs"] |= {n: [v, 0.01, 100] for n, v in zip(names, own, strict=True)}

    results = make_results(suite, change=change)
    claims = interpolation.claim_spaces(find(results, "GAN 10_8"), find(results, "VAE-10"), "table-x")[1:]
    kinds = {"interpolation.even.clear": "more even", "interpolation.even.against": "against"}
    assert [f"{kinds[claim.id]}, {claim.values['even']}" for claim in claims] == said


def test_fidelity_and_variety(suite: Suite) -> None:
    def claim(**of_vae_3: float) -> list[Claim]:
        def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
            evaluation["scores"]["classifier"] |= {"precision": 0.5} | (of_vae_3 if spec.name == "vae-3-s0" else {})

        return fidelity.claim_fidelity(make_results(suite, change=change).configurations, "table-x")

    assert [claim.id for claim in claim()] == ["extremes.equal", "extremes.equal"]
    crowded = claim(precision=0.95, recall=0.05)[-1]
    assert "does not mean good images: VAE-3 (coverage 0.60, " in words(crowded)
    last = claim(precision=0.2, recall=0.05)[-1]
    assert last.id == "extremes.lower"


def test_a_more_varied_rival_of_the_lowest_fid_is_named(suite: Suite) -> None:
    def claim(**of_rival: float) -> list[Claim]:
        def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
            rival = of_rival if spec.name == "vae-3-s0" else {}
            evaluation["scores"]["classifier"] |= {"fid": 9.0 if rival else 5.0, "recall": 0.3, "coverage": 0.3} | rival

        found = fidelity.claim_fidelity(make_results(suite, change=change).configurations, "table-x")
        return [claim for claim in found if claim.id == "scores.varied"]

    (varied,) = claim(recall=0.8, coverage=0.5)
    assert "VAE-3 (FID 9.00 ± " in words(varied)
    assert "its recall is 0.80 against 0.30" in words(varied)
    assert claim(recall=0.36, coverage=0.5) == []  # another seed may cause as much
    assert claim(recall=0.8, coverage=0.1) == []  # a few outliers raise recall


@pytest.mark.parametrize(
    ("fid", "scores_of_the_ablated", "said"),
    [
        (1.0, {}, ["none of the other scores"]),
        (
            1.0,
            {"precision": 0.6, "kid": 0.09},
            ["no other score agrees with FID (A against B): KID (0.090 ± 0.002 against 0.050"],
        ),
        (
            19.0,
            {"kid": 0.2, "recall": 0.5, "coverage": 0.6},
            ["these other scores agree with FID: KID; these do not (A against B): recall (0.50 against 0.40)."],
        ),
        (19.0, {"recall": 0.05, "density": 0.9}, ["density (0.90 against 0.80). But the recall of A is 0.05 and its"]),
        (6.0, {"recall": 0.5}, []),
    ],
    ids=["all agree", "better by FID", "worse by FID", "crowded", "open"],
)
def test_scores_that_do_not_follow_fid_are_named(
    suite: Suite, fid: float, scores_of_the_ablated: dict[str, float], said: list[str]
) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        is_ablated = spec.configuration_name == "gan-4_8"
        evaluation["scores"]["classifier"] = make_scores("classifier", fid if is_ablated else 5.0)
        if is_ablated:
            evaluation["scores"]["classifier"] |= scores_of_the_ablated

    results = make_results(suite, change=change)
    claims = scores.claim_other_scores(find(results, "GAN 4_8"), find(results, "GAN 10_8"), "table-x")
    texts = [words(claim).replace("GAN 4_8", "A").replace("GAN 10_8", "B") for claim in claims]
    assert len(texts) == len(said)
    assert all(one in text for one, text in zip(said, texts, strict=True))


def test_recall_speaks_of_the_variety_within_classes(suite: Suite) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        if spec.configuration_name == "gan-4_4":
            evaluation["scores"] = {}
        elif spec.configuration_name == "gan-4_8":
            evaluation["scores"]["classifier"]["recall"] = 0.1

    gans = make_results(suite, change=change).answer("gan_grid")
    missing, low = gans[:2]
    (claim,) = collapse.claim_within_classes(low, gans, "table-x")
    assert "that of GAN 4_8 is 0.10. Over all 3 GANs it runs, by value, from 0.10 (GAN 4_8) to 0.40" in words(claim)
    (claim,) = collapse.claim_within_classes(low, [low], "table-x")
    assert words(claim).endswith("that of GAN 4_8 is 0.10.")
    assert collapse.claim_within_classes(missing, [missing], "table-x") == []


def read(label: str, inside: float | None, outside: float, error: float | None) -> Callable[[RunSpec, Any], None]:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        if spec.configuration_name == label:
            changes = {"inside_change": [inside, error, 100], "outside_change": [outside, error, 100]}
            evaluation["interpolation"]["random_pairs"] |= changes

    return change


@pytest.mark.parametrize(
    ("inside", "outside", "error", "better", "between", "beyond"),
    [
        (0.01, -0.3, 0.02, "latent space of GAN 10_8", "and 80.0% ± 6.0% at them", "fewer images"),
        (-0.4, 0.3, 0.02, "latent space of VAE-10", "less legible", "more images"),
        (-0.08, 0.01, 0.02, "do not show which", "less legible", "not enough to tell"),
        (0.2, 0.2, 0.02, "latent space of GAN 10_8", "more images", "more images"),
        (0.2, 0.2, None, "latent space of GAN 10_8", "and 80.0% ± 6.0% at them", "not enough to tell"),
    ],
)
def test_interpolation(
    suite: Suite, inside: float, outside: float, error: float | None, better: str, between: str, beyond: str
) -> None:
    results = make_results(suite, change=read("gan-10_8", inside, outside, error))
    c = find(results, "GAN 10_8")
    assert better in words(interpolation.claim_spaces(c, find(results, "VAE-10"), "table-x")[0])
    assert between in words(interpolation.claim_between(c, "table-x"))
    assert beyond in words(interpolation.claim_beyond(c, "table-x"))


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("?" * 32, "7" * 32, "0 at step 10 and 32 at step 20; more at the last"),
        ("7" * 32, "?" * 32, "32 at step 10 and 0 at step 20; fewer at the last"),
        ("7" * 32, "7" * 32, "as many at the last of these steps as at the first"),
        ("7" * 30 + "??", "7" * 32, "30 at step 10 and 32 at step 20; the last may differ from the first by chance"),
        ("", "7" * 31 + "?", "the classifier reads: 31 at step 20."),
    ],
)
def test_evolution(suite: Suite, first: str, last: str, expected: str) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["evolution"] = ({"10": first} if first else {}) | {"20": last}

    c = make_results(suite, change=change).configurations[-1]
    evolution = read_evolution(c)
    assert expected in words(gan.claim_evolution(c, evolution, list(evolution.counts), "figure-x"))


def test_the_summary_tells_the_direction_without_the_pairs(suite: Suite) -> None:
    fids = {"gan-4_4": 9.0, "gan-4_8": 2.0, "gan-10_4": 9.0, "gan-10_8": 2.0}
    grid = make_results(suite, change=set_fid(fids)).answer("gan_grid")
    (claim,) = gan.claim_raising_brief(grid, "hidden_dim", "table-x")
    assert words(claim) == "Raising `hidden_dim` from 4 to 8 lowers the classifier FID (ratio 0.22, 95%: 0.17–0.30)."
    assert gan.claim_raising_brief(grid[:1], "hidden_dim", "table-x") == []


def test_what_is_read_no_more_than_noise_is_no_evidence_of_digits(suite: Suite) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        read = 40 if spec.settings.latent_dim == 3 else 20  # the worst kind of noise: 30 of 100
        evaluation["digits"]["all_counts"] = [read, *[0] * 9, 100 - read]

    sweep = make_results(suite, change=change).answer("vae_latent")
    (claim,) = scores.claim_unreadable(sweep, "table-x")
    assert words(claim).startswith("For VAE-10 (20.0%) the share that reads as digits is not above 30.0%")
    assert scores.claim_unreadable(sweep[:1], "table-x") == []


@pytest.mark.parametrize(
    ("gain", "error", "said"),
    [
        (0.1, 0.02, "more images of VAE-10 are readable on the great circle than on the line: 75."),
        (-0.1, 0.02, "fewer images of VAE-10 are readable on the great circle than on the line: 75."),
        (0.1, 0.2, "line and great circle cannot be told apart for VAE-10"),
        (None, None, "line and great circle cannot be told apart for VAE-10"),
    ],
)
def test_the_great_circle_beside_the_line(suite: Suite, gain: float | None, error: float | None, said: str) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["interpolation"]["random_pairs"]["spherical"]["gain"] = [gain, error, 100]

    claim = interpolation.claim_spherical(find(make_results(suite, change=change), "VAE-10"), "table-x")
    assert said in words(claim)


@pytest.mark.parametrize(
    ("fid", "said"),
    [
        (1.0, "GAN 10_8, also has the lowest"),
        (190.0, "does not imply better"),
        (60.0, "do not tell apart"),
        (50.001, "do not tell apart"),
        (NAN, ""),
    ],
)
def test_nearness_to_the_equilibrium_is_held_against_fid(suite: Suite, fid: float, said: str) -> None:
    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        value = 0.5 if spec.configuration_name == "gan-10_8" else 0.9
        return make_summary(value, value, 0.1, 0.1, 0.0, 0.1)

    results = make_results(suite, summarise=summarise, change=set_fid({"gan-10_8": fid, "gan-10_4": 50.0}))
    judged = [(c, judge_equilibrium(c)) for c in (find(results, "GAN 10_8"), find(results, "GAN 10_4"))]
    assert [said in words(claim) for claim in gan.claim_quality(judged, "table-x")] == ([True] if said else [])


@pytest.mark.parametrize(
    ("slope", "which", "expected"),
    [
        (0.0001, "gan", "no proof of convergence"),
        (2.0, "gan", "All 4 GANs have a loss that is found to drift"),
        (2.0, "gan-4_4", "is detected in these of the 4 GANs: GAN 4_4 (8 intervals; without any drift 0.4 of them"),
        (NAN, "gan", "too few to say whether the losses still drift"),
    ],
)
def test_settling(suite: Suite, slope: float, which: str, expected: str) -> None:
    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        own = slope if spec.name.startswith(which) else 0.0
        return make_summary(1.0, 1.0, 0.1, 0.1, own, 0.001 + 0 * own)

    gans = make_results(suite, summarise=summarise).answer("gan_grid")
    assert expected in words(gan.claim_settling(gans, "table-x"))


def test_seeds_without_a_slope_say_nothing_of_drift(tmp_path: Path) -> None:
    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        return make_summary(1.0, 1.0, NAN, 0.1, NAN, NAN, num_blocks=2)

    gans = make_results(write_and_load(tmp_path, SEEDED), summarise=summarise).answer("gan_grid")
    assert "too few to say" in words(gan.claim_settling(gans, "table-x"))


@pytest.mark.parametrize(
    ("counts", "counted", "said"),
    [
        ([100] * 10 + [5], "01234567890?", ["every digit occurs", "no sign of mode collapse"]),
        ([200] * 5 + [100] * 5 + [5], "0123456789", ["every digit occurs", "No class has collapsed"]),
        ([100] * 9 + [0, 5], "012345678", ["the digit 9 does not occur", "such digits are missing"]),
        ([0] * 10 + [5], "?????", ["does not occur", "such digits are missing"]),
    ],
)
def test_collapse(suite: Suite, counts: list[int], counted: str, said: list[str]) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["digits"] = {"counted": counted, "all_counts": counts}
        evaluation["memorisation"]["samples"]["num_copies"] = 20 if counts[9] else 0

    c = make_results(suite, change=change).configurations[0]
    text = " ".join(words(claim) for claim in collapse.claim_collapse(c, count_digits(c), "table-x"))
    assert all(part in text for part in said)
    assert ("copies training images: of 500 samples 4.0% ± 1.8% are copies" in text) is bool(counts[9])
    assert ("There is no sign" in text) is not bool(counts[9])
    assert "the classifier reads" in words(collapse.claim_collapse_brief(c, count_digits(c), "table-x"))


# ---- the course of a training, and D after it -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fifths", "lowest", "said"),
    [
        (
            (FALLING, LEVEL),
            (5, 5),
            "More training would still help VAE-3: the FID of samples falls there by more than 10%",
        ),
        (
            (LEVEL, LEVEL),
            (5, 4),
            "Some training was too long: the FID of samples ends more than 10% above its lowest value for VAE-10 (4.00 at",
        ),
        (
            (FALLING, LEVEL),
            (5, 4),
            "it was too long for VAE-10 (4.00 at step 700, 5.00 at the last), where the FID ends as much above",
        ),
        ((LEVEL, LEVEL), (5, 5), "The FID of samples has levelled off: from the"),
        (((9.0, NAN, NAN, NAN, 5.0),) * 2, (5, 5), ""),
    ],
)
def test_progress_of_samples(
    suite: Suite, fifths: tuple[tuple[float, ...], ...], lowest: tuple[float, float], said: str
) -> None:
    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        which = spec.settings.latent_dim == 10
        return make_summary(5.0, 0, NAN, 0, NAN, NAN, lowest=lowest[which], at=700, fifths=fifths[which])

    sweep = make_results(suite, summarise=summarise).answer("vae_latent")
    claims = [words(claim) for claim in progress.claim_progress(sweep, "figure-x")]
    assert [said in claim for claim in claims] == ([True] if said else [])


def test_the_course_of_both_losses(suite: Suite) -> None:
    courses = {"gan-4_4": (9.0, 2, 3, 4, 5), "gan-4_8": (9.0, 5, 4, 3, 2), "gan-10_4": (9.0, 2, 3, 2, 3)}

    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        is_moving = metric == "generator_loss"
        means = courses.get(spec.configuration_name, (1.0,) * 5) if is_moving else (1.0,) * 5
        return make_summary(means[-1], 1.0, 0.1, 0, NAN, NAN, fifths=means)

    claim = gan.claim_course(make_results(suite, summarise=summarise).answer("gan_grid"), "table-x")
    assert claim is not None
    assert (
        "the loss of G rises in GAN 4_4 (2.00 to 5.00), falls in GAN 4_8 (5.00 to 2.00), stays within 10% in GAN 10_8 "
        "(1.00 to 1.00), and goes up and down without one direction in GAN 10_4 (2.00 to 3.00); the loss of D stays"
    ) in words(claim)


def test_without_intervals_nothing_is_said_of_the_course(suite: Suite) -> None:
    results = make_results(suite, summarise=lambda *_: make_summary(1.0, 1.0, NAN, 0, NAN, NAN))
    assert gan.claim_course(results.answer("gan_grid"), "table-x") is None


def set_outputs(batch: dict[str, float], dev: float = 0.7) -> Callable[[RunSpec, dict[str, Any]], None]:
    """A change that gives GANs D's mean output on training images in their batch; 0.7 is that in eval mode."""

    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        record = evaluation["discriminator"]
        if record is not None:
            for kind, mean in {"train": 0.7, "dev": dev, "samples": 0.3}.items():
                record[kind] = record[kind] | {"mean": mean, "batch_mean": mean}
            record["train"]["batch_mean"] = batch.get(spec.configuration_name, 0.7)

    return change


@pytest.mark.parametrize(
    ("batch", "said"),
    [
        ({}, "In none of the 2 GANs of [[table-discriminator]] does D set"),
        ({"gan-4_4": 0.9}, "In GAN 4_4 D reads the batch"),
        ({"gan-4_4": 0.9, "gan-4_8": 0.82}, "at least 0.1 (most in GAN 4_4: 0.60 against 0.40)"),
    ],
)
def test_whether_d_reads_the_batch(suite: Suite, batch: dict[str, float], said: str) -> None:
    gans = make_results(suite, change=set_outputs(batch)).answer("gan_grid")[:2]
    assert said in words(gan.claim_batch(gans, "table-x"))


@pytest.mark.parametrize(
    ("dev", "said"),
    [(0.6, "by at least 0.05 in GAN 4_4 and GAN 4_8 (most in GAN 4_4, by 0.10)"), (0.7, "there is no sign")],
)
def test_whether_d_knows_training_images(suite: Suite, dev: float, said: str) -> None:
    gans = make_results(suite, change=set_outputs({}, dev)).answer("gan_grid")[:2]
    assert said in words(gan.claim_memory(gans, "table-x"))


@pytest.mark.parametrize(
    ("generator", "said"),
    [(900, "about 1/9 of the 8.0 thousand in GAN 10_8"), (16200, "about 2 times the 8.0 thousand"), (9000, "")],
)
def test_sizes_of_an_ablation(suite: Suite, generator: int, said: str) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        if spec.configuration_name.startswith("gan-mlp"):
            evaluation["parameters"]["generator"] = generator

    results = make_results(suite, change=change)
    claims = scores.claim_size(find(results, "MLP GAN 10_8"), find(results, "GAN 10_8"), "table-x")
    assert [said in words(claim) for claim in claims] == ([True] if said else [])


# ---- summary and context --------------------------------------------------------------------------------------------


def test_best_in_short(suite: Suite) -> None:
    clear = make_results(suite, change=set_fid({"vae-3": 3.0, "vae-10": 1.0})).answer("vae_latent")
    tied = make_results(suite, change=set_fid({"vae-3": 1.2, "vae-10": 1.0})).answer("vae_latent")
    said = [words(summary.claim_best_brief("vae", row, "table-x")) for row in (clear[:1], clear, tied)]
    assert said[0].startswith("For the VAE, VAE-3, the classifier FID is 3.00")
    assert "VAE-10 has the lowest classifier FID" in said[1]
    assert "not shown to be worse: VAE-3" in said[2]


PUBLISHED = """
dataset: mnist-5k
runs:
  a: {model: gan, latent_dim: [16, 100], hidden_dim: [16, 100]}
  b: {model: gan, architecture: mlp, latent_dim: 100, hidden_dim: 100}
  c: {model: vae, latent_dim: [3, 5, 10]}
  d: {model: vae, latent_dim: 64, architecture: linear, encoder_output_relu: true}
"""


@pytest.mark.parametrize(
    ("fid", "error", "said"),
    [
        (
            {"gan-16_16": 9.0, "gan-100_16": 8.0, "gan-16_100": 7.0, "gan-100_100": 6.0},
            0.01,
            "19 have the same order and 10 the reverse one",
        ),
        (
            {"gan-16_16": 6.0, "gan-100_16": 7.0, "gan-16_100": 8.0, "gan-100_100": 9.0},
            0.01,
            "1 have the same order and 28 the reverse one",
        ),
        ({}, 0.01, "28 are undecided"),
    ],
)
def test_published_order(tmp_path: Path, fid: dict[str, float], error: float, said: str) -> None:
    names = ("gan-16_16", "gan-100_16", "gan-16_100", "gan-100_100", "gan-mlp-100_100", "vae-3", "vae-10")
    values = {name: 3.0**value for name, value in (dict.fromkeys(names, 5.5) | fid).items()}  # beyond what seeds may do
    results = make_results(write_and_load(tmp_path, PUBLISHED), change=set_fid(values, error))
    matched = match_published(results.configurations)
    labels = [m.configuration.label for m in matched]
    gans = ["GAN 16_16", "GAN 16_100", "GAN 100_16", "GAN 100_100", "MLP GAN 100_100"]
    assert labels == [*gans, "VAE-3", "VAE-10", "VAE-64 linear (output ReLU)"]
    agreement, spread = published.claim_agreement(matched, "figure-x"), published.claim_spread(matched, "figure-x")
    assert agreement is not None
    assert spread is not None
    assert said in words(agreement)
    among_gans = published.claim_agreement_of_gans(matched, "figure-x")
    assert among_gans is not None
    assert words(among_gans).startswith("Among pairs of two GANs alone, ")
    assert published.claim_agreement_of_gans(matched[:5], "figure-x") is None
    assert words(spread).startswith(
        "For GAN 16_100 alone, 3 published reports that trained for the same number of steps with the same batch size "
        "state scores from 36.5 to 76.2"
    )
    (of_one,) = [m for m in matched if m.configuration.label == "GAN 16_100"]
    longer = replace(of_one.scores[0], num_training_steps=25000)
    unlike = published.claim_spread([Matched(of_one.configuration, (longer, *of_one.scores[1:]))], "figure-x")
    assert unlike is not None
    assert "code, training length or batch size, and seed differ" in words(unlike)
    alone = matched[4:5]
    assert published.claim_agreement(alone, "figure-x") is None
    assert published.claim_spread(alone, "figure-x") is None
    clothes = PUBLISHED.replace("mnist-5k", "fashion-mnist")
    assert clothes != PUBLISHED
    assert match_published(make_results(write_and_load(tmp_path, clothes)).configurations) == []


def test_a_third_setting_that_varies_is_no_step_of_a_dimension(tmp_path: Path) -> None:
    text = TINY.replace("hidden_dim: [4, 8]}", "hidden_dim: [4, 8], learning_rate: [1e-4, 2e-4]}")
    text = text.replace("latent_dim: [3, 10]}", "latent_dim: [3, 10], learning_rate: [1e-3, 1e-4]}")
    results = make_results(write_and_load(tmp_path, text))
    grid = results.answer("gan_grid")
    pairs = pair_along(grid, "hidden_dim")
    assert len(grid) == 2 * len(pairs) == 8
    for low, high in pairs:
        assert low.settings == high.settings.model_copy(update={"hidden_dim": 4})
    claim = scores.claim_trend("fid_classifier", results.answer("vae_latent"), "latent_dim", "table-x")
    assert (
        words(claim) == "Over `latent_dim` no trend of the classifier FID is read, because other settings vary with it."
    )
    blocks = build_report(results, "en", draws=False).walk()
    table = next(b for b in blocks if isinstance(b, Table) and b.id == "table-gan_fid-classifier")
    assert len(table.rows) == 8


def test_without_any_fid_no_vae_has_the_lowest(suite: Suite) -> None:
    results = make_results(suite, change=set_fid(dict.fromkeys(("vae-3", "vae-10"), NAN)))
    assert vae.claim_effect(results.answer("vae_latent"), "table-x") is None


@pytest.mark.parametrize(
    ("fid", "said"), [(9.0, "by value lower than that of 1 of the"), (7.0, "by value higher than that of all")]
)
def test_a_model_without_variety_is_told(suite: Suite, fid: float, said: str) -> None:
    values = {spec.configuration_name: 7.5 for spec in plan_runs(suite)} | {"vae-3": fid}
    scored = make_results(suite, change=set_fid(values)).configurations
    (claim,) = fidelity.claim_copies(scored, "table-x")
    assert said in words(claim)


def test_a_first_seed_without_scores_gives_no_model_without_variety(tmp_path: Path) -> None:
    def fail(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        if spec.name == "vae-3-s0":
            evaluation["scores"] = {}

    scored = make_results(write_and_load(tmp_path, SEEDED), change=fail).configurations
    assert measure("fid_classifier", scored[0]).num_seeds == 1
    assert fidelity.claim_copies(scored, "table-x") == []


# ---- whole reports --------------------------------------------------------------------------------------------------

FEW_VALUES = (0.0, 0.1, 0.3, 0.45, 0.5, 0.55, 0.8, 0.95)
COUNTS = ([100] * 11, [200] * 5 + [100] * 6, [100] * 9 + [0, 5], [0] * 10 + [5])
STRIPS = ("0000000000", "0000??9999", "0????????9", "0?0?0?0?0?")


def make_random_results(suite: Suite, random: Random) -> Results:
    """A suite with some runs missing and every number drawn from a few, so that ties and turns are frequent."""

    def value() -> float:
        return random.choice(FEW_VALUES)

    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        row = make_scores("classifier", 10 * value(), random.choice([0.001, 0.05, 0.5]))
        row |= {"precision": value(), "recall": value()}
        evaluation["scores"] = {"classifier": row} if random.random() < 0.9 else {}
        if random.random() < 0.3:
            evaluation["scores"]["inception"] = make_scores("inception", 100 * value(), random.choice([0.1, 5.0]))
        evaluation["sharpness"]["samples"] = 0.2 * value()
        evaluation["digits"]["all_counts"] = random.choice(COUNTS)
        pairs = evaluation["interpolation"]["random_pairs"]
        for pair in PAIRS:
            pairs[pair.name] = random.choice([[value(), 0.03, 99], [value(), None, 1], [None, None, 0]])
        for name in pairs["spherical"]:
            pairs["spherical"][name] = random.choice([[value() - 0.5, 0.03, 99], [value(), None, 1], [None, None, 0]])
        if evaluation["posterior"]:
            evaluation["posterior"]["prior_distance"] = [value(), random.choice([0.01, 0.5, None]), 99]
        evaluation["variety"] = [random.choice([None, value()])] * 10
        evaluation["memorisation"]["samples"]["num_copies"] = random.choice([0, 1, 500])
        steps = random.choice([["10"], ["10", "20"]])
        evaluation["evolution"] = {step: random.choice(STRIPS) for step in steps}
        for outputs in (evaluation["discriminator"] or {}).values():
            outputs |= {"mean": value(), "batch_mean": value()}

    def summarise(spec: RunSpec, metric: str) -> CurveSummary:
        mean, error = value(), random.choice([0.01, 0.3, NAN])
        mean += metric.endswith("total")  # a likelihood of one is out of reach
        fifths = (*(0.01 + value() for _ in range(4)), mean)
        return make_summary(mean + 1, mean, error, 0.1, random.choice([mean - 0.5, NAN]), error, fifths=fifths)

    missing = random.choice([0.0, 0.2, 0.7])
    return make_results(suite, change=change, summarise=summarise, leave_out=lambda spec: random.random() < missing)


def plain(block: Paragraph) -> str:
    return "".join(span.text for span in block.line)


def check_report(reports: dict[str, Report]) -> None:
    zh, en = reports["zh"], reports["en"]
    assert find_contradictions(en.claims) == []
    assert [claim.id for claim in zh.claims] == [claim.id for claim in en.claims]
    for a, b in zip(zh.walk(), en.walk(), strict=True):
        if isinstance(a, Paragraph) and isinstance(b, Paragraph) and a.role == "finding":
            numbers = [sorted(re.findall(r"−?\d[\d,]*\.\d+", plain(p))) for p in (a, b)]
            assert numbers[0] == numbers[1], a.claim
            assert a.claim is not None
            assert a.claim.rests_on in zh.labels, a.claim


@pytest.mark.parametrize("seeds", ["one", "two"])
def test_no_two_sentences_contradict_each_other(tmp_path_factory: pytest.TempPathFactory, seeds: str) -> None:
    suite = write_and_load(tmp_path_factory.mktemp("p"), SEEDED if seeds == "two" else TINY)

    @settings(max_examples=30, deadline=None, phases=[Phase.explicit, Phase.generate])
    @given(st.integers(0, 2**32))
    @example(6437)  # a single run, without a score
    def check(seed: int) -> None:
        results = make_random_results(suite, Random(seed))
        if results.finished:
            check_report({language: build_report(results, language, draws=False) for language in LANGUAGES})

    check()
