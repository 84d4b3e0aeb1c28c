"""How far seeds differ: classes of trainings, values on the scale, shipped and own replicates, and their file."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import make_results

from reportgen.assets import REPLICATES
from reportgen.base.errors import RenderError
from reportgen.paper.analysis import replicates
from reportgen.paper.analysis.effects import compare
from reportgen.paper.analysis.estimates import Level
from reportgen.paper.analysis.measuring import measure
from reportgen.paper.analysis.quantities import QUANTITIES, Quantity
from reportgen.paper.analysis.replicates import (
    CLASSES,
    Replicates,
    TrainingClass,
    collect_own,
    find_classes,
    find_prior,
    merge,
    put_on_scale,
    read_replicates,
)
from reportgen.paper.analysis.results import Configuration, Results
from reportgen.paper.analysis.seed_model import Prior, fit_prior, measure_spread, moderate
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import RunSpec
from reportgen.suite.settings import GanSettings, Settings, VaeSettings

FID = QUANTITIES["fid_classifier"]
VAE, GAN = VaeSettings(num_training_steps=100), GanSettings(num_training_steps=100)
MLP = GanSettings(num_training_steps=100, architecture="mlp")


def make_row(
    training_class: TrainingClass, settings: Settings, values: Mapping[str, tuple[float, ...]], dataset: str = "mnist"
) -> Replicates:
    num = len(next(iter(values.values())))
    dumped = settings.model_dump(mode="json")
    return Replicates(
        training_class=training_class, dataset=dataset, settings=dumped, seeds=tuple(range(num)), values=dict(values)
    )


SHIPPED = (
    make_row("conv_gan", GAN, {"fid_classifier": (0.0, 0.2), "recall": (0.1, 0.3)}),
    make_row("other_full", VAE.model_copy(update={"num_training_steps": 9000}), {"fid_classifier": (0.0, 0.1)}),
    make_row("other_quick", VAE, {"fid_classifier": (0.0, 0.4)}),
    make_row("other_quick", MLP, {"fid_classifier": (1.0, 1.4)}),
)


@pytest.fixture(autouse=True)
def shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicates, "read_shipped", lambda: SHIPPED)


def run(folder: Path, runs: str, fids: Mapping[tuple[str, int], float] | None = None, seeds: str = "[0]") -> Results:
    """Return results of some runs of 100 steps on MNIST, with FIDs by configuration and seed."""

    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        if fids is not None:
            evaluation["scores"]["classifier"]["fid"] = fids[spec.configuration_name, spec.seed]

    path = folder / "suite.yaml"
    common = f"fid: {{num_images: 64, inception: off}}\nseeds: {seeds}\n"
    path.write_text(f"dataset: mnist\n{common}defaults: {DEFAULTS}\nruns: {{{runs}}}\n", encoding="utf-8")
    return make_results(load_suite(path), change=change)


DEFAULTS = "{vae: {num_training_steps: 100, image_interval: 50}, gan: {num_training_steps: 100, image_interval: 50}}"


# ---- classes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "classes"),
    [
        (GAN, ("conv_gan",)),
        (GAN.model_copy(update={"num_training_steps": 7, "precision": "bf16"}), ("conv_gan",)),
        (VAE, ("other_quick",)),
        (MLP, ("other_quick",)),
        (VAE.model_copy(update={"latent_dim": 2}), ("other_quick",)),
        (VAE.model_copy(update={"num_training_steps": 9000}), ("other_full",)),
        (VAE.model_copy(update={"num_training_steps": 500}), ("other_full", "other_quick")),
        (VAE.model_copy(update={"learning_rate": 0.5}), ("other_full", "other_quick")),
        (VAE.model_copy(update={"batch_size": 7}), ("other_full", "other_quick")),
        (VAE.model_copy(update={"precision": "bf16"}), ("other_full", "other_quick")),
    ],
)
def test_a_training_belongs_to_those_that_train_as_long(settings: Settings, classes: tuple[str, ...]) -> None:
    assert find_classes(settings) == classes
    assert find_classes(settings, ()) == (classes if classes == ("conv_gan",) else ("other_full", "other_quick"))


# ---- values on the scale --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vae(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return run(tmp_path_factory.mktemp("vae"), "a: {model: vae}").configurations[0]


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("fid_classifier", [1.0, math.e], [0.0, 1.0]),
        ("fid_classifier", [1.0, 0.0], None),
        ("fid_classifier", [-1.0], None),
        ("fid_classifier", [1.0, math.nan], None),
        ("fid_classifier", [math.inf], None),
        ("fid_classifier", [], None),
        ("recall", [0.0, 1.0], [0.0, 1.0]),
        ("recall", [math.nan], None),
        ("dev_total", [59.5 + 1, 59.5 + math.e], [0.0, 1.0]),  # above the floor of the dev images
        ("dev_total", [60.5, 59.5], None),
        ("dev_total", [59.0], None),
        ("tail_train_total", [61.0], [0.0]),  # above that of the training images
    ],
)
def test_values_have_a_place_on_the_scale_or_none(
    vae: Configuration, name: str, values: list[float], expected: list[float] | None
) -> None:
    found = put_on_scale(QUANTITIES[name], vae, values)
    assert found == (None if expected is None else pytest.approx(expected))


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=5), st.sampled_from(["fid_classifier", "dev_total"]))
def test_values_read_back_from_the_scale(vae: Configuration, values: list[float], name: str) -> None:
    quantity = QUANTITIES[name]
    floor = quantity.find_floor(vae)
    found = put_on_scale(quantity, vae, [value + floor for value in values])
    assert found is not None
    level = Level(moderate(found, Prior(0.04, 12)), quantity.scale, quantity.band, floor)
    assert [level.read(position) - floor for position in found] == pytest.approx(values, abs=1e-9)
    assert level.interval[0] < level.mean < level.interval[1]


# ---- the prior ------------------------------------------------------------------------------------------------------

TWO = "a: {model: vae, latent_dim: [2, 3]}"


def prior_of(quantity: Quantity, c: Configuration) -> Prior | None:
    return find_prior(quantity, c.settings, c.cohort)


def fit(*rows: tuple[float, ...]) -> Prior | None:
    return fit_prior([spread for row in rows if (spread := measure_spread(row)) is not None])


def test_one_seed_takes_the_prior_of_its_class(tmp_path: Path) -> None:
    c, _ = run(tmp_path, TWO).configurations
    assert prior_of(FID, c) == fit((0.0, 0.4), (1.0, 1.4))


def test_a_training_of_another_length_takes_the_widest_class(tmp_path: Path) -> None:
    (c,) = run(tmp_path, "a: {model: vae, num_training_steps: 500}").configurations
    assert prior_of(FID, c) == fit((0.0, 0.4), (1.0, 1.4))
    (gan,) = run(tmp_path, "a: {model: gan, num_training_steps: 500}").configurations
    assert prior_of(FID, gan) == fit((0.0, 0.2))


def test_own_replicates_join_the_shipped_ones(tmp_path: Path) -> None:
    fids = {("vae-2", 0): 1.0, ("vae-2", 1): math.e, ("vae-3", 0): 3.0, ("vae-3", 1): 3.0}
    c, _ = run(tmp_path, TWO, fids, "[0, 1]").configurations
    assert prior_of(FID, c) == fit((0.0, 0.4), (1.0, 1.4), (0.0, 1.0))  # constant values tell nothing


def test_a_seed_that_is_shipped_too_counts_once(tmp_path: Path) -> None:
    """The shipped VAE has 100 latent dimensions and seeds 0 and 1: seed 0 is left alone and tells nothing."""
    fids = {("vae-100", 1): math.e, ("vae-100", 2): math.e**2}
    (c,) = run(tmp_path, "a: {model: vae}", fids, "[1, 2]").configurations
    assert prior_of(FID, c) == fit((1.0, 2.0), (1.0, 1.4))


def test_one_seed_of_the_report_leaves_shipped_replicates_as_they_are(tmp_path: Path) -> None:
    (c,) = run(tmp_path, "a: {model: vae}", {("vae-100", 0): 99.0}).configurations
    assert prior_of(FID, c) == fit((0.0, 0.4), (1.0, 1.4))


KEY: Any = ("mnist", "{}")


@pytest.mark.parametrize(
    ("shipped", "own", "sets"),
    [
        ({KEY: {0: 5.0, 1: 6.0, 2: 9.0}}, {KEY: {2: 7.0, 3: 8.0}}, [[7.0, 8.0], [5.0, 6.0]]),
        ({KEY: {0: 5.0, 1: 6.0}}, {KEY: {0: 7.0, 1: 8.0}}, [[7.0, 8.0]]),
        ({KEY: {0: 5.0, 1: 6.0}}, {KEY: {1: 7.0}}, [[5.0, 6.0]]),
        ({}, {KEY: {0: 7.0, 1: 8.0}}, [[7.0, 8.0]]),
    ],
)
def test_values_of_a_report_stay_apart_from_shipped_ones(
    shipped: dict[Any, dict[int, float]], own: dict[Any, dict[int, float]], sets: list[list[float]]
) -> None:
    """They may be measured on other images."""
    assert merge(shipped, own) == sets


def test_several_precisions_of_one_seed_are_averaged(tmp_path: Path) -> None:
    results = run(tmp_path, "a: {model: gan, precision: [fp32, bf16]}", seeds="[0, 1]")
    assert len(results.configurations) == 2
    fids = {"fp32": (1.0, math.e), "bf16": (math.e**2, math.e**4)}

    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["scores"]["classifier"]["fid"] = fids[spec.settings.precision][spec.seed]

    results = make_results(results.suite, change=change)
    assert list(collect_own("fid_classifier", results.configurations).values()) == [
        {0: pytest.approx(1.0), 1: pytest.approx(2.5)}
    ]
    assert prior_of(FID, results.configurations[0]) == fit((1.0, 2.5))  # in place of the shipped seeds 0 and 1


def test_the_same_settings_on_other_data_are_another_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = make_row("conv_gan", GAN, {"fid_classifier": (0.0, 0.2)}, "mnist-5k")
    monkeypatch.setattr(replicates, "read_shipped", lambda: (row,))
    fids = {("gan-100_100", 0): 1.0, ("gan-100_100", 1): math.e}
    (c,) = run(tmp_path, "a: {model: gan}", fids, "[0, 1]").configurations
    assert prior_of(FID, c) == fit((0.0, 0.2), (0.0, 1.0))


def test_inceptions_fid_takes_the_widest_class_of_the_classifiers(tmp_path: Path) -> None:
    (c,) = run(tmp_path, "a: {model: gan, latent_dim: 2}").configurations
    assert prior_of(QUANTITIES["fid_inception"], c) == fit((0.0, 0.4), (1.0, 1.4))
    assert prior_of(FID, c) == fit((0.0, 0.2))


def test_without_any_replicate_there_is_no_verdict(tmp_path: Path) -> None:
    a, b = run(tmp_path, TWO).configurations
    assert prior_of(QUANTITIES["recall"], a) is None
    assert compare(measure("recall", a), measure("recall", b)) == "equal"
    assert measure("kid", a).level is None
    assert compare(measure("kid", a), measure("kid", b)) == "single"


def test_own_replicates_are_enough_where_none_are_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicates, "read_shipped", lambda: ())
    fids = {("vae-2", 0): 1.0, ("vae-2", 1): 1.1, ("vae-3", 0): 9.0, ("vae-3", 1): 9.9}
    a, b = run(tmp_path, TWO, fids, "[0, 1]").configurations
    assert prior_of(FID, a) == fit((0.0, math.log(1.1)), (math.log(9.0), math.log(9.9)))
    assert compare(measure("fid_classifier", a), measure("fid_classifier", b)) == "lower"


def test_constant_values_alone_tell_nothing_of_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicates, "read_shipped", lambda: ())
    fids = {(f"vae-{dim}", seed): float(dim) for dim in (2, 3) for seed in (0, 1)}
    a, b = run(tmp_path, TWO, fids, "[0, 1]").configurations
    assert measure("fid_classifier", a).level is None
    assert compare(measure("fid_classifier", a), measure("fid_classifier", b)) == "single"


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_a_configuration_with_a_value_off_the_scale_is_not_compared(tmp_path: Path, bad: float) -> None:
    """The other one keeps its level, and of the first no seed counts."""
    fids = {("vae-2", 0): 1.0, ("vae-2", 1): bad, ("vae-3", 0): 3.0, ("vae-3", 1): 3.3}
    a, b = run(tmp_path, TWO, fids, "[0, 1]").configurations
    assert measure("fid_classifier", a).level is None
    assert measure("fid_classifier", b).level is not None
    assert prior_of(FID, b) == fit((0.0, 0.4), (1.0, 1.4), (math.log(3.0), math.log(3.3)))
    expected = "unknown" if math.isnan(bad) else "single"
    assert compare(measure("fid_classifier", a), measure("fid_classifier", b)) == expected


def test_a_value_of_several_seeds_is_printed_with_the_interval_of_its_level(tmp_path: Path) -> None:
    fids = {("vae-2", 0): 1.0, ("vae-2", 1): 4.0, ("vae-3", 0): 3.0, ("vae-3", 1): 3.0}
    a, _ = run(tmp_path, TWO, fids, "[0, 1]").configurations
    estimate = measure("fid_classifier", a)
    assert estimate.level is not None
    assert estimate.mean == pytest.approx(2.0)
    assert estimate.interval == estimate.level.interval
    one = measure("fid_classifier", a.first_seed)
    assert one.level is not None
    assert one.over == "samples"  # its interval stays that within the run
    assert one.interval == pytest.approx((1 - 0.01 * 1.959964, 1 + 0.01 * 1.959964))


# ---- the file -------------------------------------------------------------------------------------------------------


def test_the_shipped_file_has_quantities_of_the_table_on_their_scales() -> None:
    rows = read_replicates(REPLICATES)
    assert {row.training_class for row in rows} <= set(CLASSES)
    assert {name for row in rows for name in row.values} <= QUANTITIES.keys()
    assert all(len(row.seeds) > 1 for row in rows)
    shares = [value for row in rows for q in QUANTITIES.values() if q.is_share for value in row.values.get(q.name, ())]
    assert shares
    assert all(0 <= share <= 1 for share in shares)


def test_each_class_of_the_shipped_file_rests_on_twelve_degrees() -> None:
    rows = read_replicates(REPLICATES)
    for training_class in {row.training_class for row in rows}:
        degrees = [len(row.seeds) - 1 for row in rows if row.training_class == training_class]
        assert sum(degrees) >= 12


def change_file(folder: Path, *path: str | int, value: Any) -> Path:
    """Write the shipped file with another value at a place."""
    content = json.loads(REPLICATES.read_text(encoding="utf-8"))
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    changed = folder / "replicates.json"
    changed.write_text(json.dumps(content), encoding="utf-8")
    return changed


FIDS_OF_FIRST = ("replicates", 0, "values", "fid_classifier")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), 2, "format: Input should be 1"),
        (("format",), None, "format: Input should be 1"),
        ((*FIDS_OF_FIRST, 1), math.nan, r"fid_classifier\.1: Input should be a finite number"),
        ((*FIDS_OF_FIRST, 1), math.inf, r"fid_classifier\.1: Input should be a finite number"),
        ((*FIDS_OF_FIRST, 1), "x", r"fid_classifier\.1: Input should be a valid number"),
        (FIDS_OF_FIRST, [1.0], r"replicates\.0\.values: Value error, fid_classifier has 1 values for \d seeds"),
        (("replicates", 0, "training_class"), "new", r"replicates\.0\.training_class: Input should be 'conv_gan'"),
        (("replicates", 0, "variance"), -1.0, r"replicates\.0\.variance: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_file_is_one_line_that_says_where(
    tmp_path: Path, path: tuple[str | int, ...], value: Any, message: str
) -> None:
    with pytest.raises(RenderError, match=rf"replicates\.json: .*{message}.*; install reportgen-ml again$") as caught:
        read_replicates(change_file(tmp_path, *path, value=value))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, r"cannot be read \(No such file"), (b"", "Invalid JSON"), (b'{"format":1,', "Invalid JSON")],
    ids=["gone", "empty", "cut off"],
)
def test_a_file_that_is_damaged_or_gone_is_one_line(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "replicates.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RenderError, match=rf"replicates\.json: {message}.*; install reportgen-ml again$"):
        read_replicates(path)
