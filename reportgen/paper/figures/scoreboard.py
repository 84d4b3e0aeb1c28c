"""The scoreboard: a row per configuration with some of its samples, its FID as a bar, and a few values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reportgen.paper.figures.style import GREY, HUES, MM, use_style

WIDTH_MM = 172
ROW_MM = 4.5
HEADER_MM = 5

NAME_WIDTH, IMAGES_WIDTH, BAR_WIDTH, VALUE_WIDTH = 0.145, 0.33, 0.17, 0.075
"""Shares of the width that names, samples, bars and each value take; the last value has the rest."""


@dataclass(frozen=True)
class ScoreRow:
    """One configuration of the scoreboard.

    ``images`` are samples, uint8 [N, H, W]; ``score`` is above 0, with the ends of its interval if it has one;
    ``family`` is the index of its hue, and ``values`` are written beside the bar.
    """

    label: str
    family: int
    images: np.ndarray
    score: float
    interval: tuple[float, float] | None
    values: tuple[str, ...]


def draw_scoreboard(rows: Sequence[ScoreRow], header: Sequence[str]) -> Figure:
    """Draw the rows from top to bottom.

    Args:
        header: the titles of the samples, of the bars and of each value.
    """
    height = HEADER_MM + ROW_MM * len(rows)
    with use_style():
        figure = Figure(figsize=(WIDTH_MM * MM, height * MM))
        figure.set_layout_engine("none")
        share = 1 - HEADER_MM / height
        names = figure.add_axes((0, 0, NAME_WIDTH, share))
        images = figure.add_axes((NAME_WIDTH, 0, IMAGES_WIDTH, share))
        bars = figure.add_axes((NAME_WIDTH + IMAGES_WIDTH + 0.01, 0, BAR_WIDTH, share))
        left = NAME_WIDTH + IMAGES_WIDTH + BAR_WIDTH + 0.025
        values = figure.add_axes((left, 0, 1 - left, share))
        _write_names(names, rows)
        _show_images(images, rows, header[0])
        _draw_bars(bars, rows, header[1])
        _write_values(values, rows, header[2:])
    return figure


def _write_names(axes: Axes, rows: Sequence[ScoreRow]) -> None:
    _prepare(axes, len(rows))
    for place, row in enumerate(rows):
        axes.text(0, place, row.label, va="center", fontsize=7)


def _show_images(axes: Axes, rows: Sequence[ScoreRow], title: str) -> None:
    _prepare(axes, len(rows))
    num = min(len(row.images) for row in rows)
    axes.set_xlim(0, num)
    for place, row in enumerate(rows):
        for index, image in enumerate(row.images[:num]):
            box = (index + 0.03, index + 0.97, place + 0.47, place - 0.47)
            axes.imshow(image, cmap="gray", vmin=0, vmax=255, extent=box, aspect="auto", interpolation="nearest")
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, num)
    axes.set_title(title, loc="left", fontsize=7, color=GREY, pad=2)


def _draw_bars(axes: Axes, rows: Sequence[ScoreRow], title: str) -> None:
    """Draw bars on a logarithmic axis that starts a little below the lowest score."""
    _prepare(axes, len(rows))
    known = [row.score for row in rows if row.score == row.score]
    axes.set_xscale("log")
    if known:
        axes.set_xlim(min(known) / 1.6, max(known) * 1.3)
    for place, row in enumerate(rows):
        axes.barh(place, row.score, left=0, height=0.55, color=HUES[row.family], alpha=0.8)
        if row.interval is not None:
            axes.plot(row.interval, (place, place), color="black", linewidth=0.8)
    axes.set_title(title, loc="left", fontsize=7, color=GREY, pad=2)


def _write_values(axes: Axes, rows: Sequence[ScoreRow], titles: Sequence[str]) -> None:
    _prepare(axes, len(rows))
    axes.set_xlim(0, 1 - NAME_WIDTH - IMAGES_WIDTH - BAR_WIDTH)
    for column, title in enumerate(titles):
        left = column * VALUE_WIDTH
        axes.text(left, -0.62, title, va="bottom", fontsize=7, color=GREY)
        for place, row in enumerate(rows):
            axes.text(left, place, row.values[column], va="center", fontsize=7)


def _prepare(axes: Axes, num_rows: int) -> None:
    """Leave nothing of the axes but their range, with the first row at the top."""
    axes.set_ylim(num_rows - 0.5, -0.5)
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.minorticks_off()
    for spine in axes.spines.values():
        spine.set_visible(False)
