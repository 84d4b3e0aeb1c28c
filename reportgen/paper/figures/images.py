"""Figures of generated images and of the digits that the classifier reads in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reportgen.paper.figures.style import MM, use_style

WIDTH_MM = 146
"""Width of a figure of strips."""


def draw_strips(
    images: np.ndarray, row_labels: Sequence[str], column_labels: Sequence[str], readings: Sequence[str]
) -> Figure:
    """Draw rows of images, uint8 [rows * columns, H, W], labelled on the left and above, with readings on the right."""
    rows, columns = len(row_labels), len(column_labels)
    size = images.shape[-1]
    with use_style():
        figure = Figure(figsize=(WIDTH_MM * MM, (rows * 0.78 * WIDTH_MM / columns + 6) * MM))
        axes = figure.subplots()
        axes.imshow(_tile(images, rows, columns, gap=2), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        pitch = size + 2
        axes.set_yticks([row * pitch + size / 2 for row in range(rows)], list(row_labels))
        axes.set_xticks([column * pitch + size / 2 for column in range(columns)], list(column_labels))
        axes.xaxis.tick_top()
        for row, reading in enumerate(readings):
            axes.text(columns * pitch + 6, row * pitch + size / 2, reading, va="center", fontsize=6.5)
        _clear(axes)
    return figure


def draw_read_grid(images: np.ndarray, characters: str, columns: int = 10) -> Figure:
    """Draw images, uint8 [N, H, W], each above the character that was read in it."""
    rows = -(-len(images) // columns)
    size, gap = images.shape[-1], 14
    with use_style():
        figure = Figure(figsize=(125 * MM, rows * 125 / columns * (size + gap) / (size + 2) * MM))
        axes = figure.subplots()
        padded = np.full((len(images), size + gap, size), 255, np.uint8)
        padded[:, :size] = images
        axes.imshow(_tile(padded, rows, columns, gap=2), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        for index, character in enumerate(characters):
            row, column = divmod(index, columns)
            x, y = column * (size + 2) + size / 2, row * (size + gap + 2) + size + gap / 2
            colour = "#D55E00" if character == "?" else "black"
            axes.text(x, y, character, ha="center", va="center", fontsize=7.5, color=colour)
        axes.set_xticks([])
        axes.set_yticks([])
        _clear(axes)
    return figure


def _tile(images: np.ndarray, rows: int, columns: int, gap: int) -> np.ndarray:
    count, height, width = images.shape
    canvas = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), 255, np.uint8)
    for index in range(count):
        row, column = divmod(index, columns)
        top, left = row * (height + gap), column * (width + gap)
        canvas[top : top + height, left : left + width] = images[index]
    return canvas


def _clear(axes: Axes) -> None:
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def draw_digit_histogram(
    counts: Sequence[int], expected: Sequence[float], *, x_label: str, y_label: str, expected_label: str
) -> Figure:
    """Draw eleven bars, for 0 to 9 and "?", with the counts expected from the classes of the training set."""
    with use_style():
        figure = Figure(figsize=(110 * MM, 48 * MM))
        axes = figure.subplots()
        axes.bar(range(11), counts, color=["#0072B2"] * 10 + ["#999999"], width=0.7)
        axes.plot(
            range(10), expected, color="#D55E00", marker="_", markersize=14, linestyle="none", label=expected_label
        )
        axes.set_xticks(range(11), [*"0123456789", "?"])
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure
