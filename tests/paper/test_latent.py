"""The latent space of VAEs, the balance of digits, and the figures of both."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from synthetic import TINY, make_results, write_output

from reportgen.base.errors import RunError
from reportgen.paper.analysis.balance import estimate_imbalance, estimate_smallest, expect_imbalance
from reportgen.paper.analysis.latent import count_readings, rank_dimensions
from reportgen.paper.analysis.measuring import measure
from reportgen.paper.analysis.results import Configuration, Results, load_results
from reportgen.paper.figures.latent import Scatter, draw_kl, draw_latents, draw_readings
from reportgen.paper.figures.style import to_png, to_svg
from reportgen.paper.i18n.translator import Translator
from reportgen.paper.rendering.letters import outline_letters
from reportgen.paper.report.assemble import build_report
from reportgen.paper.report.builder import Builder
from reportgen.paper.report.latent import list_scatters
from reportgen.paper.report.model import Table
from reportgen.suite.loading import load_suite
from reportgen.suite.plan import RunSpec

CLASSES = (400,) * 10


def load(folder: Path, change: Callable[[RunSpec, dict[str, Any]], None], text: str = TINY) -> Results:
    path = folder / "suite.yaml"
    path.write_text(text, encoding="utf-8")
    return make_results(load_suite(path), change=change)


def find(results: Results, label: str) -> Configuration:
    return next(c for c in results.configurations if c.label == label)


# ---- balance --------------------------------------------------------------------------------------------------------


def test_imbalance_is_the_share_of_samples_that_would_have_to_be_other_digits() -> None:
    assert estimate_imbalance([(7,) * 10], CLASSES).mean == 0
    assert estimate_imbalance([(500, *[0] * 9)], CLASSES).mean == pytest.approx(0.9)
    assert estimate_imbalance([(150, 50, *[100] * 8)], CLASSES).mean == pytest.approx(0.05)
    assert estimate_imbalance([(1, 3, *[0] * 8)], (1, 3, *[0] * 8)).mean == 0


def test_imbalance_has_the_error_of_the_share_that_comes_too_often() -> None:
    found = estimate_imbalance([(250, 150, *[75] * 8)], CLASSES)  # 400 of 1,000 in classes that come too often
    assert found.error == pytest.approx(math.sqrt(0.4 * 0.6 / 1000), rel=0.01)
    several = estimate_imbalance([(7,) * 10, (500, *[0] * 9)], CLASSES)
    assert several.mean == pytest.approx(0.45)
    assert several.over == "seeds"


def test_what_chance_alone_gives_is_seen_in_draws() -> None:
    draws = np.random.default_rng(0).multinomial(300, [0.1] * 10, size=2000)
    assert expect_imbalance(300, CLASSES) == pytest.approx(np.abs(draws / 300 - 0.1).sum(axis=1).mean() / 2, rel=0.02)
    assert math.isnan(expect_imbalance(0, CLASSES))


def test_the_rarest_digit_has_its_share_of_those_read() -> None:
    assert estimate_smallest([(30, 10, *[20] * 8)]).mean == pytest.approx(0.05)
    assert estimate_smallest([(0, *[20] * 9)]).mean == 0


@pytest.mark.parametrize("counts", [[], [(0,) * 10], [(5,) * 10, (0,) * 10]])
def test_without_a_digit_in_a_seed_there_is_no_balance(counts: list[tuple[int, ...]]) -> None:
    assert math.isnan(estimate_imbalance(counts, CLASSES).mean)
    assert math.isnan(estimate_smallest(counts).mean)


def test_images_that_are_no_digits_have_no_balance_and_no_trend(tmp_path: Path) -> None:
    text = TINY.replace("mnist-5k", "fashion-mnist")
    results = load(tmp_path, lambda spec, evaluation: evaluation.update(variety=[None] * 10), text)
    report = build_report(results, "en", draws=False)
    (table,) = (e for e in report.walk() if isinstance(e, Table) and e.id == "table-variety")
    assert [cell.text for cell in table.rows[0][1:]] == ["–", "–", "–", "–", "0.0% ± 0.5%"]
    assert not any("class imbalance" in str(claim.values) for claim in report.claims)


def test_variety_is_averaged_over_the_digits_that_have_one(tmp_path: Path) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["variety"] = [0.5, 0.9, *[None] * 8] if spec.name.startswith("vae-3") else [None] * 10

    results = load(tmp_path, change)
    assert measure("variety", find(results, "VAE-3")).mean == pytest.approx(0.7)
    assert math.isnan(measure("variety", find(results, "VAE-10")).mean)


# ---- codes ----------------------------------------------------------------------------------------------------------

SEEDED = TINY.replace("dataset: mnist-5k", "dataset: mnist-5k\nseeds: [0, 1]")


def test_dimensions_are_ranked_and_averaged_over_seeds_by_rank(tmp_path: Path) -> None:
    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        if evaluation["posterior"]:
            evaluation["posterior"]["kl"] = [1.0, 4.0, 2.0] if spec.seed else [6.0, 0.0, 2.0]

    assert rank_dimensions(find(load(tmp_path, change, SEEDED), "VAE-3")) == [5, 2, 0.5]


def test_readings_of_reconstructions_are_counted_over_seeds(tmp_path: Path) -> None:
    counts = np.zeros((10, 11), dtype=int)
    counts[3, 3], counts[3, 5], counts[4, 9], counts[4, 10], counts[7, 9] = 50, 2, 4, 9, 1

    def change(spec: RunSpec, evaluation: dict[str, Any]) -> None:
        evaluation["reconstruction"] = {"counts": counts.tolist()}

    vae = find(load(tmp_path, change, SEEDED), "VAE-3")
    np.testing.assert_array_equal(count_readings(vae), 2 * counts)


# ---- figures --------------------------------------------------------------------------------------------------------


def read_texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_kl_below_the_foot_of_the_axis_is_drawn_below_it() -> None:
    (axes,) = draw_kl({"a": [3.0, 0.0], "b": [2.0]}, colours={"a": "red", "b": "blue"}, x_label="x", y_label="y").axes
    drawn = np.asarray(axes.lines[0].get_ydata(), dtype=float)
    assert 0 < drawn[1] < axes.get_ylim()[0] < 2


@pytest.mark.parametrize("num_dimensions", [1, 3, 100])
def test_kl_of_any_number_of_dimensions_has_plain_numbers_at_its_axes(num_dimensions: int) -> None:
    values = np.geomspace(3, 1e-4, num_dimensions).tolist()
    assert b"<text" not in outline_letters(
        to_svg(draw_kl({"a": values}, colours={"a": "red"}, x_label="x", y_label="y"))
    )


def test_each_class_has_its_number_at_its_points() -> None:
    classes = np.array([0, 0, 0, 7])
    scatter = Scatter("a", np.array([0.0, 1.0, 9.0, 5.0]), np.array([2.0, 3.0, 4.0, 6.0]), classes, "x", "y")
    figure = draw_latents([scatter] * 2, has_legend=True)
    found = [text for text in figure.axes[0].texts if isinstance(text, Annotation)]
    assert [(text.get_text(), text.xy) for text in found] == [("0", (1.0, 3.0)), ("7", (5.0, 6.0))]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list("0123456789")
    assert draw_latents([scatter], has_legend=False).legends == []
    assert to_png(figure)


def test_axes_of_latents_have_one_scale_but_for_the_classes_of_a_single_one() -> None:
    x, classes = np.array([0.0, 0.1]), np.array([0, 9])
    scatters = [Scatter("a", x, y, classes, "x", "y") for y in (10 * x, classes)]
    of_two, of_one = draw_latents(scatters, has_legend=True).axes[:2]
    assert (of_two.get_aspect(), of_one.get_aspect()) == (1, "auto")


def test_changes_are_written_from_a_twentieth_of_a_digit_and_a_digit_without_images_is_blank() -> None:
    counts = np.zeros((10, 11), dtype=int)
    counts[4, 4], counts[4, 9], counts[4, 10], counts[5, 3] = 90, 6, 4, 1
    figure = draw_readings({"a": counts}, x_label="x", y_label="y")
    assert [text for text in read_texts(figure.axes[0]) if text != "·"] == ["6", "100"]
    assert b"<text" not in outline_letters(to_svg(figure))


@pytest.mark.parametrize(
    ("latent_dim", "axes"),
    [
        (1, [("z1 (40% of the variance)", "class")]),
        (2, [("z1 (40% of the variance)", "z2 (30% of the variance)")]),
        (3, [("z1", "z2"), ("z1", "z3"), ("z2", "z3")]),
        (10, [("principal axis 1 (40% of the variance)", "principal axis 2 (30% of the variance)")]),
    ],
)
def test_latents_are_drawn_on_each_pair_of_their_axes(
    tmp_path: Path, latent_dim: int, axes: list[tuple[str, str]]
) -> None:
    text = TINY.replace("latent_dim: [3, 10]", f"latent_dim: {latent_dim}")
    (tmp_path / "suite.yaml").write_text(text, encoding="utf-8")
    write_output(tmp_path / "out", suite_file=tmp_path / "suite.yaml")
    results = load_results(tmp_path / "out")
    (vae,) = results.answer("vae_latent")
    scatters = list_scatters(Builder(results, Translator("en"), draws=False), vae)
    found = [(scatter.x_label, scatter.y_label) for scatter in scatters]
    assert all(a[0].startswith(b[0]) and a[1].startswith(b[1]) for a, b in zip(found, axes, strict=True))
    assert len(scatters[0].x) == len(scatters[0].y) == len(scatters[0].classes) == 500


def test_latents_that_are_missing_are_named(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text(TINY, encoding="utf-8")
    write_output(tmp_path / "out", suite_file=tmp_path / "suite.yaml")
    run = load_results(tmp_path / "out").finished[0]
    assert list(run.read_latents().columns) == ["label", "axis1", "axis2", "axis3"]
    run = load_results(tmp_path / "out").finished[0]  # what a figure read is kept
    run.paths.latents.unlink()
    with pytest.raises(RunError, match=r"latents\.csv: cannot be read .*; run 'reportgen run' again"):
        run.read_latents()
