"""Figures: what is drawn, and what is not."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.patches import StepPatch
from PIL import Image

from reportgen.base.errors import RenderError
from reportgen.paper.figures.curves import Panel, draw_curves, draw_histograms, keep_extremes
from reportgen.paper.figures.images import draw_strips
from reportgen.paper.figures.published import group_letters
from reportgen.paper.figures.style import to_png, to_svg


@pytest.mark.fault(row=16)
def test_a_missing_glyph_in_a_figure_fails_the_build() -> None:
    panel = Panel("\U00012000", {"a": pd.Series([1.0, 2.0], index=[1, 2])})
    with pytest.raises(RenderError, match="lacks"):
        to_svg(draw_curves([panel], columns=1, x_label="x"))


def test_scores_near_each_other_share_a_place_for_their_letters() -> None:
    points = [("C", 30.0), ("A", 10.0), ("B", 10.5), ("D", 12.0)]
    assert group_letters(points, 1.0) == [("A B", 10.25), ("D", 12.0), ("C", 30.0)]
    assert group_letters([], 1.0) == []


@given(arrays(float, st.integers(1, 700), elements=st.floats(-5, 5)))
def test_raw_values_keep_their_spikes_where_not_all_points_are_drawn(values: np.ndarray) -> None:
    curve = pd.Series(values, index=range(10, 10 + len(values)))
    kept = keep_extremes(curve)
    assert len(kept) <= 120
    assert kept.index.is_monotonic_increasing
    assert kept.index.is_unique
    assert (kept == curve[kept.index]).all()
    assert (kept.min(), kept.max()) == (curve.min(), curve.max())


def test_panels_of_one_scale_share_their_range() -> None:
    curves = {"a": pd.Series([1.0, 3.0], index=[1, 2])}, {"a": pd.Series([2.0, 9.0], index=[1, 2])}
    panels = [Panel("train", curves[0], scale="kl"), Panel("dev", curves[1], scale="kl"), Panel("other", curves[0])]
    train, dev, other = (axes.get_ylim() for axes in draw_curves(panels, columns=3, x_label="step").axes)
    assert train == dev == pytest.approx((0.6, 9.4))
    assert other == pytest.approx((0.9, 3.1))
    (fixed,) = draw_curves([Panel("D", curves[0], limits=(0, 1))], columns=1, x_label="step").axes
    assert fixed.get_ylim() == (0, 1)


def test_the_band_of_seeds_is_seen_whole() -> None:
    curve = pd.Series([3.0, 3.0], index=[1, 2])
    panel = Panel("loss", {"a": curve}, bands={"a": (curve - 2, curve + 3)})
    (axes,) = draw_curves([panel], columns=1, x_label="step").axes
    low, high = axes.get_ylim()
    assert low < 1
    assert high > 6


def test_photographs_keep_their_grey_values_and_other_figures_few_colours() -> None:
    photograph = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    mode_of_photograph = Image.open(io.BytesIO(to_png(draw_strips(photograph, ["a"], ["b"], ["c"])))).mode
    panel = Panel("loss", {"a": pd.Series([3.0, 3.0], index=[1, 2])})
    mode_of_drawing = Image.open(io.BytesIO(to_png(draw_curves([panel], columns=1, x_label="x")))).mode
    assert (mode_of_photograph, mode_of_drawing) == ("RGBA", "P")


def test_a_logarithmic_panel_shows_all_values_in_plain_numbers() -> None:
    panel = Panel("FID", {"a": pd.Series([30.0, 1.2], index=[1, 2])}, is_log=True)
    figure = draw_curves([panel], columns=1, x_label="step")
    (axes,) = figure.axes
    low, high = axes.get_ylim()
    assert axes.get_yscale() == "log"
    assert 1 < low < 1.2 < 30 < high < 40
    to_svg(figure)
    assert {"2", "10"} <= {label.get_text() for label in axes.get_yticklabels()}


def test_histograms_are_in_percent_of_their_own_counts() -> None:
    figure = draw_histograms({"A": {"few": [1, 1], "many": [300, 100]}, "B": {"few": [0, 4]}}, x_label="x", y_label="y")
    first, second = (
        [list(patch.get_data()[0]) for patch in axes.patches if isinstance(patch, StepPatch)] for axes in figure.axes
    )
    assert first[::2] == [[50, 50], [75, 25]]
    assert second[::2] == [[0, 100]]
