"""Figures of a VAE's latent space: KL per dimension, posterior means by class, and the digits of reconstructions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, LogLocator

from reportgen.paper.figures.style import CLASS_COLOURS, DASHES, LIGHT_GREY, MARKERS, MM, use_style

LOWEST_KL = 1e-3
"""Foot of the axis of KL, in nats; what a dimension carries below it is of no account."""

WRITTEN_SHARE = 0.05
"""Share of a digit's images from which a change into another digit is written into its cell."""
DARKEST_SHARE = 0.3
"""Share of a digit's images that has the darkest shade."""


def draw_kl(lines: Mapping[str, Sequence[float]], *, colours: Mapping[str, str], x_label: str, y_label: str) -> Figure:
    """Draw the KL of ranked latent dimensions, in nats, as a line per label on two logarithmic axes."""
    with use_style():
        figure = Figure(figsize=(125 * MM, 40 * MM))
        axes = figure.subplots()
        for index, (label, values) in enumerate(lines.items()):
            ranks, shown = range(1, len(values) + 1), np.maximum(values, LOWEST_KL / 10)
            dash, mark = (styles[index % len(styles)] for styles in (DASHES, MARKERS))
            axes.plot(ranks, shown, color=colours[label], linestyle=dash, marker=mark, markersize=2.5, label=label)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_ylim(bottom=LOWEST_KL)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.minorticks_off()
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


@dataclass(frozen=True)
class Scatter:
    """Content of one set of axes: points x and y, float [N], with their classes 0 to 9, int [N]."""

    title: str
    x: np.ndarray
    y: np.ndarray
    classes: np.ndarray
    x_label: str
    y_label: str

    @property
    def is_strip(self) -> bool:
        """True if the class is the height, as of points on a single axis."""
        return np.array_equal(self.y, self.classes)


COLUMNS = 3
"""Scatters in a row."""


def draw_latents(scatters: Sequence[Scatter], *, has_legend: bool) -> Figure:
    """Draw a row of points in the colours of their classes, with each class's number at the median of its points."""
    with use_style():
        figure = Figure(figsize=(170 * MM, (46 + 5 * has_legend) * MM))
        grid = figure.subplots(1, COLUMNS, squeeze=False).flat
        for axes, scatter in zip(grid, scatters, strict=False):
            _draw_scatter(axes, scatter)
        for axes in list(grid)[len(scatters) :]:
            axes.set_axis_off()
        if has_legend:
            handles, labels = figure.axes[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside lower center", ncols=10, markerscale=3, columnspacing=1.2)
    return figure


def _draw_scatter(axes: Axes, scatter: Scatter) -> None:
    for number, colour in enumerate(CLASS_COLOURS):
        of_class = scatter.classes == number
        x, y = scatter.x[of_class], scatter.y[of_class]
        axes.scatter(x, y, s=2.5, color=colour, linewidths=0, label=str(number), antialiased=False)
        if len(x):
            outline = [withStroke(linewidth=2, foreground="white")]
            place = float(np.median(x)), float(np.median(y))
            axes.annotate(str(number), place, ha="center", va="center", weight="bold", size=8, path_effects=outline)
    if not scatter.is_strip:
        axes.set_aspect("equal", adjustable="datalim")  # so that an axis on which nothing varies looks like it
    axes.set_title(scatter.title)
    axes.set_xlabel(scatter.x_label)
    axes.set_ylabel(scatter.y_label)


def draw_readings(tables: Mapping[str, np.ndarray], *, x_label: str, y_label: str) -> Figure:
    """Draw how often images of each digit turn into another, a map per label.

    Args:
        tables: int [10, 11], images by the digit before and by the digit after or none; at least one table.
    """
    columns = min(4, max(2, len(tables)))
    rows = math.ceil(len(tables) / columns)
    with use_style():
        figure = Figure(figsize=(170 * MM, rows * (150 / columns + 12) * MM))
        grid = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes, (label, counts) in zip(grid, tables.items(), strict=False):
            _draw_map(axes, counts)
            axes.set_title(label)
            axes.set_xlabel(x_label)
        for axes in grid[len(tables) :]:
            axes.set_axis_off()
        grid[0].set_ylabel(y_label)
    return figure


def _draw_map(axes: Axes, counts: np.ndarray) -> None:
    """Draw the shares of changed digits in shades; digits that stay are left white."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    changed = np.where(np.eye(10, 11, dtype=bool), np.nan, shares)
    axes.imshow(changed, cmap="Oranges", vmin=0, vmax=DARKEST_SHARE, aspect="equal")
    for before, after in np.argwhere(np.nan_to_num(changed) >= WRITTEN_SHARE):
        share = changed[before, after]
        colour = "white" if share > 0.7 * DARKEST_SHARE else "black"
        axes.text(after, before, f"{100 * share:.0f}", ha="center", va="center", fontsize=5.5, color=colour)
    for digit in range(10):
        axes.text(digit, digit, "·", ha="center", va="center", fontsize=7, color=LIGHT_GREY)
    axes.grid(visible=False)
    axes.set_xticks(range(11), [*"0123456789", "?"])
    axes.set_yticks(range(10), list("0123456789"))
    axes.spines[["top", "right"]].set_visible(True)
