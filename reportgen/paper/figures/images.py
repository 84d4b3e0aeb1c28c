"""Figures of generated images and of the digits that the classifier reads in them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from reportgen.paper.figures.style import EMPHASIS, FAMILY, GREY, HUES, LIGHT_GREY, MM, use_style

WIDTH_MM = 172
"""Width of a figure of strips."""
IMAGE_MM, SMALLEST_MM = 6.3, 2.5
"""Largest and smallest distance from one image to the next."""
GAP = 2 / 34
"""White between two images, as a share of the distance from one to the next: 2 pixels beside images of 32."""
PANEL_GAP_MM = 5
MARGIN_MM = 1.5
"""White between images and what is written beside them."""
TITLE_MM, NUMBERS_MM, READ_MM = 4.6, 3, 3.4
"""Heights of a title, of the labels of columns, and of the characters below a row of images."""
NUMBER_MM = 4.6
"""Least distance of two labels of columns; of columns that are nearer, only some have one."""
LABEL_SIZE, NUMBER_SIZE = 7, 5.5
"""Sizes of type, in points."""


@dataclass(frozen=True)
class Strips:
    """Rows of images, uint8 [rows, columns, H, W], under a title.

    ``labels`` stand on the left of the rows, ``readings`` on their right, and ``numbers`` above the columns.
    """

    images: np.ndarray
    labels: tuple[str, ...]
    title: str = ""
    numbers: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()

    @property
    def head_mm(self) -> float:
        """Height of what stands above the images."""
        return TITLE_MM * bool(self.title) + NUMBERS_MM * bool(self.numbers)


def draw_strips(panels: Sequence[Strips], beside: int = 1) -> Figure:
    """Draw strips of images, ``beside`` panels side by side, with images of one size that fits the widest panel."""
    beside = min(beside, len(panels))
    bands = [panels[start : start + beside] for start in range(0, len(panels), beside)]
    room = (WIDTH_MM - PANEL_GAP_MM * (beside - 1)) / beside
    with use_style():
        left = _measure_widest(label for panel in panels for label in panel.labels)
        right = _measure_widest(reading for panel in panels for reading in panel.readings)
        columns = max(panel.images.shape[1] for panel in panels)
        pitch = max(SMALLEST_MM, min(IMAGE_MM, (room - left - right) / columns))
        start = left + (room - left - columns * pitch - right) / 2
        heights = [max(panel.head_mm + len(panel.images) * pitch for panel in band) for band in bands]
        figure = _make_figure(sum(heights) + MARGIN_MM * (len(bands) - 1))
        top = 0.0
        for band, height in zip(bands, heights, strict=True):
            for place, panel in enumerate(band):
                x = start + place * (room + PANEL_GAP_MM)
                _show_strips(_add_axes(figure, x, top + panel.head_mm, panel.images, pitch), panel, pitch)
            top += height + MARGIN_MM
    return figure


def draw_read_images(images: np.ndarray, characters: str, columns: int = 25) -> Figure:
    """Draw images, uint8 [N, H, W], each above the character that was read in it."""
    columns = min(columns, len(images))
    pitch = min(IMAGE_MM, WIDTH_MM / columns)
    rows = [slice(start, start + columns) for start in range(0, len(images), columns)]
    with use_style():
        figure = _make_figure(len(rows) * (pitch + READ_MM))
        for place, row in enumerate(rows):
            top, shown = place * (pitch + READ_MM), images[None, row]
            axes = _add_axes(figure, (WIDTH_MM - columns * pitch) / 2, top, shown, pitch)
            _show_images(axes, shown)
            for column, character in enumerate(characters[row]):
                colour = EMPHASIS if character == "?" else "black"
                x, y = column + (1 - GAP) / 2, 1 - GAP + READ_MM / pitch / 2
                axes.text(x, y, character, ha="center", va="center", fontsize=LABEL_SIZE, color=colour)
    return figure


def _make_figure(height_mm: float) -> Figure:
    """Return an empty figure whose axes are placed by hand."""
    figure = Figure(figsize=(WIDTH_MM * MM, height_mm * MM))
    figure.set_layout_engine("none")
    return figure


def _add_axes(figure: Figure, left: float, top: float, images: np.ndarray, pitch: float) -> Axes:
    """Add axes that rows of images fill, with their upper left corner at a place in mm."""
    height_mm = figure.get_figheight() / MM
    rows, columns = images.shape[:2]
    width, height = (columns - GAP) * pitch, (rows - GAP) * pitch
    box = left / WIDTH_MM, 1 - (top + height) / height_mm, width / WIDTH_MM, height / height_mm
    return figure.add_axes(box)


def _show_strips(axes: Axes, panel: Strips, pitch: float) -> None:
    """Show images with all that is written beside them; an image and the gap after it have length 1."""
    rows, columns = panel.images.shape[:2]
    half, margin = (1 - GAP) / 2, MARGIN_MM / pitch
    _show_images(axes, panel.images)
    for row, label in zip(range(rows), panel.labels, strict=True):
        axes.text(-margin, row + half, label, ha="right", va="center", fontsize=LABEL_SIZE)
    for row, reading in enumerate(panel.readings):
        axes.text(columns - GAP + margin, row + half, reading, va="center", fontsize=LABEL_SIZE)
    every = math.ceil(NUMBER_MM / pitch)
    for column, number in list(enumerate(panel.numbers))[::every]:
        axes.text(column + half, -0.5 / pitch, number, ha="center", va="bottom", fontsize=NUMBER_SIZE, color=GREY)
    if panel.title:
        above = NUMBERS_MM * bool(panel.numbers) + 1
        axes.text((columns - GAP) / 2, -above / pitch, panel.title, ha="center", va="bottom", fontsize=LABEL_SIZE)


def _show_images(axes: Axes, images: np.ndarray) -> None:
    """Fill axes with rows of images, whose pixels stay as they are."""
    rows, columns = images.shape[:2]
    extent = (0, columns - GAP, rows - GAP, 0)
    pixels = np.stack([_tile(images)] * 3, axis=-1)  # as colours, which are not scaled
    axes.imshow(pixels, interpolation="none", extent=extent, aspect="auto")
    axes.set_axis_off()


def _tile(images: np.ndarray) -> np.ndarray:
    """Join images, uint8 [rows, columns, H, W], in one with white between them."""
    rows, columns, height, width = images.shape
    gap = round(width * GAP / (1 - GAP))
    padded = np.full((rows, height + gap, columns, width + gap), 255, np.uint8)
    padded[:, :height, :, :width] = images.transpose(0, 2, 1, 3)
    return padded.reshape(rows * (height + gap), -1)[:-gap, :-gap]


def _measure_widest(texts: Iterable[str]) -> float:
    """Return the width of the widest text in mm with the margin beside it; 0 without any."""
    font = FontProperties(family=FAMILY, size=LABEL_SIZE)
    lines = {line for text in texts for line in text.splitlines() if line}
    widths = [TextPath((0, 0), line, prop=font).get_extents().x1 / 72 / MM for line in lines]
    return math.ceil(max(widths)) + MARGIN_MM if widths else 0


def draw_digit_histogram(
    counts: Sequence[int], expected: Sequence[float], *, x_label: str, y_label: str, expected_label: str
) -> Figure:
    """Draw eleven bars, for 0 to 9 and "?", with the counts expected from the classes of the training set."""
    with use_style():
        figure = Figure(figsize=(110 * MM, 36 * MM))
        axes = figure.subplots()
        axes.bar(range(11), counts, color=[HUES[0]] * 10 + [LIGHT_GREY], width=0.7)
        axes.plot(
            range(10), expected, color=EMPHASIS, marker="_", markersize=14, linestyle="none", label=expected_label
        )
        axes.set_xticks(range(11), [*"0123456789", "?"])
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
