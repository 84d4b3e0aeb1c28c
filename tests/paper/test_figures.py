"""Figures: what is drawn, and what is not."""

from __future__ import annotations

import base64
import io
import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.axes import Axes
from matplotlib.axis import XTick
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.transforms import Bbox
from PIL import Image

from reportgen.base.errors import RenderError
from reportgen.paper.figures import style
from reportgen.paper.figures.curves import Panel, draw_curves, draw_histograms, keep_extremes
from reportgen.paper.figures.images import IMAGE_MM, SMALLEST_MM, Strips, draw_read_images, draw_strips
from reportgen.paper.figures.latent import draw_readings
from reportgen.paper.figures.published import group_letters
from reportgen.paper.figures.scores import draw_scores
from reportgen.paper.figures.style import ABLATION_HUE, COLOURS, HUES, MM, shade, to_png, to_svg, use_style


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


def measure_axes(axes: Axes) -> float:
    """The height of axes in mm."""
    return axes.get_window_extent().height / axes.figure.dpi / MM


@pytest.mark.parametrize("num_panels", [2, 3, 5, 6])
@pytest.mark.parametrize("options", [{}, {"row_label": "GAN 100_100"}, {"has_head": False}, {"x_label": ""}])
def test_curves_are_tall_and_no_text_is_clipped_or_overlaps(num_panels: int, options: dict[str, Any]) -> None:
    curves = {"VAE-3": pd.Series([100.0, 300.0], index=[1, 25000]), "VAE-64": pd.Series([1.0, 2.0], index=[1, 25000])}
    panels = [Panel("reconstruction (nats)", curves)] * num_panels
    figure = draw_curves(panels, columns=3, **{"x_label": "step", **options})
    for axes in figure.axes:
        assert measure_axes(axes) >= 28
    boxes = list_texts(figure)
    page = figure.bbox
    for box in boxes:
        assert page.x0 <= box.x0 < box.x1 <= page.x1
        assert page.y0 <= box.y0 < box.y1 <= page.y1
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def list_texts(figure: Figure) -> list[Bbox]:
    """The places of all texts that are seen in a figure."""
    with use_style():
        figure.draw_without_rendering()
        texts = [text for legend in figure.legends for text in legend.get_texts()]
        for axes in figure.axes:
            texts += [axes.title, axes.xaxis.label, axes.yaxis.label]
            for tick in (*axes.xaxis.get_major_ticks(), *axes.yaxis.get_major_ticks()):
                low, high = sorted(axes.get_xlim() if isinstance(tick, XTick) else axes.get_ylim())
                texts += [tick.label1] if low <= tick.get_loc() <= high else []
        return [text.get_window_extent() for text in texts if text.get_visible() and text.get_text()]


def test_a_row_that_continues_a_figure_has_its_name_but_no_head() -> None:
    curves = {"D": pd.Series([1.0, 3.0], index=[1, 2]), "G": pd.Series([2.0, 3.0], index=[1, 2])}
    first, second = (
        draw_curves([Panel("losses", curves)], columns=1, row_label="GAN", has_head=has_head)
        for has_head in (True, False)
    )
    assert [text.get_text() for text in first.legends[0].get_texts()] == ["D", "G"]
    assert (first.axes[0].get_title(), second.axes[0].get_title()) == ("losses", "")
    assert second.legends == []
    assert second.axes[0].get_ylabel() == "GAN"
    assert second.get_figheight() < first.get_figheight()


def test_a_line_of_reference_is_drawn_only_near_the_curves() -> None:
    curve = pd.Series([0.0, 1.0], index=[1, 2])
    panel = Panel("D(x)", {"a": curve}, references=(0.5, 1.2, 9.0))
    (axes,) = draw_curves([panel], columns=1).axes
    assert len(axes.lines) == 3
    low, high = axes.get_ylim()
    assert low == pytest.approx(-0.06)
    assert high == pytest.approx(1.26)


def test_the_start_of_a_dense_curve_does_not_flatten_the_rest() -> None:
    values = np.r_[np.full(10, 50.0), np.linspace(1, 2, 190)]
    (axes,) = draw_curves([Panel("G", {"a": pd.Series(values, index=range(200))})], columns=1).axes
    assert axes.get_ylim()[1] < 2.2


def test_curves_have_the_colours_of_their_labels() -> None:
    curve = pd.Series([0.0, 1.0], index=[1, 2])
    (axes,) = draw_curves([Panel("loss", {"a": curve, "b": curve})], columns=1, colours={"b": "#010203"}).axes
    assert [line.get_color() for line in axes.lines] == [COLOURS[0], "#010203"]


def measure_lightness(colour: str) -> float:
    """Relative luminance of a colour, in [0, 1]."""
    return float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("hue", [*HUES, ABLATION_HUE])
@pytest.mark.parametrize("num", [2, 4, 8])
def test_shades_grow_darker_along_a_sweep(hue: str, num: int) -> None:
    lightness = [measure_lightness(colour) for colour in shade(hue, num)]
    assert (np.diff(lightness) < 0).all()
    assert lightness[0] < 0.85


def test_a_single_shade_is_the_hue() -> None:
    assert shade(HUES[0], 1) == [HUES[0]]


def test_a_colour_has_one_home() -> None:
    for path in Path(style.__file__).parent.glob("*.py"):
        assert path.name == "style.py" or not re.search(r'"#[0-9a-fA-F]{6}"', path.read_text(encoding="utf-8")), path


def test_every_seed_of_a_score_is_a_dot() -> None:
    seeds = [[1.0, 2.0, 3.0], [5.0], [4.0, 2.0]]
    figure = draw_scores(
        [3, 10, 64],
        seeds,
        [2.0, 5.0, 3.0],
        [(1.5, 2.5), None, (2.0, 4.0)],
        hue=HUES[1],
        x_label="latent_dim",
        y_label="FID",
        seed_label="one seed",
        mean_label="mean",
    )
    (axes,) = figure.axes
    (dots,) = (line for line in axes.lines if line.get_label() == "one seed")
    settings, scores = np.transpose(dots.get_xydata())
    assert scores.tolist() == [score for group in seeds for score in group]
    assert settings == pytest.approx([3, 3, 3, 10, 64, 64], rel=0.07)
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.get_legend_handles_labels()[1] == ["one seed", "mean"]
    figure.draw_without_rendering()
    assert measure_axes(axes) >= 28


def test_the_band_of_seeds_is_seen_whole() -> None:
    curve = pd.Series([3.0, 3.0], index=[1, 2])
    panel = Panel("loss", {"a": curve}, bands={"a": (curve - 2, curve + 3)})
    (axes,) = draw_curves([panel], columns=1, x_label="step").axes
    low, high = axes.get_ylim()
    assert low < 1
    assert high > 6


def test_photographs_keep_their_grey_values_and_other_figures_few_colours() -> None:
    photograph = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    mode_of_photograph = Image.open(io.BytesIO(to_png(draw_strips([Strips(photograph[None], ("a",))])))).mode
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
    figure.draw_without_rendering()
    assert min(measure_axes(axes) for axes in figure.axes) >= 28
    assert first[::2] == [[50, 50], [75, 25]]
    assert second[::2] == [[0, 100]]


def read_embedded(svg: bytes) -> list[Image.Image]:
    """The images within an SVG."""
    return [Image.open(io.BytesIO(base64.b64decode(found))) for found in re.findall(rb"base64,([\w+/=\s]+)", svg)]


def test_pixels_of_strips_are_kept_and_labels_are_text() -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32), np.uint8)
    svg = to_svg(draw_strips([Strips(images, ("first", "second"), "title", ("0.00", "0.50", "1.00"), ("1?2", "345"))]))
    (embedded,) = read_embedded(svg)
    pixels = np.asarray(embedded)
    assert embedded.mode == "L"
    assert pixels.shape == (2 * 34 - 2, 3 * 34 - 2)
    for row, column in np.ndindex(2, 3):
        shown = pixels[row * 34 : row * 34 + 32, column * 34 : column * 34 + 32]
        assert (shown == images[row, column]).all()
    assert (pixels[:, 32:34] == 255).all()
    assert b'image-rendering="pixelated"' in svg
    written = re.findall(r"<text [^>]*>([^<]*)</text>", svg.decode())
    assert written == ["first", "second", "1?2", "345", "0.00", "0.50", "1.00", "title"]


def test_images_in_colour_keep_it() -> None:
    figure = draw_readings({"a": np.ones((10, 11), int)}, x_label="x", y_label="y")
    assert {image.mode for image in read_embedded(to_svg(figure))} == {"RGBA"}


def list_image_sizes(panels: list[Strips], beside: int) -> set[tuple[float, float]]:
    """Distances of neighbouring images in mm, across and down, in all panels."""
    figure = draw_strips(panels, beside)
    sizes = set()
    for axes, panel in zip(figure.axes, panels, strict=True):
        box, (rows, columns) = axes.get_position(), panel.images.shape[:2]
        width, height = (figure.get_size_inches() / MM) * (box.width, box.height)
        sizes.add((round(width / (columns - 1 / 17), 3), round(height / (rows - 1 / 17), 3)))
    return sizes


@pytest.mark.parametrize("beside", [1, 2])
@pytest.mark.parametrize("columns", [1, 10, 24])
def test_images_of_all_panels_are_square_and_of_one_size(columns: int, beside: int) -> None:
    many, few = np.zeros((3, columns, 32, 32), np.uint8), np.zeros((1, 1, 32, 32), np.uint8)
    panels = [Strips(many, ("a longer label", "b", "c")), Strips(few, ("d",)), Strips(few, ("e",), "title")]
    ((across, down),) = list_image_sizes(panels, beside)
    assert across == down
    assert across == IMAGE_MM or (across < IMAGE_MM and columns == 24)


def test_images_beside_very_long_labels_are_still_seen() -> None:
    ((across, _),) = list_image_sizes([Strips(np.zeros((1, 24, 32, 32), np.uint8), ("label" * 40,))], 1)
    assert across == SMALLEST_MM


def test_nothing_is_written_outside_a_figure_of_strips() -> None:
    images = np.zeros((1, 10, 32, 32), np.uint8)
    panel = Strips(images, ("a long label",), "title", ("0.00",) * 10, ("?" * 10,))
    figure = draw_strips([panel, panel, panel], beside=2)
    page = figure.bbox
    figure.draw_without_rendering()
    for axes in figure.axes:
        for text in axes.texts:
            box = text.get_window_extent()
            assert page.x0 <= box.x0 < box.x1 <= page.x1
            assert page.y0 <= box.y0 < box.y1 <= page.y1


def test_narrow_columns_are_numbered_in_part() -> None:
    images = np.zeros((1, 20, 32, 32), np.uint8)
    panel = Strips(images, ("a",), numbers=tuple(f"{number:.2f}" for number in range(20)))
    _, right = draw_strips([panel, panel], beside=2).axes
    assert [text.get_text() for text in right.texts] == ["a", *(f"{number:.2f}" for number in range(0, 20, 2))]


def test_each_image_stands_above_the_character_read_in_it() -> None:
    images = np.zeros((27, 32, 32), np.uint8)
    first, second = draw_read_images(images, "0123456789?" + "1" * 14 + "7?").axes
    assert [text.get_text() for text in first.texts] == list("0123456789?" + "1" * 14)
    assert [(text.get_text(), round(text.get_position()[0], 2)) for text in second.texts] == [("7", 0.47), ("?", 1.47)]
