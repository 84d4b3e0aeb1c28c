"""Curves over training steps, and scores over a dimension."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, FuncFormatter, LogLocator

from reportgen.paper.figures.style import COLOURS, DASHES, GREY, MM, use_style

SMOOTHING_SHARE = 0.05
"""The width of the moving average, as a share of the logged points."""

ROW_HEIGHT_MM = 27

MAX_RAW = 2
"""Curves of one panel that have their raw values behind them; more would hide each other."""

OUTLIERS = 0.01
"""The share of a dense curve's lowest and of its highest values that the vertical axis need not hold."""

MARKERS = ("o", "s", "^", "D", "v", "x", "+")
NUM_MARKERS = 4

MAX_POINTS = 120
"""Points that are drawn of one curve; in a panel of 48 mm more cannot be told apart in print."""


@dataclass(frozen=True)
class Panel:
    """One set of axes: a title, curves by label (index: step), horizontal reference lines.

    ``bands`` are the lowest and the highest seed of a curve that is a mean over seeds. ``limits`` are those of the
    vertical axis, where they are known beforehand; else panels of the same ``scale`` share what fits all of them.
    """

    title: str
    curves: dict[str, pd.Series]
    references: tuple[float, ...] = ()
    bands: dict[str, tuple[pd.Series, pd.Series]] = field(default_factory=dict)
    limits: tuple[float, float] | None = None
    scale: str = ""


def draw_curves(panels: Sequence[Panel], *, columns: int, x_label: str, width_mm: float = 170) -> Figure:
    """Small multiples of curves over steps.

    A densely logged curve is drawn smoothed (a centred moving average), with the raw values faint behind it where there
    are at most ``MAX_RAW`` in a panel; one with few points is drawn as it is, with markers. The curves of panels that
    have more than one are named in a legend: in the place of a panel that is not there, else below.
    """
    rows = math.ceil(len(panels) / columns)
    last_step = max(float(curve.index.max()) for panel in panels for curve in panel.curves.values())
    labels = list(dict.fromkeys(label for panel in panels if len(panel.curves) > 1 for label in panel.curves))
    has_room = len(panels) < rows * columns
    legend_mm = 7 if labels and not has_room else 0
    height_mm = rows * ROW_HEIGHT_MM + 4 + legend_mm
    with use_style(), matplotlib.rc_context({"figure.constrained_layout.use": False}):
        figure = Figure(figsize=(width_mm * MM, height_mm * MM))
        grid = figure.subplots(rows, columns, squeeze=False, gridspec_kw=_place(rows, columns, width_mm, legend_mm))
        ranges = []
        for axes, panel in zip(grid.flat, panels, strict=False):
            ranges.append(_draw_panel(axes, panel, labels))
        for index, (axes, panel) in enumerate(zip(grid.flat, panels, strict=False)):
            alike = [r for r, other in zip(ranges, panels, strict=True) if panel.scale and other.scale == panel.scale]
            axes.set_ylim(panel.limits or _fit(alike or [ranges[index]]))
            axes.set_xlim(0, last_step)
            if index + columns < len(panels):  # the one below has the same steps
                axes.tick_params(labelbottom=False)
            else:
                axes.set_xlabel(x_label)
        if labels:
            handles = {line.get_label(): line for axes in grid.flat for line in axes.get_lines()}
            place: dict[str, Any] = {"loc": "lower center", "ncols": min(len(labels), 5)}
            if has_room:
                place = {"loc": "center", "bbox_to_anchor": grid.flat[len(panels)].get_position()}
            figure.legend(handles=[handles[label] for label in labels], **place)
        for axes in list(grid.flat)[len(panels) :]:
            axes.remove()
    return figure


def _place(rows: int, columns: int, width_mm: float, legend_mm: float) -> dict[str, float]:
    """Where the panels stand: fixed margins in millimetres, as fitting them to every label takes most of the time."""
    height_mm = rows * ROW_HEIGHT_MM + 4 + legend_mm
    left, right, bottom, top, between, above = 7.5, 1.5, 9 + legend_mm, 4.5, 8.5, 10.5
    panel_width = (width_mm - left - right - between * (columns - 1)) / columns
    panel_height = (height_mm - bottom - top - above * (rows - 1)) / rows
    return {
        "left": left / width_mm,
        "right": 1 - right / width_mm,
        "bottom": bottom / height_mm,
        "top": 1 - top / height_mm,
        "wspace": between / panel_width,
        "hspace": above / panel_height,
    }


def _draw_panel(axes: Axes, panel: Panel, labels: list[str]) -> tuple[float, float]:
    """Draw one panel; return the lowest and the highest value to be seen.

    The first steps are left out of that: their losses would flatten the rest.
    """
    for value in panel.references:
        axes.axhline(value, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)))
    seen = list(panel.references)
    for label, curve in panel.curves.items():
        index = labels.index(label) if label in labels else 0
        colour, dash = COLOURS[index % len(COLOURS)], DASHES[index % len(DASHES)]
        smoothed = smooth(curve)
        if label in panel.bands:
            low, high = (thin(smooth(edge)) for edge in panel.bands[label])
            axes.fill_between(low.index, low, high, color=colour, alpha=0.18, linewidth=0)
            seen += [float(low.iloc[len(low) // 50 :].min()), float(high.iloc[len(high) // 50 :].max())]
        if len(curve) > 50:
            has_raw = label not in panel.bands and len(panel.curves) <= MAX_RAW
            if has_raw:
                raw = keep_extremes(curve)
                axes.plot(raw.index, raw, color=colour, alpha=0.22, linewidth=0.5)
            shown = thin(smoothed)
            marks = _mark(index, len(shown)) if len(labels) > MAX_RAW else {}
            axes.plot(shown.index, shown, color=colour, linestyle=dash, label=label, **marks)
            late = (curve if has_raw else smoothed).iloc[len(curve) // 50 :]
            late = late.quantile([OUTLIERS, 1 - OUTLIERS])
        else:
            axes.plot(curve.index, curve, color=colour, linestyle=dash, label=label, **_mark(index, NUM_MARKERS))
            late = curve
        seen += [float(late.min()), float(late.max())]
    axes.set_title(panel.title)
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.locator_params(axis="x", nbins=3)
    axes.locator_params(axis="y", nbins=4)
    return min(seen), max(seen)


def _mark(index: int, num_points: int) -> dict[str, Any]:
    """Markers at a few places of a curve, other ones than those of the next: in a grey print dashes are not enough."""
    every = max(1, num_points // NUM_MARKERS)
    return {"marker": MARKERS[index % len(MARKERS)], "markersize": 2.5, "markevery": (index * every // 5, every)}


def _fit(ranges: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Limits around all of these, with a margin."""
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    margin = 0.05 * (high - low) or 0.05
    return low - margin, high + margin


def smooth(curve: pd.Series) -> pd.Series:
    """A centred moving average over ``SMOOTHING_SHARE`` of the points, narrower at the ends."""
    window = max(1, round(len(curve) * SMOOTHING_SHARE))
    return curve.rolling(window, center=True, min_periods=1).mean()


def thin(curve: pd.Series) -> pd.Series:
    """Every k-th point, so that at most ``MAX_POINTS`` remain, and the last."""
    stride = math.ceil(len(curve) / MAX_POINTS)
    return curve if stride == 1 else curve.iloc[sorted({*range(0, len(curve), stride), len(curve) - 1})]


def keep_extremes(curve: pd.Series) -> pd.Series:
    """The lowest and the highest point of each of ``MAX_POINTS / 2`` stretches, which look like all points of them."""
    if len(curve) <= MAX_POINTS:
        return curve
    stretches = np.array_split(np.arange(len(curve)), MAX_POINTS // 2)
    values = curve.to_numpy()
    kept = {int(s[pick(values[s])]) for s in stretches for pick in (np.argmin, np.argmax)}
    return curve.iloc[sorted(kept)]


def draw_scores(
    settings: Sequence[int], means: Sequence[float], half_widths: Sequence[float | None], *, x_label: str, y_label: str
) -> Figure:
    """A positive score over a dimension, both on logarithmic axes, with its interval where there is one."""
    with use_style():
        figure = Figure(figsize=(95 * MM, 48 * MM))
        axes = figure.subplots()
        errors = [0.0 if half_width is None else half_width for half_width in half_widths]
        axes.errorbar(settings, means, yerr=errors, color=COLOURS[0], marker="o", markersize=3.5, capsize=2.5)
        axes.set_xscale("log")
        axes.set_xticks(list(settings), [str(setting) for setting in settings])
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.minorticks_off()
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
    return figure
